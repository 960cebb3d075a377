// wllama, llama.cpp as WebAssembly, on the same weights as Q8_0 and the same words. It computes in workers that
// it makes itself.
import { Wllama } from './wllama/index.js';
import { serve } from './worker.js';

const MOST_TOKENS = 512;

serve(async ({ threads, model }) => {
  const wllama = new Wllama({ default: './wllama/wasm/wllama.wasm' }, { suppressNativeLog: true });
  wllama.setCompat(null); // nothing from elsewhere for a browser that lacks something
  await wllama.loadModel([await (await fetch(model)).blob()], {
    embeddings: true,
    pooling_type: 'cls',
    n_ctx: MOST_TOKENS,
    n_batch: MOST_TOKENS,
    n_ubatch: MOST_TOKENS,
    n_parallel: 1,
    n_threads: threads,
    n_gpu_layers: 0,
  });
  if (wllama.getNumThreads() !== threads) throw new Error(`${wllama.getNumThreads()} threads`);
  return async ({ text, ids }) => {
    const { data, usage } = await wllama.createEmbedding({ input: text });
    if (usage.prompt_tokens !== ids.length) throw new Error(`${usage.prompt_tokens} tokens`);
    return data[0].embedding;
  };
});
