#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

#include "check.h"

typedef struct counter {
    int live, calls, fail_at;
} counter;

static void *count_alloc(void *ctx, size_t bytes) {
    counter *c = ctx;
    if (c->calls++ == c->fail_at) return NULL;
    c->live++;
    return malloc(bytes);
}

static void count_free(void *ctx, void *p) {
    counter *c = ctx;
    c->live--;
    free(p);
}

int main(void) {
    counter c = {.fail_at = 3};
    const rs_allocator allocator = {count_alloc, count_free, &c};
    arena a;
    arena_init(&a, &allocator);
    for (size_t i = 0; i < 3; i++) {
        unsigned char *p = arena_alloc(&a, i + 1, 7);
        CHECK(p != NULL);
        if (!p) return 1;
        CHECK_EQ((uintptr_t)p % ARENA_ALIGNMENT, 0);
        for (size_t j = 0; j < (i + 1) * 7 + ARENA_PADDING; j++) CHECK_EQ(p[j], 0);
        memset(p, 0xFF, (i + 1) * 7 + ARENA_PADDING);
    }
    CHECK(arena_alloc(&a, 1, 1) == NULL); /* the fourth is the one that fails */
    CHECK(arena_alloc(&a, SIZE_MAX / 2, 3) == NULL);
    CHECK(arena_alloc(&a, SIZE_MAX, 1) == NULL);
    CHECK(arena_alloc(&a, SIZE_MAX - ARENA_PADDING, 1) == NULL);
    CHECK(arena_alloc(&a, 0, 8) != NULL);
    CHECK_EQ(c.live, 4);
    arena_free(&a);
    CHECK_EQ(c.live, 0);
    CHECK_EQ(a.used_bytes, 0);
    return check_result();
}
