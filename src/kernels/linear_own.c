/* The built-in backend for int8 weights, over fast.h. The rows of a block are quantized, then every
 * thread computes some columns of y for all of them, so that a text of a few words uses all threads
 * too. */
#include "kernels/fast.h"
#include "kernels/linear.h"

#include <stdatomic.h>
#include <string.h>

typedef struct own_entry own_entry;
struct own_entry {
    own_entry *next;
    const int8_t *of;
    fast_weights weights;
};

typedef struct own_pack {
    arena arena;
    own_entry *entries;
} own_pack;

static rs_status own_pack_open(const rs_allocator *allocator, void **out) {
    arena a;
    arena_init(&a, allocator);
    own_pack *pack = arena_alloc(&a, 1, sizeof *pack);
    if (!pack) return RS_ERR_MEMORY;
    pack->arena = a;
    *out = pack;
    return RS_OK;
}

static void own_pack_close(void *context) {
    own_pack *pack = context;
    if (!pack) return;
    arena a = pack->arena; /* a copy, since the pack is freed with it */
    arena_free(&a);
}

/* A vector of `rows` numbers, padded with zeros to full panels: the model's own when it needs no
 * padding. Returns NULL when there is no memory. */
static const float *whole_panels(own_pack *pack, const float *of, size_t rows) {
    if (rows % PACKED_ROWS == 0) return of;
    float *filled =
        arena_alloc(&pack->arena, packed_panels(rows) * PACKED_ROWS, sizeof *filled);
    if (filled) memcpy(filled, of, rows * sizeof *filled);
    return filled;
}

typedef struct sum_job {
    const linear_weights *weights;
    int32_t *sum; /* [panels * PACKED_ROWS] */
    atomic_bool too_large;
} sum_job;

static void sum_and_check_panels(void *context, size_t from, size_t to) {
    sum_job *j = context;
    const fast *kernels = fast_choose();
    const size_t K = j->weights->columns, bytes = packed_bytes(PACKED_ROWS, K);
    for (size_t p = from; p < to; p++)
        if (!kernels->sum_and_check(j->weights->q8 + p * bytes, packed_quads(K),
                                    j->sum + p * PACKED_ROWS))
            atomic_store(&j->too_large, true);
}

/* Finds the entry of these weights in the pack, or validates and sums the weights and adds it. Returns
 * RS_ERR_MEMORY; RS_ERR_FORMAT when weights exceed PACKED_SUM_MAX. */
static rs_status prepare(own_pack *pack, threads *t, const linear_weights *w,
                         const fast_weights **out) {
    for (const own_entry *e = pack->entries; e; e = e->next)
        if (e->of == w->q8) {
            *out = &e->weights;
            return RS_OK;
        }
    const size_t panels = packed_panels(w->rows), quads = packed_quads(w->columns);
    const size_t width = panels * PACKED_ROWS;
    own_entry *e = arena_alloc(&pack->arena, 1, sizeof *e);
    int32_t *sum = arena_alloc(&pack->arena, width, sizeof *sum);
    if (!e || !sum) return RS_ERR_MEMORY;
    const float *scale = whole_panels(pack, w->scale, w->rows);
    const float *bias = whole_panels(pack, w->bias, w->rows);
    if (!scale || !bias) return RS_ERR_MEMORY;
    sum_job job = {w, sum, false};
    threads_rows(t, panels, sum_and_check_panels, &job);
    if (job.too_large) return RS_ERR_FORMAT;
    e->of = w->q8;
    e->weights = (fast_weights){w->q8, sum, scale, bias, w->rows, w->columns, panels, quads};
    e->next = pack->entries;
    pack->entries = e;
    *out = &e->weights;
    return RS_OK;
}

typedef struct own_scratch {
    threads *threads;
    fast_rows rows; /* LINEAR_BLOCK rows */
} own_scratch;

static rs_status own_scratch_open(arena *a, linear_sizes max, threads *t, void **out) {
    own_scratch *s = arena_alloc(a, 1, sizeof *s);
    if (!s) return RS_ERR_MEMORY;
    s->threads = t;
    s->rows.q = arena_alloc(a, fast_q_bytes(fast_choose(), LINEAR_BLOCK, max.columns), 1);
    s->rows.outliers = arena_alloc(a, LINEAR_BLOCK, fast_outlier_bytes(max.columns));
    s->rows.row = arena_alloc(a, LINEAR_BLOCK, sizeof *s->rows.row);
    if (!s->rows.q || !s->rows.outliers || !s->rows.row) return RS_ERR_MEMORY;
    *out = s;
    return RS_OK;
}

static void own_scratch_close(void *context) { (void)context; }

typedef struct own {
    const linear_weights *weights;
    const fast_weights *prepared;
    kernels_activation activation;
    const fast *kernels;
    own_scratch *scratch;
} own;

static rs_status own_open(arena *a, const linear_weights *w, kernels_activation activation,
                          void *pack, void *scratch, void **out) {
    own *l = arena_alloc(a, 1, sizeof *l);
    if (!l) return RS_ERR_MEMORY;
    *l = (own){w, NULL, activation, fast_choose(), scratch};
    rs_status status = prepare(pack, l->scratch->threads, w, &l->prepared);
    if (!status) *out = l;
    return status;
}

typedef struct own_job {
    const own *l;
    size_t rows;
    const float *x;
    float *y;
} own_job;

static void quantize_rows(void *context, size_t from, size_t to) {
    const own_job *j = context;
    const own *l = j->l;
    const size_t K = l->weights->columns;
    int estimate = 0; /* carried from row to row, since their ranges are similar */
    for (size_t t = from; t < to; t++)
        l->kernels->quantize(j->x + t * K, l->weights->input_scale, K, t, &l->scratch->rows,
                             &estimate);
}

static void multiply_panels(void *context, size_t from, size_t to) {
    const own_job *j = context;
    const own *l = j->l;
    l->kernels->product(l->prepared, &l->scratch->rows, j->rows, from, to, l->activation, j->y);
}

static rs_status own_run(void *context, size_t rows, const float *x, float *y) {
    const own *l = context;
    const size_t K = l->weights->columns, N = l->weights->rows;
    const size_t blocks = linear_blocks(rows);
    for (size_t t = 0, i = 0, end; i < blocks; i++, t = end) {
        end = linear_block_end(rows, blocks, i);
        own_job job = {l, end - t, x + t * K, y + t * N};
        threads_rows(l->scratch->threads, job.rows, quantize_rows, &job);
        threads_rows(l->scratch->threads, l->prepared->panels, multiply_panels, &job);
    }
    return RS_OK;
}

static void own_close(void *context) { (void)context; }

static const char *own_name(void) { return fast_choose()->name; }

const linear_backend linear_own = {true,           own_name,         own_pack_open,
                                   own_pack_close, own_scratch_open, own_scratch_close,
                                   own_open,       own_run,          own_close};
