/* refscout: BERT embeddings of scientific text, and the papers and people nearest to a query.
 *
 * The flow: text -> tokens -> hidden states -> embedding -> paper scores -> people.
 *
 *     rs_model *model;  rs_session *session;  rs_index *index;  rs_error error;
 *     char sha256[RS_SHA256_HEX + 1], *json;
 *     rs_sha256(model_bytes, model_size, sha256);
 *     if (rs_model_open(model_bytes, model_size, NULL, &model, &error)) …
 *     if (rs_session_open(model, NULL, &session, &error)) …
 *     if (rs_index_open(index_bytes, index_size, NULL, &index, &error)) …
 *     if (rs_index_check(index, model, sha256, &error)) …
 *     if (rs_search(session, index, text, strlen(text), 10, &json, &error)) …
 *     rs_string_free(json);
 *
 * The library computes on bytes in memory: it opens no file, prints nothing, reads no clock and
 * never exits. Model and index files are those that the command writes (`refscout convert`,
 * `refscout embed`).
 *
 * Sizes     [N, H] is a row-major array of N rows of H numbers. H hidden size, V vocabulary
 *           size, P positions, N papers. Texts are UTF-8 with their length in bytes.
 * Errors    A function that can fail returns an rs_status, RS_OK on success. If it takes an
 *           rs_error, that is filled on failure. Outputs are then NULL or undefined. The comment
 *           of a function lists the errors that it returns.
 * Pointers  Arguments must not be NULL, unless their comment allows it. The caller owns its
 *           arguments and output buffers; other cases are documented.
 * Closing   Closing NULL does nothing. Sessions must be closed before their model.
 * Threads   Models and indexes are immutable: any number of threads may use one at the same
 *           time. A session is not thread-safe: one call at a time. Sessions of one model must
 *           be opened and closed by one thread at a time. A model or index must not be in use
 *           when it is closed. All other functions are thread-safe.
 * Memory    Models, indexes and sessions are allocated by the rs_allocator. Temporary JSON,
 *           threads, and the memory of XNNPACK, which computes with f32 weights, come from
 *           malloc. */
#ifndef REFSCOUT_H
#define REFSCOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RS_API marks the exported functions of the shared library. */
#if defined(__GNUC__)
#define RS_API __attribute__((visibility("default")))
#define RS_MUST_USE __attribute__((warn_unused_result))
#else
#define RS_API
#define RS_MUST_USE
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version ----------------------------------------------------------------------------- */

/* Before 1.0.0 a new RS_VERSION_MINOR may change this interface; a new RS_VERSION_PATCH never does. */
#define RS_VERSION_MAJOR 0
#define RS_VERSION_MINOR 1
#define RS_VERSION_PATCH 0
#define RS_VERSION "0.1.0"

/* The RS_VERSION of the linked library, which may differ from that of this header. */
RS_API const char *rs_version(void);

/* ---- Errors ------------------------------------------------------------------------------ */

/* The values are part of the interface: JavaScript and scripts use them. */
typedef enum rs_status {
    RS_OK = 0,           /* all outputs now hold valid data */
    RS_ERR_ARGUMENT = 1, /* the caller broke the contract in this header */
    RS_ERR_MEMORY = 2,   /* there is not enough memory; nothing leaked, nothing changed */
    RS_ERR_FORMAT = 3,   /* the bytes are not a well-formed file of this kind */
    RS_ERR_VERSION =
        4, /* well formed, of a version or kind that this library does not support */
    RS_ERR_MISMATCH = 5, /* two valid objects that do not belong together */
    RS_ERR_SPACE = 6,    /* the caller's buffer is too small; the needed size is reported */
    RS_ERR_IO = 7,    /* an operation of the system failed; returned within the command only */
    RS_ERR_KERNEL = 8 /* this processor or engine computes wrong numbers */
} rs_status;

/* Details of a failure, for people. Filled only on failure; may be NULL wherever a function takes
 * one. message is one sentence without the name of the file, which only the caller knows. */
typedef struct rs_error {
    rs_status status;
    size_t
        offset; /* byte of the input at which the failure was detected; 0 when there is none */
    char message[256];
} rs_error;

