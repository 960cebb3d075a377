/** Settings for ranking, filtering and sorting, and their form in a link. Pure functions. */

import { AGGREGATES, SCORES } from '../shared/options.js';
import { countriesOf } from './countries.js';
import { newestYear } from './export.js';

/** @typedef {import('../lib/refscout.js').Person} Person */

export const SORTS = /** @type {const} */ (['score', 'recency', 'papers']);

/**
 * @typedef {object} Settings
 * @property {(typeof AGGREGATES)[number]} aggregate
 * @property {(typeof SCORES)[number] | ''} score  '': the index's default
 * @property {number} min_papers
 * @property {number | null} year_from
 * @property {number | null} year_to
 * @property {string} institution  part of an institution's name; '': any
 * @property {string} country      two letters; '': any
 * @property {(typeof SORTS)[number]} sort
 */

/** One paper can be a coincidence, or written to be found: two are asked for.
 * @type {Readonly<Settings>} */
export const DEFAULTS = Object.freeze({
  aggregate: 'mean3',
  score: '',
  min_papers: 2,
  year_from: null,
  year_to: null,
  institution: '',
  country: '',
  sort: 'score',
});

/** The settings that are passed to the engine.
 * @param {Settings} settings
 * @returns {import('../lib/refscout.js').RankOptions} */
export function rankOptions({ aggregate, score, min_papers, year_from, year_to }) {
  return {
    aggregate,
    score: score === '' ? undefined : score,
    min_papers,
    year_from: year_from ?? undefined,
    year_to: year_to ?? undefined,
  };
}

/** The filters of the page itself: keeps people of an institution and country, with new ranks.
 * @param {Person[]} people
 * @param {Settings} settings
 * @returns {Person[]} */
export function filterPeople(people, { institution, country }) {
  const wanted = folded(institution);
  return people
    .filter(
      ({ institutions, countries }) =>
        (wanted === '' || institutions.some((name) => folded(name).includes(wanted))) &&
        (country === '' || countriesOf({ institutions, countries }).includes(country)),
    )
    .map((person, i) => ({ ...person, rank: i + 1 }));
}

/** The best `shown` people, sorted in another order; `rank` remains the rank by score.
 * @param {Person[]} people  by score
 * @param {Settings['sort']} sort
 * @param {number} shown */
export function sortPeople(people, sort, shown) {
  const nearest = people.slice(0, shown);
  if (sort === 'recency') nearest.sort((a, b) => (newestYear(b) ?? 0) - (newestYear(a) ?? 0));
  if (sort === 'papers') nearest.sort((a, b) => b.papers_count - a.papers_count);
  return nearest;
}

/** Removes differences of case and accents.
 * @param {string} text */
function folded(text) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();
}

/** The fragment of a link, with the settings that differ from the defaults.
 * @param {Settings} settings
 * @param {string | null} text  the manuscript's, only when its author wants it in the link
 * @returns {string} */
export function toFragment(settings, text) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) {
    if (value !== DEFAULTS[/** @type {keyof Settings} */ (name)]) parts.set(name, String(value ?? ''));
  }
  if (text !== null) parts.set('text', text);
  return parts.toString();
}

/** Reads the fragment of a link. Invalid values are replaced by the defaults, since a link is untrusted input.
 * @param {string} fragment  without the #
 * @returns {{settings: Settings, text: string | null}} */
export function fromFragment(fragment) {
  const parts = new URLSearchParams(fragment);
  const aggregate = AGGREGATES.find((name) => name === parts.get('aggregate')) ?? DEFAULTS.aggregate;
  const sort = SORTS.find((name) => name === parts.get('sort')) ?? DEFAULTS.sort;
  const country = parts.get('country') ?? '';
  return {
    settings: {
      aggregate,
      score: SCORES.find((name) => name === parts.get('score')) ?? '',
      sort,
      min_papers: whole(parts.get('min_papers'), 1, 99) ?? DEFAULTS.min_papers,
      year_from: whole(parts.get('year_from'), 1000, 9999),
      year_to: whole(parts.get('year_to'), 1000, 9999),
      institution: (parts.get('institution') ?? '').slice(0, 200),
      country: /^[A-Z]{2}$/.test(country) ? country : '',
    },
    text: parts.get('text'),
  };
}

/** @param {string | null} written
 * @param {number} min
 * @param {number} max */
export function whole(written, min, max) {
  if (written === null || !/^\d+$/.test(written)) return null;
  const value = Number(written);
  return value >= min && value <= max ? value : null;
}
