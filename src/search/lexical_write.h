/* Writes the tensor `lexical` of docs/formats.md from the papers' token ids. search/lexical.h
 * reads it. */
#ifndef LEXICAL_WRITE_H
#define LEXICAL_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Collects the postings of papers, added in order. A zeroed struct is empty. */
typedef struct lexical_writer {
    struct lexical_posting *postings;
    size_t count, capacity;
    size_t papers;
} lexical_writer;

/* Adds the next paper: ids [count]. Ids in skip [skip_count] (the special tokens) are not
 * indexed. Returns RS_ERR_MEMORY, or RS_ERR_ARGUMENT for a negative id. */
RS_MUST_USE rs_status lexical_writer_add(lexical_writer *w, const int32_t *ids, size_t count,
                                         const int32_t *skip, size_t skip_count);

/* Encodes all postings as bytes that the caller frees. The same papers give the same bytes.
 * Returns RS_ERR_MEMORY. */
RS_MUST_USE rs_status lexical_writer_finish(lexical_writer *w, uint8_t **bytes, size_t *size);

void lexical_writer_free(lexical_writer *w);

#endif
