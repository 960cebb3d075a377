/* The papers' token ids -> the tensor `lexical` of docs/formats.md, which search/lexical.h reads. */
#ifndef LEXICAL_WRITE_H
#define LEXICAL_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Collects the papers one after the other. Zeroed is empty. */
typedef struct lexical_writer {
    struct lexical_posting *postings;
    size_t count, capacity;
    size_t papers;
} lexical_writer;

/* Adds the next paper: ids [count], of which those from skip [skip_count] are no terms (the special
 * tokens). RS_ERR_MEMORY; RS_ERR_ARGUMENT for a negative id. */
RS_MUST_USE rs_status lexical_writer_add(lexical_writer *w, const int32_t *ids, size_t count,
                                         const int32_t *skip, size_t skip_count);

/* All of it, as bytes that the caller frees; the same papers give the same bytes. RS_ERR_MEMORY. */
RS_MUST_USE rs_status lexical_writer_finish(lexical_writer *w, uint8_t **bytes, size_t *size);

void lexical_writer_free(lexical_writer *w);

#endif
