/** Countries of people: those that the index names, or else the end of their institutions' names, as in
 * "…, Lyon, France". Pure functions. */

/** @type {Map<string, string> | null} */
let codes = null;
/** Countries by institution, kept so that each is found only once.
 * @type {Map<string, string | null>} */
const known = new Map();

const ALIASES = {
  usa: 'US',
  us: 'US',
  'united states of america': 'US',
  uk: 'GB',
  england: 'GB',
  scotland: 'GB',
  wales: 'GB',
  'northern ireland': 'GB',
  'the netherlands': 'NL',
  'pr china': 'CN',
  "people's republic of china": 'CN',
  korea: 'KR',
  'republic of korea': 'KR',
  'czech republic': 'CZ',
  'slovak republic': 'SK',
  'the united states': 'US',
  'united states of america (usa)': 'US',
  'great britain': 'GB',
  'ivory coast': 'CI',
  swaziland: 'SZ',
  macedonia: 'MK',
  'republic of china': 'TW',
  "people's republic of korea": 'KP',
  turkey: 'TR',
  'russian federation': 'RU',
  'viet nam': 'VN',
  'hong kong': 'HK',
};

/** Codes that are not of one country: groups of countries, and codes reserved for tests. */
const NO_COUNTRIES = ['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ'];

/** Countries of a person; from the institutions if the index names no known country.
 * @param {{institutions: string[], countries: string[]}} person
 * @returns {string[]} distinct two-letter codes */
export function countriesOf({ institutions, countries }) {
  const named = countries.map(countryCode).filter((code) => code !== null);
  const found = named.length > 0 ? named : institutions.map(countryOf).filter((code) => code !== null);
  return [...new Set(found)];
}

/** @param {string} country  its English name as people write it, or two letters
 * @returns {string | null} */
export function countryCode(country) {
  codes ??= countryCodes();
  const letters = country.trim().toUpperCase();
  return codes.get(plain(country)) ?? (codes.has(letters) ? letters : null);
}

/** @param {string} institution
 * @returns {string | null} */
export function countryOf(institution) {
  const cached = known.get(institution);
  if (cached !== undefined) return cached;
  codes ??= countryCodes();
  const end = institution.slice(institution.lastIndexOf(',') + 1);
  // Two-letter codes are not accepted here: "Boston, MA" is not in Morocco.
  const code = institution.includes(',') ? (codes.get(plain(end)) ?? null) : null;
  known.set(institution, code);
  return code;
}

/** Name of a country in the reader's language.
 * @param {string} code */
export function countryName(code) {
  return new Intl.DisplayNames(undefined, { type: 'region' }).of(code) ?? code;
}

/** Codes by name without case and accents, and by the code itself. The names are those of the browser's own list in
 * English, read for all pairs of letters.
 * @returns {Map<string, string>} */
function countryCodes() {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const code of letters.flatMap((a) => letters.map((b) => a + b))) {
    const name = NO_COUNTRIES.includes(code) ? undefined : names.of(code);
    if (!name) continue;
    if (!found.has(plain(name))) found.set(plain(name), code);
    found.set(code, code);
  }
  for (const [name, code] of Object.entries(ALIASES)) found.set(name, code);
  return found;
}

/** @param {string} name */
function plain(name) {
  return name
    .normalize('NFKD')
    .replace(/[\p{M}.]/gu, '')
    .replace(/\u2019/g, "'")
    .toLowerCase()
    .trim();
}
