/** Brings what the manifest names, from the store or from the site, straight to its final place, and
 * checks every piece before it counts. A wrong byte, an error page served as 200, a lost connection,
 * a damaged entry of the store: fetched once more, then one clear error. */

import {
  FETCH_ATTEMPTS,
  MANIFEST_VERSION,
  PARALLEL_FETCHES,
  PARALLEL_READS,
  STALL_MS,
} from '../shared/config.js';
import { abortReason, RefscoutError } from '../shared/messages.js';
import { nodeModule } from '../shared/node.js';
import { fill } from '../shared/stream.js';

/**
 * @typedef {{path: string, bytes: number, sha256: string}} Piece
 * @typedef {{bytes: number, sha256: string, pieces: Piece[]}} ManifestFile
 * @typedef {{model: ManifestFile, index: ManifestFile}} Manifest
 *
 * @typedef {object} Job          one piece and where it goes
 * @property {string} url
 * @property {number} bytes
 * @property {string} sha256
 * @property {() => Uint8Array} view  its place
 * @property {() => Promise<string>} digest  the SHA-256 of what lies there now
 * @property {() => string} checksum  a quick sum of it
 * @property {string} [known]  that of the right bytes, once they were seen: last time, or this time
 *
 * @typedef {object} FetchOptions
 * @property {AbortSignal} [signal]
 * @property {(done_bytes: number) => void} [onBytes]  bytes of all jobs so far; falls when a piece is fetched again
 * @property {number} [stall_ms]
 * @property {number} [attempts]
 * @property {Pick<import('../shared/store.js').Store, 'read' | 'keep' | 'remove'> | null} [store]
 *     where pieces are looked for first, and kept
 * @property {Promise<unknown>} [placed]  until then no job has a place; what needs none is done meanwhile
 */

const BAD_MANIFEST =
  'The list of model files (data/manifest.json) is damaged or is not one; write the site anew with refscout site.';

/** @param {string} url
 * @param {FetchOptions} [options]
 * @returns {Promise<Manifest>} */
export async function fetchManifest(url, options = {}) {
  const { attempts = FETCH_ATTEMPTS } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await withStallGuard(options, async (signal) => {
        // Always asked for anew: the names of the pieces change with every deployment.
        const response = await get(url, { cache: 'no-cache', signal });
        const text = await response.text();
        return readManifest(text);
      });
    } catch (thrown) {
      if (options.signal?.aborted) throw abortReason(options.signal);
      if (attempt >= attempts) throw asNetworkError(thrown, url);
    }
  }
}

/** Checks a manifest's text as far as later code relies on it.
 * @param {string} text
 * @returns {Manifest} */
export function readManifest(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new RefscoutError('RS_ERR_FORMAT', BAD_MANIFEST, thrown);
  }
  if (Number.isInteger(value?.format_version) && value.format_version !== MANIFEST_VERSION) {
    throw new RefscoutError(
      'RS_ERR_VERSION',
      `The model files are of version ${value.format_version}, this page reads ${MANIFEST_VERSION}; reload the page, or write the site anew.`,
    );
  }
  if (value?.format_version !== MANIFEST_VERSION || !isFile(value.model) || !isFile(value.index)) {
    throw new RefscoutError('RS_ERR_FORMAT', BAD_MANIFEST);
  }
  return value;
}

/** @param {any} file */
function isFile(file) {
  if (!isSize(file?.bytes) || !isHash(file.sha256) || !Array.isArray(file.pieces)) return false;
  let sum = 0;
  for (const piece of file.pieces) {
    // The path is pinned, so a manifest cannot send a request anywhere else.
    if (!isSize(piece?.bytes) || !isHash(piece.sha256)) return false;
    if (piece.path !== `pieces/${piece.sha256}.bin`) return false;
    sum += piece.bytes;
  }
  return sum === file.bytes;
}

