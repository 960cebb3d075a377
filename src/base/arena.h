/* All allocations of the core. An arena belongs to one owner (a model, a session, an index) and is
 * freed as a whole with it; single allocations are never freed. */
#ifndef RS_ARENA_H
#define RS_ARENA_H

#include "refscout.h"

typedef struct arena_block arena_block;

typedef struct arena {
    rs_allocator allocator;
    arena_block *blocks;
    size_t used_bytes; /* allocated by the owner, padding included */
} arena;

/* Initialises an empty arena; allocates nothing. allocator may be NULL: malloc and free. */
void arena_init(arena *a, const rs_allocator *allocator);

/* Allocates count * size bytes, zeroed and 64-byte aligned, followed by ARENA_PADDING readable bytes:
 * vector kernels may read, but not write, past the end of a row. Returns NULL when the product
 * overflows or there is no memory. */
void *arena_alloc(arena *a, size_t count, size_t size);

/* Frees all allocations. The arena is then as after arena_init. */
void arena_free(arena *a);

enum { ARENA_ALIGNMENT = 64, ARENA_PADDING = 128 };

#endif
