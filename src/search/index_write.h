/* Writes papers, people and vectors to the index file of docs/formats.md. */
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
    const char *note;       /* about the papers, shown with every result, or NULL */
    bool int8;              /* store vectors as int8 with one scale per row, otherwise as f32 */
    const uint8_t *lexical; /* made by lexical_write.h; NULL for none */
    size_t lexical_bytes;
    const char *score;    /* default score kind, named as by rs_score_name */
    double weight, k1, b; /* parameters of `ranking` in docs/formats.md */
} index_content;

/* Writes the file atomically (system/output.h); the same content gives the same bytes.
 * worst_cosine: the minimum cosine between a vector and its stored form; 1 with f32. Int8
 * stores the difference to the mean of all vectors: embeddings of a trained BERT have a few
 * components of large magnitude that are nearly constant over texts, which would waste the int8
 * range.
 * Returns RS_ERR_IO or RS_ERR_MEMORY. */
RS_MUST_USE rs_status index_write(const char *path, const index_content *content,
                                  float *worst_cosine, rs_error *error);

#endif
