#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

struct arena_block {
    arena_block *next;
};

static void *default_alloc(void *ctx, size_t bytes) {
    (void)ctx;
    return malloc(bytes);
}

static void default_free(void *ctx, void *p) {
    (void)ctx;
    free(p);
}

void arena_init(arena *a, const rs_allocator *allocator) {
    memset(a, 0, sizeof *a);
    if (allocator && allocator->alloc) {
        a->allocator = *allocator;
    } else {
        a->allocator = (rs_allocator){default_alloc, default_free, NULL};
    }
}

/* Every allocation is a block of its own: the core makes a few dozen large allocations, not many small
 * ones. */
void *arena_alloc(arena *a, size_t count, size_t size) {
    size_t payload, bytes;
    if (!size_mul(count, size, &payload)) return NULL;
    if (!size_add(payload, sizeof(arena_block) + ARENA_ALIGNMENT + ARENA_PADDING, &bytes))
        return NULL;
    arena_block *block = a->allocator.alloc(a->allocator.ctx, bytes);
    if (!block) return NULL;
    memset(block, 0, bytes);
    block->next = a->blocks;
    a->blocks = block;
    a->used_bytes += bytes;
    uintptr_t at = (uintptr_t)(block + 1);
    at = (at + ARENA_ALIGNMENT - 1) & ~(uintptr_t)(ARENA_ALIGNMENT - 1);
    return (void *)at;
}

void arena_free(arena *a) {
    while (a->blocks) {
        arena_block *block = a->blocks;
        a->blocks = block->next;
        a->allocator.free(a->allocator.ctx, block);
    }
    a->used_bytes = 0;
}
