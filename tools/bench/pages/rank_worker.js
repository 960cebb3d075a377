// A ranking by one of refscout's modules: everything after the text's vector is known, through the calls that
// the page's engine makes.
import { createEngine } from './refscout/worker/wasm.js';
import { serve } from './worker.js';

serve(async ({ module: name, threads, model, sha256, index, top }) => {
  const { default: factory } = await import(`./refscout/wasm/${name}.js`);
  const module = await factory({ threads });
  const engine = createEngine(module);
  const { hidden_size } = engine.openModel(await blockOf(model), sha256, threads);
  engine.openIndex(await blockOf(index));
  const options = new TextEncoder().encode(`${JSON.stringify({ top })}\0`);
  const request = module._rsw_alloc(options.length) >>> 0;
  module.HEAPU8.set(options, request);

  /** @param {string} url */
  async function blockOf(url) {
    const response = await fetch(url);
    const block = engine.reserve(Number(response.headers.get('content-length')), url);
    let at = 0;
    for await (const chunk of response.body) {
      block.view(at, chunk.length).set(chunk);
      at += chunk.length;
    }
    return block;
  }

  return async ({ text }) => {
    const { embedding } = await engine.embed(text, hidden_size);
    const start = performance.now();
    const status = module._rsw_search(request);
    const scored = performance.now();
    const from = module._rsw_search_result() >>> 0;
    const json = new TextDecoder().decode(module.HEAPU8.slice(from, module.HEAPU8.indexOf(0, from)));
    const { papers } = JSON.parse(json);
    const end = performance.now();
    if (status !== 0) throw new Error(`rsw_search: ${status}`);
    return { ms: end - start, json_ms: end - scored, embedding, best: papers.map((p) => numberOf(p.title)) };
  };
});

/** @param {string} title  "Paper 12" */
const numberOf = (title) => Number(title.slice('Paper '.length));
