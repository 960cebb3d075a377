/** Addresses and limits. */

/** Relative to a site's base. Paths of pieces are relative to the manifest. */
export const MANIFEST_PATH = 'data/manifest.json';
export const MANIFEST_VERSION = 1;

/** Name, without folder and ending, of the WebAssembly module for these features.
 * @param {{relaxed: boolean, threads: boolean}} features */
export function moduleName({ relaxed, threads }) {
  return `refscout-${relaxed ? 'relaxed' : 'simd'}${threads ? '-threads' : ''}`;
}

/** Folder (or cache) of the stored pieces. The version in its name changes only with the format of what is stored,
 * so updates of the page keep the pieces. */
export const STORE_NAME = 'refscout-pieces-v1';

/** The page asks the reader before it downloads more than this. */
export const ASK_BYTES = 20e6;

/** More connections do not make one download faster, and each holds a chunk in memory. */
export const PARALLEL_FETCHES = 4;

/** Stored files read in parallel: opening one takes mostly latency, and reading one needs no buffer. */
export const PARALLEL_READS = 64;

/** Attempts to fetch a piece; the failure of the last one is an error. */
export const FETCH_ATTEMPTS = 2;

/** A connection on which nothing arrives for this long is considered lost. */
export const STALL_MS = 30_000;

/** Timeout for the manifest when everything that the stored manifest names is on this device. */
export const STALL_KEPT_MS = 5_000;

/** Bytes read from a connection at a time: the usual chunk size of browsers. */
export const READ_BYTES = 1 << 16;

/** Pieces are written to the Cache API in chunks of this size. */
export const KEEP_CHUNK_BYTES = 1 << 20;

/** Maximum number of threads. More gain little: memory bandwidth limits them. */
export const MAX_THREADS = 8;

/** Timeout for starting threads; afterwards the module without threads is used. */
export const THREADS_START_MS = 20_000;
