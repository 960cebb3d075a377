/** The short-list. */

import { el } from '../dom.js';
import { score, strings } from '../strings.js';
import { titleLink } from './papers.js';

/** @typedef {import('../state.js').State} State */

/** @param {State} state */
export function shortlistSummary({ shortlist }) {
  return [strings.kept(shortlist.length)];
}

/** @param {State} state */
export function shortlistView({ shortlist }) {
  if (shortlist.length === 0) return [el('p', { class: 'detail' }, strings.shortlistEmpty)];
  return [
    el('ol', { class: 'kept' }, shortlist.map(keptItem)),
    giveView('shortlist', [
      el('button', { type: 'button', class: 'small', 'data-action': 'clearList' }, strings.clear),
    ]),
  ];
}

/** @param {import('../state.js').Kept} kept */
function keptItem({ key, name, institutions, papers, note, score: value }) {
  return el(
    'li',
    {},
    el(
      'div',
      { class: 'body' },
      el('h3', {}, name),
      institutions.length > 0 && el('p', { class: 'detail' }, institutions.join(' · ')),
      papers.length > 0 && el('p', { class: 'detail' }, titleLink(papers[0]), ` · ${score(value)}`),
      el('p', { class: 'print-only note-text' }, note),
    ),
    noteField(key, name, note),
    el(
      'button',
      { type: 'button', class: 'link inline', 'data-action': 'unstar', 'data-key': key },
      strings.remove,
      el('span', { class: 'visually-hidden' }, ` ${name}`),
    ),
  );
}

/** @param {string} key
 * @param {string} name
 * @param {string} note */
function noteField(key, name, note) {
  const field = el('textarea', {
    rows: 2,
    'data-note': key,
    'aria-label': strings.noteOf(name),
    placeholder: strings.notePlaceholder,
  });
  field.value = note;
  return field;
}

/** Buttons that export a list of people.
 * @param {'people' | 'shortlist'} list
 * @param {import('../dom.js').Child[]} [others] */
export function giveView(list, others = []) {
  const button = (/** @type {string} */ action, /** @type {string} */ text) =>
    el('button', { type: 'button', class: 'small', 'data-action': action, 'data-list': list }, text);
  return el(
    'div',
    { class: 'give' },
    button('saveCsv', strings.csv),
    button('saveJson', strings.json),
    button('copyText', strings.copyText),
    list === 'people' && button('print', strings.print),
    others,
  );
}

/** The buttons below the ranked people.
 * @param {State} state */
export function givePeopleView({ answer }) {
  if (!answer || answer.people.length === 0) return [];
  return [
    giveView('people'),
    el(
      'div',
      { class: 'give' },
      el('button', { type: 'button', class: 'small', 'data-action': 'copyLink' }, strings.copyLink),
      el(
        'label',
        { class: 'check' },
        el('input', { type: 'checkbox', id: 'link-text' }),
        ` ${strings.linkText}`,
      ),
    ),
  ];
}
