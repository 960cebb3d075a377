/* attention.h through XNNPACK: two batched products and a softmax, a few heads at a time, so that
 * the scores of a head stay in cache between them. */
#include <math.h>
#include <string.h>

#include <xnnpack.h>

#include "kernels/attention.h"

struct attention {
    size_t heads, head_size;
    size_t batch; /* heads at a time: as many as there are threads, dividing the heads evenly */
    threads *threads;
    float *q, *k, *v; /* [batch, T, D] */
    float *scores;    /* [batch, rows, T] */
    float *mixed;     /* [batch, rows, D] */
    void *workspace;  /* for the packed right-hand sides */
    xnn_operator_t product_qk, softmax, product_sv;
};

static enum xnn_status reshape(attention *a, size_t T, size_t rows, size_t *workspace_bytes) {
    const size_t D = a->head_size;
    pthreadpool_t pool = threads_pool(a->threads);
    size_t bytes_qk = 0, bytes_sv = 0, alignment = 0;
    enum xnn_status s = xnn_reshape_batch_matrix_multiply_nc_f32(
        a->product_qk, 1, &a->batch, &a->batch, rows, D, T, &bytes_qk, &alignment, pool);
    if (!s)
        s = xnn_reshape_batch_matrix_multiply_nc_f32(a->product_sv, 1, &a->batch, &a->batch,
                                                     rows, T, D, &bytes_sv, &alignment, pool);
    if (!s) s = xnn_reshape_softmax_nc_f32(a->softmax, T, T, T, a->batch * rows, pool);
    *workspace_bytes = bytes_qk > bytes_sv ? bytes_qk : bytes_sv;
    return s;
}

static size_t heads_at_a_time(size_t heads, size_t most) {
    size_t n = most < heads ? most : heads;
    while (heads % n) n--;
    return n;
}

rs_status attention_open(arena *arena, size_t heads, size_t head_size, size_t T_max, bool whole,
                         threads *t, attention **out) {
    (void)whole; /* XNNPACK has f32 only */
    attention *a = arena_alloc(arena, 1, sizeof *a);
    if (!a) return RS_ERR_MEMORY;
    a->heads = heads;
    a->head_size = head_size;
    a->batch = heads_at_a_time(heads, threads_count(t));
    a->threads = t;
    const size_t rows = a->batch * T_max;
    a->q = arena_alloc(arena, rows, head_size * sizeof(float));
    a->k = arena_alloc(arena, rows, head_size * sizeof(float));
    a->v = arena_alloc(arena, rows, head_size * sizeof(float));
    a->scores = arena_alloc(arena, rows, T_max * sizeof(float));
    a->mixed = arena_alloc(arena, rows, head_size * sizeof(float));
    size_t workspace_bytes = 0;
    enum xnn_status s = a->q && a->k && a->v && a->scores && a->mixed
                            ? xnn_initialize(NULL)
                            : xnn_status_out_of_memory;
    if (!s) s = xnn_create_batch_matrix_multiply_nc_f32(XNN_FLAG_TRANSPOSE_B, &a->product_qk);
    if (!s) s = xnn_create_softmax_nc_f32(0, &a->softmax);
    if (!s) s = xnn_create_batch_matrix_multiply_nc_f32(0, &a->product_sv);
    if (!s) s = reshape(a, T_max, T_max, &workspace_bytes); /* the need only grows with T */
    if (!s && !(a->workspace = arena_alloc(arena, workspace_bytes, 1)))
        s = xnn_status_out_of_memory;
    if (s) {
        attention_close(a);
        return RS_ERR_MEMORY;
    }
    *out = a;
    return RS_OK;
}

void attention_close(attention *a) {
    if (!a) return;
    if (a->product_qk) xnn_delete_operator(a->product_qk);
    if (a->softmax) xnn_delete_operator(a->softmax);
    if (a->product_sv) xnn_delete_operator(a->product_sv);
}

typedef struct head_job {
    attention *a;
    const float *qkv;
    size_t T, rows, first; /* first head of the batch */
    float *out;
} head_job;

/* One head's queries (scaled by 1/sqrt(D)), keys and values, out of the rows of qkv. */
static void gather_heads(void *ctx, size_t from, size_t to) {
    const head_job *j = ctx;
    const attention *a = j->a;
    const size_t D = a->head_size, H = a->heads * D;
    const float scale = 1.0f / sqrtf((float)D);
    for (size_t b = from; b < to; b++) {
        const float *at = j->qkv + (j->first + b) * D;
        float *q = a->q + b * j->rows * D, *k = a->k + b * j->T * D, *v = a->v + b * j->T * D;
        for (size_t t = 0; t < j->T; t++, at += 3 * H) {
            if (t < j->rows)
                for (size_t d = 0; d < D; d++) q[t * D + d] = at[d] * scale;
            memcpy(k + t * D, at + H, D * sizeof *k);
            memcpy(v + t * D, at + 2 * H, D * sizeof *v);
        }
    }
}

static void scatter_heads(void *ctx, size_t from, size_t to) {
    const head_job *j = ctx;
    const attention *a = j->a;
    const size_t D = a->head_size, H = a->heads * D;
    for (size_t b = from; b < to; b++)
        for (size_t t = 0; t < j->rows; t++)
            memcpy(j->out + t * H + (j->first + b) * D, a->mixed + (b * j->rows + t) * D,
                   D * sizeof(float));
}

/* scores = softmax(Q K^T), mixed = scores V, for the heads that were gathered. */
static enum xnn_status attend(attention *a) {
    pthreadpool_t pool = threads_pool(a->threads);
    enum xnn_status s = xnn_setup_batch_matrix_multiply_nc_f32(a->product_qk, a->workspace,
                                                               a->q, a->k, a->scores);
    if (!s) s = xnn_run_operator(a->product_qk, pool);
    if (!s) s = xnn_setup_softmax_nc_f32(a->softmax, a->scores, a->scores);
    if (!s) s = xnn_run_operator(a->softmax, pool);
    if (!s)
        s = xnn_setup_batch_matrix_multiply_nc_f32(a->product_sv, a->workspace, a->scores, a->v,
                                                   a->mixed);
    if (!s) s = xnn_run_operator(a->product_sv, pool);
    return s;
}

rs_status attention_run(attention *a, const float *qkv, size_t T, size_t rows, float *out) {
    size_t unused;
    enum xnn_status s = reshape(a, T, rows, &unused);
    for (size_t first = 0; first < a->heads && !s; first += a->batch) {
        head_job job = {a, qkv, T, rows, first, out};
        threads_rows(a->threads, a->batch, gather_heads, &job);
        s = attend(a);
        if (!s) threads_rows(a->threads, a->batch, scatter_heads, &job);
    }
    return s ? RS_ERR_MEMORY : RS_OK;
}
