/* A backend through XNNPACK: f32 weights by its f32 product, int8 weights by qd8-f32-qc8w (weights
 * int8 with a scale a row, activations made int8 row by row as they come, sums in int32).
 *
 * Life of an operator: create packs the weights into the layout the kernel of this processor
 * reads; reshape sets the number of rows; setup binds pointers; run computes. */
#include <assert.h>
#include <math.h>

#include <xnnpack.h>

#include "linear.h"

/* Its kernels may read this far past the end of what they are given. */
_Static_assert(XNN_EXTRA_BYTES <= ARENA_PADDING, "arena_alloc pads less than XNNPACK reads");

/* Kernels work on tiles of up to this many rows and read the parameters of rows that are not there.
 * XNN_EXTRA_QUANTIZATION_PARAMS says 10, but the AMX kernel takes 16 rows. */
enum { EXTRA_ROWS = 16 };

/* Rows made int8 at a time: enough to keep the kernels busy, few enough to stay in cache. */
enum { BLOCK_ROWS = 32 };
_Static_assert(XNN_EXTRA_QUANTIZATION_PARAMS <= EXTRA_ROWS,
               "XNNPACK reads more rows than we pad");

static rs_status status_of(enum xnn_status status) {
    /* Shapes are ours and right, so whatever fails here fails for want of memory. */
    return status == xnn_status_success ? RS_OK : RS_ERR_MEMORY;
}

/* ---- Packed weights ---------------------------------------------------------------------- */

typedef struct pack_entry pack_entry;
struct pack_entry {
    pack_entry *next;
    struct xnn_weights_cache_look_up_key key;
    size_t number;
    void *packed;
};

/* XNNPACK asks a "weights cache" where to put packed weights and whether it has them already. Ours
 * keeps them in an arena: exact sizes, no copying while growing, and freed with the model. */
typedef struct xnn_pack {
    arena arena;
    struct xnn_weights_cache_provider provider;
    pack_entry *entries;
    pack_entry *reserved; /* being packed */
    size_t count;
} xnn_pack;

/* A matrix is known by its bias: the rows that XNNPACK packs may be a copy that is gone. */
static size_t pack_look_up(void *context, const struct xnn_weights_cache_look_up_key *key) {
    const xnn_pack *pack = context;
    for (const pack_entry *e = pack->entries; e; e = e->next)
        if (e->key.seed == key->seed && e->key.bias == key->bias) return e->number;
    return SIZE_MAX;
}

/* Makes the entry as well: when XNNPACK inserts what it has packed, nothing can fail any more. */
static void *pack_reserve(void *context, size_t bytes) {
    xnn_pack *pack = context;
    pack_entry *e = arena_alloc(&pack->arena, 1, sizeof *e);
    void *packed = arena_alloc(&pack->arena, bytes, 1);
    if (!e || !packed) return NULL;
    e->packed = packed;
    pack->reserved = e;
    return packed;
}

static size_t pack_insert(void *context, const struct xnn_weights_cache_look_up_key *key,
                          void *packed, size_t bytes) {
    xnn_pack *pack = context;
    pack_entry *e = pack->reserved;
    assert(e && e->packed == packed);
    (void)packed;
    (void)bytes;
    e->key = *key;
    e->number = pack->count++;
    e->next = pack->entries;
    pack->entries = e;
    pack->reserved = NULL;
    return e->number;
}

static void *pack_address(void *context, size_t number) {
    const xnn_pack *pack = context;
    for (const pack_entry *e = pack->entries; e; e = e->next)
        if (e->number == number) return e->packed;
    return NULL;
}

/* Entries never move, so they are as good as final from the start. */
static bool pack_is_finalized(void *context) {
    (void)context;
    return true;
}

static enum xnn_status pack_delete(void *context) {
    (void)context; /* close_pack does it */
    return xnn_status_success;
}

static rs_status open_pack(const rs_allocator *allocator, void **out) {
    if (xnn_initialize(NULL) != xnn_status_success) return RS_ERR_MEMORY;
    arena a;
    arena_init(&a, allocator);
    xnn_pack *pack = arena_alloc(&a, 1, sizeof *pack);
    if (!pack) return RS_ERR_MEMORY;
    pack->arena = a;
    pack->provider = (struct xnn_weights_cache_provider){
        .context = pack,
        .look_up = pack_look_up,
        .reserve_space = pack_reserve,
        .look_up_or_insert = pack_insert,
        .is_finalized = pack_is_finalized,
        .offset_to_addr = pack_address,
        .delete_cache = pack_delete,
    };
    *out = pack;
    return RS_OK;
}

