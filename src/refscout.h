/* refscout: BERT embeddings of scientific text, and the papers and people nearest to a query.
 *
 * The flow: text -> tokens -> hidden states -> embedding -> paper scores -> people.
 *
 *     rs_model *model;  rs_session *session;  rs_index *index;  rs_error error;
 *     if (rs_model_open(model_bytes, model_size, NULL, &model, &error)) …
 *     if (rs_session_open(model, NULL, &session, &error)) …
 *     if (rs_index_open(index_bytes, index_size, NULL, &index, &error)) …
 *     if (rs_index_check(index, model, model_sha256, &error)) …
 *
 *     char *json;
 *     if (rs_search(session, index, text, strlen(text), 10, &json, &error)) …
 *     rs_string_free(json);
 *
 * The library reads bytes and gives numbers: it opens no file, prints nothing, reads no clock and
 * never exits. Formats: docs/formats.md. Every function that can fail returns an rs_status; when it
 * fails its outputs are NULL or untouched. Different objects may be used by different threads; what
 * one object allows is said with its open function. Closing NULL does nothing. */
#ifndef REFSCOUT_H
#define REFSCOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

#define RS_VERSION "0.1.0"

/* The version this library was built as: RS_VERSION. */
const char *rs_version(void);

/* ---- Model ------------------------------------------------------------------------------- */

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
    bool self_test;   /* the file says which vector a text of its own has: see rs_session_open */
} rs_model_info;

/* Reads a model file. Validates everything once; afterwards nothing about it can fail.
 * Borrows bytes (64-byte aligned) until rs_model_close. Immutable, shared by threads.
 * allocator may be NULL. RS_ERR_FORMAT, RS_ERR_VERSION, RS_ERR_MEMORY with a sentence. */
RS_MUST_USE rs_status rs_model_open(const void *bytes, size_t size,
                                    const rs_allocator *allocator, rs_model **model,
                                    rs_error *error);
void rs_model_close(rs_model *model);

/* Valid until the model is closed. */
const rs_model_info *rs_model_describe(const rs_model *model);

/* ---- Tokens ------------------------------------------------------------------------------ */

/* Ids that suffice for any text of that many bytes. */
size_t rs_token_bound(size_t text_bytes);

/* [CLS] text [SEP] as token ids: at most max_tokens, the rest is cut on the right and [SEP] kept.
 *
 * text      UTF-8, text_bytes long, no NUL needed; ill-formed sequences count as U+FFFD.
 * ids       the caller's, ids_cap entries.
 * count     ids written; with RS_ERR_SPACE the number that is needed.
 * cut       ids dropped because of the limit; may be NULL. */
RS_MUST_USE rs_status rs_tokenize(const rs_model *model, const char *text, size_t text_bytes,
                                  int32_t *ids, size_t ids_cap, size_t *count, size_t *cut);

/* The vocabulary's entry, *bytes long and without a NUL behind it; NULL when id is not in it. */
const char *rs_token_text(const rs_model *model, int32_t id, size_t *bytes);

/* ---- Embeddings -------------------------------------------------------------------------- */

typedef struct rs_session rs_session;

typedef struct rs_session_options {
    size_t threads; /* working on one text; 0 means 1 */
    bool untested;  /* without the self-test */
} rs_session_options;

/* All working memory and operators for embedding, sized for the longest input. One call at a time;
 * several sessions may share a model. Open and close the sessions
 * of one model from one thread at a time. options and allocator as in rs_model_open.
 *
 * Self-test: int8 weights give the same bits wherever they run, so a model's file can hold the SHA-256 of the
 * vector of a short text. The first session of a model embeds that text. Kernels that give another vector are refused
 * in the whole process (rs_refused_kernel), and the next best ones take their place. Costs as much as a text
 * of some twenty tokens.
 *
 * RS_ERR_MEMORY; RS_ERR_FORMAT when int8 weights break the format's bound (packed.h); RS_ERR_KERNEL when
 * all kernels give another vector than the file says: no number would be right. */
RS_MUST_USE rs_status rs_session_open(rs_model *model, const rs_session_options *options,
                                      rs_session **session, rs_error *error);
void rs_session_close(rs_session *session);

/* "int8 AVX2", "xnnpack f32" and the like; valid while the program runs. */
const char *rs_session_kernel(const rs_session *session);

