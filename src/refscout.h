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
 * The library reads bytes and gives numbers: it opens no file, prints nothing, reads no clock and never exits.
 * Model and index files are those that the command writes (`refscout convert`, `refscout embed`).
 *
 * Sizes     [N, H] is an array of N rows of H numbers, one row behind the other. H hidden size, V vocabulary,
 *           P positions, N papers. Texts are UTF-8 with their length in bytes.
 * Errors    Whatever can fail returns an rs_status, 0 for done, and where it takes an rs_error fills that with a
 *           sentence. What it would have given is then NULL or has no meaning. Behind a function stand the errors
 *           that it can give.
 * Pointers  must not be NULL, unless that is said. Where it is not said who owns something, the caller does.
 * Closing   NULL does nothing. Sessions are closed before their model.
 * Threads   Models and indexes do not change: any number of threads may use one at the same time. A session is
 *           used by one thread at a time. Sessions of one model are opened and closed by one thread at a time, and
 *           a model or index is closed when nobody uses it. All other functions may be called at any time.
 * Memory    Models, indexes and sessions lie in what the rs_allocator gives. JSON on its way, threads, and what
 *           XNNPACK, which f32 weights run on, needs come from malloc. */
#ifndef REFSCOUT_H
#define REFSCOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the shared library shows: these functions, and nothing else. */
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

/* Before 1.0.0 another RS_VERSION_MINOR may change what is in here; another RS_VERSION_PATCH never does. */
#define RS_VERSION_MAJOR 0
#define RS_VERSION_MINOR 1
#define RS_VERSION_PATCH 0
#define RS_VERSION "0.1.0"

/* The RS_VERSION of the library that is running, which may be another than that of this header. */
RS_API const char *rs_version(void);

/* ---- Errors ------------------------------------------------------------------------------ */

/* Numbers are part of the interface: JavaScript and scripts see them. */
typedef enum rs_status {
    RS_OK = 0,           /* all outputs now hold valid data */
    RS_ERR_ARGUMENT = 1, /* the caller broke the contract in this header */
    RS_ERR_MEMORY = 2,   /* there is not enough memory; nothing leaked, nothing changed */
    RS_ERR_FORMAT = 3,   /* the bytes are not a well-formed file of this kind */
    RS_ERR_VERSION = 4,  /* well formed, of a version or kind that is not read here */
    RS_ERR_MISMATCH = 5, /* two valid things that do not belong together */
    RS_ERR_SPACE = 6,    /* the caller's buffer is too small; the needed size is reported */
    RS_ERR_IO =
        7, /* the operating system refused: the command's, never the library's, which asks it nothing */
    RS_ERR_KERNEL = 8 /* this processor or engine computes other numbers than it should */
} rs_status;

/* What went wrong, for a person. Filled only by what fails; may be NULL wherever it is taken. message is one
 * sentence without the file's name, which only the caller knows. */
typedef struct rs_error {
    rs_status status;
    size_t offset; /* byte of the input where it was noticed; 0 when there is no such place */
    char message[256];
} rs_error;

/* "RS_ERR_FORMAT" and so on; "unknown status" for a number that is none of them. */
RS_API const char *rs_status_name(rs_status status);

/* ---- Memory ------------------------------------------------------------------------------ */

/* Where memory comes from. Zeroed means malloc and free. alloc returns NULL when there is none; alignment is the
 * library's own business. Called by whichever thread opens, closes, or asks for an answer. */
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
    bool int8;        /* weights int8 with a scale a row; otherwise f32 */
    const char *name; /* for people; "" when the file has none */
    const char *note; /* a warning to be shown with every result, or "" */
    bool self_test; /* the file says which vector a text of its own has: see rs_session_open */
} rs_model_info;

/* Reads a model file, and checks all of it but the values of int8 weights (see rs_session_open).
 *
 * bytes      the whole file; at an address that is a multiple of 64, as mapped files and aligned_alloc(64, …) are.
 *            Borrowed until rs_model_close, and not changed.
 * allocator  may be NULL: malloc and free. It serves the model's sessions too.
 *
 * RS_ERR_ARGUMENT for bytes at another address; RS_ERR_FORMAT, RS_ERR_VERSION, RS_ERR_MEMORY. */
RS_API RS_MUST_USE rs_status rs_model_open(const void *bytes, size_t size,
                                           const rs_allocator *allocator, rs_model **model,
                                           rs_error *error);
