/** Entry point of the page; the only file that imports all the others. Events are handled here, and the
 * state is passed to the views. */

import './ahead.js'; // for its side effect: starts loading, unless index.html has run it already
import { load } from '../lib/refscout.js';
import { createActions } from './actions.js';
import { createConflicts } from './conflicts.js';
import { createDevice, DEVICE } from './device.js';
import { byId } from './dom.js';
import { createEvidence } from './evidence.js';
import { createInput } from './input.js';
import { later } from './later.js';
import { openForPrint } from './print.js';
import { createRegions } from './regions.js';
import { createSearch, POOL } from './search.js';
import { DEFAULTS, fromFragment } from './settings.js';
import { createSettingsForm } from './settings_form.js';
import { createShortlist } from './shortlist.js';
import { createState, FIRST_SHOWN } from './state.js';
import { duration, strings } from './strings.js';

/** @typedef {import('./state.js').State} State */

/** A mark in the browser's User Timing, for measurements. */
const RANKED = 'refscout-ranked';

/** A pause in typing after which the text is searched. */
const PAUSE_MS = 700;
/** Models smaller than this answer fast enough to search while the reader types, so that is their default. */
const QUICK_MODEL_BYTES = 64 * 2 ** 20;

const page = {
  form: byId('query', HTMLFormElement),
  text: byId('text', HTMLTextAreaElement),
  live: byId('live', HTMLInputElement),
  results: byId('results', HTMLElement),
  empty: byId('empty', HTMLElement),
  said: byId('said', HTMLElement),
  asked: byId('asked', HTMLElement),
};

const store = createState({
  ...DEVICE,
  engine: 'loading',
  progress: null,
  info: null,
  query: 'idle',
  answer: null,
  problem: null,
  settings: DEFAULTS,
  shown: FIRST_SHOWN,
  conflicts: null,
  undone: new Set(),
  evidence: new Map(),
  shortlist: [],
});

/** @type {import('../lib/refscout.js').Refscout | null} */
let scout = null;
let loading = new AbortController();
const typing = later(searchLive, PAUSE_MS);
const reranking = later(rerank, 120);
const notKept = () => say(strings.notKept);
const conflicts = createConflicts(store, () => reranking.ask(), notKept);
const searches = createSearch(store, conflicts.leftOut);
const device = createDevice(store, [page.text, ...conflicts.fields], say);
const evidence = createEvidence(store);
const shortlist = createShortlist(store, notKept);
const settings_form = createSettingsForm((settings) => {
  store.set({ settings, shown: FIRST_SHOWN });
  reranking.ask();
});
const input = createInput(page.form, page.text, byId('file', HTMLInputElement), {
  used: () => store.set({ problem: null }),
  refused: (why) => fail(strings.fileFailed, why, null),
});

// ---- Loading ----------------------------------------------------------------------------------

async function start() {
  scout?.close();
  scout = null;
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  store.set({ engine: 'loading', progress: null, problem: null });
  try {
    const opened = await load({ signal, ...device.loading() });
    if (signal.aborted) return opened.close();
    scout = opened;
    if (!live_chosen) page.live.checked = scout.info.model.memory_bytes < QUICK_MODEL_BYTES;
    store.set({ engine: 'ready', info: scout.info, progress: null });
    settings_form.offerScores(scout.info.index);
    say(strings.ready);
    device.refresh();
    if (store.get().query === 'waiting') search();
    else rerank();
  } catch (thrown) {
    if (signal.aborted) return; // loading was stopped or started again
    fail(strings.loadFailed, thrown, 'load');
    store.set({ engine: 'failed', query: 'idle' });
  }
}

function stop() {
  loading.abort();
  store.set({ engine: 'stopped', query: 'idle', progress: null });
  say(strings.stopped);
}

// ---- Searching --------------------------------------------------------------------------------

async function search() {
  typing.cancel();
  const text = page.text.value;
  searches.cancel(); // a newer query replaces the older one
  if (text.trim() === '') {
    store.set({ query: 'idle' });
    say(strings.emptyText);
    page.text.focus();
    return;
  }
  if (!scout) {
    store.set({ query: 'waiting' });
    const { engine } = store.get();
    if (engine === 'loading') say(strings.waiting);
    else if (engine === 'asking') device.askFirst();
    else start();
    return;
  }
  if (await ask(text)) {
    if (page.said.getBoundingClientRect().top > innerHeight / 2) page.said.scrollIntoView();
  }
}

/** Searches while the reader types, without scrolling the page. An empty or unchanged text starts no search. */
function searchLive() {
  const text = page.text.value;
  if (!scout || text.trim() === '' || text === store.get().answer?.text) return;
  ask(text);
}

/** @param {string} text
 * @returns {Promise<boolean>} whether it was answered */
