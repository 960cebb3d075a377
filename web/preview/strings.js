/** Every sentence of <submission-preview>, and numbers as its reader writes them. */

/** The language of these sentences; there is one so far. Numbers follow the reader's language. */
export const WRITTEN_IN = 'en';

/** @typedef {ReturnType<typeof words>} Words */

/** @param {string} lang  of numbers; '' or an invalid tag: the browser's language */
export function words(lang) {
  const locale = supported(lang);
  const whole = new Intl.NumberFormat(locale);
  const cosine = new Intl.NumberFormat(locale, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const megabyte = new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: 'megabyte',
    maximumFractionDigits: 1,
  });
  /** @param {number} n
   * @param {string} one
   * @param {string} many */
  const plural = (n, one, many) => `${whole.format(n)} ${n === 1 ? one : many}`;
  /** @param {number} bytes */
  const size = (bytes) => megabyte.format(bytes / 1e6);

  return {
    score: cosine.format,
    size,
    promise: 'Your text stays on this device: it is compared here, in your browser, and sent nowhere.',
    show: 'Show related papers and reviewers',
    update: 'Update',
    stop: 'Stop',
    retry: 'Try again',
    download: (/** @type {number} */ bytes) => `Download ${size(bytes)}`,
    notNow: 'Not now',
    idle: 'See which published work is closest to your text, and who wrote it.',
    idleLive: 'Related papers and likely reviewers appear here as you write.',
    tooShort: 'Write or paste the abstract first; a few words are not enough.',
    changed: 'The text has changed since.',
    stopped: 'Loading was stopped.',
    declined: 'Nothing was downloaded.',
    /** @param {import('../shared/messages.js').Need} need */
    ask: ({ missing_bytes, can_keep }) =>
      can_keep
        ? `This needs a language model: ${size(missing_bytes)}, downloaded once and kept on this device.`
        : `This needs a language model: ${size(missing_bytes)}. This browser keeps nothing, so it is downloaded at every visit.`,
    starting: 'Starting …',
    /** @param {number} done
     * @param {number} total */
    amount: (done, total) => `${size(done)} of ${size(total)}`,
    opening: 'Preparing the language model …',
    loading: 'Loading the language model …',
    running: 'Reading and comparing …',
    /** @param {number} people
     * @param {number} papers */
    found: (people, papers) =>
      `${plural(people, 'likely reviewer', 'likely reviewers')} and ${plural(papers, 'related paper', 'related papers')}.`,
    none: 'There is no paper in this collection that your text could be compared with.',
    people: 'Likely reviewers',
    papers: 'Related papers',
    similarity: 'similarity ',
    closest: 'Closest work: ',
    others: (/** @type {number} */ n) => ` and ${plural(n, 'other', 'others')}`,
    note: 'About this model',
    collection: 'About these papers',
    cut: 'Your text is longer than the model reads',
    /** @param {number} tokens */
    cutDetail: (tokens) =>
      `The comparison is based on its first ${whole.format(tokens)} words and parts of words. The unread part begins: `,
    known: 'This text is in the collection',
    knownDetail: 'It is left out, so that it does not recommend itself: ',
    failed: 'The preview does not work just now',
    harmless: 'Your submission does not depend on it.',
  };
}

/** @param {string} lang
 * @returns {string | undefined} */
function supported(lang) {
  try {
    return Intl.NumberFormat.supportedLocalesOf(lang)[0];
  } catch {
    return undefined; // not a language tag
  }
}

/** Mistakes in how the element was put on the page, for the author of that page. */
export const mistakes = {
  noFor: 'submission-preview has no attribute "for" that names a text field.',
  noField: (/** @type {string} */ id) => `submission-preview: there is no text field with the id "${id}".`,
  badBase: (/** @type {string} */ base) => `submission-preview: base="${base}" is not a web address.`,
  notThere: (/** @type {string} */ base) =>
    `The preview could not be loaded from ${base}. Try again later, or check that this address is right and lets this page use it.`,
};
