// Texts of an exact number of tokens, for the vocabulary of checkpoint.py.
import { writeFileSync } from 'node:fs';

const SPECIALS = 5;
const WORDS = 31090 - SPECIALS;
const [CLS, SEP] = [2, 3];

/** The same words for every engine: as text, and as ids with [CLS] and [SEP].
 * @param {number} tokens  [CLS] and [SEP] included
 * @param {number} [seed]  another one gives other words */
export function textOf(tokens, seed = 0) {
  const words = Array.from({ length: tokens - 2 }, (_, i) => ((i + seed * 1009 + 1) * 7919) % WORDS);
  return {
    text: words.map((word) => `word${word}`).join(' '),
    ids: [CLS, ...words.map((word) => word + SPECIALS), SEP],
  };
}

/** Writes a corpus of such texts, and returns them.
 * @param {string} file
 * @param {number} papers
 * @param {(i: number) => number} tokens  of each */
export function corpusOf(file, papers, tokens) {
  const texts = Array.from({ length: papers }, (_, i) => textOf(tokens(i), i));
  const records = texts.map(({ text }, i) => {
    const authors = [{ name: `Author ${i % 9}` }, { name: `Colleague ${i % 7}` }];
    return { title: `Paper ${i}`, abstract: text, authors };
  });
  writeFileSync(file, JSON.stringify(records));
  return texts;
}

/** @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b */
export function cosine(a, b) {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / Math.sqrt(aa * bb);
}
