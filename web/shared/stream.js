/** Streams of bytes into memory of one's own. */

import { READ_BYTES } from './config.js';

/** Fills a view from its start. Reads no further once there is more than fits.
 * @param {() => Uint8Array} view  asked for anew after every wait
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {(bytes: number) => void} received  what it throws ends the reading
 * @returns {Promise<number>} bytes that came; more than the view has where they did not fit */
export async function fill(view, body, received) {
  const { read, cancel } = openReader(body);
  let at = 0;
  for (;;) {
    const part = await read();
    if (!part) return at;
    if (at + part.length > view().length) {
      cancel().catch(() => {}); // it is over; why does not matter
      return at + part.length;
    }
    view().set(part, at);
    at += part.length;
    received(part.length);
  }
}

/** Reads into one buffer again and again where the browser can: a new one for every chunk is garbage,
 * which took half of the model's size before it was collected. What is read holds until the next read.
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
      buffer = value.buffer; // the same memory comes back under a new name
      return value;
    },
    cancel: () => reader.cancel(),
  };
}
