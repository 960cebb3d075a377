/**
 * What page and worker say to each other, and every error there is. A request is {id, action, …};
 * a reply is {id, result}, {id, error: {code, message}} or {id, progress}. {id, action: 'cancel'}
 * takes a request back: if it still waits it is never begun, and its reply is never sent.
 *
 * Members that come from the core keep the core's names: see src/wasm/exports.h, src/refscout.h.
 */

/**
 * @typedef {object} ModelInfo
 * @property {string} name        the checkpoint's folder
 * @property {string} note        a warning to be shown with every result, or ''
 * @property {string} sha256      of the model file
 * @property {boolean} int8       weights int8 with a scale a row; otherwise f32
 * @property {number} vocab_size
 * @property {number} hidden_size length of an embedding
 * @property {number} layers
 * @property {number} heads
 * @property {number} max_tokens  longest input, [CLS] and [SEP] included
 * @property {string} pool        'cls' or 'mean'
 * @property {string} kernel      which implementation multiplies, for instance 'int8 relaxed SIMD'
 * @property {string} refused_kernel  a faster one that computes wrong numbers here, or ''
 * @property {number} threads     that work on one text
 * @property {string} version     of refscout
 * @property {number} memory_bytes
 *
 * @typedef {object} IndexInfo
 * @property {number} papers
 * @property {number} people
 * @property {number} hidden_size
 * @property {boolean} int8
 * @property {string} text        'abstract' or 'title-abstract': what was embedded
 * @property {string} model_name
 * @property {string} model_sha256
 * @property {boolean} lexical    whether 'lexical' and 'hybrid' scores can be asked for
 * @property {ScoreKind} score    what papers are ranked by unless asked for otherwise
 * @property {number} weight      of the vectors in the hybrid, 0 to 1
 * @property {string} note        about the papers, to be shown with every result, or ''
 *
 * @typedef {object} Info         what was loaded and how it runs
 * @property {string} kernel
 * @property {number} threads
 * @property {string} version
 * @property {{name: string, relaxed: boolean, threads: boolean, refused: boolean}} module
 *     refused: the browser has relaxed SIMD, but computes wrong numbers with it, so the plain module is used
 * @property {Storage} storage
 * @property {ModelInfo} model
 * @property {IndexInfo} index
 *
 * @typedef {object} Storage      what became of model and index on this device
 * @property {'kept' | 'full' | 'unavailable'} state  only when kept are they there next time
 * @property {boolean} offline    what was kept is used: the site could not be reached
 *
 * @typedef {object} Need         what load() is about to do
 * @property {number} total_bytes   of model and index
 * @property {number} missing_bytes of them, to be downloaded: what is not on this device
 * @property {number | null} free_bytes  that the browser still grants this site; null: not told
 * @property {boolean} can_keep   false: no storage here, all is downloaded again next time
 *
 * @typedef {object} PersonPaper
 * @property {string} title
 * @property {string | null} doi
 * @property {string | null} url
 * @property {number | null} year
 * @property {number} score
 *
 * @typedef {object} Paper
 * @property {number} rank
 * @property {number} score
 * @property {number} closer_than  share of the papers whose score is lower, 0 to below 1
 * @property {string} title
 * @property {string | null} doi
 * @property {string | null} url
 * @property {number | null} year
 * @property {string[]} authors
 *
 * @typedef {object} Person
 * @property {number} rank
 * @property {number} score
 * @property {number} closer_than  share of the people whose score is lower, 0 to below 1
 * @property {number} person      their number in this index, for left_out
 * @property {string} name
 * @property {string[]} institutions
 * @property {string[]} countries     as the corpus writes them; [] where it does not
 * @property {string | null} orcid
 * @property {number} papers_count
 * @property {PersonPaper[]} papers   the best of them, at most three
 *
 * @typedef {object} QueryInfo
 * @property {number} tokens      read by the model
 * @property {number} cut         tokens that were not read because the text is too long
 * @property {number} cut_byte    where in the text, as UTF-8, the first of them begins
 * @property {ScoreKind} score    what the papers were ranked by
 * @property {number | null} weight  of the vectors when that is the hybrid
 * @property {{title: string, doi: string | null} | null} in_corpus  the query itself, when it is there
 *
 * @typedef {'cosine' | 'centred' | 'lexical' | 'hybrid'} ScoreKind
 *     the cosine of the embeddings; of the embeddings less the corpus's mean; BM25 of the tokens; or
 *     weight × centred + (1 − weight) × lexical, each in standard deviations from its mean
 *
 * @typedef {import('./options.js').RankOptions} RankOptions
 *
 * @typedef {object} SearchResult
 * @property {QueryInfo} query
 * @property {Paper[]} papers
 * @property {Person[]} people
 * @property {number} elapsed_ms
 *
 * @typedef {object} ConflictRequest  whose names and institutions are the manuscript's
 * @property {string[]} [authors]      names or ORCIDs
 * @property {string[]} [institutions]
 * @property {boolean} [author_institutions]  also all that the index knows of the authors
 * @property {string[]} [blocked]      names or ORCIDs of whoever else
 * @property {number} [coauthors_since]  also who published with an author in that year or later;
 *     0: whenever
 *
 * @typedef {'author' | 'maybe_author' | 'coauthor' | 'institution' | 'blocked'} Reason
 * @typedef {{typed: string, people: number[]}} Typed  who a typed name is, or who is at a
 *     typed institution; [] for nobody
 * @typedef {{person: number, name: string, reason: Reason, detail: string}} Excluded
 * @typedef {{authors: Typed[], blocked: Typed[], institutions: Typed[], excluded: Excluded[]}} ConflictResult
 *
 * @typedef {object} EmbedResult
 * @property {Float32Array} embedding  [hidden_size], as the model pools it, not normalised
 * @property {number} tokens
 * @property {number} cut
 * @property {number} cut_byte
 *
 * @typedef {object} Progress
 * @property {'start' | 'fetch' | 'open'} phase  reading the manifest; fetching; preparing the model
 * @property {number} done_bytes
 * @property {number} total_bytes  0 until it is known
 */

