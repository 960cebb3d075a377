/** Notices about the query and the index, above the results. */

import { el } from '../dom.js';
import { strings } from '../strings.js';
import { titleLink } from './papers.js';

/** @typedef {import('../state.js').State} State */

/** @param {State} state */
export function noticesView({ info, answer }) {
  const query = answer?.result.query;
  return [
    info?.model.note ? notice('note', strings.noteTitle, info.model.note) : null,
    info?.index.note ? notice('collection', strings.collectionTitle, info.index.note) : null,
    answer && query && query.cut > 0 ? cutNotice(answer.text, query) : null,
    query?.in_corpus
      ? notice('known', strings.inCorpusTitle, strings.inCorpus, titleLink(query.in_corpus))
      : null,
  ];
}

/** @param {string} text
 * @param {import('../../shared/messages.js').QueryInfo} query */
function cutNotice(text, { tokens, cut, cut_byte }) {
  const unread = text.slice(cutPosition(text, cut_byte)).trim();
  return notice(
    'cut',
    strings.cutTitle,
    strings.cut(tokens, cut),
    el('q', {}, firstWords(unread, 12)),
    el('button', { type: 'button', class: 'link', 'data-action': 'showCut' }, strings.showCut),
  );
}

/** Converts a byte offset in UTF-8 to an index in the JavaScript string (UTF-16).
 * @param {string} text
 * @param {number} byte */
export function cutPosition(text, byte) {
  const bytes = new TextEncoder().encode(text);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, byte)).length;
}

/** @param {string} text
 * @param {number} n */
function firstWords(text, n) {
  const words = text.split(/\s+/);
  return words.length > n ? `${words.slice(0, n).join(' ')} …` : words.join(' ');
}

/** @param {string} kind
 * @param {string} title
 * @param {...import('../dom.js').Child} children */
function notice(kind, title, ...children) {
  return el('div', { class: `notice ${kind}` }, el('strong', {}, title), el('p', {}, ...children));
}
