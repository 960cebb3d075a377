/** The ranked people, each with the papers that speak for them. */

import { el } from '../dom.js';
import { score, strings } from '../strings.js';
import { scoreView, titleLink } from './papers.js';

/** @typedef {import('../../lib/refscout.js').Person} Person */

/** @param {import('../state.js').State} state */
export function peopleView({ answer }) {
  if (!answer) return [];
  const { people } = answer.result;
  if (people.length === 0) return [el('p', { class: 'none' }, strings.nobody)];
  return [el('ol', { class: 'ranking' }, people.map(personItem))];
}

/** @param {Person} person */
function personItem(person) {
  const more = strings.ofPapers(person.papers.length, person.papers_count);
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
    scoreView(person.score),
    el(
      'div',
      { class: 'evidence' },
      el('ul', {}, person.papers.map(evidenceItem)),
      more !== '' && el('p', { class: 'more' }, more),
    ),
  );
}

/** @param {Person['papers'][number]} paper */
function evidenceItem(paper) {
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
  );
}
