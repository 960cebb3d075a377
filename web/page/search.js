/** Search requests, one at a time; a newer one cancels the older one. */

import { filterPeople, rankOptions } from './settings.js';

/**
 * @typedef {import('../lib/refscout.js').Refscout} Refscout
 * @typedef {import('../lib/refscout.js').SearchResult} SearchResult
 * @typedef {import('./state.js').State} State
 * @typedef {import('./state.js').Answer} Answer
 */

/** Number of papers and people requested, so that filters and "more" need no new search. */
export const POOL = 200;
/** With fewer people than this, the page also says how many a lower minimum of papers would add. */
const SHORT = 10;

/**
 * @param {import('./state.js').Store} store
 * @param {(scout: Refscout, signal: AbortSignal) => Promise<number[]>} leftOut */
export function createSearch(store, leftOut) {
  let running = new AbortController();
  /** The text of the running search, or null.
   * @type {string | null} */
  let asking = null;
  /** The engine that gave the answer on the page; only it can rank that text again.
   * @type {Refscout | null} */
  let answered_by = null;

  function cancel() {
    running.abort();
    asking = null;
  }

  /** @param {Refscout} scout
   * @param {string | null} text  null: the last text again
   * @returns {Promise<Answer | null>} null when a newer search has replaced this one */
  async function ask(scout, text) {
    running.abort();
    running = new AbortController();
    const { signal } = running;
    asking = text;
    try {
      const { settings } = store.get();
      const left_out = await leftOut(scout, signal);
      const options = { ...rankOptions(settings), top: POOL, left_out, signal };
      const result = await (text === null ? scout.rank(options) : scout.search(text, options));
      answered_by = scout;
      const answer = await complete(scout, result, text ?? store.get().answer?.text ?? '', options);
      if (signal.aborted) return null;
      asking = null;
      return answer;
    } catch (thrown) {
      if (signal.aborted) return null;
      asking = null;
      throw thrown;
    }
  }

  /** Filters the people. If few are left, ranks again with a minimum of one paper, to count who would be added,
   * or to list them if nobody is left.
   * @param {Refscout} scout
   * @param {SearchResult} result
   * @param {string} text
   * @param {import('../lib/refscout.js').SearchOptions} options
   * @returns {Promise<Answer>} */
  async function complete(scout, result, text, options) {
    const { settings } = store.get();
    const { min_papers } = settings;
    const people = filterPeople(result.people, settings);
    const answer = { text, result, people, min_papers, more: 0 };
    if (people.length >= SHORT || min_papers === 1) return answer;
    const all = await scout.rank({ ...options, min_papers: 1, by: 'people' });
    const everyone = filterPeople(all.people, settings);
    if (people.length === 0 && everyone.length > 0) return { ...answer, people: everyone, min_papers: 1 };
    return { ...answer, more: everyone.length - people.length };
  }

  return {
    cancel,
    ask,
    /** Ranks the same text with the current settings, also when it is still being read.
     * @param {Refscout} scout */
    again(scout) {
      const unread = scout === answered_by ? null : (store.get().answer?.text ?? null);
      return ask(scout, asking ?? unread);
    },
  };
}
