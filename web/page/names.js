/** Lists of names as people paste them. Pure. */

/** One a line or separated by semicolons; a line of full names with commas between them, as papers
 * print them, is taken apart, and "Lovelace, Ada" is turned round.
 * @param {string} text
 * @returns {string[]} each once, in order */
export function nameList(text) {
  const names = text
    .split(/[\n;]/)
    .flatMap(namesOfLine)
    .map((name) => name.replace(/^https?:\/\/orcid\.org\//, '').replace(/[\s*†‡§¶]+$/u, ''))
    .filter((name) => /[\p{L}\p{N}]/u.test(name));
  return [...new Set(names)];
}

/** @param {string} line */
function namesOfLine(line) {
  // "Ada Lovelace1,2 and Charles Babbage*": marks that refer to addresses.
  const clean = line.replace(/(\p{L})[\d¹²³⁴-⁹*†‡§]+(?:,[\d*]+)*/gu, '$1').trim();
  const parts = clean.split(/\s*,\s*(?:(?:and|&)\s+)?|\s+(?:and|&)\s+/u).filter(Boolean);
  if (parts.length < 2) return [clean];
  if (parts.every((part) => /\S\s+\S/.test(part))) return parts;
  if (parts.length === 2 && clean.includes(',')) return [`${parts[1]} ${parts[0]}`];
  return [clean];
}

/** One a line or separated by semicolons; commas belong to an institution's name.
 * @param {string} text
 * @returns {string[]} */
export function plainList(text) {
  const items = text.split(/[\n;]/).map((item) => item.trim());
  return [...new Set(items.filter(Boolean))];
}
