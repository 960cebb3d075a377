/* Lexical part of the index: which token ids occur in which paper, and BM25 over them. It finds
 * rare terms by exact match, which embeddings blur. The index file's tensor `lexical`
 * (docs/formats.md) is used in place, without a copy.
 *
 * Papers are scored in a fixed order with additions, multiplications and divisions only, so
 * that every platform gives the same bits; for the same reason the logarithm is our own. */
#ifndef RS_LEXICAL_H
#define RS_LEXICAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

/* Maximum term frequency in one paper: limited when written, checked when read. */
enum { LEXICAL_MAX_COUNT = 65535 };

/* BM25's parameters: k1 controls term-frequency saturation, b document-length normalisation. */
typedef struct lexical_settings {
    float k1, b; /* 0 to 100; 0 to 1 */
} lexical_settings;

typedef struct lexical_term {
    int32_t id;      /* token id */
    uint32_t papers; /* number of papers that contain it */
    size_t at;       /* offset of its postings in `bytes` */
} lexical_term;

typedef struct lexical {
    const uint8_t *bytes;
    lexical_term *terms; /* [terms_count], in ascending order of ids */
    size_t terms_count;
    float *idf;   /* [terms_count] */
    float *norms; /* [N] k1 (1 - b + b length / mean length) */
    size_t papers;
    float k1;
} lexical;

/* Reads and validates everything, so that scoring cannot fail. bytes are borrowed and must
 * outlive *out; tables are allocated in the arena. Returns RS_ERR_FORMAT, naming the byte, or
 * RS_ERR_MEMORY. */
RS_MUST_USE rs_status lexical_open(arena *a, const uint8_t *bytes, size_t size, size_t papers,
                                   const lexical_settings *settings, lexical *out,
                                   rs_error *error);

/* scores[i] = BM25 of paper i for the query's ids, normalised by the limit for infinite term
 * frequency of all query terms: 0 when the paper has none of them, always below 1. An id is
 * weighted by its number of occurrences in the query; ids without postings are ignored.
 * Allocates nothing.
 * Source: Robertson, Zaragoza 2009, eq. 3.15, with the idf ln(1 + (N - n + 1/2) / (n + 1/2)) of
 * a term that n of N papers contain, which is never negative. */
void lexical_score(const lexical *x, const int32_t *ids, size_t count, float *scores);

#endif