async function ask(text) {
  if (!scout) return false;
  evidence.reset();
  store.set({ query: 'running', problem: null });
  say(strings.running);
  try {
    const answer = await searches.ask(scout, text);
    if (!answer) return false;
    answered(answer, FIRST_SHOWN);
    return true;
  } catch (thrown) {
    searchFailed(strings.searchFailed, thrown);
    return false;
  }
}

/** Ranks the same text again after a change of the settings, the conflicts of interest or the model. */
async function rerank() {
  if (!scout) return;
  const { answer, query } = store.get();
  try {
    if (!answer && query === 'idle') return void (await conflicts.leftOut(scout, loading.signal));
    const next = await searches.again(scout);
    if (!next) return;
    const is_new = next.text !== answer?.text;
    answered(next, is_new ? FIRST_SHOWN : store.get().shown);
    if (!is_new) sayAgain(next.people.length);
  } catch (thrown) {
    searchFailed(strings.searchFailed, thrown);
  }
}

/** @param {import('./state.js').Answer} answer
 * @param {State['shown']} shown */
function answered(answer, shown) {
  settings_form.offerCountries(answer.result.people);
  store.set({ query: 'idle', problem: null, answer, shown });
  const people = Math.min(answer.people.length, shown.people);
  const papers = Math.min(answer.result.papers.length, shown.papers);
  say(strings.found(people, papers, duration(answer.result.elapsed_ms)));
  performance.mark(RANKED);
}

/** @param {number} people */
function sayAgain(people) {
  const { conflicts: found, undone } = store.get();
  const out = (found?.excluded.length ?? 0) - undone.size;
  say(strings.rankedAgain(people, people >= POOL, out));
}

/** Shows an error of the engine. After some errors the engine cannot be used until it is loaded again.
 * @param {string} title
 * @param {unknown} thrown */
function searchFailed(title, thrown) {
  if (/** @type {{name?: string}} */ (thrown).name === 'AbortError') return;
  const code = /** @type {{code?: string}} */ (thrown).code;
  store.set({ query: 'idle' });
  if (code === 'RS_ERR_INTERNAL' || code === 'RS_ERR_MEMORY') {
    scout?.close();
    scout = null;
    store.set({ engine: 'failed' });
  }
  fail(title, thrown, 'search');
}

/** @param {string} title
 * @param {unknown} thrown  or a sentence
 * @param {'load' | 'search' | null} retry */
function fail(title, thrown, retry) {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  store.set({ problem: { title, message, retry } });
}

// ---- What the reader does ---------------------------------------------------------------------

const actions = createActions({
  store,
  evidence,
  shortlist,
  conflicts,
  settings_form,
  input,
  scout: () => scout,
  text: page.text,
  say,
  failed: searchFailed,
  commands: { load: start, search, stop, ...device.actions },
});

document.addEventListener('click', ({ target }) => {
  const button = target instanceof HTMLElement ? target.closest('[data-action]') : null;
  if (button instanceof HTMLElement) actions.run(button);
});

page.form.addEventListener('submit', (event) => {
  event.preventDefault();
  search();
});

page.text.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  search();
});

let live_chosen = false;
page.live.addEventListener('change', () => {
  live_chosen = true;
  if (page.live.checked) searchLive();
});

page.text.addEventListener('input', () => {
  if (!page.live.checked) return;
  if (store.get().query === 'running') {
    searches.cancel(); // its text is no longer in the field
    store.set({ query: 'idle' });
    say('');
  }
  typing.ask();
});

document.addEventListener('input', ({ target }) => {
  if (!(target instanceof HTMLTextAreaElement) || target.dataset.note === undefined) return;
  shortlist.note(target.dataset.note, target.value);
  const printed = target.closest('li')?.querySelector('.note-text');
  if (printed) printed.textContent = target.value;
});

openForPrint(byId('shortlist-panel', HTMLDetailsElement), () => store.get().shortlist.length > 0);

/** Announces a sentence in the live region.
 * @param {string} sentence */
function say(sentence) {
  page.said.textContent = sentence;
}

/** Applies the settings of a link, and its text if it contains one. */
function followLink() {
  const { settings, text } = fromFragment(location.hash.slice(1));
  settings_form.write(settings);
  store.set({ settings });
  if (text === null) return rerank();
  page.text.value = text;
  search();
}

// ---- What the reader sees ---------------------------------------------------------------------

const draw = createRegions();
store.subscribe((state) => {
  draw(state);
  page.results.hidden = state.answer === null;
  page.empty.hidden = state.answer !== null;
  page.results.setAttribute('aria-busy', String(state.query === 'running'));
  page.said.classList.toggle('busy', state.query === 'running');
  page.asked.textContent = state.answer?.text ?? '';
});

addEventListener('hashchange', followLink);
start();
followLink();
document.getElementById('not-started')?.remove(); // last, so that an error in anything above is reported there
