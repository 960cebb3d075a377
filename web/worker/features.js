/** Chooses the WebAssembly module and its kernels for this browser. A browser without relaxed SIMD rejects the
 * relaxed module as a whole, so the choice precedes the fetch. */

import { MAX_THREADS } from '../shared/config.js';
import { RefscoutError } from '../shared/messages.js';
import { tryRelaxed } from '../shared/relaxed.js';

/** A module whose only function returns i8x16.splat of 0. */
const SIMD_PROBE = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // type 0: () -> v128
  ...[0x03, 0x02, 0x01, 0x00], // function 0 has type 0
  ...[0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x0b], // i32.const 0, i8x16.splat
]);

/**
 * @typedef {object} Features
 * @property {boolean} relaxed  the modules with relaxed SIMD are used
 * @property {boolean} fused    their kernels with the 32-bit dot product are used as well
 * @property {boolean} refused  the engine supports relaxed SIMD, but computes wrong results, so it is not used
 * @property {number} threads
 */

/** @param {number | null} wanted  number of threads; null: chosen here
 * @param {boolean} [plain]  without relaxed SIMD, because the model's self-test failed with it
 * @returns {Features} */
export function chooseFeatures(wanted, plain = false) {
  const missing = whyNoSimd();
  if (missing) throw new RefscoutError('RS_ERR_UNSUPPORTED', missing);
  const { known, right, fused } = tryRelaxed();
  const relaxed = right && !plain;
  return { relaxed, fused: relaxed && fused, refused: known && !relaxed, threads: chooseThreads(wanted) };
}

/** Why this browser cannot run the model and what the reader can do, as a sentence; '' if it can. */
function whyNoSimd() {
  if (typeof WebAssembly !== 'object') {
    return 'WebAssembly, which the model needs, is switched off in this browser. Lockdown Mode does that, and so do the policies of some companies: allow it for this site, or use another browser.';
  }
  if (WebAssembly.validate(SIMD_PROBE)) return '';
  return isWebKit()
    ? 'This browser has no WebAssembly SIMD, which the model needs. Safari and its relatives have it from version 16.4 on, but not in Lockdown Mode (allow this site there) and not on Intel or AMD processors without AVX (use Firefox or Chrome there).'
    : 'This browser has no WebAssembly SIMD, which the model needs. Chrome and Edge have it from version 91 on, Firefox from 89 on, unless it is switched off in their settings or by a policy.';
}

/** Number of threads. Threads need shared memory, which a page has only if it is cross-origin isolated.
 * @param {number | null} wanted */
function chooseThreads(wanted) {
  if (!globalThis.crossOriginIsolated) return 1;
  // On iPhone and iPad shared memory makes tabs run out of memory; in WebKitGTK threads that are created in
  // a worker never start. So in WebKit the default is one thread.
  if (wanted === null && isWebKit()) return 1;
  return Math.max(1, Math.min(wanted ?? MAX_THREADS, navigator.hardwareConcurrency || 1, MAX_THREADS));
}

/** Whether the engine is WebKit, as in every browser on iPhone and iPad. Chromium's user agent contains
 * "AppleWebKit" too, but also "Chrome". */
function isWebKit() {
  const agent = globalThis.navigator?.userAgent ?? '';
  return /AppleWebKit\//.test(agent) && !/Chrome\//.test(agent);
}
