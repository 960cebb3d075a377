/** Every sentence of the page that is not in index.html, and numbers as the reader writes them. */

const whole = new Intl.NumberFormat();
const cosine = new Intl.NumberFormat(undefined, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
const megabytes = new Intl.NumberFormat(undefined, {
  style: 'unit',
  unit: 'megabyte',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

/** @param {number} n */
export const count = (n) => whole.format(n);
/** @param {number} n */
export const score = (n) => cosine.format(n);
/** @param {number} bytes */
export const size = (bytes) => megabytes.format(bytes / 1e6);
/** @param {number} ms */
export const duration = (ms) =>
  ms < 1000 ? `${whole.format(Math.round(ms))} ms` : `${tenths.format(ms / 1000)} s`;
/** @param {number} n
 * @param {string} one
 * @param {string} many */
export const plural = (n, one, many) => `${count(n)} ${n === 1 ? one : many}`;

export const strings = {
  starting: 'Starting …',
  /** @param {string} done
   * @param {string} total */
  fetching: (done, total) => `Loading the model: ${done} of ${total}`,
  opening: 'Preparing the model …',
  stop: 'Stop',
  stopped: 'Loading was stopped.',
  load: 'Load the model',
  retry: 'Try again',
  loadFailed: 'The model could not be loaded',
  searchFailed: 'The search failed',
  fileFailed: 'The file cannot be used',
  ready: 'The model is ready.',
  waiting: 'The search begins as soon as the model is loaded.',
  running: 'Reading and comparing …',
  emptyText: 'Write or paste a title and an abstract first.',
  fileTooLarge: 'That file is larger than 1 MB; paste the title and abstract instead.',
  fileNotText: 'Only plain text files (.txt) can be read; paste the title and abstract instead.',
  /** @param {number} people
   * @param {number} papers
   * @param {string} time */
  found: (people, papers, time) =>
    `${plural(people, 'person', 'people')} and ${plural(papers, 'paper', 'papers')} found in ${time}.`,
  nobody: 'Nobody in this index has a paper to compare with.',
  noPapers: 'This index has no other papers.',
  noteTitle: 'About this model',
  cutTitle: 'Your text is longer than the model reads',
  /** @param {number} tokens
   * @param {number} cut */
  cut: (tokens, cut) =>
    `The ranking rests on the first ${count(tokens)} tokens (words and parts of words); the last ${count(cut)} were not read. The unread part begins: `,
  showCut: 'Select the unread part',
  inCorpusTitle: 'This paper is in the index',
  inCorpus: 'It is left out of the ranking, so that it does not recommend itself: ',
  /** @param {number} shown
   * @param {number} all */
  ofPapers: (shown, all) => (all > shown ? `${shown} closest of ${plural(all, 'paper', 'papers')}` : ''),
  /** @param {number} n */
  moreAuthors: (n) => ` and ${plural(n, 'other', 'others')}`,
  unknownTitle: 'Untitled',
  score: 'similarity ',
  model: 'model',
  /** @param {string} tokens
   * @param {string} time */
  answered: (tokens, time) => `${tokens} tokens read in ${time}`,
  relaxed: 'relaxed SIMD',
  simd: 'SIMD',
};
