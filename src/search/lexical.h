/* The lexical partner of the vectors: which token ids stand in which paper, and BM25 over them. Rare
 * terms that an embedding blurs are found by their spelling. The index file's tensor `lexical`
 * (docs/formats.md) is read where it lies.
 *
 * Papers are scored in one fixed order with additions, multiplications and divisions only, so that
 * every platform gives the same bits; the logarithm is our own for that reason. */
#ifndef RS_LEXICAL_H
#define RS_LEXICAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

/* How often a term counts in one paper is limited to this when it is written, and checked. */
enum { LEXICAL_MAX_COUNT = 65535 };

/* BM25's constants: k1 says how much repeating a term helps, b how much a long text is held against
 * it. */
typedef struct lexical_settings {
    float k1, b; /* 0 to 100; 0 to 1 */
} lexical_settings;

typedef struct lexical_term {
    int32_t id;      /* of the token */
    uint32_t papers; /* that have it */
    size_t at;       /* where in the bytes its papers begin */
} lexical_term;

typedef struct lexical {
    const uint8_t *bytes;
    lexical_term *terms; /* [terms_count], rising ids */
    size_t terms_count;
    float *idf;   /* [terms_count] */
    float *norms; /* [N] k1 (1 - b + b length / mean length) */
    size_t papers;
    float k1;
} lexical;

/* Reads and checks all of it; afterwards nothing about it can fail. bytes are borrowed and must
 * outlive *out; tables live in the arena. RS_ERR_FORMAT with the place; RS_ERR_MEMORY. */
RS_MUST_USE rs_status lexical_open(arena *a, const uint8_t *bytes, size_t size, size_t papers,
                                   const lexical_settings *settings, lexical *out,
                                   rs_error *error);

/* scores[i] = BM25 of paper i for the query's ids, divided by what a paper would get that had each of
 * them without end: 0 when it has none of them, below 1. An id counts as often as it stands in the
 * query; ids that no paper has are looked past. Allocates nothing.
 * Source: Robertson, Zaragoza 2009, eq. 3.15, with ln(1 + (N - n + 1/2) / (n + 1/2)) for the weight of
 * a term that n of N papers have, which is never negative. */
void lexical_score(const lexical *x, const int32_t *ids, size_t count, float *scores);

#endif
