// Runs our tokenizer and the reference on the same texts and says where they differ. Our side is
// tests/tokenize_stream.c: it takes any bytes, any vocabulary and all options.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode, encodeAll, makeReference, readVocab, SPECIALS } from './tokenizer_reference.mjs';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A program of the build: $REFSCOUT_BUILD, or the newest of build/(preset)/ that has it.
 * @param {string} relative path inside a build folder */
export function findBuilt(relative) {
  const build = path.join(root, 'build');
  const folders = process.env.REFSCOUT_BUILD
    ? [process.env.REFSCOUT_BUILD]
    : ['native', 'debug', 'asan'].map((name) => path.join(build, name));
  const found = folders.map((folder) => path.join(folder, relative)).filter(existsSync);
  found.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return found[0] ?? null;
}

/** @typedef {import('./tokenizer_reference.mjs').Options & {maxTokens?: number}} Settings */
/** @typedef {{ids: Int32Array, cut: number, spans: Int32Array}} Encoded spans: start, end, start, … */

const ON = { true: '2', false: '1', null: '0', undefined: '0' };

/** @param {string} vocabText @param {Uint8Array[]} texts @param {Settings} settings
 * @returns {Encoded[]} */
export function encodeOurs(vocabText, texts, settings = {}) {
  const program = findBuilt('tests/tokenize_stream');
  assert.ok(program, 'tests/tokenize_stream is not built');
  const folder = mkdtempSync(path.join(tmpdir(), 'refscout-tokenizer-'));
  try {
    const vocabFile = path.join(folder, 'vocab.txt');
    writeFileSync(vocabFile, vocabText);
    const flags = [settings.lower, settings.strip, settings.chinese].map((flag) => ON[String(flag)]);
    const run = spawnSync(program, [vocabFile, ...flags, String(settings.maxTokens ?? 2 ** 31)], {
      input: frame(texts),
      maxBuffer: 2 ** 31,
    });
    assert.equal(run.status, 0, String(run.error ?? run.stderr));
    return unframe(run.stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function frame(texts) {
  const parts = [];
  for (const text of texts) {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(text.length);
    parts.push(size, text);
  }
  return Buffer.concat(parts);
}

/** The stream's numbers, without a copy: texts here have millions of tokens. */
function unframe(output) {
  const numbers = new Int32Array(output.buffer.slice(output.byteOffset, output.byteOffset + output.length));
  const results = [];
  for (let at = 0; at < numbers.length; ) {
    const [count, cut] = numbers.subarray(at, at + 2);
    const spansAt = at + 2 + count;
    const spans = numbers.subarray(spansAt, spansAt + 2 * count);
    results.push({ ids: numbers.subarray(at + 2, spansAt), cut, spans });
    at = spansAt + 2 * count;
  }
  return results;
}

/** Asserts that both give the same ids. Texts are strings or bytes. Returns our results.
 * @param {string} vocabText @param {(string|Uint8Array)[]} texts @param {Settings} settings */
export async function assertSame(vocabText, texts, settings = {}) {
  const bytes = texts.map((text) => (typeof text === 'string' ? Buffer.from(text) : text));
  const ours = encodeOurs(vocabText, bytes, settings);
  const vocab = readVocab(vocabText);
  const reference = makeReference(vocab, settings);
  const theirs = await encodeAll(reference, bytes.map(decode), settings.maxTokens);
  for (const [i, text] of bytes.entries()) {
    if (isSame(ours[i], theirs[i])) continue;
    assert.fail(describe(text, ours[i], theirs[i], vocabText.split('\n'), settings));
  }
  return ours;
}

function isSame(a, b) {
  return a.cut === b.cut && a.ids.length === b.ids.length && a.ids.every((id, i) => id === b.ids[i]);
}

/** The first difference, short: texts here can have thousands of tokens. */
function describe(text, ours, theirs, tokens, settings) {
  const at = ours.ids.findIndex((id, i) => id !== theirs.ids[i]);
  const from = Math.max(0, (at < 0 ? theirs.ids.length : at) - 3);
  const name = (id) => JSON.stringify(tokens[id]);
  const show = ({ ids }) => Array.from(ids.slice(from, from + 8), name).join(' ');
  const start = ours.spans[2 * from] ?? 0;
  const piece = JSON.stringify(decode(text.subarray(start, start + 60)));
  return (
    `${JSON.stringify(settings)}: token ${at} of ${theirs.ids.length}, near ${piece}\n` +
    `  got  ${show(ours)} (cut ${ours.cut})\n  want ${show(theirs)} (cut ${theirs.cut})`
  );
}

/** A vocabulary in which no difference can hide: every character that any settings let through, as a
 * word and as a continuation, and `more`.
 * @param {string[]} texts @param {string[]} more */
export function fullVocab(texts, more = []) {
  const characters = new Set();
  // NFD and lower case of all, stripped or not: more than either needs.
  for (const text of texts) {
    for (const form of [text, text.normalize('NFD'), text.normalize('NFC')]) {
      for (const c of form) characters.add(c).add(c.toLowerCase());
    }
    for (const c of text.toLowerCase().normalize('NFD')) characters.add(c);
  }
  const tokens = new Set([...SPECIALS, ...more]);
  for (const c of characters) {
    if (c === '\0' || /\s/u.test(c)) continue;
    tokens.add(c).add(`##${c}`);
  }
  return `${[...tokens].join('\n')}\n`;
}

/** Numbers in [0, 1) that are the same on every run (mulberry32). @param {number} seed */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lines of a .jsonl.xz file, at most `count`; needs the command xz. */
export function readJsonLines(file, count) {
  const run = spawnSync('xz', ['-dc', file], { maxBuffer: 2 ** 30 });
  assert.equal(run.status, 0, String(run.error ?? run.stderr));
  const lines = String(run.stdout).split('\n').filter(Boolean);
  return lines.slice(0, count).map((line) => JSON.parse(line));
}

/** The folder `shared` next to the repository, or null. */
export function sharedFolder() {
  const folder = path.join(root, '..', 'shared');
  return existsSync(path.join(folder, 'vocab')) && readdirSync(folder).length > 0 ? folder : null;
}
