/** Node has threads and files where a browser has workers and fetch(). Deno and Bun have what a browser has. */

/** A module of Node's own; undefined wherever else this runs. Asked for by name while running, so that no bundler
 * looks for it.
 * @param {'fs/promises' | 'worker_threads'} name
 * @returns {any} */
export function nodeModule(name) {
  if (typeof Worker !== 'undefined') return undefined;
  return /** @type {any} */ (globalThis).process?.getBuiltinModule?.(`node:${name}`);
}

/** What addresses without a scheme are relative to: the page, or the folder that a command was started in.
 * @returns {string | undefined} */
export function here() {
  const { location, process } = /** @type {any} */ (globalThis);
  if (location) return location.href;
  return process?.cwd && `file://${encodeURI(process.cwd()).replace(/[?#]/g, encodeURIComponent)}/`;
}
