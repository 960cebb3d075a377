// The worker of start.js.
import * as ort from './onnxruntime/ort.wasm.min.mjs';

addEventListener('message', async ({ data: { ids, threads, url, cache } }) => {
  try {
    const kept = await (await caches.open(cache)).match(url);
    const model = new Uint8Array(await kept.arrayBuffer());
    const read = performance.now();
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.wasmPaths = new URL('./onnxruntime/', import.meta.url).href;
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
    });
    const created = performance.now();
    const tensor = (/** @type {number[]} */ numbers) =>
      new ort.Tensor('int64', BigInt64Array.from(numbers, BigInt), [1, numbers.length]);
    await session.run({
      input_ids: tensor(ids),
      attention_mask: tensor(ids.map(() => 1)),
      token_type_ids: tensor(ids.map(() => 0)),
    });
    postMessage({ read_ms: read, create_ms: created - read, run_ms: performance.now() - created });
  } catch (thrown) {
    postMessage({ error: String(thrown?.stack ?? thrown) });
  }
});
