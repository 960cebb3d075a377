/* linear.h by the definitions in kernels.c. Slow; needs nothing. */
#include "linear.h"

struct linear_pack {
    arena arena;
};

/* Nothing to pack: the definitions read weights as they are in the file. */
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
    arena a = pack->arena;
    arena_free(&a);
}

struct linear_scratch {
    float *scaled; /* [rows, smoothed] */
    float *rest;   /* [columns], one row of activations: what rounding left */
    int8_t *q;     /* [columns], one row of activations */
};

rs_status linear_scratch_open(arena *a, linear_sizes most, threads *t, linear_scratch **out) {
    (void)t;
    linear_scratch *scratch = arena_alloc(a, 1, sizeof *scratch);
    float *scaled = arena_alloc(a, most.rows, most.smoothed * sizeof *scaled);
    float *rest = arena_alloc(a, most.columns, sizeof *rest);
    int8_t *q = arena_alloc(a, most.columns, 1);
    if (!scratch || !scaled || !rest || !q) return RS_ERR_MEMORY;
    *scratch = (linear_scratch){scaled, rest, q};
    *out = scratch;
    return RS_OK;
}

void linear_scratch_close(linear_scratch *scratch) { (void)scratch; }

struct linear {
    const linear_weights *weights;
    kernels_activation activation;
    linear_scratch *scratch;
};

bool linear_packs(const linear_weights *weights) {
    (void)weights;
    return false;
}

rs_status linear_open(arena *a, const linear_weights *weights, kernels_activation activation,
                      linear_pack *pack, linear_scratch *scratch, linear **out) {
    (void)pack;
    linear *l = arena_alloc(a, 1, sizeof *l);
    if (!l) return RS_ERR_MEMORY;
    *l = (linear){weights, activation, scratch};
    *out = l;
    return RS_OK;
}

rs_status linear_run(linear *l, size_t rows, const float *x, float *y) {
    const linear_weights *w = l->weights;
    if (w->input_scale) {
        kernels_scale_columns(x, w->input_scale, rows, w->columns, l->scratch->scaled);
        x = l->scratch->scaled;
    }
    if (w->q8)
        kernels_linear_q8(x, w->q8, w->scale, w->bias, rows, w->rows, w->columns, l->scratch->q,
                          l->scratch->rest, y);
    else
        kernels_linear_f32(x, w->f32, w->bias, rows, w->rows, w->columns, y);
    kernels_activate(l->activation, y, rows * w->rows);
    return RS_OK;
}

void linear_close(linear *l) { (void)l; }

const char *linear_kernel_name(const linear_weights *weights) {
    return weights->q8 ? "plain C int8" : "plain C f32";
}
