/* The XNNPACK backend for int8 weights, with its qd8-f32-qc8w kernels: int8 weights with a scale
 * for each row, dynamic quantization of activations to int8 with a scale for each row, sums in
 * int32. */
#include <math.h>

#include "kernels/linear_xnnpack.h"

/* XNNPACK's kernels compute tiles of up to this many rows and read the quantization parameters of
 * all of them. XNN_EXTRA_QUANTIZATION_PARAMS is 10, but the AMX kernel has tiles of 16 rows. */
enum { EXTRA_ROWS = 16 };
_Static_assert(XNN_EXTRA_QUANTIZATION_PARAMS <= EXTRA_ROWS,
               "XNNPACK reads more rows than are padded");

/* Rows that are quantized at a time: enough for full tiles, few enough to stay in the cache. */
enum { BLOCK_ROWS = 32 };

/* ---- Scratch, shared by the products of a session ---------------------------------------- */

typedef struct q8_scratch {
    threads *threads;
    float *scaled; /* [rows, smoothed] input times input_scale */
    float *rest;   /* [BLOCK_ROWS, columns] residual of quantization */
    float *halves; /* [2 * BLOCK_ROWS, width] products of both parts */
    int8_t *q;     /* [2 * BLOCK_ROWS, columns] quantized activations */
    struct xnn_quantization_params *q_rows; /* [2 * BLOCK_ROWS] zero point and scale of each */
    xnn_operator_t quantize, gelu;
} q8_scratch;

static void close_scratch(void *context) {
    q8_scratch *scratch = context;
    if (scratch->quantize) xnn_delete_operator(scratch->quantize);
    if (scratch->gelu) xnn_delete_operator(scratch->gelu);
}

static rs_status open_scratch(arena *a, linear_sizes max, threads *t, void **out) {
    q8_scratch *s = arena_alloc(a, 1, sizeof *s);
    if (!s) return RS_ERR_MEMORY;
    s->threads = t;
    s->scaled = arena_alloc(a, max.rows, max.smoothed * sizeof *s->scaled);
    s->rest = arena_alloc(a, BLOCK_ROWS, max.columns * sizeof *s->rest);
    s->halves = arena_alloc(a, 2 * BLOCK_ROWS, max.width * sizeof *s->halves);
    s->q = arena_alloc(a, 2 * BLOCK_ROWS, max.columns);
    s->q_rows = arena_alloc(a, 2 * BLOCK_ROWS + EXTRA_ROWS, sizeof *s->q_rows);
    enum xnn_status status = xnn_status_out_of_memory;
    if (s->scaled && s->rest && s->halves && s->q && s->q_rows)
        status = linear_xnnpack_open_gelu(&s->gelu);
    if (!status) status = xnn_create_convert_nc_f32_qd8(0, &s->quantize);
    if (status)
        close_scratch(s);
    else
        *out = s;
    return linear_xnnpack_status(status);
}

typedef struct scale_job {
    const float *x, *scale;
    size_t columns;
    float *y;
} scale_job;

static void scale_rows(void *ctx, size_t from, size_t to) {
    const scale_job *j = ctx;
    const size_t at = from * j->columns;
    kernels_scale_columns(j->x + at, j->scale, to - from, j->columns, j->y + at);
}

/* Quantizes `rows` rows to int8 and stores them as rows `at` and following of s->q. */
static enum xnn_status quantize(q8_scratch *s, size_t at, size_t rows, size_t columns,
                                const float *x, pthreadpool_t pool) {
    int8_t *q = s->q + at * columns;
    enum xnn_status status =
        xnn_reshape_convert_nc_f32_qd8(s->quantize, rows, columns, columns, columns, pool);
    if (!status) status = xnn_setup_convert_nc_f32_qd8(s->quantize, x, q, s->q_rows + at);
    if (!status) status = xnn_run_operator(s->quantize, pool);
    for (size_t i = 0; i < EXTRA_ROWS; i++) s->q_rows[at + rows + i] = s->q_rows[at + rows - 1];
    return status;
}

/* ---- One product ------------------------------------------------------------------------- */

typedef struct q8_linear {
    const linear_weights *weights;
    kernels_activation activation;
    q8_scratch *scratch;
    xnn_operator_t product;
} q8_linear;

