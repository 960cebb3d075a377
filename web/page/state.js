/** One state object; views read it, main.js sets it. */

/**
 * @typedef {import('../lib/refscout.js').Info} Info
 * @typedef {import('../lib/refscout.js').Progress} Progress
 * @typedef {import('../lib/refscout.js').SearchResult} SearchResult
 *
 * @typedef {object} State
 * @property {'loading' | 'asking' | 'stopped' | 'ready' | 'failed'} engine
 * @property {import('../lib/refscout.js').Need | null} need  while asking whether it may be downloaded
 * @property {Progress | null} progress   while loading
 * @property {number | null} seconds_left of it, as far as can be told
 * @property {{bytes: number, persisted: boolean} | null} kept  on this device
 * @property {boolean} works_offline      the page itself opens without a network
 * @property {boolean} online
 * @property {boolean} update             a new version of the page waits
 * @property {Info | null} info           once ready
 * @property {'idle' | 'waiting' | 'running'} query  waiting: asked before the engine was ready
 * @property {{text: string, result: SearchResult} | null} answer  the last one; stays while the next is made
 * @property {{title: string, message: string, retry: 'load' | 'search' | null} | null} problem
 */

/** @typedef {ReturnType<typeof createState>} Store */

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
