/** The content of <submission-preview>. Its regions are created once; each is rendered again only when what
 * it shows has changed, so that a button is not replaced while the reader presses it. */

import { el } from '../page/dom.js';
import { listsView, notice, noticesView } from './results.js';
import { WRITTEN_IN, words } from './strings.js';
import { styleSheet } from './style.js';

/**
 * @typedef {'idle' | 'asking' | 'loading' | 'searching' | 'shown' | 'error'} Kind
 *
 * @typedef {object} State
 * @property {Kind} kind
 * @property {boolean} live
 * @property {string} lang
 * @property {keyof import('./strings.js').Words | ''} hint  a sentence beside the buttons
 * @property {import('../shared/messages.js').Need | null} need
 * @property {import('../shared/messages.js').Progress | null} progress
 * @property {string} problem
 * @property {import('./results.js').Found | null} found
 * @property {boolean} stale  the text has changed since
 */

const LOCK = 'M4.5 7V5a3.5 3.5 0 0 1 7 0v2M3.5 7h9v6.5h-9z';

/** @param {ShadowRoot} root
 * @param {(action: string) => void} act  a button was pressed */
export function createView(root, act) {
  root.adoptedStyleSheets = [styleSheet()];
  const said = el('p', { class: 'said', part: 'status', role: 'status' });
  const bar = el('progress', { part: 'progress', max: 1, 'aria-label': '' });
  const amount = el('p', { class: 'amount', part: 'amount' }); // outside the live region: not every change is read out
  const controls = el('div', { class: 'controls', part: 'controls' });
  const problem = el('div', { class: 'alert', role: 'alert' });
  const notices = el('div', { class: 'notices' });
  const results = el('div', { class: 'results', part: 'results', tabindex: -1 });
  const promise = el('p', { class: 'promise', part: 'promise' }, lock(), el('span'));
  const regions = [el('div', {}, said, problem), bar, amount, controls, notices, results, promise];
  root.append(el('div', { class: 'box', part: 'box', lang: WRITTEN_IN }, ...regions));
  controls.addEventListener('click', ({ target }) => {
    const action = target instanceof Element ? target.closest('button')?.dataset.action : undefined;
    if (action) act(action);
  });

  let lang = '';
  let w = words(lang);
  /** What each region shows.
   * @type {Map<HTMLElement, string>} */
  const keys = new Map();
  /** @type {State['found']} */
  let shown = null;

  /** @param {HTMLElement} region
   * @param {string} key
   * @param {() => import('../page/dom.js').Child[]} children */
  function refill(region, key, children) {
    if (keys.get(region) === key) return;
    keys.set(region, key);
    const focused = root.activeElement !== null && region.contains(root.activeElement);
    region.replaceChildren(...el('div', {}, children()).childNodes);
    region.hidden = region.childNodes.length === 0 && region !== said && region !== problem;
    // The focus stays on the first button, or moves to the content that the button has brought.
    if (focused) (region.querySelector('button') ?? results).focus({ preventScroll: true });
  }

  /** @param {State} state */
  function showBar({ kind, progress }) {
    const fetching = kind === 'loading' && progress !== null && progress.total_bytes > 0;
    bar.hidden = kind !== 'loading' && kind !== 'searching';
    bar.setAttribute('aria-label', kind === 'searching' ? w.running : w.loading);
    amount.hidden = !fetching;
    if (fetching) {
      amount.textContent = w.amount(progress.done_bytes, progress.total_bytes);
      bar.value = progress.done_bytes / progress.total_bytes;
    } else {
      bar.removeAttribute('value'); // an indeterminate progress bar
    }
  }

  /** @param {State} state */
  return function show(state) {
    if (state.lang !== lang) {
      lang = state.lang;
      w = words(lang);
      keys.clear();
    }
    if (state.found !== shown) {
      keys.delete(notices);
      keys.delete(results);
      shown = state.found;
    }
    const { kind, live, hint, stale, found } = state;
    refill(said, `${kind} ${live} ${hint} ${stale} ${sentence(state, w)}`, () => [sentence(state, w)]);
    showBar(state);
    refill(problem, `${kind} ${state.problem}`, () => [
      kind === 'error' && notice('problem', w.failed, state.problem, ' ', w.harmless),
    ]);
    refill(notices, String(found !== null), () => (found ? noticesView(found, w) : []));
    refill(results, String(found !== null), () => (found ? listsView(found, w) : []));
    refill(controls, `${kind} ${live} ${stale} ${found !== null}`, () => buttons(state, w));
    results.setAttribute('aria-busy', String(kind === 'searching' || kind === 'loading'));
    refill(/** @type {HTMLElement} */ (promise.lastChild), '', () => [w.promise]);
  };
}

/** The status line at the top; screen readers read it out when it changes.
 * @param {State} state
 * @param {import('./strings.js').Words} w */
function sentence({ kind, live, hint, need, progress, found, stale }, w) {
  if (kind === 'asking' && need) return w.ask(need);
  if (kind === 'searching') return w.running;
  if (kind === 'loading') {
    if (!progress || progress.phase === 'start') return w.starting;
    if (progress.phase === 'open') return w.opening;
    return w.loading;
  }
  if (hint) return String(w[hint]);
  if (kind === 'error') return '';
  if (kind === 'shown' && found) {
    if (stale && !live) return w.changed;
    return w.found(found.result.people.length, found.result.papers.length);
  }
  return live ? w.idleLive : w.idle;
}

/** The buttons. The first one gets the focus if the first one before the change had it.
 * @param {State} state
 * @param {import('./strings.js').Words} w */
function buttons({ kind, live, stale, need }, w) {
  const button = (/** @type {string} */ action, /** @type {string} */ text, kept = 'main') =>
    el(
      'button',
      { type: 'button', class: kept, part: `button button-${action}`, 'data-action': action },
      text,
    );
  switch (kind) {
    case 'asking':
      return [button('agree', w.download(need?.missing_bytes ?? 0)), button('decline', w.notNow, 'plain')];
    case 'loading':
    case 'searching':
      return [button('stop', w.stop, 'plain')];
    case 'error':
      return [button('run', w.retry)];
    case 'shown':
      return [stale && !live && button('run', w.update)];
    default:
      return [!live && button('run', w.show)];
  }
}

function lock() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', LOCK);
  svg.append(path);
  return svg;
}
