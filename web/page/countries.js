/** Countries of people: as the index names them, or from the ends of their institutions' names:
 * "…, Lyon, France". Pure. */

/** @type {Map<string, string> | null} */
let codes = null;
/** By institution.
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

/** Groups of countries, and codes kept for tests. */
const NO_COUNTRIES = ['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ'];

/** Where the index names no country that is known, the institutions tell.
 * @param {{institutions: string[], countries: string[]}} person
 * @returns {string[]} two letters each, each once */
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
  // No letters here: "Boston, MA" is not in Morocco.
  const code = institution.includes(',') ? (codes.get(plain(end)) ?? null) : null;
  known.set(institution, code);
  return code;
}

/** In the reader's language.
 * @param {string} code */
export function countryName(code) {
  return new Intl.DisplayNames(undefined, { type: 'region' }).of(code) ?? code;
}

/** By plain name, and by its own two letters. The browser knows the English names; it only has to be
 * asked for all of them.
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