RS_API void rs_model_close(rs_model *model);

/* What is in it, texts included: valid until the model is closed. */
RS_API const rs_model_info *rs_model_describe(const rs_model *model);

/* ---- Tokens ------------------------------------------------------------------------------ */

/* Ids that suffice for any text of that many bytes, [CLS] and [SEP] included. */
RS_API size_t rs_token_bound(size_t text_bytes);

/* [CLS] text [SEP] as token ids: at most max_tokens, the rest is cut on the right and [SEP] kept.
 *
 * text      UTF-8, text_bytes long, no NUL needed; ill-formed sequences count as U+FFFD.
 * ids       [ids_cap]; max_tokens entries are enough for every text, and so is what rs_token_bound says.
 * count     ids written; with RS_ERR_SPACE the number that is needed.
 * cut       ids dropped because of the limit; may be NULL.
 *
 * RS_ERR_SPACE; RS_ERR_ARGUMENT when something is NULL that must not be. */
RS_API RS_MUST_USE rs_status rs_tokenize(const rs_model *model, const char *text,
                                         size_t text_bytes, int32_t *ids, size_t ids_cap,
                                         size_t *count, size_t *cut);

/* The vocabulary's entry, *bytes long and without a NUL behind it, valid until the model is closed; NULL when id
 * is not in the vocabulary. */
RS_API const char *rs_token_text(const rs_model *model, int32_t id, size_t *bytes);

/* ---- Embeddings -------------------------------------------------------------------------- */

typedef struct rs_session rs_session;

typedef struct rs_session_options {
    size_t threads; /* working on one text; 0 means 1 */
    bool untested;  /* without the self-test */
} rs_session_options;

/* All working memory and operators for embedding, sized for the longest input, from the model's allocator.
 * options may be NULL: all zero. Several sessions may share a model.
 *
 * Self-test: int8 weights give the same bits wherever they run, so a model's file holds a short text and what
 * rs_self_test_sha256 gives for it. The first session of a model compares. Kernels that give another hash are refused
 * in the whole process (rs_refused_kernel), and the next best ones take their place. Costs two layers of
 * a text of some fifteen tokens.
 *
 * RS_ERR_MEMORY; RS_ERR_FORMAT when int8 weights break the bound of the format (docs/formats.md); RS_ERR_KERNEL when
 * all kernels give another vector than the file says: no number would be right. */
RS_API RS_MUST_USE rs_status rs_session_open(rs_model *model, const rs_session_options *options,
                                             rs_session **session, rs_error *error);
RS_API void rs_session_close(rs_session *session);

/* "int8 AVX2", "xnnpack f32" and the like; valid while the program runs. */
RS_API const char *rs_session_kernel(const rs_session *session);

/* The fastest kernels of this processor, if they failed a self-test and others are used; else "". */
RS_API const char *rs_refused_kernel(void);

/* The SHA-256 of the vector that a text has after the first two layers, or all where there are fewer: of its H
 * little-endian f32. The text counts as none: nothing is begun afterwards. RS_ERR_ARGUMENT, RS_ERR_MEMORY. */
RS_API RS_MUST_USE rs_status rs_self_test_sha256(rs_session *session, const char *text,
                                                 size_t text_bytes,
                                                 char hex[RS_SHA256_HEX + 1]);

/* Threads that work on one text: as many as were asked for, or 1 where there are none to be had. */
RS_API size_t rs_session_threads(const rs_session *session);

/* Embeds one text as the model pools it; not normalised.
 *
 * text      UTF-8, text_bytes long; may be NULL when text_bytes is 0.
 * out       [H], written only when the call succeeds.
 * tokens    ids embedded, [CLS] and [SEP] included; may be NULL.
 * cut       ids dropped because the text was longer than the model takes; may be NULL.
 * cut_byte  where the part of the text that was read ends; text_bytes when cut is 0; may be NULL.
 *
 * Allocates nothing, but for what XNNPACK may need. RS_ERR_ARGUMENT when something is NULL that must not be;
 * RS_ERR_MEMORY. */
RS_API RS_MUST_USE rs_status rs_embed(rs_session *session, const char *text, size_t text_bytes,
                                      float *out, size_t *tokens, size_t *cut,
                                      size_t *cut_byte);