/** @param {any} value */
const isSize = (value) => Number.isSafeInteger(value) && value > 0;
/** @param {any} value */
const isHash = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

/** Does all jobs, a few at a time. The first failure stops the others; when this settles, nothing is
 * written any more.
 * @param {Job[]} jobs
 * @param {FetchOptions} [options]
 * @returns {Promise<{all_kept: boolean}>}  all_kept: the store has all of them now */
export async function fetchAll(jobs, options = {}) {
  const stop = linkedController(options.signal);
  let done_bytes = 0;
  /** @param {number} change */
  const count = (change) => {
    done_bytes += change;
    options.onBytes?.(done_bytes);
  };
  const waiting = [...jobs];
  const inner = { ...options, signal: stop.signal };
  let all_kept = Boolean(options.store);
  /** @type {Job[]} */
  const missing = [];
  const readLane = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      if (!(await readKept(job, count, inner))) missing.push(job);
    }
  };
  const fetchLane = async () => {
    for (let job = missing.shift(); job; job = missing.shift()) {
      await fetchPiece(job, count, inner);
      // Once there was no room, a smaller piece would only take it from somebody else.
      if (all_kept && !(await options.store?.keep(job.url, job.view))) all_kept = false;
    }
  };
  /** @type {unknown[]} */
  const failures = [];
  /** @param {() => Promise<void>} lane */
  const watched = (lane) =>
    lane().catch((thrown) => {
      failures.push(thrown);
      stop.abort();
    });
  await Promise.all(Array.from({ length: PARALLEL_READS }, () => watched(readLane)));
  await options.placed;
  await Promise.all(Array.from({ length: PARALLEL_FETCHES }, () => watched(fetchLane)));
  if (options.signal?.aborted) throw abortReason(options.signal);
  if (failures.length > 0) throw failures[0];
  return { all_kept };
}

/** Whether the right bytes are in their place. Such have a quick sum too, by which they are known next time
 * when they come out of the store: it takes a tenth of the time, and finds what a disk or an unfinished
 * write does to them. What comes from a server is always asked for its SHA-256.
 * @param {Job} job */
async function isRight(job) {
  if ((await job.digest()) !== job.sha256) return false;
  job.known = job.checksum();
  return true;
}

/** False when it is not in the store, or was damaged there and is removed now.
 * @param {Job} job
 * @param {(change: number) => void} count
 * @param {FetchOptions} options */
async function readKept(job, count, { store, signal, placed = Promise.resolve() }) {
  if (!store) return false;
  let received = 0;
  try {
    const onBytes = (/** @type {number} */ bytes) => {
      if (signal?.aborted) throw abortReason(signal);
      received += bytes;
      count(bytes);
    };
    const whole = await store.read(job.url, job.view, onBytes, placed);
    if (whole && (job.checksum() === job.known || (await isRight(job)))) return true;
  } catch {
    if (signal?.aborted) throw abortReason(signal);
  }
  await placed; // without a place nothing was read: nothing is wrong with what is kept
  count(-received);
  await store.remove(job.url);
  return false;
}

/** @param {Job} job
 * @param {(change: number) => void} count
 * @param {FetchOptions} options */
async function fetchPiece(job, count, options) {
  for (let attempt = 1; ; attempt++) {
    let received = 0;
    let arrived = 0;
    try {
      await withStallGuard(options, async (signal, alive) => {
        // What the store keeps need not be in the HTTP cache too. Without a store that cache is
        // asked first, and passed by the second time: it may be what holds the wrong bytes.
        const cache = options.store ? 'no-store' : attempt === 1 ? 'default' : 'reload';
        const response = await get(job.url, { cache, signal });
        if (!response.body) return;
        arrived = await fill(job.view, response.body, (bytes) => {
          alive();
          received += bytes;
          count(bytes);
        });
      });
      await checkPiece(job, arrived);
      return;
    } catch (thrown) {
      if (options.signal?.aborted) throw abortReason(options.signal);
      count(-received);
      if (attempt === FETCH_ATTEMPTS) throw asNetworkError(thrown, job.url);
    }
  }
}

