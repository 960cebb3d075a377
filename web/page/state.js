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
 * @property {number} min_papers    that were asked of them; less than wished when nobody had as many
 * @property {number} more          people whom a minimum of one paper would add; counted for short lists
 *
 * @typedef {Omit<Person, 'rank' | 'person' | 'closer_than' | 'countries'> & {key: string, note: string}} Kept  on the short-list
 *
 * @typedef {object} State
 * @property {'loading' | 'asking' | 'stopped' | 'ready' | 'failed'} engine
 * @property {import('../lib/refscout.js').Need | null} need  while asking whether it may be downloaded
 * @property {Progress | null} progress   while loading
 * @property {number | null} seconds_left of it, as far as can be told
 * @property {{bytes: number, persisted: boolean} | null} kept  on this device
 * @property {boolean} works_offline      the page itself opens without a network
 * @property {import('./update.js').Refusal | null} refusal  why it does not
 * @property {boolean} online
 * @property {boolean} update             a new version of the page waits
 * @property {Info | null} info           once ready
 * @property {'idle' | 'waiting' | 'running'} query  waiting: asked before the engine was ready
 * @property {Answer | null} answer       the last one; stays while the next is made
 * @property {{title: string, message: string, retry: 'load' | 'search' | null} | null} problem
 * @property {import('./settings.js').Settings} settings
 * @property {{people: number, papers: number}} shown  how many of each list
 * @property {ConflictResult | null} conflicts  null when nobody was named
 * @property {ReadonlySet<number>} undone  people excluded by it who are listed all the same
 * @property {ReadonlyMap<string, import('./evidence.js').Evidence>} evidence  of people, where it is open
 * @property {Kept[]} shortlist
 */

/** @typedef {ReturnType<typeof createState>} Store */

/** Of each list, before more is asked for. */
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
