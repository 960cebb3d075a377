/* An arena for the strings of a corpus: many, small, and freed together. Needs less memory than
 * arena.h, which aligns and pads allocations for tensors. */
#ifndef TEXTPOOL_H
#define TEXTPOOL_H

#include <stddef.h>

typedef struct textpool_chunk textpool_chunk;

/* Zeroed means empty. */
typedef struct textpool {
    textpool_chunk *chunks; /* the newest first, which serves allocations */
} textpool;

/* Allocates size bytes, not zeroed, aligned for pointers, valid until textpool_free. Returns NULL when
 * there is no memory. */
void *textpool_alloc(textpool *pool, size_t size);

/* A NUL-terminated copy of size bytes; NULL when there is no memory. */
const char *textpool_copy(textpool *pool, const char *bytes, size_t size);

/* Frees all allocations; the pool is then empty. */
void textpool_free(textpool *pool);

#endif
