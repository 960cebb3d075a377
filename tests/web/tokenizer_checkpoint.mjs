// A checkpoint as Hugging Face writes it, with a given vocabulary and the smallest of networks, all
// zero but for the layer norms: tokenizing does not look at the numbers.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const H = 16;
const F = 32;
const POSITIONS = 512;

const linear = (name, rows, columns) => ({ [`${name}.weight`]: [rows, columns], [`${name}.bias`]: [rows] });
const norm = (name) => ({ [`${name}.weight`]: [H], [`${name}.bias`]: [H] });

/** @param {number} V @returns {Record<string, number[]>} shapes by name */
function shapes(V) {
  const layer = 'encoder.layer.0';
  return {
    'embeddings.word_embeddings.weight': [V, H],
    'embeddings.position_embeddings.weight': [POSITIONS, H],
    'embeddings.token_type_embeddings.weight': [2, H],
    ...norm('embeddings.LayerNorm'),
    ...linear(`${layer}.attention.self.query`, H, H),
    ...linear(`${layer}.attention.self.key`, H, H),
    ...linear(`${layer}.attention.self.value`, H, H),
    ...linear(`${layer}.attention.output.dense`, H, H),
    ...norm(`${layer}.attention.output.LayerNorm`),
    ...linear(`${layer}.intermediate.dense`, F, H),
    ...linear(`${layer}.output.dense`, H, F),
    ...norm(`${layer}.output.LayerNorm`),
  };
}

/** @param {Record<string, number[]>} tensors */
function safetensors(tensors) {
  const header = {};
  const parts = [];
  let at = 0;
  for (const [name, shape] of Object.entries(tensors)) {
    const count = shape.reduce((a, b) => a * b, 1);
    const values = new Float32Array(count).fill(name.endsWith('LayerNorm.weight') ? 1 : 0);
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + 4 * count] };
    at += 4 * count;
    parts.push(Buffer.from(values.buffer));
  }
  const json = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([size, json, ...parts]);
}

/** @param {string} folder is made
 * @param {string} vocabText @param {import('./tokenizer_reference.mjs').Options} [options] */
export function writeCheckpoint(folder, vocabText, { lower = true, strip = null, chinese = true } = {}) {
  const V = vocabText.trimEnd().split('\n').length;
  const config = {
    model_type: 'bert',
    vocab_size: V,
    hidden_size: H,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: F,
    max_position_embeddings: POSITIONS,
  };
  const tokenizer = { do_lower_case: lower, strip_accents: strip, tokenize_chinese_chars: chinese };
  mkdirSync(folder, { recursive: true });
  const write = (name, content) => writeFileSync(path.join(folder, name), content);
  write('config.json', JSON.stringify(config));
  write('tokenizer_config.json', JSON.stringify(tokenizer));
  write('vocab.txt', vocabText);
  write('model.safetensors', safetensors(shapes(V)));
}