/* The name of a status, such as "RS_ERR_FORMAT"; "unknown status" for any other value. */
RS_API const char *rs_status_name(rs_status status);

/* ---- Memory ------------------------------------------------------------------------------ */

/* Functions that allocate memory. Zeroed: malloc and free. alloc returns NULL when there is no
 * memory; any alignment will do, since the library aligns. Called by the thread that calls the
 * library. */
typedef struct rs_allocator {
    void *(*alloc)(void *ctx, size_t bytes);
    void (*free)(void *ctx, void *p);
    void *ctx;
} rs_allocator;

/* ---- Model ------------------------------------------------------------------------------- */

enum { RS_SHA256_HEX = 64 }; /* digits of a SHA-256 in hexadecimal, without the NUL */

typedef struct rs_model rs_model;

typedef enum rs_pool { RS_POOL_CLS = 0, RS_POOL_MEAN = 1 } rs_pool;
typedef enum rs_activation { RS_GELU_ERF = 0, RS_GELU_TANH = 1, RS_RELU = 2 } rs_activation;

typedef struct rs_model_info {
    size_t vocab_size, hidden_size, layers, heads, ffn_size, positions;
    size_t max_tokens; /* longest input, [CLS] and [SEP] included */
    rs_pool pool;
    rs_activation activation;
    float layer_norm_eps;
    bool int8;        /* weights are int8 with a scale for each row; otherwise f32 */
    const char *name; /* for people; "" when the file has none */
    const char *note; /* a warning to be shown with every result, or "" */
    bool self_test;   /* the file has a self-test: see rs_session_open */
} rs_model_info;

/* Opens a model file and validates all of it but the values of int8 weights (see rs_session_open).
 *
 * bytes      the complete file, 64-byte aligned, as mapped files and memory of aligned_alloc(64, …) are.
 *            Borrowed until rs_model_close, and not changed.
 * allocator  may be NULL: malloc and free. Used for the model's sessions too.
 *
 * Returns RS_ERR_ARGUMENT for unaligned bytes; RS_ERR_FORMAT, RS_ERR_VERSION or RS_ERR_MEMORY. */
RS_API RS_MUST_USE rs_status rs_model_open(const void *bytes, size_t size,
                                           const rs_allocator *allocator, rs_model **model,
                                           rs_error *error);
RS_API void rs_model_close(rs_model *model);

/* The description of a model; it and its strings are valid until the model is closed. */
RS_API const rs_model_info *rs_model_describe(const rs_model *model);

/* ---- Tokens ------------------------------------------------------------------------------ */

/* Upper bound of the number of token ids of a text of text_bytes bytes, [CLS] and [SEP] included. */
RS_API size_t rs_token_bound(size_t text_bytes);

/* Tokenizes a text to [CLS] … [SEP], at most max_tokens ids. Longer texts are truncated on the
 * right; [SEP] is always the last id.
 *
 * text      UTF-8, text_bytes long, no NUL needed; ill-formed sequences count as U+FFFD.
 * ids       output, [ids_cap]; max_tokens, or rs_token_bound(text_bytes), entries always suffice.
 * count     number of ids written; with RS_ERR_SPACE the required ids_cap.
 * cut       number of ids truncated; may be NULL.
 *
 * Returns RS_ERR_SPACE when ids_cap is too small; RS_ERR_ARGUMENT when a required pointer is NULL. */
RS_API RS_MUST_USE rs_status rs_tokenize(const rs_model *model, const char *text,
                                         size_t text_bytes, int32_t *ids, size_t ids_cap,
                                         size_t *count, size_t *cut);

/* The token of an id as in the vocabulary, *bytes long and not NUL-terminated, valid until the
 * model is closed; NULL when id is not in the vocabulary. */
RS_API const char *rs_token_text(const rs_model *model, int32_t id, size_t *bytes);

/* ---- Embeddings -------------------------------------------------------------------------- */

typedef struct rs_session rs_session;

typedef struct rs_session_options {
    size_t threads; /* that work on one text; 0 means 1 */
    bool untested;  /* skip the self-test */
} rs_session_options;

