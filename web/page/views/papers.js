/** The ranked papers. */

import { el } from '../dom.js';
import { score, strings } from '../strings.js';

const MAX_AUTHORS = 8;

/** @param {import('../state.js').State} state */
export function papersView({ answer, shown }) {
  if (!answer) return [];
  const { papers } = answer.result;
  if (papers.length === 0) return [el('p', { class: 'none' }, strings.noPapers)];
  return [
    el('ol', { class: 'ranking' }, papers.slice(0, shown.papers).map(paperItem)),
    moreButton('morePapers', papers.length - shown.papers),
  ];
}

const STEP = 10;

/** @param {string} action
 * @param {number} hidden */
export function moreButton(action, hidden) {
  if (hidden <= 0) return null;
  const text = strings.showMore(Math.min(STEP, hidden));
  return el('button', { type: 'button', class: 'wide', 'data-action': action, 'data-keep': action }, text);
}

/** @param {import('../../lib/refscout.js').Paper} paper */
function paperItem(paper) {
  return el(
    'li',
    { class: 'paper' },
    el('span', { class: 'rank', 'aria-hidden': 'true' }, String(paper.rank)),
    el('div', { class: 'body' }, el('h3', {}, titleLink(paper)), el('p', { class: 'detail' }, byline(paper))),
    scoreView(paper.score, strings.closerThanPapers(paper.closer_than)),
  );
}

/** @param {import('../../lib/refscout.js').Paper} paper */
function byline({ authors, year }) {
  const shown = authors.slice(0, MAX_AUTHORS).join(', ');
  const more = authors.length > MAX_AUTHORS ? strings.moreAuthors(authors.length - MAX_AUTHORS) : '';
  return [shown + more, year === null ? '' : String(year)].filter(Boolean).join(' · ');
}

/** @param {number} value
 * @param {string} reading  the score in words */
export function scoreView(value, reading) {
  return el(
    'span',
    { class: 'scored' },
    el('span', { class: 'score' }, el('span', { class: 'visually-hidden' }, strings.score), score(value)),
    el('span', { class: 'reading' }, reading),
  );
}

/** The title, as a link if the paper has a DOI that can be resolved, or the address of a web page.
 * @param {{title: string | null, doi: string | null, url?: string | null}} paper */
export function titleLink({ title, doi, url }) {
  const text = title || strings.unknownTitle;
  const href = isRealDoi(doi)
    ? `https://doi.org/${encodeURI(doi).replace(/[?#]/g, encodeURIComponent)}`
    : webAddress(url);
  if (!href) return el('span', { class: 'title' }, text);
  return el('a', { class: 'title', href, target: '_blank', rel: 'noopener noreferrer' }, text);
}

/** Accepts only http and https: an index is untrusted, and other schemes could run scripts.
 * @param {string | null | undefined} url */
function webAddress(url) {
  return url && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) ? url : null;
}

/** Whether a DOI can be resolved: nothing is registered below 10.5555, the prefix reserved for examples.
 * @param {string | null} doi
 * @returns {doi is string} */
export function isRealDoi(doi) {
  return doi !== null && /^10\.\d{4,9}\/\S+$/.test(doi) && !doi.startsWith('10.5555/');
}