/* The same in steps, for a program that listens to others between them and may give up: rs_embed_begin,
 * then rs_embed_step until *left, the layers that are still to do, is 0. out [H] is written by the last step and
 * may be NULL. A text that is begun takes the place of one that is not finished. Of the last eight texts that were
 * finished the vectors are kept: of one of them the first step is the last. Errors as of rs_embed; RS_ERR_ARGUMENT
 * also when no text was begun. */
RS_API RS_MUST_USE rs_status rs_embed_begin(rs_session *session, const char *text,
                                            size_t text_bytes, size_t *tokens, size_t *cut,
                                            size_t *cut_byte);
RS_API RS_MUST_USE rs_status rs_embed_step(rs_session *session, float *out, size_t *left);

/* As rs_embed, for ids taken as they are: 1 to P of them (positions, which may be more than
 * max_tokens), each below V, or RS_ERR_ARGUMENT. rs_query_scores does not take such a text. */
RS_API RS_MUST_USE rs_status rs_embed_ids(rs_session *session, const int32_t *ids, size_t count,
                                          float *out, rs_error *error);

/* ---- Index ------------------------------------------------------------------------------- */

typedef struct rs_index rs_index;

enum { RS_PERSON_PAPERS = 3 };

/* What papers are ranked by. */
typedef enum rs_score_kind {
    RS_SCORE_STORED = 0,  /* as the index says */
    RS_SCORE_COSINE = 1,  /* of the vectors as they are */
    RS_SCORE_CENTRED = 2, /* of the vectors less the corpus's mean */
    RS_SCORE_LEXICAL = 3, /* BM25 of the token ids, from 0 to below 1 */
    RS_SCORE_HYBRID = 4   /* weight * centred + (1 - weight) * lexical, both counted in standard
                           * deviations from the corpus's mean for this query */
} rs_score_kind;

/* "cosine", "centred", "lexical", "hybrid"; "" for RS_SCORE_STORED. */
RS_API const char *rs_score_name(rs_score_kind kind);

/* The score of that name; RS_SCORE_STORED when there is none. */
RS_API rs_score_kind rs_score_named(const char *name);

/* Instead of a paper's number: none. */
#define RS_NO_PAPER SIZE_MAX

typedef struct rs_index_info {
    size_t papers, people, hidden_size;
    bool int8;
    const char *text;         /* "abstract" or "title-abstract" */
    const char *model_sha256; /* of the model file that made the vectors */
    const char *model_name;
    const char *note;    /* about the papers, to be shown with every result, or "" */
    bool lexical;        /* has what RS_SCORE_LEXICAL and RS_SCORE_HYBRID need */
    rs_score_kind score; /* papers are ranked by it unless another is asked for */
    float weight;        /* of the vectors in the hybrid, 0 to 1 */
} rs_index_info;

/* Reads an index file. bytes, allocator and errors as of rs_model_open. The allocator serves rs_report and
 * rs_conflicts too. */
RS_API RS_MUST_USE rs_status rs_index_open(const void *bytes, size_t size,
                                           const rs_allocator *allocator, rs_index **index,
                                           rs_error *error);
RS_API void rs_index_close(rs_index *index);

/* What is in it, texts included: valid until the index is closed. */
RS_API const rs_index_info *rs_index_describe(const rs_index *index);

/* The SHA-256 of bytes as 64 lower-case hexadecimal digits and a NUL: what rs_index_check wants of a model's file. */
RS_API void rs_sha256(const void *bytes, size_t size, char hex[RS_SHA256_HEX + 1]);

/* RS_ERR_MISMATCH when the index was made by another model. model_sha256: as rs_sha256 gives it for the model's
 * file. An index and a model that do not belong together are not found out otherwise, unless they differ in H. */
RS_API RS_MUST_USE rs_status rs_index_check(const rs_index *index, const rs_model *model,
                                            const char *model_sha256, rs_error *error);

/* Records as JSON objects, *bytes long, no NUL behind them; they lie in the bytes of the index.
 * paper < papers, person < people. rs_index_open does not look into them: they may be no JSON. */
RS_API const char *rs_index_paper(const rs_index *index, size_t paper, size_t *bytes);
RS_API const char *rs_index_person(const rs_index *index, size_t person, size_t *bytes);

/* The people of a paper in its order, *count of them, each below people; they lie in the bytes of the index. */
RS_API const int32_t *rs_index_authors(const rs_index *index, size_t paper, size_t *count);

