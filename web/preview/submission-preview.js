/**
 * <submission-preview for="abstract-field" base="https://example.org/reviewers/">: shows the writer
 * of a submission which papers are most similar to the text in a field, and who is likely to review
 * it. Everything is computed in the writer's browser.
 *
 *     <script type="module" src="https://example.org/reviewers/preview/submission-preview.js"></script>
 *     <textarea id="abstract-field"></textarea>
 *     <submission-preview for="abstract-field"></submission-preview>
 *
 * Until the element is used, only this script is fetched. Attributes, events, parts, custom properties
 * and headers: docs/preview.md. How a site on another origin is reached: engine.js.
 */

import { ASK_BYTES } from '../shared/config.js';
import { errorRecord, RefscoutError } from '../shared/messages.js';
import { openEngine } from './engine.js';
import { mistakes } from './strings.js';
import { createView } from './view.js';

/** @typedef {import('./view.js').State} State
 * @typedef {import('./engine.js').Engine} Engine */

const PAUSE_MS = 700;
/** Minimum number of words; fewer are not enough for a meaningful search. */
const MIN_WORDS = 5;
const DEFAULT_TOP = 5;
const MAX_TOP = 50;

export class SubmissionPreview extends HTMLElement {
  static observedAttributes = ['for', 'base', 'top', 'live', 'lang'];

  #show = createView(this.attachShadow({ mode: 'open' }), (action) => this.#act(action));
  /** @type {Omit<State, 'live' | 'lang'>} */
  #state = start();
  /** The pending or loaded engine; null if loading has not started or must start again.
   * @type {Promise<Engine> | null} */
  #engine = null;
  #loading = new AbortController();
  /** Aborts the search for the newest text. */
  #work = new AbortController();
  /** The reader has stopped or declined, or loading has failed: only a button starts it again. */
  #held = false;
  /** @type {((agreed: boolean) => void) | null} */
  #agree = null;
  #timer = 0;
  /** @type {AbortController | null} */
  #listening = null;

