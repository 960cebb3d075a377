// What an engine makes of a model: run by Node, Bun and Deno alike.
//
//   run_model.mjs WASM_DIR MODEL [MODULE]   MODULE: without asking the probe, 'relaxed' or 'simd'
//
// Prints {"module", "kernel", "refused", "wrong", "sha256"}, the last of all vectors, or {"error"}.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { tryRelaxed } from '../../web/shared/relaxed.js';
import { chooseFeatures } from '../../web/worker/features.js';
import { createEngine } from '../../web/worker/wasm.js';
import { TEXTS } from './texts.mjs';

const [dir, model_path, forced] = process.argv.slice(2);

async function engineOf(module) {
  const file = path.resolve(dir, `refscout-${module}`);
  const { default: factory } = await import(pathToFileURL(`${file}.js`).href);
  return createEngine(await factory({ wasmBinary: readFileSync(`${file}.wasm`) }));
}

function open(engine, untested) {
  const bytes = readFileSync(model_path);
  // A model without its self-test: the name of a key is changed, and so is that of the other.
  if (untested) for (const at of keysOf(bytes)) bytes[at] = 'x'.charCodeAt(0);
  const block = engine.reserve(bytes.length, 'the model');
  block.view(0, bytes.length).set(bytes);
  return engine.openModel(block, block.sha256(0, bytes.length), 1);
}

function keysOf(bytes) {
  return ['self_test_text', 'self_test_sha256'].map((key) => bytes.indexOf(key)).filter((at) => at >= 0);
}

async function run() {
  const features = forced ? { relaxed: forced === 'relaxed', fused: false } : chooseFeatures(1);
  let module = features.relaxed ? 'relaxed' : 'simd';
  let engine = await engineOf(module);
  if (features.relaxed && !features.fused) engine.withoutFused();
  let info;
  try {
    info = open(engine, Boolean(forced));
  } catch (thrown) {
    if (thrown.code !== 'RS_ERR_KERNEL' || module === 'simd') throw thrown;
    module = 'simd'; // as lib/refscout.js does
    engine = await engineOf(module);
    info = open(engine, false);
  }
  const all = createHash('sha256');
  const vectors = [];
  for (const text of TEXTS) {
    const { embedding } = await engine.embed(text, info.hidden_size);
    all.update(new Uint8Array(embedding.buffer));
    vectors.push([...embedding]);
  }
  const { wrong } = tryRelaxed();
  return {
    module,
    kernel: info.kernel,
    refused: Boolean(features.refused),
    wrong,
    sha256: all.digest('hex'),
    vectors,
  };
}

const answer = await run().catch((thrown) => ({ error: `${thrown.code ?? thrown.name}: ${thrown.message}` }));
console.log(JSON.stringify(answer));
