/**
 * refscout as a library, for pages and programs: the papers most similar to a text, and their authors, found on
 * this machine. The text is passed to a worker of the page (in Node: to a thread) and to nothing else.
 *
 *     import { load } from './lib/refscout.js';
 *
 *     const scout = await load({ onProgress: ({ done_bytes, total_bytes }) => … });
 *     const { excluded } = await scout.conflicts({ authors: ['Ada Lovelace'], coauthors_since: 2021 });
 *     const left_out = excluded.map(({ person }) => person);
 *     const { people, papers, query } = await scout.search(text, { top: 10, left_out });
 *     const best_of_each = await scout.rank({ aggregate: 'best', left_out }); // takes milliseconds
 *     scout.close();
 *
 * Every promise rejects with a RefscoutError, whose `code` is one of those in shared/messages.js, or
 * with the signal's reason (by default an AbortError) when it is cancelled.
 */

import { abortReason, RefscoutError } from '../shared/messages.js';
import { here } from '../shared/node.js';
import { DEFAULT_TOP, OPTIONS } from '../shared/options.js';
import { openStore } from '../shared/store.js';
import { startThread } from './thread.js';

export { RefscoutError };

/**
 * @typedef {import('../shared/messages.js').Info} Info
 * @typedef {import('../shared/messages.js').Progress} Progress
 * @typedef {import('../shared/messages.js').Need} Need
 * @typedef {import('../shared/messages.js').EmbedResult} EmbedResult
 * @typedef {import('../shared/messages.js').SearchResult} SearchResult
 * @typedef {import('../shared/options.js').RankOptions} RankOptions
 * @typedef {import('../shared/messages.js').ConflictRequest} ConflictRequest
 * @typedef {import('../shared/messages.js').ConflictResult} ConflictResult
 * @typedef {import('../shared/messages.js').Paper} Paper
 * @typedef {import('../shared/messages.js').Person} Person
 *
 * @typedef {object} LoadOptions
 * @property {string | URL} [base]   address of the site; default: the folder above that of this file
 * @property {AbortSignal} [signal]  stops loading and frees what was loaded
 * @property {(progress: Progress) => void} [onProgress]
 * @property {(need: Need) => boolean | Promise<boolean>} [confirm]  called before anything is downloaded, with
 *     the size of the download; if it returns false, load() rejects with RS_ERR_DECLINED
 * @property {number} [threads]      default: one for each core, at most 8; 1 in Safari's engine, and where the page
 *     is not cross-origin isolated
 *
 * @typedef {object} AnswerOptions
 * @property {'people' | 'papers'} [by]  only this list, the other is empty; default: both
 * @property {AbortSignal} [signal]  cancels the request; a queued request is not started
 *
 * @typedef {RankOptions & AnswerOptions} SearchOptions
 */

/** From the folder of this file to the site. A constant, since bundlers treat a literal in new URL() as a file. */
const ABOVE = '..';

/** The load that prepare() started and no load() has taken over.
 * @type {{base: string, threads: number | null, line: Line, need: Promise<Need>} | null} */
let prepared = null;

/** Starts loading early, for a page that has more to do before it calls load(): starts the worker, which finds out
 * how much is stored on this device, and reads it if nothing is missing. A later load() with the same settings
 * continues from there.
 * @param {Pick<LoadOptions, 'base' | 'threads'>} [options] */
export function prepare({ base, threads } = {}) {
  prepared?.line.close();
  const request = { action: 'survey', base: siteBase(base), threads: threads ?? null };
  const line = openLine();
  const need = line.ask(request, {});
  need.catch(() => {}); // load() reports the error
  prepared = { ...request, line, need };
}

/** Loads and opens model and index. Several may be open at once, each with its own memory.
 * @param {LoadOptions} [options]
 * @returns {Promise<Refscout>} */
export async function load(options = {}) {
  const { signal, onProgress, confirm, threads } = options;
  if (threads !== undefined) requireInteger('threads', threads, 1, 1024);
  if (signal?.aborted) throw abortReason(signal);
  const settings = { base: siteBase(options.base), threads: threads ?? null };
  const begun = takePrepared(settings);
  let line = begun?.line ?? openLine();
  try {
    if (confirm) {
      const need = begun?.need ?? line.ask({ action: 'survey', ...settings }, { signal });
      if (!(await unlessAborted(confirm(await unlessAborted(need, signal)), signal))) throw declined();
    }
    const request = { action: 'load', ...settings };
    try {
      const info = await line.ask({ ...request, plain: false }, { signal, onProgress });
      return new Refscout(line, info);
    } catch (thrown) {
      if (/** @type {{code?: string}} */ (thrown).code !== 'RS_ERR_KERNEL') throw thrown;
    }
    // The model's self-test failed: load again without relaxed SIMD, in a new worker, since the memory and threads of
    // this one are freed only when it ends.
    line.close();
    line = openLine();
    const info = await line.ask({ ...request, plain: true }, { signal, onProgress });
    return new Refscout(line, info);
  } catch (thrown) {
    line.close(); // ends the worker, which stops its fetches and frees its memory
    throw thrown;
  }
}

