/* A backend by the definitions in kernels.c. Slow; needs nothing. */
#include "kernels/linear.h"

/* Nothing to pack: the definitions read weights as they are in the file. */
static rs_status pack_open(const rs_allocator *allocator, void **out) {
    (void)allocator;
    *out = NULL;
    return RS_OK;
}

static void pack_close(void *pack) { (void)pack; }

typedef struct plain_scratch {
    float *scaled; /* [rows, smoothed] */
    int16_t *q;    /* [columns], one row of activations */
} plain_scratch;

static rs_status scratch_open(arena *a, linear_sizes most, threads *t, void **out) {
    (void)t;
    plain_scratch *scratch = arena_alloc(a, 1, sizeof *scratch);
    float *scaled = arena_alloc(a, most.rows, most.smoothed * sizeof *scaled);
    int16_t *q = arena_alloc(a, most.columns, sizeof *q);
    if (!scratch || !scaled || !q) return RS_ERR_MEMORY;
    *scratch = (plain_scratch){scaled, q};
    *out = scratch;
    return RS_OK;
}

static void scratch_close(void *scratch) { (void)scratch; }

typedef struct plain {
    const linear_weights *weights;
    kernels_activation activation;
    plain_scratch *scratch;
} plain;

static rs_status plain_open(arena *a, const linear_weights *weights,
                            kernels_activation activation, void *pack, void *scratch,
                            void **out) {
    (void)pack;
    plain *l = arena_alloc(a, 1, sizeof *l);
    if (!l) return RS_ERR_MEMORY;
    *l = (plain){weights, activation, scratch};
    *out = l;
    return RS_OK;
}

static rs_status plain_run(void *context, size_t rows, const float *x, float *y) {
    const plain *l = context;
    const linear_weights *w = l->weights;
    if (w->input_scale) {
        kernels_scale_columns(x, w->input_scale, rows, w->columns, l->scratch->scaled);
        x = l->scratch->scaled;
    }
    if (w->q8)
        kernels_linear_q8(x, w->q8, w->scale, w->bias, rows, w->rows, w->columns, l->scratch->q,
                          y);
    else
        kernels_linear_f32(x, w->f32, w->bias, rows, w->rows, w->columns, y);
    kernels_activate(l->activation, y, rows * w->rows);
    return RS_OK;
}

static void plain_close(void *l) { (void)l; }

static const char *name(const linear_weights *weights) {
    return weights->q8 ? "plain C int8" : "plain C f32";
}

const linear_backend linear_plain = {true, name,          pack_open,  pack_close, scratch_open,
                                     scratch_close, plain_open, plain_run,  plain_close};
