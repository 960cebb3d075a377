/** Countries at the ends of institutions' names: "…, Lyon, France". Pure. */

/** @type {Map<string, string> | null} */
let codes = null;
/** @type {Map<string, string | null>} */
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
  turkey: 'TR',
  'russian federation': 'RU',
  'viet nam': 'VN',
  'hong kong': 'HK',
};

/** Groups of countries, and codes kept for tests. */
const NO_COUNTRIES = ['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ'];

/** @param {string[]} institutions
 * @returns {string[]} two letters each, each once */
export function countriesOf(institutions) {
  const found = institutions.map(countryOf).filter((code) => code !== null);
  return [...new Set(found)];
}

/** @param {string} institution
 * @returns {string | null} */
export function countryOf(institution) {
  const cached = known.get(institution);
  if (cached !== undefined) return cached;
  codes ??= countryCodes();
  const end = institution.slice(institution.lastIndexOf(',') + 1);
  const code = institution.includes(',') ? (codes.get(plain(end)) ?? null) : null;
  known.set(institution, code);
  return code;
}

/** In the reader's language.
 * @param {string} code */
export function countryName(code) {
  return new Intl.DisplayNames(undefined, { type: 'region' }).of(code) ?? code;
}

/** The browser knows the English names; it only has to be asked for all of them.
 * @returns {Map<string, string>} */
function countryCodes() {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const code of letters.flatMap((a) => letters.map((b) => a + b))) {
    const name = NO_COUNTRIES.includes(code) ? undefined : names.of(code);
    if (name && !found.has(plain(name))) found.set(plain(name), code);
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