/** Takes over a load that prepare() started, if it has the same settings; null otherwise.
 * @param {{base: string, threads: number | null}} settings */
function takePrepared({ base, threads }) {
  if (prepared?.base !== base || prepared.threads !== threads) return null;
  const taken = prepared;
  prepared = null;
  return taken;
}

/** How much of a site's model and index is stored on this device.
 * @param {string | URL} [base]
 * @returns {Promise<{bytes: number, files: number}>} */
export async function stored(base) {
  const kept = (await (await openStore(siteBase(base)))?.list()) ?? [];
  return { bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0), files: kept.length };
}

/** Deletes a site's model and index from this device. What is loaded stays loaded.
 * @param {string | URL} [base] */
export async function deleteStored(base) {
  await (await openStore(siteBase(base)))?.clear();
}

/** A loaded model with its index; made by load(). */
export class Refscout {
  #line;
  /** The text of the last search that succeeded.
   * @type {string | null} */
  #text = null;

  /** @param {Line} line
   * @param {Info} info */
  constructor(line, info) {
    this.#line = line;
    /** @readonly */
    this.info = info;
  }

  /** Embeds one text.
   * @param {string} text
   * @param {AbortSignal} [signal]
   * @returns {Promise<EmbedResult>} */
  async embed(text, signal) {
    requireText(text);
    return this.#line.ask({ action: 'embed', text }, { signal });
  }

  /** Ranks the papers and people of the index by similarity to a text. Searches are answered in order;
   * to replace an older search by a newer one, abort the signal of the older one.
   * @param {string} text
   * @param {SearchOptions} [options]
   * @returns {Promise<SearchResult>} */
  async search(text, options = {}) {
    requireText(text);
    const result = await this.#answer('search', text, options);
    this.#text = text;
    return result;
  }

  /** Ranks the text of the last successful search again, with other options and without encoding it again.
   * Takes milliseconds.
   * @param {SearchOptions} [options]
   * @returns {Promise<SearchResult>} */
  async rank(options = {}) {
    if (this.#text === null) throw new RefscoutError('RS_ERR_ARGUMENT', 'Search first, then rank.');
    return this.#answer('rank', this.#text, options);
  }

  /** Finds who should not review a manuscript, and why; `person` is the number to pass in `left_out`.
   * @param {ConflictRequest} request
   * @param {AbortSignal} [signal]
   * @returns {Promise<ConflictResult>} */
  async conflicts(request, signal) {
    return this.#line.ask({ action: 'conflicts', request }, { signal });
  }

  /** @param {'search' | 'rank'} action
   * @param {string} text
   * @param {SearchOptions} options
   * @returns {Promise<SearchResult>} */
  async #answer(action, text, { by, signal, ...ranking }) {
    if (by !== undefined && by !== 'people' && by !== 'papers') {
      throw new RefscoutError('RS_ERR_ARGUMENT', "by must be 'people' or 'papers'.");
    }
    const options = checkedOptions(ranking);
    /** @type {SearchResult} */
    const result = await this.#line.ask({ action, text, options }, { signal });
    if (by === 'people') result.papers = [];
    if (by === 'papers') result.people = [];
    return result;
  }

  /** Ends the worker and frees its memory. Pending requests reject with RS_ERR_CLOSED. */
  close() {
    this.#line.close();
  }
}

/** @typedef {ReturnType<typeof openLine>} Line */

