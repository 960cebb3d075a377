/** Parses lists of names as people paste them. Pure functions. */

/** Names, one per line or separated by semicolons. A line of full names separated by commas, as papers
 * print them, is split, and "Lovelace, Ada" becomes "Ada Lovelace".
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
  // As in "Ada Lovelace1,2 and Charles Babbage*": marks that refer to affiliations are removed.
  const clean = line.replace(/(\p{L})[\d¹²³⁴-⁹*†‡§]+(?:,[\d*]+)*/gu, '$1').trim();
  const parts = clean.split(/\s*,\s*(?:(?:and|&)\s+)?|\s+(?:and|&)\s+/u).filter(Boolean);
  if (parts.length < 2) return [clean];
  if (parts.every((part) => /\S\s+\S/.test(part))) return parts;
  if (parts.length === 2 && clean.includes(',')) return [`${parts[1]} ${parts[0]}`];
  return [clean];
}

/** Institutions, one per line or separated by semicolons; a comma is part of an institution's name.
 * @param {string} text
 * @returns {string[]} */
export function plainList(text) {
  const items = text.split(/[\n;]/).map((item) => item.trim());
  return [...new Set(items.filter(Boolean))];
}
