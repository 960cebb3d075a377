/** The ranked people, each with their supporting papers. */

import { el } from '../dom.js';
import { evidenceKey } from '../evidence.js';
import { sortPeople } from '../settings.js';
import { personKey } from '../shortlist.js';
import { score, strings } from '../strings.js';
import { moreButton, scoreView, titleLink } from './papers.js';

/** @typedef {import('../../lib/refscout.js').Person} Person
 * @typedef {import('../state.js').State} State
 * @typedef {import('../state.js').Answer} Answer */

/** The sentences under the heading.
 * @param {State} state */
export function explainView({ settings: { aggregate, sort }, answer }) {
  const query = answer?.result.query;
  const compared = query ? strings.comparedBy[query.score](query.weight) : '';
  return [strings.scoredBy(strings.aggregates[aggregate]) + compared + strings.sorts[sort]];
}

/** @param {State} state */
export function peopleView(state) {
  const { answer, settings, shown, shortlist, evidence } = state;
  if (!answer) return [];
  const { people } = answer;
  if (people.length === 0) return nobodyView(answer);
  const starred = new Set(shortlist.map(({ key }) => key));
  const listed = sortPeople(people, settings.sort, shown.people);
  return [
    answer.min_papers < settings.min_papers &&
      el('p', { class: 'aside fell-back' }, strings.fellBack(settings.min_papers)),
    el(
      'ol',
      { class: 'ranking' },
      listed.map((person) =>
        personItem(person, starred.has(personKey(person)), evidence.get(evidenceKey(person))),
      ),
    ),
    moreButton('morePeople', people.length - listed.length),
    lowerView(answer),
  ];
}

/** @param {Answer} answer */
function nobodyView(answer) {
  const filtered = answer.result.papers.length > 0 || answer.result.people.length > 0;
  return [
    el('p', { class: 'none' }, filtered ? strings.nobodyLeft : strings.nobody),
    el('button', { type: 'button', 'data-action': 'resetSettings' }, strings.resetFilters),
  ];
}

/** @param {Answer} answer */
function lowerView({ more, min_papers }) {
  if (more === 0) return null;
  return el(
    'p',
    { class: 'aside' },
    strings.lower(more, min_papers),
    el('button', { type: 'button', class: 'link inline', 'data-action': 'lowerMinimum' }, strings.showLower),
  );
}

/** @param {Person} person
 * @param {boolean} starred
 * @param {import('../evidence.js').Evidence | undefined} evidence */
function personItem(person, starred, evidence) {
  const more = strings.ofPapers(person.papers.length, person.papers_count);
  const because = evidence instanceof Map ? evidence : null;
  return el(
    'li',
    { class: 'person' },
    el('span', { class: 'rank', 'aria-hidden': 'true' }, String(person.rank)),
    el(
      'div',
      { class: 'body' },
      el('h3', {}, person.name),
      person.institutions.length > 0 && el('p', { class: 'detail' }, person.institutions.join(' · ')),
    ),
    el(
      'div',
      { class: 'side' },
      scoreView(person.score, strings.closerThanPeople(person.closer_than)),
      star(person, starred),
    ),
    el(
      'div',
      { class: 'evidence', 'aria-busy': evidence === 'working' && 'true' },
      el(
        'ul',
        {},
        person.papers.map((paper, i) => evidenceItem(paper, because?.get(i))),
      ),
      evidence === 'working' && el('p', { class: 'more' }, strings.whyWorking),
      because?.size === 0 && el('p', { class: 'more' }, strings.noBecause),
      el(
        'p',
        { class: 'more' },
        whyButton(person, evidence !== undefined),
        more !== '' && el('span', {}, more),
      ),
    ),
  );
}

/** @param {Person} person
 * @param {boolean} open */
function whyButton({ person, name }, open) {
  return el(
    'button',
    {
      type: 'button',
      class: 'link inline',
      'data-action': 'why',
      'data-person': person,
      'data-keep': `why-${person}`,
      'aria-expanded': String(open),
    },
    open ? strings.whyNot : strings.why,
    el('span', { class: 'visually-hidden' }, strings.whyOf(name)),
  );
}

/** @param {Person} person
 * @param {boolean} starred */
function star({ person, name }, starred) {
  return el(
    'button',
    {
      type: 'button',
      class: 'star',
      'data-action': 'star',
      'data-person': person,
      'data-keep': `star-${person}`,
      'aria-pressed': String(starred),
      'aria-label': strings.keep(name),
      title: strings.keep(name),
    },
    starred ? '★' : '☆',
  );
}

/** @param {Person['papers'][number]} paper
 * @param {string} [sentence]  the most similar sentence of the query */
function evidenceItem(paper, sentence) {
  return el(
    'li',
    {},
    titleLink(paper),
    el(
      'span',
      { class: 'figures' },
      paper.year === null ? null : `${paper.year} · `,
      el('span', { class: 'visually-hidden' }, strings.score),
      score(paper.score),
    ),
    sentence !== undefined &&
      el('p', { class: 'because' }, el('span', {}, strings.because), el('q', {}, sentence)),
  );
}
