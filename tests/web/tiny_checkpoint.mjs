// A BERT checkpoint as Hugging Face writes it, small, seeded and random: its names mean nothing, but
// every text has its own vector, far from the others.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const H = 48;
const F = 96;
const P = 128;
const LAYERS = 2;

/** @param {string} folder  is made
 * @param {string[]} texts  whose words the vocabulary holds
 * @param {number} extra_words  that no text has: they make the model larger */
export function writeTinyCheckpoint(folder, texts, extra_words) {
  mkdirSync(folder, { recursive: true });
  const vocab = vocabOf(texts);
  for (let i = 0; i < extra_words; i++) vocab.push(`unused${i}`);
  const config = {
    model_type: 'bert',
    vocab_size: vocab.length,
    hidden_size: H,
    intermediate_size: F,
    num_hidden_layers: LAYERS,
    num_attention_heads: 4,
    max_position_embeddings: P,
  };
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(path.join(folder, 'vocab.txt'), `${vocab.join('\n')}\n`);
  writeFileSync(path.join(folder, 'model.safetensors'), safetensors(tensorsOf(vocab.length)));
}

/** @param {string[]} texts */
function vocabOf(texts) {
  const words =
    texts
      .join(' ')
      .toLowerCase()
      .match(/[a-z]+/g) ?? [];
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'.split('');
  return [
    ...new Set([
      ...['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'],
      ...letters,
      ...letters.map((letter) => `##${letter}`),
      ...".,;:!?()-'".split(''),
      ...words,
    ]),
  ];
}

/** @param {number} V
 * @returns {[string, number[], Float32Array][]} */
function tensorsOf(V) {
  let state = 12345;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state / 2 ** 31 - 1) * 0.4;
  };
  /** @type {[string, number[], Float32Array][]} */
  const tensors = [];
  const add = (/** @type {string} */ name, /** @type {number[]} */ shape, value = random) => {
    const size = shape.reduce((a, b) => a * b);
    tensors.push([`bert.${name}`, shape, Float32Array.from({ length: size }, value)]);
  };
  const dense = (/** @type {string} */ name, /** @type {number} */ rows, /** @type {number} */ columns) => {
    add(`${name}.weight`, [rows, columns]);
    add(`${name}.bias`, [rows]);
  };
  const norm = (/** @type {string} */ name) => {
    add(`${name}.weight`, [H], () => 1);
    add(`${name}.bias`, [H], () => 0);
  };
  add('embeddings.word_embeddings.weight', [V, H]);
  add('embeddings.position_embeddings.weight', [P, H]);
  add('embeddings.token_type_embeddings.weight', [2, H]);
  norm('embeddings.LayerNorm');
  for (let i = 0; i < LAYERS; i++) {
    const layer = `encoder.layer.${i}`;
    for (const part of ['query', 'key', 'value']) dense(`${layer}.attention.self.${part}`, H, H);
    dense(`${layer}.attention.output.dense`, H, H);
    norm(`${layer}.attention.output.LayerNorm`);
    dense(`${layer}.intermediate.dense`, F, H);
    dense(`${layer}.output.dense`, H, F);
    norm(`${layer}.output.LayerNorm`);
  }
  return tensors;
}

/** @param {[string, number[], Float32Array][]} tensors */
function safetensors(tensors) {
  /** @type {Record<string, object>} */
  const header = {};
  let at = 0;
  for (const [name, shape, values] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + values.byteLength] };
    at += values.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...tensors.map(([, , values]) => Buffer.from(values.buffer))]);
}
