/** One state object; views read it, main.js sets it. */

/**
 * @typedef {import('../lib/refscout.js').Info} Info
 * @typedef {import('../lib/refscout.js').Progress} Progress
 * @typedef {import('../lib/refscout.js').SearchResult} SearchResult
 *
 * @typedef {import('../lib/refscout.js').Person} Person
 * @typedef {import('../lib/refscout.js').ConflictResult} ConflictResult
 *
 * @typedef {object} Answer
 * @property {string} text
 * @property {SearchResult} result
 * @property {Person[]} people      those that pass every filter, by score
 * @property {number} min_papers    the minimum that was applied; lower than the setting if nobody had as many papers
 * @property {number} more          people whom a minimum of one paper would add; counted only if few are found
 *
 * @typedef {Omit<Person, 'rank' | 'person' | 'closer_than' | 'countries'> & {key: string, note: string}} Kept  on the short-list
 *
 * @typedef {object} State
 * @property {'loading' | 'asking' | 'stopped' | 'ready' | 'failed'} engine
 * @property {import('../lib/refscout.js').Need | null} need  while asking whether it may be downloaded
 * @property {Progress | null} progress   while loading
 * @property {number | null} seconds_left estimated time until loaded, if there is an estimate
 * @property {{bytes: number, persisted: boolean} | null} kept  on this device
 * @property {boolean} works_offline      the page itself opens without a network
 * @property {import('./update.js').Refusal | null} refusal  why the page does not open without a network
 * @property {boolean} online
 * @property {boolean} update             a new version of the page waits
 * @property {Info | null} info           once ready
 * @property {'idle' | 'waiting' | 'running'} query  waiting: asked before the engine was ready
 * @property {Answer | null} answer       the last answer; stays until the next one is complete
 * @property {{title: string, message: string, retry: 'load' | 'search' | null} | null} problem
 * @property {import('./settings.js').Settings} settings
 * @property {{people: number, papers: number}} shown  how many of each list
 * @property {ConflictResult | null} conflicts  null when nobody was named
 * @property {ReadonlySet<number>} undone  people whose exclusion the reader has undone
 * @property {ReadonlyMap<string, import('./evidence.js').Evidence>} evidence  of the people for whom it is shown
 * @property {Kept[]} shortlist
 */

/** @typedef {ReturnType<typeof createState>} Store */

/** Entries of each list that are shown at first. */
export const FIRST_SHOWN = Object.freeze({ people: 10, papers: 10 });

/** @param {State} initial */
export function createState(initial) {
  let state = initial;
  /** @type {((state: State) => void)[]} */
  const listeners = [];
  return {
    get: () => state,
    /** @param {Partial<State>} change */
    set(change) {
      state = { ...state, ...change };
      for (const listener of listeners) listener(state);
    },
    /** @param {(state: State) => void} listener  called now and after every change */
    subscribe(listener) {
      listeners.push(listener);
      listener(state);
    },
  };
}
