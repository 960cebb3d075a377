/** Reads streams of bytes into a given buffer. */

import { READ_BYTES } from './config.js';

/** Fills a view from its start. Stops when the stream is longer than the view.
 * @param {() => Uint8Array} view  called again after every await, since memory may have grown
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {(bytes: number) => void} received  if it throws, reading ends with that error
 * @returns {Promise<number>} bytes received; more than the length of the view if they did not fit */
export async function fill(view, body, received) {
  const { read, cancel } = openReader(body);
  let at = 0;
  for (;;) {
    const part = await read();
    if (!part) return at;
    if (at + part.length > view().length) {
      cancel().catch(() => {}); // the result is known, so an error of cancel() is irrelevant
      return at + part.length;
    }
    view().set(part, at);
    at += part.length;
    received(part.length);
  }
}

/** Reads into one reused buffer if the browser can: with a new buffer for every chunk, garbage grew to
 * half of the model's size before it was collected. A chunk is valid until the next read().
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @returns {{read: () => Promise<Uint8Array | undefined>, cancel: () => Promise<void>}} */
function openReader(body) {
  /** @type {ReadableStreamBYOBReader} */
  let reader;
  try {
    reader = body.getReader({ mode: 'byob' });
  } catch {
    const plain = body.getReader(); // Safari's bodies are no byte streams
    return { read: async () => (await plain.read()).value, cancel: () => plain.cancel() };
  }
  let buffer = new ArrayBuffer(READ_BYTES);
  return {
    async read() {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done || !value) return undefined;
      buffer = value.buffer; // the same memory, transferred back in a new ArrayBuffer
      return value;
    },
    cancel: () => reader.cancel(),
  };
}