  connectedCallback() {
    this.#listening = new AbortController();
    // Listens at the root, since a field may be added after this element, or be replaced.
    this.getRootNode().addEventListener('input', (event) => this.#onInput(event), {
      signal: this.#listening.signal,
    });
    this.#render();
    this.#later();
  }

  disconnectedCallback() {
    this.#listening?.abort();
    this.#listening = null;
    this.#reset();
  }

  /** @param {string} name
   * @param {string | null} before
   * @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (before === now || !this.isConnected) return;
    if (name === 'base' || name === 'for') this.#reset();
    this.#render();
    if (name === 'top' && this.#state.found) this.#run();
    else if (name !== 'lang') this.#later();
  }

  /** Number of people and of papers shown. */
  get top() {
    const top = Number(this.getAttribute('top') ?? DEFAULT_TOP);
    return Number.isInteger(top) && top >= 1 && top <= MAX_TOP ? top : DEFAULT_TOP;
  }

  #isLive() {
    return this.hasAttribute('live') && !this.#held;
  }

  #base() {
    const given = this.getAttribute('base') ?? new URL('..', import.meta.url).href;
    const url = URL.canParse(given, document.baseURI) ? new URL(given, document.baseURI) : null;
    if (!url || !/^https?:$/.test(url.protocol)) throw mistake(mistakes.badBase(given));
    return url.pathname.endsWith('/') ? url.href : `${url.href}/`;
  }

  /** The fields that `for` names, in its order: an abstract alone, or title and abstract. */
  #fields() {
    const ids = (this.getAttribute('for') ?? '').split(/\s+/).filter(Boolean);
    if (ids.length === 0) throw mistake(mistakes.noFor);
    const root = /** @type {Document | ShadowRoot} */ (this.getRootNode());
    return ids.map((id) => {
      const field = root.getElementById(id);
      if (!field) throw mistake(mistakes.noField(id));
      return field;
    });
  }

  #text() {
    return this.#fields().map(textOf).filter(Boolean).join('\n\n');
  }

  /** @param {Event} event */
  #onInput(event) {
    const field = event.target instanceof Element ? event.target : null;
    const ids = (this.getAttribute('for') ?? '').split(/\s+/);
    if (!field || !ids.includes(field.id)) return;
    const { kind, found } = this.#state;
    if (kind === 'loading' || kind === 'asking') return; // the field is read when the engine is loaded
    if (!this.#isLive()) {
      this.#change({ stale: found !== null || kind === 'searching', hint: '' });
      return;
    }
    this.#work.abort();
    this.#change({ kind: found ? 'shown' : 'idle', stale: true, hint: '' });
    this.#later();
  }

  /** With `live`: schedules a search after a pause in typing, if there is text. */
  #later() {
    clearTimeout(this.#timer);
    if (!this.#isLive()) return;
    this.#timer = window.setTimeout(() => {
      try {
        if (isEnough(this.#text())) this.#run();
      } catch {
        // The field does not exist yet; its first input event leads here again.
      }
    }, PAUSE_MS);
  }

  /** @param {string} action */
  #act(action) {
    if (action === 'run') {
      this.#held = false;
      this.#run();
    } else if (action === 'agree') this.#agree?.(true);
    else if (action === 'decline') this.#agree?.(false);
    else if (action === 'stop') this.#stop();
  }

  /** Cancels the running load or search; keeps a loaded engine. */
  #stop() {
    this.#work.abort();
    this.#held = true;
    const { kind, found } = this.#state;
    if (kind === 'loading') this.#close();
    this.#change({ kind: found ? 'shown' : 'idle', hint: kind === 'loading' ? 'stopped' : '', stale: true });
  }

  async #run() {
    clearTimeout(this.#timer);
    this.#work.abort();
    this.#work = new AbortController();
    const { signal } = this.#work;
    if (this.#state.kind === 'error') this.#state.kind = 'idle'; // so that a second error is reported too
    try {
      if (!isEnough(this.#text())) {
        this.#change({ hint: 'tooShort', kind: this.#state.found ? 'shown' : 'idle' });
        return;
      }
      const engine = await this.#ready();
      if (signal.aborted) return;
      const text = this.#text();
      this.#change({ kind: 'searching', hint: '', stale: false });
      const result = await engine.search(text, { top: this.top, signal });
      if (signal.aborted) return;
      const { model, index } = engine.info;
      const notes = { model: model.note, index: index.note };
      this.#change({ kind: 'shown', found: { text, notes, result } });
      this.#tell('refscout-results', result);
    } catch (thrown) {
      if (!signal.aborted) this.#fail(thrown);
    }
  }

  /** The engine; the first call starts loading it.
   * @returns {Promise<Engine>} */
  #ready() {
    if (this.#engine) return this.#engine;
    const base = this.#base();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.#change({ kind: 'loading', hint: '', progress: null, stale: false });
    const place = /** @type {ShadowRoot} */ (this.shadowRoot);
    const engine = openEngine(base, place, {
      signal,
      onProgress: (progress) => this.#change({ progress }),
      confirm: (need) => this.#confirm(need),
    });
    this.#engine = engine;
    engine.then(
      (opened) => {
        if (signal.aborted) return opened.close(); // cancelled meanwhile
        this.#tell('refscout-ready', opened.info);
      },
      (thrown) => {
        if (!signal.aborted) this.#fail(thrown);
      },
    );
    return engine;
  }

  /** @param {import('../shared/messages.js').Need} need
   * @returns {boolean | Promise<boolean>} */
  #confirm(need) {
    if (need.missing_bytes <= ASK_BYTES) return true;
    this.#change({ kind: 'asking', need });
    return new Promise((resolve) => {
      this.#agree = (agreed) => {
        this.#agree = null;
        this.#change({ kind: 'loading', need: null });
        resolve(agreed);
      };
    });
  }

  /** @param {unknown} thrown */
  #fail(thrown) {
    if (this.#state.kind === 'error') return; // reported already: both the load and the search that waits for it fail
    this.#close();
    this.#held = true;
    const { code, message } = errorRecord(thrown);
    if (code === 'RS_ERR_DECLINED') {
      this.#change({ kind: 'idle', hint: 'declined' });
      return;
    }
    this.#change({ kind: 'error', problem: message, stale: this.#state.found !== null });
    this.#tell('refscout-error', { code, message });
  }

  #close() {
    this.#loading.abort();
    this.#engine?.then((engine) => engine.close()).catch(() => {}); // it was never opened, so there is nothing to close
    this.#engine = null;
    this.#agree = null;
  }

  /** Resets to the initial state: nothing loaded, nothing shown. */
  #reset() {
    clearTimeout(this.#timer);
    this.#work.abort();
    this.#close();
    this.#held = false;
    this.#state = start();
  }

  /** @param {Partial<State>} change */
  #change(change) {
    Object.assign(this.#state, change);
    this.#render();
  }

  #render() {
    const lang = this.closest('[lang]')?.getAttribute('lang') ?? '';
    this.#show({ ...this.#state, live: this.#isLive(), lang });
  }

  /** @param {string} name
   * @param {object} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

/** @returns {Omit<State, 'live' | 'lang'>} */
function start() {
  return { kind: 'idle', hint: '', need: null, progress: null, problem: '', found: null, stale: false };
}

/** @param {HTMLElement} field */
function textOf(field) {
  const typed = field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement;
  // biome-ignore lint/performance/useDomNodeTextContent: its line breaks separate words
  return (typed ? field.value : field.innerText).trim();
}

/** @param {string} text */
function isEnough(text) {
  // Chinese and Japanese have no spaces between words, so enough characters suffice.
  return text.split(/\s+/).filter(Boolean).length >= MIN_WORDS || text.length >= 8 * MIN_WORDS;
}

/** @param {string} message */
function mistake(message) {
  return new RefscoutError('RS_ERR_ARGUMENT', message);
}

if (!customElements.get('submission-preview')) customElements.define('submission-preview', SubmissionPreview);