/* XNNPACK packs from contiguous rows, so those of the file are copied from the order of packed.h. */
static enum xnn_status create_product(const linear_weights *w, xnn_pack *pack,
                                      xnn_operator_t *out) {
    const size_t K = w->columns, N = w->rows;
    arena rows_arena;
    arena_init(&rows_arena, linear_xnnpack_allocator(pack));
    int8_t *rows = arena_alloc(&rows_arena, N, K);
    if (!rows) return xnn_status_out_of_memory;
    for (size_t n = 0; n < N; n++)
        for (size_t k = 0; k < K; k++) rows[n * K + k] = w->q8[packed_at(K, n, k)];
    enum xnn_status status = xnn_create_fully_connected_nc_qd8_f32_qc8w(
        K, N, K, N, w->scale, rows, w->bias, -INFINITY, INFINITY, 0, NULL,
        linear_xnnpack_provider(pack, w->q8), out);
    arena_free(&rows_arena);
    return status;
}

static rs_status open_linear(arena *a, const linear_weights *w, kernels_activation activation,
                             void *pack, void *scratch, void **out) {
    q8_linear *l = arena_alloc(a, 1, sizeof *l);
    if (!l) return RS_ERR_MEMORY;
    *l = (q8_linear){w, activation, scratch, NULL};
    const enum xnn_status status = create_product(w, pack, &l->product);
    if (!status) *out = l;
    return linear_xnnpack_status(status);
}

/* y = product of the first `rows` rows of q. */
static enum xnn_status multiply(q8_linear *l, size_t rows, float *y, pthreadpool_t pool) {
    const q8_scratch *s = l->scratch;
    enum xnn_status status =
        xnn_reshape_fully_connected_nc_qd8_f32_qc8w(l->product, rows, pool);
    if (!status)
        status = xnn_setup_fully_connected_nc_qd8_f32_qc8w(l->product, s->q, y, s->q_rows);
    return status ? status : xnn_run_operator(l->product, pool);
}

/* Multiplies at most BLOCK_ROWS rows, in two parts (kernels_linear_qd8): the rows and the residual of
 * their quantization, in one product of twice the height whose halves are added. Each half includes
 * the bias, so it is subtracted once. */
static enum xnn_status run_block(q8_linear *l, size_t rows, const float *x, float *y,
                                 pthreadpool_t pool) {
    q8_scratch *s = l->scratch;
    const size_t K = l->weights->columns, N = l->weights->rows;
    enum xnn_status status = quantize(s, 0, rows, K, x, pool);
    for (size_t t = 0; t < rows && !status; t++) {
        const kernels_q8_row row = {s->q_rows[t].zero_point, s->q_rows[t].scale};
        kernels_quantize_rest(x + t * K, s->q + t * K, row, K, s->rest + t * K);
    }
    if (!status) status = quantize(s, rows, rows, K, s->rest, pool);
    if (!status) status = multiply(l, 2 * rows, s->halves, pool);
    for (size_t t = 0; t < rows && !status; t++) {
        const float *a = s->halves + t * N, *b = a + rows * N;
        for (size_t n = 0; n < N; n++) y[t * N + n] = a[n] + (b[n] - l->weights->bias[n]);
    }
    return status;
}

static rs_status run_linear(void *context, size_t rows, const float *x, float *y) {
    q8_linear *l = context;
    q8_scratch *s = l->scratch;
    const linear_weights *w = l->weights;
    pthreadpool_t pool = threads_pool(s->threads);
    if (w->input_scale) {
        scale_job job = {x, w->input_scale, w->columns, s->scaled};
        threads_rows(s->threads, rows, scale_rows, &job);
        x = s->scaled;
    }
    enum xnn_status status = xnn_status_success;
    for (size_t at = 0; at < rows && !status; at += BLOCK_ROWS) {
        const size_t count = rows - at < BLOCK_ROWS ? rows - at : BLOCK_ROWS;
        status = run_block(l, count, x + at * w->columns, y + at * w->rows, pool);
    }
    if (!status)
        status = linear_xnnpack_activate(s->gelu, l->activation, rows, w->rows, y, pool);
    return linear_xnnpack_status(status);
}

static void close_linear(void *context) {
    const q8_linear *l = context;
    if (l->product) xnn_delete_operator(l->product);
}

static const char *name(void) { return "xnnpack qd8-f32-qc8w"; }

const linear_backend linear_xnnpack_q8 = {false,
                                          name,
                                          linear_xnnpack_open_pack,
                                          linear_xnnpack_close_pack,
                                          open_scratch,
                                          close_scratch,
                                          open_linear,
                                          run_linear,
                                          close_linear};
