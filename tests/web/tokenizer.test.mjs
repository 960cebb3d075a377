// Our token ids against those of npm `tokenizers` 0.23.2, the reference. Golden cases, every code
// point, random text, made-up and real abstracts, odd vocabularies.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Tokenizer, WordPiece } from 'tokenizers';
import { writeCheckpoint } from './tokenizer_checkpoint.mjs';
import {
  assertSame,
  encodeOurs,
  findBuilt,
  fullVocab,
  readJsonLines,
  root,
  seeded,
  sharedFolder,
} from './tokenizer_peers.mjs';
import { encodeAll, makeReference, readVocab, SPECIALS } from './tokenizer_reference.mjs';

/** SciBERT, cased, lower case with accents kept, cased with accents stripped, no CJK handling. */
const SETTINGS = [
  {},
  { lower: false },
  { strip: false },
  { lower: false, strip: true },
  { chinese: false },
  { lower: false, chinese: false },
];
const shared = sharedFolder();
const needsShared = shared ? {} : { skip: 'no folder ../shared' };
const golden = (name) => readFileSync(path.join(root, 'tests/golden', name), 'utf8');
const pick = (random, items) => items[Math.floor(random() * items.length)];

test('every code point, assigned or not', async () => {
  const last = 0x10ffff;
  const perText = 256;
  const perRun = 0x8000; // keeps the vocabulary below the limit
  let compared = 0;
  for (let base = 0; base <= last; base += perRun) {
    // Planes 3 to 13 are unassigned, 15 and 16 private: one context and one setting will do.
    const isPopulated = base < 0x30000 || base === 0xe0000;
    const texts = [];
    for (let from = base; from < base + perRun; from += perText) {
      let text = '';
      for (let code = from; code < from + perText; code++) {
        if (code >= 0xd800 && code < 0xe000) continue;
        const c = String.fromCodePoint(code);
        text += `a${c}b ${c} `;
        // Next to special tokens, and among marks that NFD reorders around it.
        if (isPopulated) text += `${c}[SEP]${c} x\u0315${c}\u{1D165}${c}\u{1D16D}\u08E4${c}\u{1D165} `;
        compared++;
      }
      texts.push(text);
    }
    const vocab = fullVocab(texts);
    for (const s of isPopulated ? SETTINGS : [{}]) await assertSame(vocab, texts, s);
  }
  assert.equal(compared, last + 1 - 0x800);
});

/** What random text is made of: one range of code points or a list of strings per kind. */
const SOUP = [
  ['a', 'b', 'the ', 'neuron', 'synapse ', 'ING', 'Ab'],
  [0x20, 0x7e],
  [0xa0, 0x24f],
  [0x300, 0x36f],
  ['\u0315', '\u{1D165}', '\u{1D16D}', '\u302E', '\u08E4', '\u1B44', '\u{111C0}', '\u034F'],
  [0x370, 0x52f],
  [0x590, 0x6ff],
  [0x900, 0xdff],
  [0xf00, 0xfff],
  [0x1000, 0x1fff],
  [0x2000, 0x2bff],
  [0x3000, 0x30ff],
  [0x4e00, 0x4eff],
  [0xa640, 0xabff],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe00, 0xffff],
  [0x10000, 0x11fff],
  [0x1d100, 0x1d1ff],
  [0x1f300, 0x1faff],
  [0x2b700, 0x2ceb0],
  [0x2f800, 0x2fa1f],
  [0xe0000, 0xe01ff],
  [0, 0x10ffff],
  [...SPECIALS, '[sep]', '[SEP', '[[CLS]]', '[MASK ]'],
  [' ', '\t', '\n', '\r\n', '\u00a0', '\u2028', '\u0085', '\u000b', '\u3000', '\u200b', '\ufeff'],
  ['İ', 'ẞ', 'Σ', 'ΑΣ', 'ǆ', 'Ǆ', 'ŉ', 'ﬃ', 'Å', 'Ω', 'K', '≠', '가\u11a8', '\u1112\u1161\u11ab'],
];

