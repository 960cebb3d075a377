/** What differs in Node, which has worker threads and files where a browser has workers and fetch(). Deno and Bun
 * have the interfaces of a browser. */

/** A built-in module of Node, or undefined in other environments. Looked up at run time, so that bundlers do not
 * try to resolve it.
 * @param {'fs/promises' | 'worker_threads'} name
 * @returns {any} */
export function nodeModule(name) {
  if (typeof Worker !== 'undefined') return undefined;
  return /** @type {any} */ (globalThis).process?.getBuiltinModule?.(`node:${name}`);
}

/** The base of relative addresses: the page, or in Node the current working directory.
 * @returns {string | undefined} */
export function here() {
  const { location, process } = /** @type {any} */ (globalThis);
  if (location) return location.href;
  return process?.cwd && `file://${encodeURI(process.cwd()).replace(/[?#]/g, encodeURIComponent)}/`;
}
