// One of refscout's four modules, by name, through the engine that the page uses.
import { createEngine } from './refscout/worker/wasm.js';
import { serve } from './worker.js';

serve(async ({ module, threads, model, sha256 }) => {
  const { default: factory } = await import(`./refscout/wasm/${module}.js`);
  const engine = createEngine(await factory({ threads }));
  const file = new Uint8Array(await (await fetch(model)).arrayBuffer());
  const block = engine.reserve(file.length, 'the model');
  block.view(0, file.length).set(file);
  const { hidden_size } = engine.openModel(block, sha256, threads);
  return async ({ text }) => Array.from((await engine.embed(text, hidden_size)).embedding);
});
