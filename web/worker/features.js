/** Which of the modules this browser takes, and which of their kernels. A browser without relaxed SIMD
 * refuses the whole relaxed module, so it must be known before one is fetched. */

import { MAX_THREADS } from '../shared/config.js';
import { RefscoutError } from '../shared/messages.js';
import { tryRelaxed } from '../shared/relaxed.js';

/** A function that gives i8x16.splat of 0. */
const SIMD_PROBE = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // type 0: () -> v128
  ...[0x03, 0x02, 0x01, 0x00], // function 0 has type 0
  ...[0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x0b], // i32.const 0, i8x16.splat
]);

/**
 * @typedef {object} Features
 * @property {boolean} relaxed  the modules with relaxed SIMD are taken
 * @property {boolean} fused    also their kernels with the 32-bit dot product
 * @property {boolean} refused  they are not although the engine has it: it computes wrong numbers
 * @property {number} threads
 */

/** @param {number | null} wanted  threads asked for; null: as many as do good here
 * @param {boolean} [plain]  relaxed SIMD was tried, and failed the self-test
 * @returns {Features} */
export function chooseFeatures(wanted, plain = false) {
  const missing = whyNoSimd();
  if (missing) throw new RefscoutError('RS_ERR_UNSUPPORTED', missing);
  const { known, right, fused } = tryRelaxed();
  const relaxed = right && !plain;
  return { relaxed, fused: relaxed && fused, refused: known && !relaxed, threads: chooseThreads(wanted) };
}

/** Why this browser cannot run the model, as a sentence with the way out; '' when it can. */
function whyNoSimd() {
  if (typeof WebAssembly !== 'object') {
    return 'WebAssembly, which the model runs by, is switched off in this browser. Lockdown Mode does that, and so do some policies of companies: allow it for this site, or use another browser.';
  }
  if (WebAssembly.validate(SIMD_PROBE)) return '';
  return isWebKit()
    ? 'This browser has no WebAssembly SIMD, which the model runs by. Safari and its relatives have it from version 16.4 on, but not in Lockdown Mode (allow this site there) and not on Intel or AMD processors without AVX (use Firefox or Chrome there).'
    : 'This browser has no WebAssembly SIMD, which the model runs by. Chrome and Edge have it from version 91 on, Firefox from 89 on, unless it is switched off in their settings or by a policy.';
}

/** Threads need shared memory, which a page has only when it is cross-origin isolated.
 * @param {number | null} wanted */
function chooseThreads(wanted) {
  if (!globalThis.crossOriginIsolated) return 1;
  // On iPhone and iPad shared memory makes tabs run out of memory; in WebKitGTK threads that a worker
  // starts never begin. So in Safari's engine only when asked for.
  if (wanted === null && isWebKit()) return 1;
  return Math.max(1, Math.min(wanted ?? MAX_THREADS, navigator.hardwareConcurrency || 1, MAX_THREADS));
}

/** Every browser on iPhone and iPad is, whatever it calls itself; Chromium only calls itself so. */
function isWebKit() {
  const agent = globalThis.navigator?.userAgent ?? '';
  return /AppleWebKit\//.test(agent) && !/Chrome\//.test(agent);
}
