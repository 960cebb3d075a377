/** Every sentence of the page that is not in index.html, and numbers as the reader writes them. */

const whole = new Intl.NumberFormat();
const cosine = new Intl.NumberFormat(undefined, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
const megabytes = new Intl.NumberFormat(undefined, {
  style: 'unit',
  unit: 'megabyte',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const tenthsAlways = new Intl.NumberFormat(undefined, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

/** @param {number} n */
export const count = (n) => whole.format(n);
/** @param {number} n */
export const score = (n) => cosine.format(n);
/** Rounded down, so that the closest paper is never "closer than 100 %": it is not closer than itself.
 * @param {number} share  a fraction, 0 to 1 */
const percent = (share) => `${tenthsAlways.format(Math.floor(1000 * share) / 10)} %`;
/** @param {number} bytes */
export const size = (bytes) => megabytes.format(bytes / 1e6);
/** @param {number} ms */
export const duration = (ms) =>
  ms < 1000 ? `${whole.format(Math.round(ms))} ms` : `${tenths.format(ms / 1000)} s`;
/** @param {number} n
 * @param {string} one
 * @param {string} many */
export const plural = (n, one, many) => `${count(n)} ${n === 1 ? one : many}`;

/** Why the page cannot be kept on the device; each sentence follows a colon. The kinds are those of
 * update.js and of the service worker.
 * @type {{[kind in 'insecure' | 'off' | 'status' | 'type' | 'page' | 'changed' | 'unreachable' | 'room' | 'other']:
 *   (path: string, detail: string) => string}} */
export const refusals = {
  insecure: () => 'this address is neither https nor localhost, and browsers keep pages of no others.',
  off: () => 'this browser has service workers switched off, as in some private windows.',
  status: (path, status) =>
    `the server answers ${status} for ${path}. Either the site was not uploaded completely, or the server does not give out files of this kind.`,
  type: (path, type) =>
    `the server sends ${path} ${type ? `as ${type}` : 'without a type'}, and browsers run it only as text/javascript.`,
  page: (path) => `the server sends a web page in place of ${path}: the file is not there.`,
  changed: (path) =>
    `${path} is not the file that was written for this site. Either it was not uploaded completely, or the server or a CDN changes it, for instance by inserting a script or by minifying it: switch that off for this folder.`,
  unreachable: (path) => `${path} could not be fetched.`,
  room: () => 'there is not enough room on this device for the page’s own files.',
  other: (_path, said) => `the browser says “${said}”.`,
};

export const strings = {
  starting: 'Starting …',
  /** @param {string} done
   * @param {string} total */
  fetching: (done, total) => `Loading the model: ${done} of ${total}`,
  /** @param {number} seconds */
  timeLeft: (seconds) =>
    seconds < 60
      ? ` · about ${plural(Math.max(1, Math.ceil(seconds / 5) * 5), 'second', 'seconds')} left`
      : ` · about ${plural(Math.ceil(seconds / 60), 'minute', 'minutes')} left`,
  opening: 'Preparing the model …',
  stop: 'Stop',
  stopped: 'Loading was stopped.',
  load: 'Load the model',
  retry: 'Try again',
  /** @param {string} bytes */
  askTitle: (bytes) => `Download ${bytes} once?`,
  ask: 'That is the language model and the papers it compares with. They come from this site; your text stays here.',
  /** @param {string} bytes */
  askRest: (bytes) => `Only the missing part is downloaded: ${bytes} are on this device already.`,
  askFirst: 'The model must be downloaded first.',
  keptOnce: 'It is kept on this device and can be deleted at the bottom of this page.',
  cannotKeep:
    'This browser keeps nothing for this page (a private window, or no https?), so the model is downloaded at every visit.',
  /** @param {string} bytes */
  littleRoom: (bytes) =>
    `The browser has room for ${bytes} only: the model works now, but is downloaded again at the next visit.`,
  /** @param {string} bytes */
  download: (bytes) => `Download ${bytes}`,
  storedModel: 'Model and papers',
  storedOffline: 'Works without a network',
  /** @param {import('./update.js').Refusal} why */
  refused: ({ kind, path, detail }) =>
    `This page does not work without a network: ${refusals[kind](path, detail)}`,
  /** Written to the browser's console, for the site's owner.
   * @param {import('./update.js').Refusal} why */
  warning: ({ kind, path, detail }) =>
    `refscout: this version of the page cannot be kept on the device: ${refusals[kind](path, detail)}`,
  storedSafe: 'When the device runs out of room',
  nothing: 'nothing',
  yes: 'yes',
  no: 'no',
  safe: 'the model stays',
  unsafe: 'the browser may delete the model',
  persist: 'Ask the browser to keep it',
  deleteStored: 'Delete',
  storedExplained:
    'Each part was checked for damage (SHA-256) when it was downloaded, and is checked again whenever it is read.',
  nothingExplained: 'Model and papers are downloaded again at the next visit.',
  storageDeleted: 'Deleted. What is loaded works until you leave this page.',
  notKeptTitle: 'Not kept on this device',
  full: 'There was not enough room, so the model works from memory and is downloaded again at the next visit.',
  unavailable:
    'This browser keeps nothing for this page (a private window, or no https?). The model works from memory and is downloaded again at the next visit.',
  offlineTitle: 'No network. ',
  offline: 'Everything here works without one.',
  updateTitle: 'A new version is ready',
  update: 'It is used after a reload. Your text is kept.',
  reload: 'Reload',
  later: 'Later',
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
  /** @param {number} people
   * @param {boolean} more
   * @param {number} out */
  rankedAgain: (people, more, out) =>
    [
      people === 0 ? 'Nobody is left.' : '',
      people > 0 ? `Ranked again: ${more ? 'at least ' : ''}${plural(people, 'person', 'people')}.` : '',
      out > 0 ? `${plural(out, 'person', 'people')} left out.` : '',
    ]
      .filter(Boolean)
      .join(' '),
  nobody: 'Nobody in this index has a paper to compare with.',
  nobodyLeft: 'Nobody is left with these filters and conflicts of interest.',
  resetFilters: 'Reset the filters',
  noPapers: 'This index has no other papers.',
  noteTitle: 'About this model',
  collectionTitle: 'About these papers',
  cutTitle: 'Your text is longer than the model reads',
  /** @param {number} tokens
   * @param {number} cut */
  cut: (tokens, cut) =>
    `The ranking is based on the first ${count(tokens)} tokens (words and parts of words); the last ${count(cut)} were not read. The unread part begins: `,
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
  wrongNumbers:
    'slower than it could be: this browser’s faster instructions compute wrong results on this device',
  simd: 'SIMD',

  /** Follows "Scored by". */
  aggregates: {
    mean3: 'the mean of their three closest papers, or of all when there are fewer',
    best: 'their closest paper alone',
    weighted: 'their closest paper + ½ of the second + ⅓ of the third',
  },
  /** Short names, for the summary of the settings. */
  aggregateNames: { mean3: 'mean of three best', best: 'best paper', weighted: '1 + ½ + ⅓' },
  /** What papers are compared by. */
  scoreNames: {
    hybrid: 'meaning and words',
    centred: 'meaning',
    lexical: 'words',
    cosine: 'meaning (plain cosine)',
  },
  /** The first choice of "Papers are compared by".
   * @param {string} name */
  defaultScore: (name) => `default: ${name}`,
  /** Follows the sentence that says how people are scored.
   * @type {Record<import('../shared/messages.js').ScoreKind, (weight: number | null) => string>} */
  comparedBy: {
    hybrid: (weight) =>
      ` Papers are compared by meaning (${whole.format(Math.round(100 * (weight ?? 0)))} %) and by words.`,
    centred: () => ' Papers are compared by meaning.',
    lexical: () => ' Papers are compared by their words alone.',
    cosine: () => ' Papers are compared by meaning (plain cosine).',
  },
  /** @param {number} share */
  closerThanPeople: (share) => `closer than ${percent(share)} of people`,
  /** @param {number} share */
  closerThanPapers: (share) => `closer than ${percent(share)} of papers`,
  /** @param {string} how */
  scoredBy: (how) => `Scored by ${how}.`,
  sorts: {
    score: '',
    recency: ' Shown newest supporting paper first.',
    papers: ' Shown most papers first.',
  },
  /** @param {number} n */
  atLeast: (n) => (n === 1 ? 'from 1 paper' : `at least ${count(n)} papers`),
  /** @param {number | null} from
   * @param {number | null} to */
  years: (from, to) => (from === null && to === null ? '' : `${from ?? ''}–${to ?? ''}`),
  /** @param {string} text */
  quoted: (text) => `“${text}”`,
  /** @param {number} more
   * @param {number} min */
  lower: (more, min) =>
    `With fewer than ${count(min)} papers, ${plural(more, 'more person', 'more people')} would be listed. `,
  showLower: 'List them too',
  /** @param {number} min */
  fellBack: (min) =>
    `Nobody here has ${plural(min, 'paper', 'papers')} or more in the index, so people with fewer are listed.`,
  /** @param {number} n */
  showMore: (n) => `Show ${count(n)} more`,

  why: 'Why?',
  whyNot: 'Hide why',
  /** @param {string} name */
  whyOf: (name) => ` How ${name} relates to your text`,
  whyWorking: 'Comparing your sentences with these titles …',
  because: 'Closest in your text: ',
  noBecause: 'There is no sentence to compare these titles with.',
  /** @param {string} name
   * @param {number} n */
  becauseFound: (name, n) => `${plural(n, 'sentence', 'sentences')} found for ${name}.`,
  whyFailed: 'The sentences could not be compared',

  keep: (/** @type {string} */ name) => `Keep ${name} on the short-list`,
  kept: (/** @type {number} */ n) => (n === 0 ? 'Empty' : plural(n, 'person', 'people')),
  shortlistEmpty: 'Nobody yet. The star beside a person puts them here; the list stays in this browser only.',
  note: 'Note',
  /** @param {string} name */
  noteOf: (name) => `Note on ${name}`,
  notePlaceholder: 'Your note',
  remove: 'Remove',
  clear: 'Empty the list',
  notKept: 'This browser keeps nothing here (a private window?): the list is lost when the page is closed.',

  nobodyOut: 'Nobody is left out',
  /** @param {number} n */
  leftOut: (n) => `${plural(n, 'person', 'people')} left out`,
  checkedLater: 'Checked as soon as the model is loaded.',
  unknownNames: 'Nobody of this name is in the index: ',
  unknownInstitutions: 'Not found in the index, so nobody is left out because of it: ',
  noConflicts: 'Nobody in this index has a conflict of interest according to what you entered.',
  undo: 'Undo',
  redo: 'Redo',
  /** @type {Record<import('../shared/messages.js').Reason, (detail: string) => string>} */
  reasons: {
    author: () => 'author of the manuscript',
    maybe_author: (typed) => `maybe the author ${typed}`,
    coauthor: (detail) => `co-author of ${detail}`,
    institution: (detail) => `at ${detail}`,
    blocked: () => 'on your block list',
  },
  readmitted: 'listed anyway',

  csv: 'Save as CSV',
  json: 'Save as JSON',
  copyText: 'Copy as text',
  print: 'Print',
  copyLink: 'Copy link to these settings',
  linkText: 'with my text in it',
  linkCopied: 'The link is copied. It contains the settings, but nothing of your text.',
  linkCopiedText:
    'The link is copied. It contains the settings and your text: anyone who has the link can read both.',
  textCopied: 'Copied as text.',
  copyFailed: 'The browser did not allow copying.',
  peopleFile: 'reviewers',
  shortlistFile: 'reviewers-short-list',
  columns: ['Name', 'ORCID', 'Institutions', 'Score', 'Papers in the index', 'Newest year', 'Note'],
  paperColumns: ['Paper', 'Year', 'DOI or address', 'Score of paper'],
};
