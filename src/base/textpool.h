/* Strings of a corpus: many, small, and freed together. Cheaper than arena.h, whose aligned and
 * padded allocations are made for tensors. */
#ifndef TEXTPOOL_H
#define TEXTPOOL_H

#include <stddef.h>

typedef struct textpool_chunk textpool_chunk;

/* Zeroed means empty. */
typedef struct textpool {
    textpool_chunk *chunks; /* the newest first; allocations come from it */
} textpool;

/* size bytes, not zeroed, aligned for pointers; they live until textpool_free. NULL when memory
 * is out. */
void *textpool_alloc(textpool *pool, size_t size);

/* A copy of size bytes with a NUL behind them; NULL when memory is out. */
const char *textpool_copy(textpool *pool, const char *bytes, size_t size);

/* Frees all; the pool is then empty. */
void textpool_free(textpool *pool);

#endif