/** Starts a worker; keeps the requests that wait for its replies. */
function openLine() {
  /** @typedef {{resolve: (value: any) => void, reject: (reason: unknown) => void, onProgress?: (p: Progress) => void}} Waiting */
  /** @type {Map<number, Waiting>} */
  const waiting = new Map();
  let last_id = 0;
  /** @type {RefscoutError | null} */
  let ended = null;

  /** @param {RefscoutError} reason */
  function end(reason) {
    if (ended) return;
    ended = reason;
    thread.terminate();
    for (const { reject } of waiting.values()) reject(reason);
    waiting.clear();
  }

  /** @param {import('../shared/messages.js').Reply} reply */
  function hear({ id, result, error, progress }) {
    const request = waiting.get(id);
    if (!request) return; // cancelled meanwhile
    if (progress) {
      request.onProgress?.(progress);
      return;
    }
    forget(id);
    if (error) request.reject(new RefscoutError(error.code, error.message));
    else request.resolve(result);
  }

  /** Removes a request; when none is left, the worker no longer keeps a Node program running.
   * @param {number} id
   * @returns {boolean} whether the request was still pending */
  function forget(id) {
    const waited = waiting.delete(id);
    if (waiting.size === 0) thread.unref?.();
    return waited;
  }

  const thread = startThread(hear, end);
  thread.unref?.();

  return {
    /** @param {object} request
     * @param {{signal?: AbortSignal, onProgress?: (p: Progress) => void}} options
     * @returns {Promise<any>} */
    ask(request, { signal, onProgress }) {
      if (ended) return Promise.reject(ended);
      if (signal?.aborted) return Promise.reject(abortReason(signal));
      const id = ++last_id;
      const reply = new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject, onProgress });
        thread.ref?.();
        thread.postMessage({ id, ...request });
      });
      if (!signal) return reply;
      const cancel = () => {
        waiting.get(id)?.reject(abortReason(signal));
        if (forget(id)) thread.postMessage({ id, action: 'cancel' });
      };
      signal.addEventListener('abort', cancel);
      return reply.finally(() => signal.removeEventListener('abort', cancel));
    },

    close() {
      end(new RefscoutError('RS_ERR_CLOSED', 'This was closed; call load() again.'));
    },
  };
}

/** The absolute address of a site's folder, with a slash at its end.
 * @param {string | URL} [base]  default: the folder above that of this file */
function siteBase(base = new URL(ABOVE, import.meta.url)) {
  const { href } = new URL(base, here());
  return href.endsWith('/') ? href : `${href}/`;
}

/** Settles like the promise, or rejects as soon as the signal aborts.
 * @template T
 * @param {T | Promise<T>} value
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>} */
function unlessAborted(value, signal) {
  return new Promise((resolve, reject) => {
    Promise.resolve(value).then(resolve, reject);
    signal?.addEventListener('abort', () => reject(abortReason(signal)), { once: true });
    if (signal?.aborted) reject(abortReason(signal));
  });
}

function declined() {
  return new RefscoutError('RS_ERR_DECLINED', 'The download was declined; nothing was loaded.');
}

/** @param {unknown} text */
function requireText(text) {
  if (typeof text !== 'string') throw new RefscoutError('RS_ERR_ARGUMENT', 'The text must be a string.');
}

/** Checks the options and leaves out undefined ones, so that their defaults apply.
 * @param {RankOptions} options
 * @returns {RankOptions} */
function checkedOptions(options) {
  /** @type {Record<string, any>} */
  const checked = { top: DEFAULT_TOP };
  for (const [name, allowed] of Object.entries(OPTIONS)) {
    const value = /** @type {Record<string, any>} */ (options)[name];
    if (value === undefined) continue;
    const wanted = whatIsMissed(value, allowed);
    if (wanted) throw new RefscoutError('RS_ERR_ARGUMENT', `${name} must be ${wanted}.`);
    checked[name] = value;
  }
  return checked;
}

/** @param {any} value
 * @param {(typeof OPTIONS)[string]} allowed
 * @returns {string | null}  what the value should be, for the error message; null if it is valid */
function whatIsMissed(value, allowed) {
  if (allowed === 'share')
    return typeof value === 'number' && value > 0 && value <= 1 ? null : 'a number above 0, at most 1';
  if (allowed === 'people') {
    return Array.isArray(value) && value.every(Number.isInteger) ? null : 'an array of people’s numbers';
  }
  if ('words' in allowed) {
    return allowed.words.includes(value) ? null : `one of ${allowed.words.join(', ')}`;
  }
  const { least, most } = allowed;
  if (Number.isInteger(value) && value >= least && value <= most) return null;
  return `an integer from ${least} to ${most}`;
}

/** @param {string} name
 * @param {unknown} value
 * @param {number} min
 * @param {number} max */
function requireInteger(name, value, min, max) {
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return;
  throw new RefscoutError('RS_ERR_ARGUMENT', `${name} must be an integer from ${min} to ${max}.`);
}