/* Opens a session: working memory and operators for embedding, sized for the longest input,
 * allocated by the model's allocator. options may be NULL: all zero. Several sessions may share a
 * model.
 *
 * Self-test: embeddings of int8 models are bitwise reproducible, so a model file contains a short text
 * and its rs_self_test_sha256. The first session of a model computes it. Kernels that give another hash
 * are disabled in the whole process (rs_refused_kernel) and replaced by the next fastest ones. The
 * self-test costs two layers of a text of some fifteen tokens.
 *
 * Returns RS_ERR_MEMORY; RS_ERR_FORMAT when int8 weights exceed the limit of the format
 * (docs/formats.md); RS_ERR_KERNEL when no kernel reproduces the hash, so that no result could be
 * trusted. */
RS_API RS_MUST_USE rs_status rs_session_open(rs_model *model, const rs_session_options *options,
                                             rs_session **session, rs_error *error);
RS_API void rs_session_close(rs_session *session);

/* Name of the kernels in use, such as "int8 AVX2" or "xnnpack f32"; a static string. */
RS_API const char *rs_session_kernel(const rs_session *session);

/* Name of the fastest kernels of this processor if they are disabled after a failed self-test;
 * otherwise "". */
RS_API const char *rs_refused_kernel(void);

/* The SHA-256 of the embedding that the network of the first two layers gives a text: of its H
 * little-endian f32. Abandons a text that was begun. Returns RS_ERR_ARGUMENT when a required pointer
 * is NULL; RS_ERR_MEMORY. */
RS_API RS_MUST_USE rs_status rs_self_test_sha256(rs_session *session, const char *text,
                                                 size_t text_bytes,
                                                 char hex[RS_SHA256_HEX + 1]);

/* Threads that work on one text: the number of the options, or 1 where no threads can be created. */
RS_API size_t rs_session_threads(const rs_session *session);

/* Computes the embedding of one text with the model's pooling; not normalised to length 1.
 *
 * text      UTF-8, text_bytes long; may be NULL when text_bytes is 0.
 * out       [H], written only on success.
 * tokens    number of ids embedded, [CLS] and [SEP] included; may be NULL.
 * cut       number of ids truncated because the text exceeds max_tokens; may be NULL.
 * cut_byte  byte offset of the truncated part of the text; text_bytes when cut is 0; may be NULL.
 *
 * Only XNNPACK may allocate memory here. Returns RS_ERR_ARGUMENT when a required pointer is NULL;
 * RS_ERR_MEMORY. */
RS_API RS_MUST_USE rs_status rs_embed(rs_session *session, const char *text, size_t text_bytes,
                                      float *out, size_t *tokens, size_t *cut,
                                      size_t *cut_byte);

/* Incremental rs_embed, one layer a step, so that a program can handle events in between and
 * abandon the text: rs_embed_begin, then rs_embed_step until *left, the number of remaining layers,
 * is 0. out [H] is written by the last step and may be NULL. Beginning a text abandons an
 * unfinished one. The embeddings of the last eight finished texts are cached: for these the first
 * step is the last. Errors as of rs_embed; RS_ERR_ARGUMENT also when no text was begun. */
RS_API RS_MUST_USE rs_status rs_embed_begin(rs_session *session, const char *text,
                                            size_t text_bytes, size_t *tokens, size_t *cut,
                                            size_t *cut_byte);
RS_API RS_MUST_USE rs_status rs_embed_step(rs_session *session, float *out, size_t *left);

/* rs_embed for given token ids, to which no special tokens are added: count is 1 to P, which may be
 * more than max_tokens, and each id is below V. Otherwise returns RS_ERR_ARGUMENT; RS_ERR_MEMORY as
 * rs_embed does. rs_query_scores cannot score such a text. */
RS_API RS_MUST_USE rs_status rs_embed_ids(rs_session *session, const int32_t *ids, size_t count,
                                          float *out, rs_error *error);

/* ---- Index ------------------------------------------------------------------------------- */

typedef struct rs_index rs_index;

enum { RS_PERSON_PAPERS = 3 };