function makeSoup(random) {
  const kinds = Array.from({ length: 1 + Math.floor(random() * 5) }, () => pick(random, SOUP));
  let text = '';
  for (let n = Math.floor(random() ** 3 * 300); n >= 0; n--) {
    const kind = pick(random, kinds);
    if (typeof kind[0] === 'string') text += pick(random, kind);
    else text += String.fromCodePoint(Math.floor(kind[0] + random() * (kind[1] - kind[0] + 1)));
  }
  return text.toWellFormed ? text.toWellFormed() : Buffer.from(text).toString();
}

test('random Unicode, seed 1', async () => {
  const random = seeded(1);
  const texts = Array.from({ length: 6000 }, () => makeSoup(random));
  // Longer pieces, so that greedy matching has something to choose from and to fail at.
  const pieces = new Set();
  for (const text of texts.slice(0, 2000)) {
    const word = text.normalize('NFD').toLowerCase().split(/\s/u)[0];
    const characters = [...word];
    for (let at = 0; at + 2 < characters.length && at < 12; at += 2) {
      const piece = characters.slice(at, at + 2 + Math.floor(random() * 3)).join('');
      if (!piece.includes('\0') && !/\s/u.test(piece)) pieces.add(at ? `##${piece}` : piece);
    }
  }
  const vocab = fullVocab(texts, [...pieces]);
  // A quarter of the single characters is missing: words that come out as [UNK].
  const kept = vocab.split('\n').filter((t) => SPECIALS.includes(t) || random() < 0.75);
  for (const settings of SETTINGS) {
    await assertSame(vocab, texts, settings);
    await assertSame(kept.join('\n'), texts, settings);
  }
});

test('random bytes, seed 2', async () => {
  const random = seeded(2);
  const leads = [0xc0, 0xc2, 0xdf, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0x80, 0xbf, 0x9f];
  const texts = Array.from({ length: 5000 }, () =>
    Uint8Array.from({ length: Math.floor(random() * 60) }, () => {
      if (random() < 0.4) return pick(random, leads);
      return random() < 0.5 ? 0x61 + Math.floor(random() * 26) : Math.floor(random() * 256);
    }),
  );
  const decoder = new TextDecoder();
  const vocab = fullVocab(texts.map((bytes) => decoder.decode(bytes)));
  await assertSame(vocab, texts);
  await assertSame(vocab, texts, { lower: false });
});

/** Sentences as abstracts have them, and what real ones are littered with. */
const PHRASES = [
  'We show that',
  'long-term potentiation',
  'in the hippocampus (CA1)',
  'p < 0.05',
  'n = 12',
  'β-amyloid',
  'γ-aminobutyric acid',
  '$\\alpha$-synuclein',
  'Schrödinger',
  'Ramón y Cajal',
  'Na+/K+-ATPase',
  '10 μM',
  '−70 mV',
  '3.5±0.2 Å',
  'naïve',
  'ﬁring rates',
  'e.g.,',
  'et al. [12]',
  'https://doi.org/10.1101/2020.01.01',
  '“quoted”',
  'it’s',
  'x²',
  '∼40 Hz',
  '→',
  '≥ 5',
  '©2019',
  'co\u00adop\u00aderation',
  'zero\u200bwidth',
  'non\u00a0breaking',
  'Purkinje',
  'fMRI',
  'EEG/MEG',
  '神经元',
  'нейрон',
  'νευρών',
  'Łódź',
  'İstanbul',
  'CO₂',
  'mRNA',
  '\\cite{foo}',
  '100%',
  '***',
  '….',
  'deoxyribonucleic',
  'electroencephalographically',
  'supercalifragilistic',
  '\n\nMethods:',
  '\t',
];

test('made-up abstracts, seed 3, with and without a limit', async () => {
  const random = seeded(3);
  const texts = Array.from({ length: 1000 }, () =>
    Array.from({ length: 1 + Math.floor(random() * 200) }, () => pick(random, PHRASES)).join(
      pick(random, [' ', ' ', ', ', '. ']),
    ),
  );
  const vocab = golden('vocab.txt');
  for (const maxTokens of [2, 3, 17, 510]) await assertSame(vocab, texts, { maxTokens });
  await assertSame(fullVocab(PHRASES, vocab.split('\n')), texts);
});

