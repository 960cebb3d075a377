/** One state object; views read it, main.js sets it. */

/**
 * @typedef {import('../lib/refscout.js').Info} Info
 * @typedef {import('../lib/refscout.js').Progress} Progress
 * @typedef {import('../lib/refscout.js').SearchResult} SearchResult
 *
 * @typedef {object} State
 * @property {'loading' | 'stopped' | 'ready' | 'failed'} engine
 * @property {Progress | null} progress   while loading
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
