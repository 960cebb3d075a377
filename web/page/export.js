/** Exports people as CSV, as JSON and as text. Pure functions. */

import { count, score, strings } from './strings.js';

/**
 * @typedef {object} Exported  a person of a ranking or of the short-list
 * @property {string} name
 * @property {string | null} orcid
 * @property {string[]} institutions
 * @property {number} score
 * @property {number} papers_count
 * @property {import('../lib/refscout.js').Person['papers']} papers
 * @property {string} [note]
 */

const PAPERS = [0, 1, 2];

/** CSV as in RFC 4180, with a byte order mark, by which spreadsheets recognise UTF-8.
 * @param {Exported[]} people */
export function toCsv(people) {
  const head = [
    ...strings.columns,
    ...PAPERS.flatMap((i) => strings.paperColumns.map((name) => `${name} ${i + 1}`)),
  ];
  const rows = people.map((person) => [
    person.name,
    person.orcid,
    person.institutions.join('; '),
    person.score,
    person.papers_count,
    newestYear(person),
    person.note,
    ...PAPERS.flatMap((i) => {
      const paper = person.papers[i];
      return [paper?.title, paper?.year, paper?.doi ?? paper?.url, paper?.score];
    }),
  ]);
  return `\ufeff${[head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;
}

/** A cell of the CSV. Against CSV injection, text that begins like a formula is prefixed with an apostrophe, since
 * spreadsheets run formulas, and names and titles are untrusted. Numbers are trusted.
 * @param {string | number | null | undefined} value */
function cell(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {Exported[]} people */
export function toJson(people) {
  const plain = people.map(({ name, orcid, institutions, score, papers_count, papers, note }) => ({
    name,
    orcid,
    institutions,
    score,
    papers_count,
    papers,
    ...(note === undefined ? {} : { note }),
  }));
  return `${JSON.stringify({ people: plain }, null, 2)}\n`;
}

/** @param {Exported[]} people */
export function toText(people) {
  return people
    .map((person, i) =>
      [
        `${count(i + 1)}. ${person.name} (${score(person.score)})`,
        person.institutions.length > 0 && `   ${person.institutions.join('; ')}`,
        person.orcid && `   https://orcid.org/${person.orcid}`,
        ...person.papers.map(({ title, year }) => `   – ${title}${year === null ? '' : `, ${year}`}`),
        person.note && `   ${strings.note}: ${person.note}`,
      ]
        .filter(Boolean)
        .join('\n'),
    )
    .join('\n\n');
}

/** @param {{papers: {year: number | null}[]}} person
 * @returns {number | null} the newest year of the papers that support the person */
export function newestYear({ papers }) {
  const years = papers.flatMap(({ year }) => (year === null ? [] : [year]));
  return years.length > 0 ? Math.max(...years) : null;
}