/**
 * @typedef {{id: number, action: 'survey', base: string, threads: number | null}} SurveyRequest
 * @typedef {{id: number, action: 'load', base: string, threads: number | null, plain: boolean}} LoadRequest
 *     plain: without relaxed SIMD
 * @typedef {{id: number, action: 'embed', text: string}} EmbedRequest
 * @typedef {{id: number, action: 'search' | 'rank', text: string, options: RankOptions}} SearchRequest
 * @typedef {{id: number, action: 'conflicts', request: ConflictRequest}} ConflictsRequest
 * @typedef {{id: number, action: 'cancel'}} CancelRequest
 * @typedef {SurveyRequest | LoadRequest | EmbedRequest | SearchRequest | ConflictsRequest} ActionRequest
 * @typedef {ActionRequest | CancelRequest} Request
 *
 * @typedef {{code: ErrorCode, message: string}} ErrorRecord
 * @typedef {object} Reply  one of result, error and progress is there
 * @property {number} id
 * @property {any} [result]
 * @property {ErrorRecord} [error]
 * @property {Progress} [progress]
 */

/** The core's codes; the position is the number (src/refscout.h). */
export const CORE_CODES = /** @type {const} */ ([
  'RS_OK',
  'RS_ERR_ARGUMENT',
  'RS_ERR_MEMORY',
  'RS_ERR_FORMAT',
  'RS_ERR_VERSION',
  'RS_ERR_MISMATCH',
  'RS_ERR_SPACE',
  'RS_ERR_IO',
  'RS_ERR_KERNEL', // the engine computes other numbers than it should: nothing is ranked
]);

/** Codes that only a browser has. */
export const WEB_CODES = /** @type {const} */ ([
  'RS_ERR_NETWORK', // a file cannot be fetched: no connection, HTTP error, nothing arrives
  'RS_ERR_INTEGRITY', // a file arrived, twice, with other bytes than the manifest says
  'RS_ERR_UNSUPPORTED', // the browser lacks WebAssembly SIMD or module workers
  'RS_ERR_DECLINED', // the download was asked for and declined
  'RS_ERR_CLOSED', // close() was called
  'RS_ERR_INTERNAL', // a bug of ours: the engine stopped
]);

/** @typedef {(typeof CORE_CODES)[number] | (typeof WEB_CODES)[number]} ErrorCode */

/** What refscout throws. `message` is one sentence for a person, with the way out. */
export class RefscoutError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} message
   * @param {unknown} [cause] */
  constructor(code, message, cause) {
    super(message, { cause });
    this.name = 'RefscoutError';
    this.code = code;
  }
}

/** Of this class, or of the same one in another bundle.
 * @param {unknown} thrown
 * @returns {thrown is RefscoutError} */
function isRefscoutError(thrown) {
  return thrown instanceof Error && thrown.name === 'RefscoutError';
}

/** Anything thrown as what a reply can carry.
 * @param {unknown} thrown
 * @returns {ErrorRecord} */
export function errorRecord(thrown) {
  if (isRefscoutError(thrown)) return { code: thrown.code, message: thrown.message };
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'RS_ERR_INTERNAL', message: `Something went wrong that should not: ${said}` };
}

/** What a cancelled promise rejects with, as fetch() does it.
 * @param {AbortSignal} [signal]
 * @returns {unknown} */
export function abortReason(signal) {
  return signal?.reason ?? new DOMException('The request was cancelled.', 'AbortError');
}