/** @param {Job} job
 * @param {number} arrived  bytes; more than there should be where they did not fit */
async function checkPiece(job, arrived) {
  if (arrived > job.bytes) throw wrongBytes(job, `it is longer than ${job.bytes} bytes`);
  if (arrived < job.bytes) throw wrongBytes(job, `${arrived} of ${job.bytes} bytes arrived`);
  if (!(await isRight(job))) throw wrongBytes(job, 'its checksum differs');
}

/** @param {Job} job
 * @param {string} how */
function wrongBytes(job, how) {
  return new RefscoutError(
    'RS_ERR_INTEGRITY',
    `A part of the model arrived damaged (${shortUrl(job.url)}: ${how}). Try again; if it happens again, the site must be uploaded anew.`,
  );
}

/** @param {string} url
 * @param {RequestInit} init */
async function get(url, init) {
  const files = url.startsWith('file:') ? nodeModule('fs/promises') : undefined; // Node does not fetch files
  if (files) return new Response(await files.readFile(new URL(url), { signal: init.signal }));
  const response = await fetch(url, { ...init, credentials: 'same-origin' });
  if (!response.ok) {
    const ending = url.slice(url.lastIndexOf('.'));
    throw new RefscoutError(
      'RS_ERR_NETWORK',
      `The server answered ${response.status} for ${shortUrl(url)}. Try again later; if it stays, the site was not uploaded completely, or the server's settings lack a type for files that end in ${ending}.`,
    );
  }
  return response;
}

/** Runs work with a signal that also fires when alive() was not called for stall_ms.
 * @template T
 * @param {FetchOptions} options
 * @param {(signal: AbortSignal, alive: () => void) => Promise<T>} work
 * @returns {Promise<T>} */
async function withStallGuard({ signal, stall_ms = STALL_MS }, work) {
  const stop = linkedController(signal);
  const stalled = new RefscoutError(
    'RS_ERR_NETWORK',
    `Nothing arrived for ${Math.round(stall_ms / 1000)} seconds. Check the connection and try again.`,
  );
  const fire = () => stop.abort(stalled);
  let timer = setTimeout(fire, stall_ms);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(fire, stall_ms);
  };
  try {
    return await work(stop.signal, alive);
  } catch (thrown) {
    // Engines differ in whether a broken body stream tells the signal's reason.
    throw stop.signal.reason === stalled ? stalled : thrown;
  } finally {
    clearTimeout(timer);
    stop.abort(); // lets go of the outer signal
  }
}

/** A controller that also aborts with `outer`. (AbortSignal.any is missing before Firefox 124 and
 * Safari 17.4.)
 * @param {AbortSignal} [outer] */
function linkedController(outer) {
  const inner = new AbortController();
  const forward = () => inner.abort(outer?.reason);
  if (outer?.aborted) forward();
  outer?.addEventListener('abort', forward, { once: true, signal: inner.signal });
  return inner;
}

/** fetch() says "Failed to fetch" and little else.
 * @param {unknown} thrown
 * @param {string} url */
function asNetworkError(thrown, url) {
  if (thrown instanceof RefscoutError) return thrown;
  const said = url.startsWith('file:')
    ? 'could not be read. Name a folder that refscout site has written.'
    : 'could not be fetched. Check the connection and try again.';
  return new RefscoutError('RS_ERR_NETWORK', `${shortUrl(url)} ${said}`, thrown);
}

/** The end of the path is enough to find the file, and fits a sentence.
 * @param {string} url */
function shortUrl(url) {
  const path = new URL(url).pathname.split('/').slice(-2).join('/');
  return path.replace(/[0-9a-f]{64}/, (hash) => `${hash.slice(0, 8)}…`);
}