/* The paper whose text has exactly these token ids, or RS_NO_PAPER. */
RS_API size_t rs_index_find(const rs_index *index, const int32_t *ids, size_t count);

/* The first 8 bytes of the SHA-256 of the ids, by which rs_index_find compares. */
RS_API void rs_text_id(const int32_t *ids, size_t count, uint8_t text_id[8]);

/* ---- Ranking ----------------------------------------------------------------------------- */

/* Scores of all N papers by their vectors: cosine[i] = cosine of the query's vector [H] with paper i,
 * centred[i] = the same of both less the corpus's mean. A zero vector has cosine 0 with everything.
 * cosine, centred: [N]. scratch: [2H], written over. Time N * H, once for both. With an int8 index the query has 16
 * bits, which moves a score by 2e-6, and rarely by 1e-5: far less than what int8 does to the papers. */
RS_API void rs_score(const rs_index *index, const float *query, float *scratch, float *cosine,
                     float *centred);

/* scores [N] by the query's token ids: BM25 divided by the most it could be, from 0 to below 1; all 0
 * when the index has no lexical part. */
RS_API void rs_score_lexical(const rs_index *index, const int32_t *ids, size_t count,
                             float *scores);

/* The three kinds of scores of one query, one behind the other: [RS_PARTS, N]. */
enum { RS_PART_COSINE = 0, RS_PART_CENTRED = 1, RS_PART_LEXICAL = 2, RS_PARTS = 3 };

/* scores [N] of a kind, from the parts. weight: of the vectors in the hybrid, above 0 to 1; 0: the
 * index's. RS_ERR_ARGUMENT when the index lacks what the kind needs. */
RS_API RS_MUST_USE rs_status rs_final_scores(const rs_index *index, const float *parts,
                                             rs_score_kind kind, float weight, float *scores,
                                             rs_error *error);

typedef struct rs_paper_hit {
    size_t paper;
    float score;
    double closer_than; /* share of the scored papers whose score is lower, 0 to below 1 */
} rs_paper_hit;

typedef struct rs_person_hit {
    size_t person;
    float score;
    size_t papers_count;             /* of this person that have a score */
    size_t papers[RS_PERSON_PAPERS]; /* the best, falling; RS_NO_PAPER behind the last */
    float scores[RS_PERSON_PAPERS];  /* theirs */
    double closer_than; /* share of all people with a scored paper whose score is lower */
} rs_person_hit;

/* The k best papers, falling; *count <= k. Ties go to the lower index, so every platform gives the
 * same list. A score of -INFINITY leaves a paper out; none may be NaN. scores: [N]; hits: [k].
 * Allocates nothing. */
RS_API void rs_rank_papers(const rs_index *index, const float *scores, size_t k,
                           rs_paper_hit *hits, size_t *count);

/* How a person's score is made of the scores of their papers, s1 >= s2 >= s3 …
 * Fewer papers make it of those there are. */
typedef enum rs_aggregate {
    RS_MEAN_OF_THREE = 0, /* the mean of the three best */
    RS_BEST = 1,          /* s1: one paper decides, easily gamed */
    RS_WEIGHTED = 2       /* s1 + s2/2 + s3/3: more papers count more; may exceed 1 */
} rs_aggregate;

/* How to rank, and what is left out. Zeroed is as usual, and leaves out nothing. */
typedef struct rs_rank_options {
    rs_aggregate aggregate;
    size_t min_papers;          /* people with fewer scored papers; 0 means 1 */
    int32_t year_from, year_to; /* papers outside, and of unknown year; 0 is open */
    const uint8_t *left_out;    /* [people], not 0: left out; NULL for nobody */
    rs_score_kind score;        /* RS_SCORE_STORED: as the index says */
    float weight;               /* of the vectors in the hybrid; 0: as the index says */
} rs_rank_options;

/* scores of all people [people] from those of all papers; -INFINITY for those without a scored
 * paper. */
RS_API void rs_score_people(const rs_index *index, const float *paper_scores,
                            rs_aggregate aggregate, float *scores);

/* The k best people, falling; *count <= k. options may be NULL; its years, score and weight are for rs_report, and
 * not looked at here. scores: [people], becomes what rs_score_people gives. hits: [k]. Ties as above. People without
 * a scored paper are left out. Allocates nothing. */
RS_API void rs_rank_people(const rs_index *index, const float *paper_scores,
                           const rs_rank_options *options, size_t k, float *scores,
                           rs_person_hit *hits, size_t *count);