/* The scores by which papers can be ranked. */
typedef enum rs_score_kind {
    RS_SCORE_STORED = 0,  /* the default of the index, rs_index_info.score */
    RS_SCORE_COSINE = 1,  /* cosine of the stored vectors */
    RS_SCORE_CENTRED = 2, /* cosine of the vectors minus the mean vector of the corpus */
    RS_SCORE_LEXICAL = 3, /* BM25 of the token ids, normalised to 0 to below 1 */
    RS_SCORE_HYBRID = 4 /* weight * centred + (1 - weight) * lexical, both as z-scores over the
                           * corpus for this query */
} rs_score_kind;

/* The name of a kind: "cosine", "centred", "lexical" or "hybrid"; "" for RS_SCORE_STORED. */
RS_API const char *rs_score_name(rs_score_kind kind);

/* The kind of that name; RS_SCORE_STORED for any other name. */
RS_API rs_score_kind rs_score_named(const char *name);

/* The paper number that stands for no paper. */
#define RS_NO_PAPER SIZE_MAX

typedef struct rs_index_info {
    size_t papers, people, hidden_size;
    bool int8;
    const char *text;         /* "abstract" or "title-abstract" */
    const char *model_sha256; /* of the model file that made the vectors */
    const char *model_name;
    const char *note; /* about the papers, to be shown with every result, or "" */
    bool lexical;     /* contains the postings that RS_SCORE_LEXICAL and RS_SCORE_HYBRID need */
    rs_score_kind score; /* default kind of this index */
    float weight;        /* default weight of RS_SCORE_HYBRID, 0 to 1 */
} rs_index_info;

/* Opens an index file. bytes, allocator and errors as of rs_model_open. The allocator is used by
 * rs_report and rs_conflicts too. */
RS_API RS_MUST_USE rs_status rs_index_open(const void *bytes, size_t size,
                                           const rs_allocator *allocator, rs_index **index,
                                           rs_error *error);
RS_API void rs_index_close(rs_index *index);

/* The description of an index; it and its strings are valid until the index is closed. */
RS_API const rs_index_info *rs_index_describe(const rs_index *index);

/* The SHA-256 of bytes as 64 lower-case hexadecimal digits and a NUL, as rs_index_check takes it. */
RS_API void rs_sha256(const void *bytes, size_t size, char hex[RS_SHA256_HEX + 1]);

/* Returns RS_ERR_MISMATCH when the index was made by another model. model_sha256: rs_sha256 of the
 * model file. Without this check a mismatch goes unnoticed, unless model and index differ in H. */
RS_API RS_MUST_USE rs_status rs_index_check(const rs_index *index, const rs_model *model,
                                            const char *model_sha256, rs_error *error);

/* The record of a paper or person: a JSON object, *bytes long, not NUL-terminated, borrowed from
 * the bytes of the index. paper < papers, person < people. rs_index_open does not validate records:
 * one may be ill-formed JSON. */
RS_API const char *rs_index_paper(const rs_index *index, size_t paper, size_t *bytes);
RS_API const char *rs_index_person(const rs_index *index, size_t person, size_t *bytes);

/* The authors of a paper as person numbers below people, in the order of the paper; *count entries,
 * borrowed from the bytes of the index. */
RS_API const int32_t *rs_index_authors(const rs_index *index, size_t paper, size_t *count);

/* The paper whose text has exactly these token ids, or RS_NO_PAPER. */
RS_API size_t rs_index_find(const rs_index *index, const int32_t *ids, size_t count);

/* Content hash of the token ids of a text: the first 8 bytes of their SHA-256. rs_index_find
 * compares it. */
RS_API void rs_text_id(const int32_t *ids, size_t count, uint8_t text_id[8]);

/* ---- Ranking ----------------------------------------------------------------------------- */

/* Scores all N papers by their vectors: cosine[i] is the cosine of the query's vector [H] and that
 * of paper i, centred[i] the cosine after subtracting the corpus mean from both. A zero vector has
 * cosine 0 with all others. cosine, centred: [N]. scratch: [2H], overwritten. O(N H) for both
 * scores together. With an int8 index the query is quantized to 16 bits, which changes a score by
 * 2e-6, rarely by 1e-5: far less than int8 vectors do. */
RS_API void rs_score(const rs_index *index, const float *query, float *scratch, float *cosine,
                     float *centred);

/* Scores all N papers by the query's token ids: BM25 divided by its supremum for this query, so
 * from 0 to below 1; all 0 when the index has no postings. scores: [N]. */