test('golden cases', async () => {
  const { cases } = JSON.parse(golden('tokenizer.json'));
  const vocab = golden('vocab.txt');
  assert.ok(cases.length >= 65);
  for (const c of cases) {
    const unit = c.hex !== undefined ? Buffer.from(c.hex, 'hex') : Buffer.from(c.text);
    const bytes = Buffer.concat(Array(c.repeat ?? 1).fill(unit));
    const settings = { ...c.options, maxTokens: c.max_tokens };
    const [ours] = await assertSame(vocab, [bytes], settings);
    assert.deepEqual({ ids: [...ours.ids], cut: ours.cut }, { ids: c.ids, cut: c.cut }, c.name);
  }
});

test('vocabulary files: line ends, blanks, doubles, blank lines', async () => {
  // The package reads this from a file; readVocab() does the same by hand for the other tests.
  const text =
    '[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP] \r\nab \r\nab\r\n##c\u00a0\r\n\r\ndup\nx\ndup\nvt\u000b\n' +
    '\ufeffbom\n\u001cfs\u001c\nnel\u0085\n__proto__\nlast';
  const folder = mkdtempSync(path.join(tmpdir(), 'refscout-vocab-'));
  writeFileSync(path.join(folder, 'vocab.txt'), text);
  const model = await WordPiece.fromFile(path.join(folder, 'vocab.txt'));
  rmSync(folder, { recursive: true });
  const tokenizer = new Tokenizer(model);
  const words = ['[SEP]', 'ab', 'abc', 'dup', 'x', 'vt', 'nel', 'last', 'bom'];
  const ours = encodeOurs(
    text,
    words.map((word) => Buffer.from(word)),
  );
  for (const [i, word] of words.entries()) {
    if (word === 'abc') assert.deepEqual([...ours[i].ids.slice(1, -1)], [5, 6]);
    else assert.equal(ours[i].ids[1], tokenizer.tokenToId(word) ?? 1, word);
  }
  const lines = readVocab(text);
  for (const token of Object.keys(lines)) assert.equal(lines[token], tokenizer.tokenToId(token), token);
});

const command = findBuilt('src/refscout');