/* What is known of a query besides its scores. */
typedef struct rs_query {
    size_t tokens, cut, cut_byte; /* as of rs_embed */
    size_t in_corpus;             /* the paper that is the query itself, or RS_NO_PAPER */
} rs_query;

/* Scores the text that rs_embed, or the last rs_embed_step, has finished: parts [RS_PARTS, N], for rs_report. Of
 * query only in_corpus is written. RS_ERR_ARGUMENT when there is no such text, or something is NULL;
 * RS_ERR_MISMATCH when model and index differ in H. */
RS_API RS_MUST_USE rs_status rs_query_scores(rs_session *session, const rs_index *index,
                                             rs_query *query, float *parts, rs_error *error);

/* Embeds and scores a text: rs_embed_begin, its steps and rs_query_scores in one, with their errors. */
RS_API RS_MUST_USE rs_status rs_query_text(rs_session *session, const rs_index *index,
                                           const char *text, size_t text_bytes, rs_query *query,
                                           float *parts, rs_error *error);

/* The answer as JSON:
 *
 *   {"query": {"tokens": …, "cut": …, "cut_byte": …, "score": "hybrid", "weight": 0.5 or null,
 *              "in_corpus": null or {"title", "doi", "url"}},
 *    "papers": [{"rank", "score", "closer_than", "title", "doi", "url", "year", "authors": [names]}],
 *    "people": [{"rank", "score", "closer_than", "person", "name", "institutions", "countries",
 *                "orcid", "papers_count", "papers": [{"title", "doi", "url", "year", "score"}]}]}
 *
 * with `top` of each. When the query is itself a paper of the corpus it is left out, and
 * query.in_corpus names it; the best hit is shown whatever its score. What is not known is
 * null, institutions and countries []. "weight" is the hybrid's, "person" the number for rs_rank_options.left_out;
 * papers_count counts the person's papers that have a score; closer_than is as in the hits above.
 * options may be NULL. json: the caller's, to be given to rs_string_free. RS_ERR_MEMORY; RS_ERR_FORMAT for a record
 * of the index that is not JSON; RS_ERR_ARGUMENT as of rs_final_scores. */
RS_API RS_MUST_USE rs_status rs_report(const rs_index *index, const rs_query *query,
                                       const float *parts, const rs_rank_options *options,
                                       size_t top, char **json, rs_error *error);

/* rs_query_text and rs_report in one, with nothing left out, and their errors. */
RS_API RS_MUST_USE rs_status rs_search(rs_session *session, const rs_index *index,
                                       const char *text, size_t text_bytes, size_t top,
                                       char **json, rs_error *error);

/* Who should not review a manuscript, and why. request is a JSON object, all members optional:
 *
 *   {"authors": ["Ada Lovelace", …],      names or ORCIDs of the manuscript's authors
 *    "institutions": ["University of …"], theirs
 *    "author_institutions": true,         also all institutions the corpus knows of the authors
 *    "blocked": ["Name or ORCID", …],     whoever else
 *    "coauthors_since": 2021}             people who published with an author in that year or
 *                                         later, or in a year that is not known; absent: nobody,
 *                                         0: whenever
 *
 * The answer:
 *
 *   {"authors": [{"typed": "Ada Lovelace", "people": [person, …]}, …], the same for "blocked" and
 *    "institutions",
 *    "excluded": [{"person": 12, "name": "…", "reason": "author" | "maybe_author" | "coauthor" |
 *                  "institution" | "blocked", "detail": "…"}]}
 *
 * in order of the persons, each once, with the first reason of that order. "maybe_author": the same
 * family name and initials that fit, as far as either is written out; detail says the typed name.
 * Detail of a coauthor: the author's name and the paper; of an institution: which. Names compare
 * without regard to case, accents and full stops; institutions as docs/conflicts.md says.
 * Whom nobody in the index is, and what nobody is at, has no people.
 * json and errors as of rs_report; RS_ERR_ARGUMENT with a sentence for a request of another form. */
RS_API RS_MUST_USE rs_status rs_conflicts(const rs_index *index, const char *request,
                                          size_t request_bytes, char **json, rs_error *error);

/* Frees what rs_report, rs_search or rs_conflicts gave. Takes NULL. */
RS_API void rs_string_free(char *string);

#ifdef __cplusplus
}
#endif

#endif
