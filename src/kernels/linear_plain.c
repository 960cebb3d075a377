/* The backend for f32 weights that calls the reference implementation, kernels.c. Slow, without
 * dependencies. */
#include "kernels/linear.h"

/* Nothing to pack: kernels.c reads weights in the order of the file. */
static rs_status pack_open(const rs_allocator *allocator, void **out) {
    (void)allocator;
    *out = NULL;
    return RS_OK;
}

static void pack_close(void *pack) { (void)pack; }

static rs_status scratch_open(arena *a, linear_sizes max, threads *t, void **out) {
    (void)a, (void)max, (void)t;
    *out = NULL;
    return RS_OK;
}

static void scratch_close(void *scratch) { (void)scratch; }

typedef struct plain {
    const linear_weights *weights;
    kernels_activation activation;
} plain;

static rs_status plain_open(arena *a, const linear_weights *weights,
                            kernels_activation activation, void *pack, void *scratch,
                            void **out) {
    (void)pack, (void)scratch;
    plain *l = arena_alloc(a, 1, sizeof *l);
    if (!l) return RS_ERR_MEMORY;
    *l = (plain){weights, activation};
    *out = l;
    return RS_OK;
}

static rs_status plain_run(void *context, size_t rows, const float *x, float *y) {
    const plain *l = context;
    const linear_weights *w = l->weights;
    kernels_linear_f32(x, w->f32, w->bias, rows, w->rows, w->columns, y);
    kernels_activate(l->activation, y, rows * w->rows);
    return RS_OK;
}

static void plain_close(void *l) { (void)l; }

static const char *name(void) { return "plain C f32"; }

const linear_backend linear_plain = {true,       name,         pack_open,
                                     pack_close, scratch_open, scratch_close,
                                     plain_open, plain_run,    plain_close};
