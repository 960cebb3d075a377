// The reference tokenizer, npm package `tokenizers` 0.23.2 (Hugging Face's, in Rust), set up as
// BertWordPieceTokenizer is. Used by tokenizer.test.mjs and golden/make_tokenizer.mjs.
import { Tokenizer } from 'tokenizers';

export const SPECIALS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

/** What a browser reads from these bytes; U+FEFF stays. */
export const decode = (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

/** White space as Rust's trim_end has it; JavaScript's also has U+FEFF and lacks U+0085. */
const BLANKS_AT_END = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/u;

/** Vocabulary lines -> ids; of equal lines the last counts.
 * @param {string} vocabText @returns {Record<string, number>} */
export function readVocab(vocabText) {
  const lines = vocabText.split('\n');
  if (lines.at(-1) === '') lines.pop();
  // Object.create(null): "__proto__" may be a token.
  const ids = Object.create(null);
  lines.forEach((line, id) => {
    ids[line.replace(BLANKS_AT_END, '')] = id;
  });
  return ids;
}

/** @typedef {{lower?: boolean, strip?: boolean|null, chinese?: boolean}} Options
 * Missing: true, null (follows lower), true. */

/** @param {Record<string, number>} vocab @param {Options} [options] */
export function makeReference(vocab, { lower = true, strip = null, chinese = true } = {}) {
  const specials = SPECIALS.filter((token) => token in vocab);
  return Tokenizer.fromString(
    JSON.stringify({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: specials.map((content) => ({
        id: vocab[content],
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      })),
      normalizer: {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: chinese,
        strip_accents: strip,
        lowercase: lower,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: {
        type: 'BertProcessing',
        sep: ['[SEP]', vocab['[SEP]']],
        cls: ['[CLS]', vocab['[CLS]']],
      },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab,
      },
    }),
  );
}

/** Ids of each text, and how many the limit dropped.
 * @param {Tokenizer} reference @param {string[]} texts @param {number} [maxTokens] */
export async function encodeAll(reference, texts, maxTokens = Infinity) {
  const results = [];
  for (const text of texts) {
    const ids = (await reference.encode(text)).getIds();
    const cut = Math.max(0, ids.length - maxTokens);
    results.push({ ids, cut });
  }
  if (maxTokens === Infinity) return results;
  // The limit is the package's own, so that the test does not only compare with ourselves.
  reference.setTruncation(maxTokens);
  for (const [i, text] of texts.entries()) {
    if (results[i].cut > 0) results[i].ids = (await reference.encode(text)).getIds();
  }
  reference.disableTruncation();
  return results;
}
