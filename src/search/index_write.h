/* Papers, people and vectors -> the index file of docs/formats.md. */
#ifndef INDEX_WRITE_H
#define INDEX_WRITE_H

#include <stdbool.h>

#include "people/people.h"

typedef struct index_content {
    const paper *papers; /* [N] */
    size_t papers_count;
    const people *people;
    const float *vectors; /* [N, H], finite */
    size_t hidden_size;
    const uint8_t *text_ids; /* [N, 8] */
    const char *model_sha256, *model_name;
    const char *text;       /* "abstract" or "title-abstract" */
    const char *note;       /* about the papers, shown wherever the index is, or NULL */
    bool int8;              /* vectors as int8 with a scale a row, otherwise f32 */
    const uint8_t *lexical; /* as lexical_write.h makes it; NULL for none */
    size_t lexical_bytes;
    const char *score;    /* the usual one, as rs_score_name has it */
    double weight, k1, b; /* as `ranking` in docs/formats.md */
} index_content;

/* Writes the file, whole or not at all; the same content gives the same bytes. RS_ERR_IO,
 * RS_ERR_MEMORY.
 * worst_cosine: the least cosine of a vector and what is stored of it; 1 with f32. Int8 holds the
 * difference to the mean of all vectors: a trained BERT's have a few members far above the others,
 * much the same in every text, which would leave the rest too few steps. */
RS_MUST_USE rs_status index_write(const char *path, const index_content *content,
                                  float *worst_cosine, rs_error *error);

#endif
