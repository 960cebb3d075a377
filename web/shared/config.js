/** URLs and limits, all in one place. */

/** Below a site's base. Paths of pieces are relative to the manifest. */
export const MANIFEST_PATH = 'data/manifest.json';
export const MANIFEST_VERSION = 1;

/** The module for what the browser can do, seen from this file's folder's parent.
 * @param {{relaxed: boolean, threads: boolean}} features */
export function moduleName({ relaxed, threads }) {
  return `refscout-${relaxed ? 'relaxed' : 'simd'}${threads ? '-threads' : ''}`;
}

/** @param {string} name */
export function moduleUrl(name) {
  return new URL(`../wasm/${name}.mjs`, import.meta.url).href;
}

/** More connections do not make one download faster, and each holds a chunk in memory. */
export const PARALLEL_FETCHES = 4;

/** A piece is fetched once more when it fails; a second failure is an error. */
export const FETCH_ATTEMPTS = 2;

/** Nothing arriving for this long counts as a lost connection. */
export const STALL_MS = 30_000;

/** Beyond this the cores of a phone or laptop share memory bandwidth and gain little. */
export const MAX_THREADS = 8;

export const DEFAULT_TOP = 10;
export const MAX_TOP = 1000;

/** How a person's score is made of their papers' scores; the first is as usual. */
export const AGGREGATES = /** @type {const} */ (['mean3', 'best', 'weighted']);
