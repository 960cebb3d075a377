// onnxruntime-web's WebAssembly backend, on the same weights and the same tokens.
import * as ort from './onnxruntime/ort.wasm.min.mjs';
import { serve } from './worker.js';

serve(async ({ threads, model }) => {
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = new URL('./onnxruntime/', import.meta.url).href;
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  return async ({ ids }) => {
    const tensor = (numbers) =>
      new ort.Tensor('int64', BigInt64Array.from(numbers, BigInt), [1, numbers.length]);
    const { last_hidden_state } = await session.run({
      input_ids: tensor(ids),
      attention_mask: tensor(ids.map(() => 1)),
      token_type_ids: tensor(ids.map(() => 0)),
    });
    return Array.from(last_hidden_state.data.subarray(0, last_hidden_state.dims[2]));
  };
});
