/** URLs and limits, all in one place. */

/** Below a site's base. Paths of pieces are relative to the manifest. */
export const MANIFEST_PATH = 'data/manifest.json';
export const MANIFEST_VERSION = 1;

/** The module for what the browser can do.
 * @param {{relaxed: boolean, threads: boolean}} features */
export function moduleName({ relaxed, threads }) {
  return `refscout-${relaxed ? 'relaxed' : 'simd'}${threads ? '-threads' : ''}`;
}

/** Kept pieces. Updates of the page leave it alone: its name changes only with what it holds. */
export const STORE_NAME = 'refscout-pieces-v1';

/** The reader is asked before more than this is downloaded. */
export const ASK_BYTES = 20e6;

/** More connections do not make one download faster, and each holds a chunk in memory. */
export const PARALLEL_FETCHES = 4;

/** Opening a file of the store is waiting, and reading takes no memory of its own. */
export const PARALLEL_READS = 64;

/** A piece is fetched once more when it fails; a second failure is an error. */
export const FETCH_ATTEMPTS = 2;

/** Nothing arriving for this long counts as a lost connection. */
export const STALL_MS = 30_000;

/** As long as this the manifest is waited for where all it named last time is on the device. */
export const STALL_KEPT_MS = 5_000;

/** Bytes taken from a connection at a time: as many as browsers hand over at once. */
export const READ_BYTES = 1 << 16;

/** Pieces are handed to the Cache API in parts of this size. */
export const KEEP_CHUNK_BYTES = 1 << 20;

/** Beyond this the cores of a phone or laptop share memory bandwidth and gain little. */
export const MAX_THREADS = 8;

/** Threads that have not begun by then never will: one thread does the work. */
export const THREADS_START_MS = 20_000;
