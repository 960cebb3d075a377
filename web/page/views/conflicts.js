/** The people who are left out, the reasons, and buttons to undo. */

import { el } from '../dom.js';
import { strings } from '../strings.js';

/** @typedef {import('../state.js').State} State
 * @typedef {import('../../shared/messages.js').Excluded} Excluded */

/** Summary for the closed panel.
 * @param {State} state */
export function conflictsSummary({ conflicts, undone }) {
  const out = (conflicts?.excluded.length ?? 0) - undone.size;
  return [out > 0 ? strings.leftOut(out) : strings.nobodyOut];
}

/** @param {State} state */
export function conflictsView({ info, conflicts, undone }) {
  if (!info) return [el('p', { class: 'detail' }, strings.checkedLater)];
  if (!conflicts) return [];
  const { authors, blocked, institutions, excluded } = conflicts;
  // For these two reasons the detail is the typed name, which is therefore not unknown.
  const maybe = new Set(
    excluded.map(({ reason, detail }) => ['maybe_author', 'blocked'].includes(reason) && detail),
  );
  const nobody = [...authors, ...blocked].filter(
    ({ typed, people }) => people.length === 0 && !maybe.has(typed),
  );
  const nowhere = institutions.filter(({ people }) => people.length === 0);
  return [
    unknownView('unknown-names', strings.unknownNames, nobody, ', '),
    unknownView('unknown-institutions', strings.unknownInstitutions, nowhere, '; '),
    excluded.length === 0 && el('p', { class: 'detail' }, strings.noConflicts),
    excluded.length > 0 && el('h3', {}, strings.leftOut(excluded.length - undone.size)),
    excluded.length > 0 &&
      el(
        'ul',
        { class: 'excluded' },
        inOrder(excluded).map((person) => excludedItem(person, undone.has(person.person))),
      ),
  ];
}

/** Lists typed names that are not in the index: without it they would seem to be taken into account.
 * @param {string} name  the class
 * @param {string} sentence
 * @param {import('../../shared/messages.js').Typed[]} unknown
 * @param {string} separator
 * @returns {HTMLElement | null} */
function unknownView(name, sentence, unknown, separator) {
  if (unknown.length === 0) return null;
  const list = unknown.map(({ typed }) => typed).join(separator);
  return el('p', { class: `detail ${name}` }, sentence, el('strong', {}, list), '.');
}

/** Order of the reasons: few people that need attention before the many of a large institution.
 * @type {Excluded['reason'][]} */
const ORDER = ['author', 'maybe_author', 'blocked', 'coauthor', 'institution'];

/** @param {Excluded[]} excluded */
const inOrder = (excluded) => ORDER.flatMap((wanted) => excluded.filter(({ reason }) => reason === wanted));

/** @param {Excluded} excluded
 * @param {boolean} undone */
function excludedItem({ person, name, reason, detail }, undone) {
  return el(
    'li',
    { class: undone ? 'undone' : null },
    el(
      'span',
      {},
      el('strong', {}, name),
      ` ${strings.reasons[reason](detail)}`,
      undone && el('em', {}, ` – ${strings.readmitted}`),
    ),
    el(
      'button',
      {
        type: 'button',
        class: 'link inline',
        'data-action': 'undo',
        'data-person': person,
        'data-keep': `undo-${person}`,
      },
      undone ? strings.redo : strings.undo,
      el('span', { class: 'visually-hidden' }, ` ${name}`),
    ),
  );
}
