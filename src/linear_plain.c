/* linear.h by the definitions in kernels.c. Slow; needs nothing. */
#include "kernels.h"
#include "linear.h"

struct linear {
    const linear_weights *weights;
    linear_activation activation;
    threads *threads;
    int8_t *q; /* [K], one row of activations */
};

rs_status linear_pack_open(linear_pack **out) {
    *out = NULL;
    return RS_OK;
}

rs_status linear_pack_seal(linear_pack *pack) {
    (void)pack;
    return RS_OK;
}

void linear_pack_close(linear_pack *pack) { (void)pack; }

rs_status linear_open(arena *a, const linear_weights *weights, linear_activation activation,
                      size_t rows_max, linear_pack *pack, threads *t, linear **out) {
    (void)rows_max;
    (void)pack;
    linear *l = arena_alloc(a, 1, sizeof *l);
    int8_t *q = arena_alloc(a, weights->columns, 1);
    if (!l || !q) return RS_ERR_MEMORY;
    *l = (linear){weights, activation, t, q};
    *out = l;
    return RS_OK;
}

rs_status linear_run(linear *l, size_t rows, const float *x, float *y) {
    const linear_weights *w = l->weights;
    if (w->q8) kernels_linear_q8(x, w->q8, w->scale, w->bias, rows, w->rows, w->columns, l->q, y);
    else kernels_linear_f32(x, w->f32, w->bias, rows, w->rows, w->columns, y);
    switch (l->activation) {
    case LINEAR_GELU_ERF: kernels_gelu_erf(y, rows * w->rows); break;
    case LINEAR_GELU_TANH: kernels_gelu_tanh(y, rows * w->rows); break;
    case LINEAR_RELU: kernels_relu(y, rows * w->rows); break;
    case LINEAR_NO_ACTIVATION: break;
    }
    return RS_OK;
}

void linear_close(linear *l) { (void)l; }

const char *linear_kernel_name(const linear_weights *weights) {
    return weights->q8 ? "plain C int8" : "plain C f32";
}
