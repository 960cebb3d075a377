/** SHA-256 of what lies in the module's memory, by the browser: with the processor's instructions for it, and
 * beside this thread, several times as fast as the module can. */

/** @typedef {Pick<import('./wasm.js').Block, 'read' | 'sha256'>} Bytes */

/** One after the other: each needs a copy, since the browser does not take the module's own memory.
 * @type {Promise<unknown>} */
let last = Promise.resolve();

/** @param {Bytes} block
 * @param {number} at
 * @param {number} bytes
 * @returns {Promise<string>} hexadecimal digits */
export function sha256Of(block, at, bytes) {
  const digest = last.then(() => digestOf(block, at, bytes));
  last = digest.catch(() => {}); // its own caller is told
  return digest;
}

/** @param {Bytes} block
 * @param {number} at
 * @param {number} bytes */
async function digestOf(block, at, bytes) {
  // A page that came over plain HTTP from another machine has no crypto.subtle.
  if (!globalThis.crypto?.subtle) return block.sha256(at, bytes);
  const copy = block.read(at, bytes);
  const digest = await crypto.subtle.digest('SHA-256', copy);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
