/** Reads the pieces that the manifest names, from the store or from the site, directly into their destination, and
 * verifies every piece before use. A piece with a wrong byte, an error page served as 200, a lost connection or
 * a damaged entry of the store is fetched once more; the second failure is one clear error. */

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
 * @typedef {object} Job          one piece and its destination
 * @property {string} url
 * @property {number} bytes
 * @property {string} sha256
 * @property {() => Uint8Array} view  the destination
 * @property {() => Promise<string>} digest  computes the SHA-256 of the bytes in the destination
 * @property {() => string} checksum  computes their XXH64
 * @property {string} [known]  XXH64 of bytes whose SHA-256 was right, from the stored manifest or computed now
 *
 * @typedef {object} FetchOptions
 * @property {AbortSignal} [signal]
 * @property {(done_bytes: number) => void} [onBytes]  bytes of all jobs so far; fewer when a piece is fetched again
 * @property {number} [stall_ms]
 * @property {number} [attempts]
 * @property {Pick<import('../shared/store.js').Store, 'read' | 'keep' | 'remove'> | null} [store]
 *     pieces are read from here if they are there, and stored here otherwise
 * @property {Promise<unknown>} [placed]  resolves when the memory of the destinations is allocated; work that needs
 *     none proceeds
 */

const BAD_MANIFEST =
  'The list of model files (data/manifest.json) is damaged or is not one; write the site again with refscout site.';

/** @param {string} url
 * @param {FetchOptions} [options]
 * @returns {Promise<Manifest>} */
export async function fetchManifest(url, options = {}) {
  const { attempts = FETCH_ATTEMPTS } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await withStallGuard(options, async (signal) => {
        // Always revalidated: the names of the pieces change with every deployment.
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

/** Parses a manifest and validates all members that are used.
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
      `The model files are of version ${value.format_version}, this page reads ${MANIFEST_VERSION}; reload the page, or write the site again with refscout site.`,
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
    // Only content-addressed paths are accepted, so a manifest cannot redirect requests.
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

/** Does all jobs, a few at a time. The first failure stops the others. When the promise settles, no job
 * writes to its destination any more.
 * @param {Job[]} jobs
 * @param {FetchOptions} [options]
 * @returns {Promise<{all_kept: boolean}>}  all_kept: all pieces are in the store */
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
      // After the first piece that did not fit nothing more is stored: it would only use up the last free space.
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

/** Verifies the SHA-256 of the bytes in a job's destination, and computes their XXH64. With it pieces from the store
 * are checked next time: it takes a tenth of the time and detects damage by a disk or an unfinished write. Bytes
 * from a server are always verified by SHA-256.
 * @param {Job} job */
async function isRight(job) {
  if ((await job.digest()) !== job.sha256) return false;
  job.known = job.checksum();
  return true;
}

/** Reads a piece from the store. False if it is not there, or was damaged: then it is removed.
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
  await placed; // if no memory could be allocated, this throws: the stored piece is not at fault and stays
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
        // With a store the HTTP cache is not needed. Without a store it is used in the first attempt and
        // bypassed in the second, since the wrong bytes may come from it.
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
 * @param {number} arrived  bytes received; more than the piece has if they did not fit */
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
    `A part of the model arrived damaged (${shortUrl(job.url)}: ${how}). Try again; if it happens again, the site must be uploaded again.`,
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
    // Engines differ in whether an aborted body stream rejects with the signal's reason.
    throw stop.signal.reason === stalled ? stalled : thrown;
  } finally {
    clearTimeout(timer);
    stop.abort(); // removes the listener on the outer signal
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

/** Replaces the errors of fetch(), which say little more than "Failed to fetch", by a sentence for users.
 * @param {unknown} thrown
 * @param {string} url */
function asNetworkError(thrown, url) {
  if (thrown instanceof RefscoutError) return thrown;
  const said = url.startsWith('file:')
    ? 'could not be read. Name a folder that refscout site has written.'
    : 'could not be fetched. Check the connection and try again.';
  return new RefscoutError('RS_ERR_NETWORK', `${shortUrl(url)} ${said}`, thrown);
}

/** The end of an address for a message: folder and file, with hashes shortened.
 * @param {string} url */
function shortUrl(url) {
  const path = new URL(url).pathname.split('/').slice(-2).join('/');
  return path.replace(/[0-9a-f]{64}/, (hash) => `${hash.slice(0, 8)}…`);
}