static void close_pack(void *context) {
    xnn_pack *pack = context;
    arena a = pack->arena; /* the pack itself lies in it */
    arena_free(&a);
}

/* ---- What the products of a session share ------------------------------------------------ */

typedef struct xnn_scratch {
    threads *threads;
    float *scaled; /* [rows, smoothed] input times input_scale */
    float *rest;   /* [BLOCK_ROWS, columns] what rounding left */
    float *halves; /* [2 * BLOCK_ROWS, width] products of both parts */
    int8_t *q;     /* [2 * BLOCK_ROWS, columns] activations made int8 */
    struct xnn_quantization_params *q_rows; /* [2 * BLOCK_ROWS] zero point and scale of each */
    xnn_operator_t quantize, gelu;
} xnn_scratch;

static void close_scratch(void *context) {
    xnn_scratch *scratch = context;
    if (scratch->quantize) xnn_delete_operator(scratch->quantize);
    if (scratch->gelu) xnn_delete_operator(scratch->gelu);
}

static rs_status open_scratch(arena *a, linear_sizes most, threads *t, void **out) {
    xnn_scratch *s = arena_alloc(a, 1, sizeof *s);
    if (!s) return RS_ERR_MEMORY;
    s->threads = t;
    s->scaled = arena_alloc(a, most.rows, most.smoothed * sizeof *s->scaled);
    s->rest = arena_alloc(a, BLOCK_ROWS, most.columns * sizeof *s->rest);
    s->halves = arena_alloc(a, 2 * BLOCK_ROWS, most.width * sizeof *s->halves);
    s->q = arena_alloc(a, 2 * BLOCK_ROWS, most.columns);
    s->q_rows = arena_alloc(a, 2 * BLOCK_ROWS + EXTRA_ROWS, sizeof *s->q_rows);
    enum xnn_status status = xnn_status_out_of_memory;
    if (s->scaled && s->rest && s->halves && s->q && s->q_rows) status = xnn_initialize(NULL);
    if (!status) status = xnn_create_convert_nc_f32_qd8(0, &s->quantize);
    if (!status)
        status =
            xnn_create_unary_elementwise_nc(xnn_unary_gelu, xnn_datatype_fp32,
                                            xnn_datatype_fp32, NULL, NULL, NULL, 0, &s->gelu);
    if (status)
        close_scratch(s);
    else
        *out = s;
    return status_of(status);
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

/* `rows` rows to int8, behind `at` rows that are done. */
static enum xnn_status quantize(xnn_scratch *s, size_t at, size_t rows, size_t columns,
                                const float *x, pthreadpool_t pool) {
    int8_t *q = s->q + at * columns;
    enum xnn_status status =
        xnn_reshape_convert_nc_f32_qd8(s->quantize, rows, columns, columns, columns, pool);
    if (!status) status = xnn_setup_convert_nc_f32_qd8(s->quantize, x, q, s->q_rows + at);
    if (!status) status = xnn_run_operator(s->quantize, pool);
    for (size_t i = 0; i < EXTRA_ROWS; i++) s->q_rows[at + rows + i] = s->q_rows[at + rows - 1];
    return status;
}

/* In place. Only the erf form is worth XNNPACK's kernel; no checkpoint of ours has another. */
static enum xnn_status activate(xnn_scratch *s, kernels_activation how, size_t rows,
                                size_t columns, float *y, pthreadpool_t pool) {
    if (how != KERNELS_GELU_ERF) {
        kernels_activate(how, y, rows * columns);
        return xnn_status_success;
    }
    enum xnn_status status =
        xnn_reshape_unary_elementwise_nc(s->gelu, rows, columns, columns, columns, pool);
    if (!status) status = xnn_setup_unary_elementwise_nc(s->gelu, y, y);
    return status ? status : xnn_run_operator(s->gelu, pool);
}

/* ---- One product ------------------------------------------------------------------------- */

typedef struct xnn_linear {
    const linear_weights *weights;
    kernels_activation activation;
    xnn_scratch *scratch;
    xnn_operator_t product;
} xnn_linear;

/* XNNPACK packs from rows that lie one after the other, as those of the file do not. */
static enum xnn_status create_q8(const linear_weights *w, xnn_pack *pack, xnn_operator_t *out) {
    const size_t K = w->columns, N = w->rows;
    arena rows_arena;
    arena_init(&rows_arena, &pack->arena.allocator);
    int8_t *rows = arena_alloc(&rows_arena, N, K);
    if (!rows) return xnn_status_out_of_memory;
    for (size_t n = 0; n < N; n++)
        for (size_t k = 0; k < K; k++) rows[n * K + k] = w->q8[packed_at(K, n, k)];
    enum xnn_status status = xnn_create_fully_connected_nc_qd8_f32_qc8w(
        K, N, K, N, w->scale, rows, w->bias, -INFINITY, INFINITY, 0, NULL, &pack->provider,
        out);
    arena_free(&rows_arena);
    return status;
}

static rs_status open_linear(arena *a, const linear_weights *w, kernels_activation activation,
                             void *pack_of, void *scratch, void **out) {
    xnn_pack *pack = pack_of;
    const size_t K = w->columns, N = w->rows;
    xnn_linear *l = arena_alloc(a, 1, sizeof *l);
    if (!l) return RS_ERR_MEMORY;
    *l = (xnn_linear){w, activation, scratch, NULL};
    enum xnn_status status = w->q8 ? create_q8(w, pack, &l->product)
                                   : xnn_create_fully_connected_nc_f32(
                                         K, N, K, N, w->f32, w->bias, -INFINITY, INFINITY, 0,
                                         NULL, &pack->provider, &l->product);
    if (!status) *out = l;
    return status_of(status);
}

/* y = product of the first `rows` rows of q. */
static enum xnn_status multiply_q8(xnn_linear *l, size_t rows, float *y, pthreadpool_t pool) {
    const xnn_scratch *s = l->scratch;
    enum xnn_status status =
        xnn_reshape_fully_connected_nc_qd8_f32_qc8w(l->product, rows, pool);
    if (!status)
        status = xnn_setup_fully_connected_nc_qd8_f32_qc8w(l->product, s->q, y, s->q_rows);
    return status ? status : xnn_run_operator(l->product, pool);
}

/* At most BLOCK_ROWS rows, in two parts (kernels_linear_qd8): the rows, then what rounding left of
 * them, in one product of twice the height whose halves are added. Each half has the bias. */
static enum xnn_status run_block(xnn_linear *l, size_t rows, const float *x, float *y,
                                 pthreadpool_t pool) {
    xnn_scratch *s = l->scratch;
    const size_t K = l->weights->columns, N = l->weights->rows;
    enum xnn_status status = quantize(s, 0, rows, K, x, pool);
    for (size_t t = 0; t < rows && !status; t++) {
        const kernels_q8_row row = {s->q_rows[t].zero_point, s->q_rows[t].scale};
        kernels_quantize_rest(x + t * K, s->q + t * K, row, K, s->rest + t * K);
    }
    if (!status) status = quantize(s, rows, rows, K, s->rest, pool);
    if (!status) status = multiply_q8(l, 2 * rows, s->halves, pool);
    for (size_t t = 0; t < rows && !status; t++) {
        const float *a = s->halves + t * N, *b = a + rows * N;
        for (size_t n = 0; n < N; n++) y[t * N + n] = a[n] + (b[n] - l->weights->bias[n]);
    }
    return status;
}

static enum xnn_status run_q8(xnn_linear *l, size_t rows, const float *x, float *y,
                              pthreadpool_t pool) {
    xnn_scratch *s = l->scratch;
    const linear_weights *w = l->weights;
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
    return status;
}

static enum xnn_status run_f32(xnn_linear *l, size_t rows, const float *x, float *y,
                               pthreadpool_t pool) {
    enum xnn_status status = xnn_reshape_fully_connected_nc_f32(l->product, rows, pool);
    if (!status) status = xnn_setup_fully_connected_nc_f32(l->product, x, y);
    return status ? status : xnn_run_operator(l->product, pool);
}

static rs_status run_linear(void *context, size_t rows, const float *x, float *y) {
    xnn_linear *l = context;
    pthreadpool_t pool = threads_pool(l->scratch->threads);
    enum xnn_status status = (l->weights->q8 ? run_q8 : run_f32)(l, rows, x, y, pool);
    if (!status) status = activate(l->scratch, l->activation, rows, l->weights->rows, y, pool);
    return status_of(status);
}

static void close_linear(void *context) {
    const xnn_linear *l = context;
    if (l->product) xnn_delete_operator(l->product);
}

static const char *name(const linear_weights *weights) {
    return weights->q8 ? "xnnpack qd8-f32-qc8w" : "xnnpack f32";
}

const linear_backend linear_xnnpack = {name,          open_pack,   close_pack, open_scratch,
                                       close_scratch, open_linear, run_linear, close_linear};
