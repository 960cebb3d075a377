/** Elements for the results: notices, people, papers. */

import { el } from '../page/dom.js';
import { titleLink } from '../page/views/papers.js';
import { cutPosition } from '../page/views/query.js';

/**
 * @typedef {import('./strings.js').Words} Words
 * @typedef {import('../lib/refscout.js').Paper} Paper
 * @typedef {import('../lib/refscout.js').Person} Person
 * @typedef {{text: string, notes: {model: string, index: string}, result: import('../lib/refscout.js').SearchResult}} Found
 */

const MAX_AUTHORS = 5;
const CUT_WORDS = 12;

/** @param {Found} found
 * @param {Words} w */
export function noticesView({ text, notes, result: { query } }, w) {
  const { cut, cut_byte, tokens, in_corpus } = query;
  return [
    cut > 0 &&
      notice(
        'cut',
        w.cut,
        w.cutDetail(tokens),
        el('q', {}, firstWords(text.slice(cutPosition(text, cut_byte)))),
      ),
    in_corpus && notice('known', w.known, w.knownDetail, withPart(titleLink(in_corpus))),
    notes.model !== '' && notice('note', w.note, notes.model),
    notes.index !== '' && notice('collection', w.collection, notes.index),
  ];
}

/** @param {string} kind
 * @param {string} title
 * @param {...import('../page/dom.js').Child} children */
export function notice(kind, title, ...children) {
  return el(
    'div',
    { class: `notice ${kind}`, part: `notice notice-${kind}` },
    el('strong', {}, title),
    el('p', {}, children),
  );
}

/** @param {Found} found
 * @param {Words} w */
export function listsView({ result: { people, papers } }, w) {
  if (people.length === 0 && papers.length === 0) return [el('p', { part: 'empty' }, w.none)];
  return [
    list(w.people, 'people', people, (person) => personItem(person, w)),
    list(w.papers, 'papers', papers, (paper) => paperItem(paper, w)),
  ];
}

/** @template T
 * @param {string} title
 * @param {string} part
 * @param {T[]} items
 * @param {(item: T) => HTMLElement} view */
function list(title, part, items, view) {
  if (items.length === 0) return null;
  return el(
    'section',
    { part, 'aria-labelledby': `${part}-title` },
    // No heading element: its level would depend on the host's page.
    el('p', { class: 'heading', id: `${part}-title`, part: 'heading' }, title),
    el('ol', { part: 'list' }, items.map(view)),
  );
}

/** @param {Person} person
 * @param {Words} w */
function personItem({ name, institutions, papers, score }, w) {
  return el(
    'li',
    { part: 'item person' },
    el('span', { class: 'name', part: 'name' }, name),
    scoreView(score, w),
    institutions.length > 0 && el('span', { class: 'detail', part: 'detail' }, institutions.join(' · ')),
    papers.length > 0 &&
      el(
        'span',
        { class: 'detail', part: 'detail' },
        w.closest,
        withPart(titleLink(papers[0])),
        papers[0].year !== null && ` (${papers[0].year})`,
      ),
  );
}

/** @param {Paper} paper
 * @param {Words} w */
function paperItem(paper, w) {
  const { authors, year, score } = paper;
  const more = authors.length > MAX_AUTHORS ? w.others(authors.length - MAX_AUTHORS) : '';
  const names = authors.slice(0, MAX_AUTHORS).join(', ') + more;
  const detail = [names, year === null ? '' : String(year)].filter(Boolean).join(' · ');
  return el(
    'li',
    { part: 'item paper' },
    withPart(titleLink(paper)),
    scoreView(score, w),
    detail !== '' && el('span', { class: 'detail', part: 'detail' }, detail),
  );
}

/** @param {number} value
 * @param {Words} w */
function scoreView(value, w) {
  return el(
    'span',
    { class: 'score', part: 'score' },
    el('span', { class: 'visually-hidden' }, w.similarity),
    w.score(value),
  );
}

/** @param {HTMLElement} title */
function withPart(title) {
  title.part.add('title');
  return title;
}

/** @param {string} text */
function firstWords(text) {
  const words = text.trim().split(/\s+/);
  return words.length > CUT_WORDS ? `${words.slice(0, CUT_WORDS).join(' ')} …` : words.join(' ');
}
