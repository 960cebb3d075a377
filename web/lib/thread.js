/** Starts the worker that runs the model: a Web Worker, or in Node a worker thread. */

import { RefscoutError } from '../shared/messages.js';
import { nodeModule } from '../shared/node.js';

/**
 * @typedef {object} Thread
 * @property {(message: object) => void} postMessage
 * @property {() => unknown} terminate
 * @property {() => void} [ref]    the thread keeps the program running; only in Node
 * @property {() => void} [unref]  the thread no longer keeps the program running; only in Node
 *
 * @param {(message: any) => void} onMessage
 * @param {(error: RefscoutError) => void} onEnd  called when the worker cannot start or stops unexpectedly
 * @returns {Thread} */
export function startThread(onMessage, onEnd) {
  const threads = nodeModule('worker_threads');
  try {
    if (threads) return startNodeThread(threads, onMessage, onEnd);
    const worker = new Worker(new URL('../worker/main.js', import.meta.url), {
      type: 'module',
      name: 'refscout',
    });
    worker.addEventListener('message', ({ data }) => onMessage(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault?.();
      onEnd(stopped('worker', 'Reload the page'));
    });
    return worker;
  } catch (thrown) {
    throw new RefscoutError(
      'RS_ERR_UNSUPPORTED',
      'The worker that runs the model cannot be started here. Any browser from 2023 or later can, and so can Node from 20.16, Deno and Bun.',
      thrown,
    );
  }
}

/** @param {{Worker: any}} threads
 * @param {(message: any) => void} onMessage
 * @param {(error: RefscoutError) => void} onEnd
 * @returns {Thread} */
function startNodeThread({ Worker: NodeWorker }, onMessage, onEnd) {
  const file = '../worker/main.js'; // a variable, so that bundlers do not pack the worker a second time
  const thread = new NodeWorker(new URL(file, import.meta.url), { name: 'refscout' });
  thread.on('message', onMessage);
  thread.on('error', (/** @type {unknown} */ cause) =>
    onEnd(stopped('thread (node:worker_threads)', 'Call load() again', cause)),
  );
  return thread;
}

/** @param {string} what
 * @param {string} way_out
 * @param {unknown} [cause] */
function stopped(what, way_out, cause) {
  return new RefscoutError(
    'RS_ERR_INTERNAL',
    `The ${what} that runs the model could not be started or stopped unexpectedly. ${way_out}.`,
    cause,
  );
}
