/** Splits a text into sentences, and finds the most similar sentence for each title. Pure functions. */

/** If a text has a line this long, it was not wrapped to a width, and every line break ends a paragraph. */
const LONG_LINE = 160;
/** Abbreviations whose full stop the segmenter takes for the end of a sentence. */
const ABBREVIATION = /(?:^|[\s(])(?:Dr|Prof|Figs?|Eqs?|vs|cf|approx|e\.g|i\.e)\.\s*$/;
const MIN_WORDS = 4;
const MAX_SENTENCES = 40;

/** @param {string} text
 * @returns {string[]} without headings of a word or two, if there is anything else */
export function sentencesOf(text) {
  const all = paragraphsOf(text).flatMap(segments);
  const whole = all.filter((sentence) => sentence.split(/\s+/).length >= MIN_WORDS);
  return [...new Set(whole.length > 0 ? whole : all)].slice(0, MAX_SENTENCES);
}

/** @param {string} text */
function paragraphsOf(text) {
  const broken_to_fit = text.split('\n').every((line) => line.length < LONG_LINE);
  const paragraphs = text.split(broken_to_fit ? /\n\s*\n/ : /\n/);
  return paragraphs.map((paragraph) => paragraph.replace(/\s+/g, ' ').trim()).filter(Boolean);
}

/** @param {string} paragraph */
function segments(paragraph) {
  if (!('Segmenter' in Intl)) return paragraph.split(/(?<=[.!?])\s+(?=\p{Lu})/u);
  const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
  /** @type {string[]} */
  const sentences = [];
  for (const { segment } of segmenter.segment(paragraph)) {
    if (ABBREVIATION.test(sentences.at(-1) ?? '')) sentences[sentences.length - 1] += segment;
    else sentences.push(segment);
  }
  return sentences.map((sentence) => sentence.trim()).filter(Boolean);
}

/**
 * @typedef {object} Match
 * @property {number} title
 * @property {number} sentence
 * @property {number} similarity  centred cosine
 */

/** Finds the most similar sentence for each title. By centred cosine: the mean of all vectors, which says
 * nothing about which texts belong together, is subtracted first.
 * @param {Float32Array[]} sentences
 * @param {Float32Array[]} titles
 * @param {number} most
 * @returns {Match[]} by descending similarity */
export function bestMatches(sentences, titles, most) {
  if (sentences.length === 0 || titles.length === 0) return [];
  const centred = centre([...sentences, ...titles]);
  const matches = titles.map((_, title) => {
    const vector = centred[sentences.length + title];
    const similarities = sentences.map((_s, sentence) => cosine(centred[sentence], vector));
    const similarity = Math.max(...similarities);
    return { title, sentence: similarities.indexOf(similarity), similarity };
  });
  return matches.sort((a, b) => b.similarity - a.similarity).slice(0, most);
}

/** Normalises vectors to length 1, so that all count equally in the mean, and subtracts the mean.
 * @param {Float32Array[]} vectors */
function centre(vectors) {
  const units = vectors.map((vector) => {
    const length = Math.hypot(...vector) || 1;
    return vector.map((value) => value / length);
  });
  const mean = new Float32Array(vectors[0].length);
  for (const unit of units)
    unit.forEach((value, i) => {
      mean[i] += value / units.length;
    });
  return units.map((unit) => unit.map((value, i) => value - mean[i]));
}

/** @param {Float32Array} a
 * @param {Float32Array} b */
function cosine(a, b) {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return aa > 0 && bb > 0 ? dot / Math.sqrt(aa * bb) : 0;
}