RS_API void rs_score_lexical(const rs_index *index, const int32_t *ids, size_t count,
                             float *scores);

/* Rows of the component scores of one query, a matrix [RS_PARTS, N]. */
enum { RS_PART_COSINE = 0, RS_PART_CENTRED = 1, RS_PART_LEXICAL = 2, RS_PARTS = 3 };

/* Combines the component scores, parts, into the final scores [N] of a kind. weight: of the centred
 * cosine in RS_SCORE_HYBRID, above 0 to 1; 0: the default of the index. Returns RS_ERR_ARGUMENT
 * when the index has no postings and the kind needs them. */
RS_API RS_MUST_USE rs_status rs_final_scores(const rs_index *index, const float *parts,
                                             rs_score_kind kind, float weight, float *scores,
                                             rs_error *error);

typedef struct rs_paper_hit {
    size_t paper;
    float score;
    double closer_than; /* percentile rank: fraction of the scored papers with a lower score */
} rs_paper_hit;

typedef struct rs_person_hit {
    size_t person;
    float score;
    size_t papers_count; /* number of this person's papers that were scored */
    size_t
        papers[RS_PERSON_PAPERS]; /* the best papers, descending; unused entries: RS_NO_PAPER */
    float scores[RS_PERSON_PAPERS]; /* the scores of papers */
    double
        closer_than; /* percentile rank: fraction of the people with scored papers whose score is
                         * lower */
} rs_person_hit;

/* Selects the k best papers in descending order; *count <= k. Ties are broken by the lower paper
 * number, so every platform gives the same list. Papers with score -INFINITY are excluded; no score
 * may be NaN. scores: [N]; hits: [k]. Allocates nothing. */
RS_API void rs_rank_papers(const rs_index *index, const float *scores, size_t k,
                           rs_paper_hit *hits, size_t *count);

/* How a person's score is aggregated from the scores of their papers, s1 >= s2 >= s3. For people
 * with fewer papers the mean and the sum are those of the existing papers. */
typedef enum rs_aggregate {
    RS_MEAN_OF_THREE = 0, /* mean of s1, s2 and s3 */
    RS_BEST = 1,          /* s1: a single paper decides, so it is easily manipulated */
    RS_WEIGHTED = 2       /* s1 + s2/2 + s3/3: favours people with more papers; may exceed 1 */
} rs_aggregate;

/* How to rank, and whom and what to exclude. Zeroed: the defaults, nothing excluded. */
typedef struct rs_rank_options {
    rs_aggregate aggregate;
    size_t min_papers;          /* excludes people with fewer scored papers; 0 means 1 */
    int32_t year_from, year_to; /* excludes papers of other and of unknown years; 0: no bound */
    const uint8_t
        *left_out;       /* [people], excludes those with a value other than 0; may be NULL */
    rs_score_kind score; /* RS_SCORE_STORED: the default of the index */
    float weight;        /* of RS_SCORE_HYBRID; 0: the default of the index */
} rs_rank_options;

/* Aggregates the scores of all papers, paper_scores [N], to scores of all people, scores [people];
 * -INFINITY for people without a scored paper. */
RS_API void rs_score_people(const rs_index *index, const float *paper_scores,
                            rs_aggregate aggregate, float *scores);

/* Selects the k best people in descending order; *count <= k. options may be NULL; year_from,
 * year_to, score and weight are ignored here and applied by rs_report. scores: [people], scratch;
 * on return the scores of rs_score_people. hits: [k]. Ties are broken by the lower person number.
 * People without a scored paper are excluded. Allocates nothing. */
RS_API void rs_rank_people(const rs_index *index, const float *paper_scores,
                           const rs_rank_options *options, size_t k, float *scores,
                           rs_person_hit *hits, size_t *count);

/* Description of a query, besides its scores. */
typedef struct rs_query {
    size_t tokens, cut, cut_byte; /* as of rs_embed */
    size_t in_corpus;             /* the paper with the same token ids, or RS_NO_PAPER */
} rs_query;

