// What else ranks vectors in a browser, on the vectors of the same index less their mean, as f32 of length 1.

const ROWS_AT_ONCE = 1000;

/** @param {string} url  of an index
 * @returns {Promise<{rows: Float32Array, mean: Float32Array, count: number, size: number}>} */
export async function readVectors(url) {
  const take = takeFrom((await fetch(url)).body.getReader());
  const length = Number(new DataView((await take(8)).buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(await take(length)));
  let at = 0; // tensors are passed in the order of the file
  const upTo = async (/** @type {number} */ to) => {
    const bytes = await take(to - at);
    at = to;
    return bytes.buffer;
  };
  await upTo(header.vectors_mean.data_offsets[0]);
  const mean = new Float32Array(await upTo(header.vectors_mean.data_offsets[1]));
  await upTo(header.vectors.data_offsets[0]);
  const [count, size] = header.vectors.shape;
  const rows = new Float32Array(count * size);
  for (let i = 0; i < rows.length; ) {
    const q8 = new Int8Array(await upTo(at + Math.min(ROWS_AT_ONCE * size, rows.length - i)));
    for (let row = 0; row < q8.length; row += size) {
      let square = 0;
      for (let h = 0; h < size; h++) square += q8[row + h] * q8[row + h];
      const unit = 1 / Math.sqrt(square); // a row's scale makes no difference to its direction
      for (let h = 0; h < size; h++) rows[i++] = q8[row + h] * unit;
    }
  }
  await take(0, true);
  return { rows, mean, count, size };
}

/** Bytes of a stream, as many as are asked for at a time.
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader */
function takeFrom(reader) {
  let chunk = new Uint8Array(0);
  return async (/** @type {number} */ count, last = false) => {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; ) {
      if (chunk.length === 0) chunk = (await reader.read()).value;
      const some = chunk.subarray(0, count - at);
      bytes.set(some, at);
      at += some.length;
      chunk = chunk.subarray(some.length);
    }
    if (last) await reader.cancel();
    return bytes;
  };
}

/** Of length 1, less the mean.
 * @param {number[]} embedding
 * @param {Float32Array} mean */
export function unitQuery(embedding, mean) {
  const query = Float32Array.from(embedding, (value, h) => value - mean[h]);
  const length = Math.hypot(...query);
  return query.map((value) => value / length);
}
