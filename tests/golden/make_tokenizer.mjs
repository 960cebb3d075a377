// Writes tokenizer.json: hard texts and the ids that the reference gives them with vocab.txt.
//
//   node tests/golden/make_tokenizer.mjs        (npm package tokenizers 0.23.2 must be there)
//
// A case has `text`, or `hex` where JSON cannot carry the bytes; `repeat` times over when given;
// `options` lower, strip, chinese where not the default; `max_tokens` when limited; and what is
// expected: `ids` and `cut`, the ids dropped by the limit.
import { readFileSync, writeFileSync } from 'node:fs';
import { decode, encodeAll, makeReference, readVocab } from '../web/tokenizer_reference.mjs';

const here = (name) => new URL(name, import.meta.url);
const bytes = (...list) => ({ hex: Buffer.from(list).toString('hex') });
const words = (n) => 'neuron '.repeat(n).trim();

/** [name, text or {hex}, more] */
const CASES = [
  ['empty', ''],
  ['only blanks', ' \t\r\n  '],
  ['plain sentence', 'We show that synaptic plasticity in the hippocampus is learning.'],
  ['acute, composed', 'caf\u00e9 r\u00e9sum\u00e9'],
  ['acute, decomposed', 'cafe\u0301 re\u0301sume\u0301'],
  ['accents kept', 'caf\u00e9 cafe\u0301 \u00c9', { options: { strip: false } }],
  ['cased', 'The Neuron A\u00c9 the \u00e9', { options: { lower: false } }],
  ['cased, accents stripped', 'The Caf\u00e9 \u00c9', { options: { lower: false, strip: true } }],
  ['several marks in any order', 'a\u0315\u0316\u0301\u0327b a\u0327\u0301\u0316\u0315b'],
  ['a mark alone', '\u0301 \u0301\u0301 x'],
  ['a mark after a blank', 'a \u0301b'],
  ['sigma at the end', '\u039f\u0394\u039f\u03a3 \u03c3\u03c2\u03a3 \u03a3'],
  ['capital I with dot', '\u0130stanbul \u0130'],
  ['capital I with dot, accents kept', '\u0130stanbul \u0130 a\u0130', { options: { strip: false } }],
  ['sharp s', 'STRA\u1e9eE stra\u00dfe STRASSE \u1e9e'],
  ['sharp s, cased', 'STRA\u1e9eE \u1e9e', { options: { lower: false } }],
  ['title case digraphs', '\u01c4 \u01c5 \u01c6 \u01c8 \u01f2'],
  ['n with apostrophe', '\u0149 \u02bcn'],
  ['ligature fi', '\ufb01ring \ufb01 e\ufb03cient'],
  ['full width', '\uff21\uff22\uff23 \uff01\uff1f'],
  ['superscript two', 'x\u00b2 \u00b2 10\u00b2'],
  ['Angstrom, Kelvin, Ohm signs', '\u212b \u212a \u2126'],
  ['Greek question mark, ano teleia', 'a\u037eb a\u0387b'],
  ['not equal becomes equal', 'a\u2260b \u226e \u2260'],
  ['not equal, accents kept', 'a\u2260b', { options: { strip: false } }],
  ['varia is a grave accent', 'a\u1fefb \u1ffd'],
  ['ideographs', '\u4e2d\u6587abc\u795e\u7ecf\u5143'],
  ['ideographs left in words', '\u4e2d\u6587 \u6587\u4e2d', { options: { chinese: false } }],
  ['ideographs beyond U+FFFF', '\u{20000}\u{2a700}x\u{20000}'],
  ['extension E, as the reference has it', '\u{2b820}\u{2b820} \u{2b91f}\u{2b920}\u{2ceb0}\u{2ceb0}'],
  ['extension G is no ideograph to it', '\u{30000}\u{30000}'],
  ['compatibility ideographs', '\uf900 \ufa2e\u{2f800} \u{2f82b}'],
  ['an ideograph and a mark', '\u4e2d\u0301\u6587 \u4e2d\u20dd'],
  ['kana with voicing marks', '\u304b\u306a \u304c\u306a \u3070\u309d \u306f\u3099'],
  ['Hangul syllables', '\ud55c\uae00 \uae00\ud55c'],
  ['Hangul syllables, accents kept', '\ud55c\uae00', { options: { strip: false } }],
  ['Hangul jamo', '\u1112\u1161\u11ab \ud558\u11ab'],
  ['Devanagari', '\u0915\u0903\u093e \u0915\u094d\u0915 \u0958\u093e'],
  ['Thai', '\u0e01\u0e33 \u0e01\u0e31'],
  ['spacing marks are reordered', '\u{1d15e}\u{1d16d}\u{1d165} x\u{1d16d}\u{1d165}'],
  ['not across a joiner', 'x\u{1d16d}\u034f\u{1d165} x\u302e\u1b44'],
  ['marks younger than the categories', 'a\u08d4b a\u08d4\u{1d165}b'],
  ['unassigned', 'a\u0378b \u0378 \u{e0fff}'],
  ['private use', 'a\ue000b \ue000 a\u{f0000}b\u{10fffd}c'],
  ['noncharacters', 'a\ufffeb \uffff \u{10ffff}'],
  ['control characters', 'ne\u0007ur\u001bon a\u007fb \u0085 a\u000bb\u000cc'],
  ['NUL', bytes(0x61, 0, 0x62, 0x20, 0)],
  ['file, group, record, unit separators', 'a\u001cb\u001dc\u001ed\u001fe'],
  ['tab, newline, carriage return', 'a\tb\nc\rd\r\ne'],
  ['byte order mark', '\ufeffneuron a\ufeffb'],
  ['soft hyphen', 'neu\u00adron \u00ad'],
  ['zero width', 'neu\u200bron a\u200cb\u200dc\u2060d'],
  ['bidirectional marks', '\u200eneuron\u200f \u202eabc\u202c'],
  ['blanks of all widths', 'a\u00a0b\u2002c\u2009d\u202fe\u3000f\u1680g\u205fh'],
  ['line and paragraph separators', 'a\u2028b\u2029c'],
  ['Mongolian vowel separator', 'a\u180eb'],
  ['typographic punctuation', '\u201cneuron\u201d \u2018a\u2019 \u2013\u2014\u2026 \u00b7\u3002'],
  ['ASCII symbols are punctuation', 'a+b=c $5 x^2 <a|b> ~`'],
  ['other symbols are not', '5\u20ac \u00a35 3\u00d72 \u00b11 a\u2192b \u221e'],
  ['hyphenated', 'long-term-potentiation neuro--nal'],
  ['emoji', 'brain \ud83e\udde0 \ud83e\udde0\ud83e\udde0'],
  ['emoji joined', '\ud83d\udc69\u200d\ud83d\udd2c \ud83d\udc69\ud83c\udffd'],
  ['keycap and variation selector', '1\ufe0f\u20e3 2\u20e3 \u2764\ufe0f'],
  ['special tokens in the text', 'brain [SEP] human [MASK] [CLS][PAD][UNK]'],
  ['special tokens glued to words', 'a[SEP]b [[SEP]] un[MASK]aff [SEP'],
  ['not quite special tokens', '[sep] [ SEP ] [MASK ] [Cls] [SE\u00adP] [S\u200bEP]'],
  ['a mark after a special token', 'a[SEP]\u0301b x\u{1d16d}[SEP]\u{1d165}'],
  ['unknown special', '[unused1] [XYZ]'],
  ['pieces', 'unaffable unwanted running neurological firings'],
  ['a word with one unknown part', 'neuron\u0416 unaff\u4e00able neuron\ud83d\ude00s'],
  ['Cyrillic, short i', '\u041d\u0435\u0439\u0440\u043e\u043d \u043d\u0435\u0438\u0306\u0440\u043e\u043d'],
  ['numbers', '3.14159 10,000 1e-5 2020'],
  ['99 characters', 'a'.repeat(99)],
  ['100 characters', 'a'.repeat(100)],
  ['101 characters', 'a'.repeat(101)],
  ['100 characters of two bytes', '\u03b1'.repeat(100)],
  ['101 characters of two bytes', '\u03b1'.repeat(101)],
  ['100 characters and dropped ones', 'a\u0301\u200b'.repeat(100)],
  ['34 Hangul syllables are over 100', '\ud55c'.repeat(34)],
  ['33 Hangul syllables are not', '\ud55c'.repeat(33)],
  ['50 capital I with dot, accents kept', '\u0130'.repeat(50), { options: { strip: false } }],
  ['51 capital I with dot, accents kept', '\u0130'.repeat(51), { options: { strip: false } }],
  ['a long word, then a short one', `${'b'.repeat(5000)} neuron`],
  ['lone continuation bytes', bytes(0x61, 0x80, 0xbf, 0x62)],
  ['overlong slash', bytes(0x61, 0xc0, 0xaf, 0x62, 0x20, 0xe0, 0x80, 0xaf)],
  ['surrogate in UTF-8', bytes(0x61, 0xed, 0xa0, 0x80, 0x62)],
  ['above U+10FFFF', bytes(0x61, 0xf4, 0x90, 0x80, 0x80, 0x62)],
  ['cut in the middle of a character', bytes(0x61, 0x20, 0xe4, 0xb8)],
  ['bad lead before a letter', bytes(0x63, 0x61, 0x66, 0xc3, 0x20, 0xe9, 0x61)],
  ['FE and FF', bytes(0x61, 0xfe, 0xff, 0x62)],
  ['a bad byte inside a special token', bytes(0x5b, 0x53, 0xff, 0x45, 0x50, 0x5d)],
  ['U+FFFD itself', 'a\ufffdb'],
  ['limit 2', 'neuron brain', { max_tokens: 2 }],
  ['limit 3', 'neuron brain', { max_tokens: 3 }],
  ['limit reached exactly', 'neuron brain', { max_tokens: 4 }],
  ['limit not reached', 'neuron brain', { max_tokens: 5 }],
  ['limit inside a word', 'brain unaffable brain', { max_tokens: 5 }],
  ['limit, special tokens in the text', 'a [SEP] b [SEP] c', { max_tokens: 5 }],
  ['507 words', words(507), { max_tokens: 510 }],
  ['508 words', words(508), { max_tokens: 510 }],
  ['509 words', words(509), { max_tokens: 510 }],
  ['10,000 words', 'neuron ', { repeat: 10000, max_tokens: 510 }],
];

async function makeCase([name, content, more = {}], vocab) {
  const input = typeof content === 'string' ? { text: content } : content;
  const unit = input.hex === undefined ? Buffer.from(input.text) : Buffer.from(input.hex, 'hex');
  const text = decode(Buffer.concat(Array(more.repeat ?? 1).fill(unit)));
  const reference = makeReference(vocab, more.options);
  const [{ ids, cut }] = await encodeAll(reference, [text], more.max_tokens);
  return { name, ...input, ...more, ids, cut };
}

/** ASCII only, so that what is in a text can be seen. */
function toAscii(json) {
  return json.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const vocab = readVocab(readFileSync(here('vocab.txt'), 'utf8'));
const cases = [];
for (const c of CASES) cases.push(JSON.stringify(await makeCase(c, vocab)));
const head = JSON.stringify({
  generator: 'tests/golden/make_tokenizer.mjs',
  reference: 'npm tokenizers 0.23.2',
  vocab: 'vocab.txt',
});
const json = `${head.slice(0, -1)},"cases":[\n${cases.join(',\n')}\n]}\n`;
writeFileSync(here('tokenizer.json'), toAscii(json));
