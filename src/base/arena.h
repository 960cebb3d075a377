/* Every allocation of the core. An arena belongs to one owner (a model, a session, an index) and
 * is freed whole; nothing in it is freed alone. */
#ifndef RS_ARENA_H
#define RS_ARENA_H

#include "refscout.h"

typedef struct arena_block arena_block;

typedef struct arena {
    rs_allocator allocator;
    arena_block *blocks;
    size_t used_bytes; /* handed out, with padding: what the owner costs */
} arena;

/* allocator may be NULL: malloc and free. Allocates nothing yet. */
void arena_init(arena *a, const rs_allocator *allocator);

/* count * size bytes, zeroed, 64-byte aligned, with ARENA_PADDING readable bytes behind them:
 * vector kernels may read (never write) past the end of a row, and this is the one place to
 * remember it. NULL when the product overflows or memory is out. */
void *arena_alloc(arena *a, size_t count, size_t size);

/* Frees all. The arena is then as after arena_init. */
void arena_free(arena *a);

enum { ARENA_ALIGNMENT = 64, ARENA_PADDING = 128 };

#endif