test('refscout tokenize', command ? {} : { skip: 'the command is not built' }, async () => {
  const { cases } = JSON.parse(golden('tokenizer.json'));
  const texts = cases.map((c) => (c.text ?? '').repeat(c.repeat ?? 1)).filter((t) => !/[\r\n]/.test(t));
  const random = seeded(4);
  for (let n = 0; n < 2000; n++) texts.push(makeSoup(random).replace(/[\r\n]/g, ' '));
  const folder = mkdtempSync(path.join(tmpdir(), 'refscout-tokenize-'));
  try {
    for (const settings of [{}, { lower: false }, { strip: false }, { chinese: false }]) {
      const vocabText = fullVocab(texts);
      const model = path.join(folder, 'model.safetensors');
      writeCheckpoint(path.join(folder, 'checkpoint'), vocabText, settings);
      run(['convert', path.join(folder, 'checkpoint'), '-o', model, '--max-tokens', '64']);
      const output = run(['tokenize', '--model', model], `${texts.join('\n')}\n`);
      const ours = output
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const theirs = await encodeAll(makeReference(readVocab(vocabText), settings), texts, 64);
      const tokens = vocabText.split('\n');
      for (const [i, { ids, cut }] of theirs.entries()) {
        assert.deepEqual(
          ours[i],
          { ids, tokens: ids.map((id) => tokens[id]), cut },
          JSON.stringify(texts[i]),
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function run(args, input = '') {
  const result = spawnSync(command, args, { input, maxBuffer: 2 ** 30 });
  assert.equal(result.status, 0, String(result.stderr));
  return String(result.stdout);
}

test('spans: a token stands where the reference has it', async () => {
  const texts = ['Hello, wörld', 'a[SEP]b', '中文 x', 'naïve 🧠 cafe', '  two  blanks ', 'Ünïcode'];
  const vocab = fullVocab(texts, ['hello', 'world']);
  const ours = encodeOurs(
    vocab,
    texts.map((text) => Buffer.from(text)),
  );
  for (const [i, text] of texts.entries()) {
    const theirs = (await makeReference(readVocab(vocab)).encode(text)).getOffsets();
    const at = Array.from(ours[i].spans, (byte) => characters(text, byte));
    const inCharacters = theirs.map((_, token) => at.slice(2 * token, 2 * token + 2));
    assert.deepEqual(inCharacters.slice(1, -1), theirs.slice(1, -1), text);
  }
});

const characters = (text, byte) => [...Buffer.from(text).subarray(0, byte).toString()].length;

test('5,000 real abstracts with SciBERT’s vocabulary', needsShared, async () => {
  const vocab = readFileSync(`${shared}/vocab/scibert_scivocab_uncased.txt`, 'utf8');
  const texts = ['arxiv_neuro', 'prepub_ccby', 'scifact_corpus', 'acl', 'elife'].flatMap((name) =>
    readJsonLines(`${shared}/data/${name}.jsonl.xz`, 1000).map((record) => {
      const abstract = record.abstract ?? '';
      return `${record.title ?? ''} ${Array.isArray(abstract) ? abstract.join(' ') : abstract}`;
    }),
  );
  assert.equal(texts.length, 5000);
  await assertSame(vocab, texts);
  await assertSame(vocab, texts, { maxTokens: 510 });
  await assertSame(vocab, texts, { maxTokens: 128 });
});

test('published cases', needsShared, async () => {
  const { cases } = JSON.parse(readFileSync(`${shared}/tokenizer/cases.json`, 'utf8'));
  let applied = 0;
  for (const c of cases) applied += (await checkPublished(c)) ? 1 : 0;
  assert.ok(applied >= 80, `${applied} cases applied`);
});

/** False when the case is about something we do not have: never_split, pairs, no basic tokenizer. */
async function checkPublished(c) {
  if (c.stage.startsWith('is_')) return checkProperty(c);
  const { vocab, ...s } = c.settings;
  if (s.never_split || s.pair || s.do_basic_tokenize === false) return false;
  let text = `${[...SPECIALS, ...(c.expected_tokens ?? [])].join('\n')}\n`;
  if (Array.isArray(vocab)) {
    text = [...vocab, ...SPECIALS.filter((token) => !vocab.includes(token))].join('\n');
  } else if (vocab) {
    text = readFileSync(`${shared}/vocab/${vocab.replaceAll('-', '_')}.txt`, 'utf8');
  }
  const settings = {
    lower: s.do_lower_case ?? c.stage !== 'pre_tokenize',
    strip: s.strip_accents ?? null,
    chinese: s.tokenize_chinese_chars ?? true,
  };
  const [ours] = await assertSame(text, [c.input], settings);
  const tokens = Object.entries(readVocab(text)).reduce(
    (all, [t, id]) => {
      all[id] = t;
      return all;
    },
    /** @type {string[]} */ ([]),
  );
  const ids = [...ours.ids];
  const got = ids.map((id) => tokens[id]);
  const ends = c.stage === 'full_with_specials' || c.expected_tokens[0] === '[CLS]';
  assert.deepEqual(ends ? got : got.slice(1, -1), c.expected_tokens, c.input);
  if (c.expected_ids_with_specials) assert.deepEqual(ids, c.expected_ids_with_specials);
  if (c.expected_ids && !ends) assert.deepEqual(ids.slice(1, -1), c.expected_ids);
  return true;
}

/** A case about one character's class: what happens to it between two letters tells. */
async function checkProperty({ stage, input, expected }) {
  const vocab = fullVocab([`a${input}b`]);
  const [ours] = await assertSame(vocab, [`a${input}b`]);
  const size = ours.ids.length - 2;
  const tokens = vocab.split('\n');
  const hasIt = ours.ids.some((id) => tokens[id] === input);
  if (stage === 'is_punctuation') assert.equal(hasIt && size === 3, expected, input);
  else if (stage === 'is_whitespace') assert.equal(ours.ids[2] === tokens.indexOf('b'), expected, input);
  else assert.equal(size === 2 && ours.ids[2] === tokens.indexOf('##b'), expected, input);
  return true;
}
