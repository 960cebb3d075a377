/**
 * The messages between page and worker, and all error codes. A request is {id, action, …}; a reply is
 * {id, result}, {id, error: {code, message}} or {id, progress}. {id, action: 'cancel'} cancels a request:
 * a queued request is not started, and no reply is sent.
 *
 * Members that come from the core have the core's names: see src/wasm/exports.h and src/refscout.h.
 */

/**
 * @typedef {object} ModelInfo
 * @property {string} name        the checkpoint's folder
 * @property {string} note        a warning to be shown with every result, or ''
 * @property {string} sha256      of the model file
 * @property {boolean} int8       whether weights are int8 with a scale for each row; otherwise they are f32
 * @property {number} vocab_size
 * @property {number} hidden_size length of an embedding
 * @property {number} layers
 * @property {number} heads
 * @property {number} max_tokens  longest input, [CLS] and [SEP] included
 * @property {string} pool        'cls' or 'mean'
 * @property {string} kernel      the kernels in use, for instance 'int8 relaxed SIMD'
 * @property {string} refused_kernel  faster kernels that failed the self-test on this machine, or ''
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
 * @property {boolean} lexical    whether 'lexical' and 'hybrid' scores are available
 * @property {ScoreKind} score    default score of papers
 * @property {number} weight      of the vectors in the hybrid, 0 to 1
 * @property {string} note        about the papers, to be shown with every result, or ''
 *
 * @typedef {object} Info         what was loaded and how it runs
 * @property {string} kernel
 * @property {number} threads
 * @property {string} version
 * @property {{name: string, relaxed: boolean, threads: boolean, refused: boolean}} module
 *     refused: the browser has relaxed SIMD but computes wrong results with it, so the plain module is used
 * @property {Storage} storage
 * @property {ModelInfo} model
 * @property {IndexInfo} index
 *
 * @typedef {object} Storage      whether model and index are stored on this device
 * @property {'kept' | 'full' | 'unavailable'} state  only if 'kept' they need not be downloaded next time
 * @property {boolean} offline    the stored manifest is used, because the site is unreachable
 *
 * @typedef {object} Need         what load() is about to do
 * @property {number} total_bytes   of model and index
 * @property {number} missing_bytes part of total_bytes that must be downloaded
 * @property {number | null} free_bytes  that this site may still store; null if the browser gives no estimate
 * @property {boolean} can_keep   false if the browser stores nothing, so all is downloaded again next time
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
 * @property {number} closer_than  percentile rank: the fraction of papers with a lower score, 0 to below 1
 * @property {string} title
 * @property {string | null} doi
 * @property {string | null} url
 * @property {number | null} year
 * @property {string[]} authors
 *
 * @typedef {object} Person
 * @property {number} rank
 * @property {number} score
 * @property {number} closer_than  percentile rank: the fraction of people with a lower score, 0 to below 1
 * @property {number} person      their number in this index, for left_out
 * @property {string} name
 * @property {string[]} institutions
 * @property {string[]} countries     as the corpus writes them; [] if it names none
 * @property {string | null} orcid
 * @property {number} papers_count
 * @property {PersonPaper[]} papers   the person's best papers, at most three
 *
 * @typedef {object} QueryInfo
 * @property {number} tokens      read by the model
 * @property {number} cut         tokens that were truncated because the text is too long
 * @property {number} cut_byte    byte offset, in the text as UTF-8, of the first truncated token
 * @property {ScoreKind} score    the score that papers were ranked by
 * @property {number | null} weight  of the vectors in the hybrid; null for other scores
 * @property {{title: string, doi: string | null} | null} in_corpus  the paper of the index whose text is the
 *     query, or null
 *
 * @typedef {'cosine' | 'centred' | 'lexical' | 'hybrid'} ScoreKind
 *     the cosine of the embeddings; the cosine of the embeddings less the mean of the corpus; BM25 of the token
 *     ids; or weight × centred + (1 − weight) × lexical, both as z-scores
 *
 * @typedef {import('./options.js').RankOptions} RankOptions
 *
 * @typedef {object} SearchResult
 * @property {QueryInfo} query
 * @property {Paper[]} papers
 * @property {Person[]} people
 * @property {number} elapsed_ms
 *
 * @typedef {object} ConflictRequest  authors and institutions of a manuscript, and blocked people
 * @property {string[]} [authors]      names or ORCIDs
 * @property {string[]} [institutions]
 * @property {boolean} [author_institutions]  also leave out people at the authors' institutions in the index
 * @property {string[]} [blocked]      names or ORCIDs of other people to leave out
 * @property {number} [coauthors_since]  also leave out co-authors of the authors since that year; 0: of any year
 *
 * @typedef {'author' | 'maybe_author' | 'coauthor' | 'institution' | 'blocked'} Reason
 * @typedef {{typed: string, people: number[]}} Typed  a typed name or institution and the people it matches;
 *     [] if it matches nobody
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
 * @property {number} total_bytes  0 in the phase 'start', when it is not known yet
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
 * @typedef {object} Reply  exactly one of result, error and progress is set
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
  'RS_ERR_KERNEL', // the model's self-test failed with all kernels, so nothing is ranked
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

/** The error that refscout throws. `message` is one sentence for users and says what they can do. */
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

/** Recognises this class by its name, since another bundle may contain a second copy of it.
 * @param {unknown} thrown
 * @returns {thrown is RefscoutError} */
function isRefscoutError(thrown) {
  return thrown instanceof Error && thrown.name === 'RefscoutError';
}

/** Converts anything thrown to an error that a reply can contain.
 * @param {unknown} thrown
 * @returns {ErrorRecord} */
export function errorRecord(thrown) {
  if (isRefscoutError(thrown)) return { code: thrown.code, message: thrown.message };
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'RS_ERR_INTERNAL', message: `Something went wrong that should not: ${said}` };
}

/** The reason that a cancelled promise rejects with: as in fetch(), that of the signal.
 * @param {AbortSignal} [signal]
 * @returns {unknown} */
export function abortReason(signal) {
  return signal?.reason ?? new DOMException('The request was cancelled.', 'AbortError');
}