/* Computes the component scores, parts [RS_PARTS, N], of the text that rs_embed or the last
 * rs_embed_step has finished, for rs_report. Sets only query->in_corpus: its other members are
 * outputs of rs_embed_begin. Returns RS_ERR_ARGUMENT when there is no such text or an argument is
 * NULL; RS_ERR_MISMATCH when model and index differ in H. */
RS_API RS_MUST_USE rs_status rs_query_scores(rs_session *session, const rs_index *index,
                                             rs_query *query, float *parts, rs_error *error);

/* Embeds and scores a text: rs_embed_begin, its steps and rs_query_scores in one call. Errors as of
 * these. */
RS_API RS_MUST_USE rs_status rs_query_text(rs_session *session, const rs_index *index,
                                           const char *text, size_t text_bytes, rs_query *query,
                                           float *parts, rs_error *error);

/* Ranks papers and people and writes the result as JSON:
 *
 *   {"query": {"tokens": …, "cut": …, "cut_byte": …, "score": "hybrid", "weight": 0.5 or null,
 *              "in_corpus": null or {"title", "doi", "url"}},
 *    "papers": [{"rank", "score", "closer_than", "title", "doi", "url", "year", "authors": [names]}],
 *    "people": [{"rank", "score", "closer_than", "person", "name", "institutions", "countries",
 *                "orcid", "papers_count", "papers": [{"title", "doi", "url", "year", "score"}]}]}
 *
 * with at most `top` of each. A query that is a paper of the corpus is excluded and described in
 * query.in_corpus. There is no score threshold: the best results are always returned. Unknown
 * values are null, unknown institutions and countries []. "weight" is that of "hybrid", "person"
 * the number for rs_rank_options.left_out; "papers_count" and "closer_than" are those of
 * rs_person_hit and rs_paper_hit. options may be NULL. The caller frees *json with rs_string_free.
 * Returns RS_ERR_MEMORY; RS_ERR_FORMAT for a record of the index that is not JSON; RS_ERR_ARGUMENT
 * as rs_final_scores does. */
RS_API RS_MUST_USE rs_status rs_report(const rs_index *index, const rs_query *query,
                                       const float *parts, const rs_rank_options *options,
                                       size_t top, char **json, rs_error *error);

/* rs_query_text and rs_report in one call, with default options. Errors as of these. */
RS_API RS_MUST_USE rs_status rs_search(rs_session *session, const rs_index *index,
                                       const char *text, size_t text_bytes, size_t top,
                                       char **json, rs_error *error);

/* Finds conflicts of interest: people who should not review a manuscript, and why. request is a
 * JSON object, all members optional:
 *
 *   {"authors": ["Ada Lovelace", …],      names or ORCIDs of the manuscript's authors
 *    "institutions": ["University of …"], institutions of these authors
 *    "author_institutions": true,         also all institutions of the authors in the corpus
 *    "blocked": ["Name or ORCID", …],     further people to exclude
 *    "coauthors_since": 2021}             co-authors of an author in a paper of that year or later,
 *                                         or of unknown year; 0: of any year; absent: no co-authors
 *
 * The answer:
 *
 *   {"authors": [{"typed": "Ada Lovelace", "people": [person, …]}, …], the same for "blocked" and
 *    "institutions",
 *    "excluded": [{"person": 12, "name": "…", "reason": "author" | "maybe_author" | "coauthor" |
 *                  "institution" | "blocked", "detail": "…"}]}
 *
 * "excluded" is sorted by person and has each person once, with the first reason that applies in
 * the order above. "maybe_author": the same family name and compatible given names, as far as both
 * names give them; "detail" is the typed name. "coauthor": "detail" is the author's name and the
 * paper. "institution": "detail" is the institution. Names are compared without regard to case,
 * accents and full stops; institutions as described in docs/conflicts.md. A typed name or
 * institution that matches nobody in the index has an empty "people". The caller frees *json with
 * rs_string_free. Errors as of rs_report; RS_ERR_ARGUMENT for an invalid request. */
RS_API RS_MUST_USE rs_status rs_conflicts(const rs_index *index, const char *request,
                                          size_t request_bytes, char **json, rs_error *error);

/* Frees a string that rs_report, rs_search or rs_conflicts returned; NULL is allowed. */
RS_API void rs_string_free(char *string);

#ifdef __cplusplus
}
#endif

#endif
