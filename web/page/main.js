/** Starts everything; the one file that knows all the others. Events come up to here, state goes
 * down to the views. */

import { load } from '../lib/refscout.js';
import { createDevice, DEVICE } from './device.js';
import { byId, fill } from './dom.js';
import { EXAMPLE } from './example.js';
import { createState } from './state.js';
import { duration, strings } from './strings.js';
import { papersView } from './views/papers.js';
import { peopleView } from './views/people.js';
import { cutPosition, noticesView } from './views/query.js';
import { loadingView, problemView, statusView } from './views/status.js';
import { appView, askView, storageView } from './views/storage.js';

/** @typedef {import('./state.js').State} State */

const MAX_FILE_BYTES = 1e6;

const page = {
  form: byId('query', HTMLFormElement),
  text: byId('text', HTMLTextAreaElement),
  file: byId('file', HTMLInputElement),
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
});

/** @type {import('../lib/refscout.js').Refscout | null} */
let scout = null;
let loading = new AbortController();
const device = createDevice(store, page.text, say);
let searching = new AbortController();

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
    store.set({ engine: 'ready', info: scout.info, progress: null });
    say(strings.ready);
    device.refresh();
    if (store.get().query === 'waiting') search();
  } catch (thrown) {
    if (signal.aborted) return; // stopped, or begun anew
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
  searching.abort(); // a newer query takes the place of the older one
  const text = page.text.value;
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
  searching = new AbortController();
  const { signal } = searching;
  store.set({ query: 'running', problem: null });
  say(strings.running);
  try {
    const result = await scout.search(text, { signal });
    store.set({ query: 'idle', answer: { text, result } });
    say(strings.found(result.people.length, result.papers.length, duration(result.elapsed_ms)));
    if (page.said.getBoundingClientRect().top > innerHeight / 2) page.said.scrollIntoView();
  } catch (thrown) {
    if (signal.aborted) return;
    store.set({ query: 'idle' });
    searchFailed(thrown);
  }
}

/** After these the engine is gone, and only loading it again helps.
 * @param {unknown} thrown */
function searchFailed(thrown) {
  const code = /** @type {{code?: string}} */ (thrown).code;
  const gone = code === 'RS_ERR_INTERNAL' || code === 'RS_ERR_MEMORY';
  if (gone) {
    scout?.close();
    scout = null;
    store.set({ engine: 'failed' });
  }
  fail(strings.searchFailed, thrown, 'search');
}

/** @param {string} title
 * @param {unknown} thrown
 * @param {'load' | 'search' | null} retry */
function fail(title, thrown, retry) {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  store.set({ problem: { title, message, retry } });
}

// ---- What the reader does ---------------------------------------------------------------------

/** Buttons name what they do in data-action. */
const actions = {
  load: start,
  search,
  stop,
  ...device.actions,
  example() {
    useText(EXAMPLE);
  },
  open() {
    page.file.click();
  },
  showCut() {
    const { answer } = store.get();
    if (!answer || page.text.value !== answer.text) return;
    const from = cutPosition(answer.text, answer.result.query.cut_byte);
    page.text.focus();
    page.text.setSelectionRange(from, answer.text.length);
  },
};

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('[data-action]') : null;
  const name = button?.getAttribute('data-action');
  if (name && name in actions) actions[/** @type {keyof typeof actions} */ (name)]();
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

page.file.addEventListener('change', () => {
  readFile(page.file.files?.[0]);
  page.file.value = ''; // so that choosing the same file again is a change
});

for (const type of ['dragenter', 'dragover']) {
  page.form.addEventListener(type, (event) => {
    event.preventDefault();
    page.form.classList.add('dropping');
  });
}
for (const type of ['dragleave', 'drop']) {
  page.form.addEventListener(type, () => page.form.classList.remove('dropping'));
}
page.form.addEventListener('drop', (event) => {
  const file = event.dataTransfer?.files[0];
  if (!file) return; // a dropped selection of text is the browser's business
  event.preventDefault();
  readFile(file);
});

/** @param {File | undefined} file */
async function readFile(file) {
  if (!file) return;
  if (file.size > MAX_FILE_BYTES) return fail(strings.fileFailed, strings.fileTooLarge, null);
  const text = await file.text();
  // A NUL is in every PDF and Word file, and in no text.
  if (text.includes('\0')) return fail(strings.fileFailed, strings.fileNotText, null);
  useText(text);
}

/** @param {string} text */
function useText(text) {
  page.text.value = text;
  store.set({ problem: null });
  page.text.focus();
  page.text.setSelectionRange(0, 0);
  page.text.scrollTop = 0;
}

/** Into the live region.
 * @param {string} sentence */
function say(sentence) {
  page.said.textContent = sentence;
}

// ---- What the reader sees ---------------------------------------------------------------------

/** Region, view, and what of the state it shows: it is drawn anew only when that has changed. */
const regions = [
  region('app', appView, (s) => [s.info, s.online, s.update]),
  region('ask', askView, (s) => [s.need, s.query]),
  region('loading', loadingView, (s) => [s.engine, s.progress, s.seconds_left, s.query]),
  region('problem', problemView, (s) => [s.problem]),
  region('notices', noticesView, (s) => [s.info, s.answer]),
  region('people', peopleView, (s) => [s.answer]),
  region('papers', papersView, (s) => [s.answer]),
  region('storage', storageView, (s) => [s.info, s.kept, s.works_offline]),
  region('status', statusView, (s) => [s.info, s.answer]),
];

/** @param {string} id
 * @param {(state: State) => import('./dom.js').Child[]} view
 * @param {(state: State) => unknown[]} shown */
function region(id, view, shown) {
  const element = byId(id, HTMLElement);
  /** @type {unknown[]} */
  let before = [{}];
  return (/** @type {State} */ state) => {
    const now = shown(state);
    if (now.every((value, i) => value === before[i])) return;
    before = now;
    fill(element, view(state));
    element.hidden = element.childNodes.length === 0;
  };
}

store.subscribe((state) => {
  for (const draw of regions) draw(state);
  page.results.hidden = state.answer === null;
  page.empty.hidden = state.answer !== null;
  page.results.setAttribute('aria-busy', String(state.query === 'running'));
  page.said.classList.toggle('busy', state.query === 'running');
  page.asked.textContent = state.answer?.text ?? '';
});

start();