/* The fastest kernels of this processor, if they failed a self-test and others are used; else "". */
const char *rs_refused_kernel(void);

/* Threads that work on one text. */
size_t rs_session_threads(const rs_session *session);

/* Embeds one text as the model pools it; not normalised.
 *
 * out       [H] f32, written only when the call succeeds.
 * tokens    ids embedded, [CLS] and [SEP] included; may be NULL.
 * cut       ids dropped because the text was longer than the model takes; may be NULL.
 * cut_byte  where the part of the text that was read ends; text_bytes when cut is 0; may be NULL.
 *
 * Allocates nothing. */
RS_MUST_USE rs_status rs_embed(rs_session *session, const char *text, size_t text_bytes,
                               float *out, size_t *tokens, size_t *cut, size_t *cut_byte);

/* The same in steps, for a program that listens to others between them and may give up: rs_embed_begin,
 * then rs_embed_step until *left, the layers that are still to do, is 0. A text that is begun takes
 * the place of one that is not finished; out may be NULL. Of the last eight texts that were finished
 * the vectors are kept: of one of them the first step is the last. RS_ERR_ARGUMENT when none was begun. */
RS_MUST_USE rs_status rs_embed_begin(rs_session *session, const char *text, size_t text_bytes,
                                     size_t *tokens, size_t *cut, size_t *cut_byte);
RS_MUST_USE rs_status rs_embed_step(rs_session *session, float *out, size_t *left);

/* As rs_embed, for ids taken as they are: 1 to P of them (positions, which may be more than
 * max_tokens), each below V, or RS_ERR_ARGUMENT. */
RS_MUST_USE rs_status rs_embed_ids(rs_session *session, const int32_t *ids, size_t count,
                                   float *out, rs_error *error);

/* ---- Index ------------------------------------------------------------------------------- */

typedef struct rs_index rs_index;

enum { RS_SHA256_HEX = 64, RS_PERSON_PAPERS = 3 };

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
const char *rs_score_name(rs_score_kind kind);

/* The score of that name; RS_SCORE_STORED when there is none. */
rs_score_kind rs_score_named(const char *name);
#define RS_NO_PAPER ((size_t)-1)

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

/* Reads an index file. Borrows bytes (64-byte aligned) until rs_index_close. Immutable, shared by
 * threads. allocator may be NULL. RS_ERR_FORMAT, RS_ERR_VERSION, RS_ERR_MEMORY with a sentence. */
RS_MUST_USE rs_status rs_index_open(const void *bytes, size_t size,
                                    const rs_allocator *allocator, rs_index **index,
                                    rs_error *error);
void rs_index_close(rs_index *index);

/* Valid until the index is closed. */
const rs_index_info *rs_index_describe(const rs_index *index);

/* RS_ERR_MISMATCH when the index was made by another model. model_sha256: 64 hexadecimal digits,
 * the SHA-256 of the model's file. */
RS_MUST_USE rs_status rs_index_check(const rs_index *index, const rs_model *model,
                                     const char *model_sha256, rs_error *error);

/* Records as JSON objects, *bytes long, no NUL behind them; borrowed from the index's bytes.
 * paper < papers, person < people. Contents are checked to be JSON only where they are used. */
const char *rs_index_paper(const rs_index *index, size_t paper, size_t *bytes);
const char *rs_index_person(const rs_index *index, size_t person, size_t *bytes);

/* The people of a paper in its order, *count of them; borrowed. */
const int32_t *rs_index_authors(const rs_index *index, size_t paper, size_t *count);

/* The paper whose text has exactly these token ids, or RS_NO_PAPER. */
size_t rs_index_find(const rs_index *index, const int32_t *ids, size_t count);

/* The first 8 bytes of the SHA-256 of the ids, by which rs_index_find compares. */
void rs_text_id(const int32_t *ids, size_t count, uint8_t text_id[8]);

/* ---- Ranking ----------------------------------------------------------------------------- */

/* Scores of all N papers by their vectors: cosine[i] = cosine of the query's vector [H] with paper i,
 * centred[i] = the same of both less the corpus's mean. A zero vector has cosine 0 with everything.
 * scratch: [2H]. Pure; time N * H, once for both. With an int8 index the query has 16 bits, which
 * moves a score by 2e-6, and rarely by 1e-5: far less than what int8 does to the papers. */
