// Runs an ONNX BERT over lists of token ids, one text at a time, and says how many it did in a second.
//
//   node tools/bench/native_onnxruntime.mjs MODEL.onnx IDS.json THREADS
import { readFileSync } from 'node:fs';
import ort from 'onnxruntime-node';

const [model, file, threads] = process.argv.slice(2);
const session = await ort.InferenceSession.create(model, {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
});
/** @type {number[][]} */
const texts = JSON.parse(readFileSync(file, 'utf8'));
const tensor = (numbers) => new ort.Tensor('int64', BigInt64Array.from(numbers, BigInt), [1, numbers.length]);
const encode = (ids) =>
  session.run({
    input_ids: tensor(ids),
    attention_mask: tensor(ids.map(() => 1)),
    token_type_ids: tensor(ids.map(() => 0)),
  });
await encode(texts[0]);
const start = performance.now();
for (const ids of texts) await encode(ids);
console.log(`${((texts.length * 1000) / (performance.now() - start)).toFixed(2)} papers/s`);
