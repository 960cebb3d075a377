/* Index file -> vectors, papers, people; each checked when opened. */
#ifndef RS_INDEX_H
#define RS_INDEX_H

#include "base/arena.h"
#include "refscout.h"
#include "search/lexical.h"

/* JSON objects one behind the other; record i is bytes[offsets[i]] to bytes[offsets[i + 1]]. */
typedef struct index_records {
    const char *bytes;
    const int64_t *offsets; /* [count + 1] */
    size_t count;
} index_records;

struct rs_index {
    arena arena;
    rs_index_info info;
    const float *f32;     /* [N, H]; exactly one of these two is set */
    const int8_t *q8;     /* [N, H]; row = mean + q8 * scale */
    const float *scale;   /* [N], with q8 */
    const float *mean;    /* [H] of all rows */
    float *norms;         /* [N] length of each row */
    float *centred_norms; /* [N] of each row less the mean */
    float *along_mean;    /* [N], with q8: mean . (row less the mean) */
    lexical lexical;      /* with info.lexical */
    const int32_t *years; /* [N], 0 where not known */
    index_records papers, people;
    const uint8_t *text_ids;   /* [N, 8] */
    const int32_t *authorship; /* people of paper i: authors_at[i] to authors_at[i + 1] */
    const int64_t *authorship_offsets; /* [N + 1] */
    int32_t *person_papers;            /* the same turned round: papers of person p */
    size_t *person_offsets;            /* [Q + 1] */
};

#endif
