/** SHA-256 of bytes in the module's memory: by crypto.subtle, which is hardware-accelerated and runs on another
 * thread; on an insecure page, where there is no crypto.subtle, by the module. */

/** A buffer for copies, since crypto.subtle rejects shared memory. digest() copies its input before it returns,
 * so one buffer is reused for all pieces.
 * @type {Uint8Array<ArrayBuffer>} */
let unshared = new Uint8Array(0);

/** @param {Uint8Array} bytes
 * @param {() => string} by_module
 * @returns {Promise<string>} in hexadecimal digits */
export async function sha256Of(bytes, by_module) {
  if (!globalThis.crypto?.subtle) return by_module();
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', withoutSharing(bytes)));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {Uint8Array} bytes
 * @returns {Uint8Array<ArrayBuffer>} */
function withoutSharing(bytes) {
  if (bytes.buffer instanceof ArrayBuffer) return /** @type {Uint8Array<ArrayBuffer>} */ (bytes);
  if (unshared.length < bytes.length) unshared = new Uint8Array(bytes.length);
  unshared.set(bytes);
  return unshared.subarray(0, bytes.length);
}
