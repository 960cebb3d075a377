/** Which of the modules this browser takes. A browser without relaxed SIMD rejects the whole
 * relaxed module, so it must be known before fetching one. */

import { MAX_THREADS } from '../shared/config.js';
import { RefscoutError } from '../shared/messages.js';

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const TYPE_V128 = [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b]; // type 0: () -> v128
const FUNCTION = [0x03, 0x02, 0x01, 0x00]; // function 0 has type 0
const SPLAT_0 = [0x41, 0x00, 0xfd, 0x0f]; // i32.const 0, i8x16.splat
const RELAXED_DOT = [0xfd, 0x93, 0x02]; // i32x4.relaxed_dot_i8x16_i7x16_add_s

/** A module of one function with this body.
 * @param {number[]} instructions */
function probe(instructions) {
  const body = [0x00, ...instructions, 0x0b]; // no locals, …, end
  const code = [0x0a, body.length + 2, 0x01, body.length, ...body];
  return new Uint8Array([...HEADER, ...TYPE_V128, ...FUNCTION, ...code]);
}

const SIMD_PROBE = probe(SPLAT_0);
const RELAXED_PROBE = probe([...SPLAT_0, ...SPLAT_0, ...SPLAT_0, ...RELAXED_DOT]);

/** @param {number | null} wanted  threads asked for; null: as many as do good here
 * @returns {{relaxed: boolean, threads: number}} */
export function chooseFeatures(wanted) {
  if (typeof WebAssembly !== 'object' || !WebAssembly.validate(SIMD_PROBE)) {
    throw new RefscoutError(
      'RS_ERR_UNSUPPORTED',
      'This browser cannot run the model: it has no WebAssembly SIMD. Any browser from 2023 or later can.',
    );
  }
  return { relaxed: WebAssembly.validate(RELAXED_PROBE), threads: chooseThreads(wanted) };
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
  const agent = navigator.userAgent;
  return /AppleWebKit\//.test(agent) && !/Chrome\//.test(agent);
}