void rs_score(const rs_index *index, const float *query, float *scratch, float *cosine,
              float *centred);

/* The same by the query's token ids: BM25 divided by the most it could be, from 0 to below 1; all 0
 * when the index has no lexical part. */
void rs_score_lexical(const rs_index *index, const int32_t *ids, size_t count, float *scores);

/* The three kinds of scores of one query, one behind the other: [RS_PARTS, papers]. */
enum { RS_PART_COSINE = 0, RS_PART_CENTRED = 1, RS_PART_LEXICAL = 2, RS_PARTS = 3 };

/* scores [papers] of a kind, from the parts. weight: of the vectors in the hybrid, above 0 to 1; 0: the
 * index's. RS_ERR_ARGUMENT when the index lacks what the kind needs. */
RS_MUST_USE rs_status rs_final_scores(const rs_index *index, const float *parts,
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
 * same list. A score of -INFINITY leaves a paper out. Pure, allocates nothing; hits has k entries. */
void rs_rank_papers(const rs_index *index, const float *scores, size_t k, rs_paper_hit *hits,
                    size_t *count);

/* How a person's score is made of the scores of their papers, s1 >= s2 >= s3 …
 * Fewer papers make it of those there are. */
typedef enum rs_aggregate {
    RS_MEAN_OF_THREE = 0, /* the mean of the three best */
    RS_BEST = 1,          /* s1: one paper decides, easily gamed */
    RS_WEIGHTED = 2       /* s1 + s2/2 + s3/3: more papers count more; may exceed 1 */
} rs_aggregate;

/* What a ranking leaves out. Zeroed leaves out nothing. */
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
void rs_score_people(const rs_index *index, const float *paper_scores, rs_aggregate aggregate,
                     float *scores);

/* The k best people. options may be NULL; its years and score are rs_report's business, not looked
 * at here. scores: [people], becomes what rs_score_people gives.
 * Ties as above. People without a scored paper are left out. */
void rs_rank_people(const rs_index *index, const float *paper_scores,
                    const rs_rank_options *options, size_t k, float *scores,
                    rs_person_hit *hits, size_t *count);

/* What is known of a query besides its scores. */
typedef struct rs_query {
    size_t tokens, cut, cut_byte; /* as of rs_embed */
    size_t in_corpus;             /* the paper that is the query itself, or RS_NO_PAPER */
} rs_query;

/* Scores the text whose last step has been done: parts [RS_PARTS, papers], for rs_report. Of query only
 * in_corpus is written. RS_ERR_ARGUMENT when there is no such text; RS_ERR_MISMATCH when model
 * and index differ in H. */
RS_MUST_USE rs_status rs_query_scores(rs_session *session, const rs_index *index,
                                      rs_query *query, float *parts, rs_error *error);

/* Embeds and scores a text: rs_embed_begin, its steps and rs_query_scores in one. */
RS_MUST_USE rs_status rs_query_text(rs_session *session, const rs_index *index,
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
 * query.in_corpus names it; otherwise the best hit is shown whatever its score. What is not known is
 * null, institutions and countries []. "weight" is the hybrid's, "person" the number for rs_rank_options.left_out;
 * papers_count counts the person's papers that have a score; closer_than is as in the hits above.
 * json: the caller's, for rs_string_free. RS_ERR_MEMORY; RS_ERR_FORMAT for a record of the index
 * that is not JSON; RS_ERR_ARGUMENT as of rs_final_scores. */
RS_MUST_USE rs_status rs_report(const rs_index *index, const rs_query *query,
                                const float *parts, const rs_rank_options *options, size_t top,
                                char **json, rs_error *error);

/* rs_query_text and rs_report in one, with nothing left out. RS_ERR_MISMATCH when model and index
 * differ in H. */
RS_MUST_USE rs_status rs_search(rs_session *session, const rs_index *index, const char *text,
                                size_t text_bytes, size_t top, char **json, rs_error *error);

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
 * without regard to case, accents and full stops; institutions as src/people/institutions.h says.
 * Whom nobody in the index is, and what nobody is at, has no people.
 * json and errors as of rs_report; RS_ERR_ARGUMENT with a sentence for a request of another form. */
RS_MUST_USE rs_status rs_conflicts(const rs_index *index, const char *request,
                                   size_t request_bytes, char **json, rs_error *error);

/* Takes NULL. */
void rs_string_free(char *string);

#endif
