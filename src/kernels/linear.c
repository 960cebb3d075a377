#include "kernels/linear.h"

/* The pack and scratch of a kind of weights are opened with the first product of that kind: the
 * products of a model are all of one kind. */
enum { F32, INT8, KINDS };

static const linear_backend *const backends[KINDS] = {
#if REFSCOUT_WITH_XNNPACK
    [F32] = &linear_xnnpack,
#else
    [F32] = &linear_plain,
#endif
#if REFSCOUT_INT8_XNNPACK
    [INT8] = &linear_xnnpack_q8,
#else
    [INT8] = &linear_own,
#endif
};

static int kind_of(const linear_weights *weights) { return weights->q8 ? INT8 : F32; }

struct linear_pack {
    arena arena;
    void *of[KINDS];
};

rs_status linear_pack_open(const rs_allocator *allocator, linear_pack **out) {
    arena a;
    arena_init(&a, allocator);
    linear_pack *pack = arena_alloc(&a, 1, sizeof *pack);
    if (!pack) return RS_ERR_MEMORY;
    pack->arena = a;
    *out = pack;
    return RS_OK;
}

void linear_pack_close(linear_pack *pack) {
    if (!pack) return;
    for (int i = 0; i < KINDS; i++)
        if (pack->of[i]) backends[i]->pack_close(pack->of[i]);
    arena a = pack->arena; /* a copy, since the pack is freed with it */
    arena_free(&a);
}

struct linear_scratch {
    arena *arena;
    linear_sizes max;
    threads *threads;
    void *of[KINDS];
};

rs_status linear_scratch_open(arena *a, linear_sizes max, threads *t, linear_scratch **out) {
    linear_scratch *scratch = arena_alloc(a, 1, sizeof *scratch);
    if (!scratch) return RS_ERR_MEMORY;
    *scratch = (linear_scratch){.arena = a, .max = max, .threads = t};
    *out = scratch;
    return RS_OK;
}

void linear_scratch_close(linear_scratch *scratch) {
    if (!scratch) return;
    for (int i = 0; i < KINDS; i++)
        if (scratch->of[i]) backends[i]->scratch_close(scratch->of[i]);
}

struct linear {
    const linear_backend *backend;
    void *of;
};

rs_status linear_open(arena *a, const linear_weights *weights, kernels_activation activation,
                      linear_pack *pack, linear_scratch *scratch, linear **out) {
    const int kind = kind_of(weights);
    const linear_backend *backend = backends[kind];
    rs_status s = RS_OK;
    linear *l = arena_alloc(a, 1, sizeof *l);
    if (!l) return RS_ERR_MEMORY;
    if (!pack->of[kind]) s = backend->pack_open(&pack->arena.allocator, &pack->of[kind]);
    if (!s && !scratch->of[kind])
        s = backend->scratch_open(scratch->arena, scratch->max, scratch->threads,
                                  &scratch->of[kind]);
    l->backend = backend;
    if (!s)
        s = backend->open(a, weights, activation, pack->of[kind], scratch->of[kind], &l->of);
    if (!s) *out = l;
    return s;
}

rs_status linear_run(linear *l, size_t rows, const float *x, float *y) {
    return l->backend->run(l->of, rows, x, y);
}

void linear_close(linear *l) {
    if (l && l->of) l->backend->close(l->of);
}

bool linear_exact(const linear_weights *weights) { return backends[kind_of(weights)]->exact; }

const char *linear_kernel_name(const linear_weights *weights) {
    return backends[kind_of(weights)]->name();
}
