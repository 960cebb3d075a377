/** Download consent, stored data, offline notice and update notice. */

import { el } from '../dom.js';
import { size, strings } from '../strings.js';

/** @typedef {import('../state.js').State} State */

/** @param {State} state */
export function askView({ need, query }) {
  if (!need) return [];
  const { total_bytes, missing_bytes } = need;
  return [
    el('strong', {}, strings.askTitle(size(missing_bytes))),
    el(
      'p',
      {},
      missing_bytes < total_bytes ? strings.askRest(size(total_bytes - missing_bytes)) : strings.ask,
    ),
    el('p', { class: 'detail' }, roomLeft(need)),
    query === 'waiting' && el('p', { class: 'detail' }, strings.waiting),
    el(
      'button',
      { type: 'button', class: 'main', id: 'download', 'data-action': 'download' },
      strings.download(size(missing_bytes)),
    ),
  ];
}

/** @param {import('../../lib/refscout.js').Need} need */
function roomLeft({ can_keep, free_bytes, missing_bytes }) {
  if (!can_keep) return strings.cannotKeep;
  if (free_bytes !== null && free_bytes < missing_bytes) return strings.littleRoom(size(free_bytes));
  return strings.keptOnce;
}

/** @param {State} state */
export function storageNotice({ info }) {
  const state = info?.storage.state;
  return [
    state === 'full' && notice(strings.notKeptTitle, strings.full),
    state === 'unavailable' && notice(strings.notKeptTitle, strings.unavailable),
  ];
}

/** @param {State} state */
export function storageSummary({ kept }) {
  if (!kept) return [];
  return [kept.bytes > 0 ? size(kept.bytes) : strings.nothing];
}

/** @param {State} state */
export function storedView({ info, kept, works_offline, refusal }) {
  if (!kept) return [];
  const some = kept.bytes > 0;
  const offline = some && works_offline && info?.storage.state === 'kept';
  return [
    el(
      'dl',
      { class: 'facts' },
      fact(strings.storedModel, some ? size(kept.bytes) : strings.nothing),
      fact(strings.storedOffline, offline ? strings.yes : strings.no),
      some && fact(strings.storedSafe, kept.persisted ? strings.safe : strings.unsafe),
    ),
    refusal && !works_offline && el('p', { class: 'refusal' }, strings.refused(refusal)),
    el('p', { class: 'detail' }, some ? strings.storedExplained : strings.nothingExplained),
    some &&
      el(
        'div',
        { class: 'store-actions' },
        el('button', { type: 'button', 'data-action': 'deleteStored' }, strings.deleteStored),
        !kept.persisted && el('button', { type: 'button', 'data-action': 'persist' }, strings.persist),
      ),
  ];
}

/** Notices about the page, not about a query: no network, or a new version.
 * @param {State} state */
export function appView({ info, online, update }) {
  const offline = info !== null && (!online || info.storage.offline);
  return [
    update &&
      notice(
        strings.updateTitle,
        strings.update,
        el(
          'div',
          { class: 'store-actions' },
          el('button', { type: 'button', class: 'main', 'data-action': 'reload' }, strings.reload),
          el('button', { type: 'button', 'data-action': 'later' }, strings.later),
        ),
      ),
    offline && el('p', { class: 'offline' }, el('strong', {}, strings.offlineTitle), strings.offline),
  ];
}

/** @param {string} name
 * @param {string} value */
function fact(name, value) {
  return el('div', {}, el('dt', {}, name), el('dd', {}, value));
}

/** @param {string} title
 * @param {string} text
 * @param {...import('../dom.js').Child} more */
function notice(title, text, ...more) {
  return el('div', { class: 'notice known' }, el('strong', {}, title), el('p', {}, text), ...more);
}
