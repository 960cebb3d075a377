/* An open index file: vectors, papers and people, all validated when it is opened. */
#ifndef RS_INDEX_H
#define RS_INDEX_H

#include "base/arena.h"
#include "refscout.h"
#include "search/lexical.h"

/* Concatenated JSON objects; record i is bytes[offsets[i]] to bytes[offsets[i + 1]]. */
typedef struct index_records {
    const char *bytes;
    const int64_t *offsets; /* [count + 1] */
    size_t count;
} index_records;

struct rs_index {
    arena arena;
    rs_index_info info;
    const float *f32;     /* [N, H]; exactly one of f32 and q8 is set */
    const int8_t *q8;     /* [N, H]; row = mean + q8 * scale */
    const float *scale;   /* [N], with q8 */
    const float *mean;    /* [H] mean of all rows */
    float *norms;         /* [N] Euclidean norm of each row */
    float *centred_norms; /* [N] norm of each row after subtracting the mean */
    float *along_mean;    /* [N], with q8: dot product of the mean and the centred row */
    lexical lexical;      /* set if info.lexical */
    const int32_t *years; /* [N], 0 if unknown */
    index_records papers, people;
    const uint8_t *text_ids;   /* [N, 8] rs_text_id of the embedded text */
    const int32_t *authorship; /* people of paper i: authors_at[i] to authors_at[i + 1] */
    const int64_t *authorship_offsets; /* [N + 1] */
    int32_t *person_papers; /* inverse of authorship: papers of person p, ascending */
    size_t *person_offsets; /* [Q + 1] into person_papers */
};

#endif
