/* linear.h and attention.h, whichever backend is linked, against the definitions in kernels.c: shapes
 * that are no multiple of any tile, one thread and three, one row to many. All but XNNPACK must
 * give the same bits. */
#include "kernels/linear.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/threads.h"
#include "check.h"
#include "kernels/attention.h"

enum { ROWS_MAX = 70 };

/* The same on every platform: unsigned 32-bit arithmetic. */
static float made_up(size_t i) {
    return (float)((int)((uint32_t)i * 2654435761u % 2001) - 1000) / 500.0f;
}

typedef struct problem {
    linear_weights weights;
    float *f32, *scale, *input_scale, *bias, *x, *want, *got;
    int8_t *q8; /* as packed.h says */
} problem;

static void problem_open(problem *p, arena *a, size_t N, size_t K, bool int8) {
    p->f32 = arena_alloc(a, N * K, sizeof(float));
    p->q8 = arena_alloc(a, packed_bytes(N, K), 1);
    p->scale = arena_alloc(a, N, sizeof(float));
    p->input_scale = arena_alloc(a, K, sizeof(float));
    p->bias = arena_alloc(a, N, sizeof(float));
    p->x = arena_alloc(a, ROWS_MAX * K, sizeof(float));
    p->want = arena_alloc(a, ROWS_MAX * N, sizeof(float));
    p->got = arena_alloc(a, ROWS_MAX * N, sizeof(float));
    for (size_t i = 0; i < N * K; i++) {
        p->f32[i] = made_up(i);
        p->q8[packed_at(K, i / K, i % K)] = (int8_t)(made_up(i) * 32);
    }
    for (size_t i = 0; i < N; i++) {
        p->bias[i] = made_up(i + 77);
        p->scale[i] = 0.01f + 0.001f * (float)(i % 7);
    }
    for (size_t i = 0; i < K; i++) p->input_scale[i] = 0.5f + 0.1f * (float)(i % 9);
    for (size_t i = 0; i < ROWS_MAX * K; i++) p->x[i] = made_up(i * 3 + 1);
    p->weights = (linear_weights){.bias = p->bias, .rows = N, .columns = K};
    if (int8) {
        p->weights.q8 = p->q8;
        p->weights.scale = p->scale;
    } else {
        p->weights.f32 = p->f32;
    }
}

static bool by_xnnpack(const linear_weights *w) {
    return strncmp(linear_kernel_name(w), "xnnpack", 7) == 0;
}

static void define(const problem *p, kernels_activation activation, size_t rows, float *scratch,
                   int16_t *q) {
    const linear_weights *w = &p->weights;
    const float *x = p->x;
    float *rest = scratch + ROWS_MAX * w->columns;
    if (w->input_scale) {
        kernels_scale_columns(x, w->input_scale, rows, w->columns, scratch);
        x = scratch;
    }
    if (w->q8 && by_xnnpack(w))
        kernels_linear_qd8(x, w->q8, w->scale, w->bias, rows, w->rows, w->columns, (int8_t *)q,
                           rest, p->want);
    else if (w->q8)
        kernels_linear_q8(x, w->q8, w->scale, w->bias, rows, w->rows, w->columns, q, p->want);
    else
        kernels_linear_f32(x, w->f32, w->bias, rows, w->rows, w->columns, p->want);
    kernels_activate(activation, p->want, rows * w->rows);
}

static void compare(const problem *p, size_t rows, double tolerance) {
    const size_t count = rows * p->weights.rows;
    if (!by_xnnpack(&p->weights)) CHECK_BYTES(p->got, p->want, count * sizeof *p->got);
    for (size_t i = 0; i < count; i++) CHECK_NEAR(p->got[i], p->want[i], tolerance);
}

static void test_shape(size_t N, size_t K, bool int8, bool smoothed,
                       kernels_activation activation, size_t thread_count) {
    static const size_t rows_of[] = {1, 2, 7, 31, 32, 65, ROWS_MAX};
    arena a;
    problem p;
    linear_pack *pack = NULL;
    linear_scratch *scratch = NULL;
    linear *l = NULL, *again = NULL;
    arena_init(&a, NULL);
    problem_open(&p, &a, N, K, int8);
    if (smoothed) p.weights.input_scale = p.input_scale;
    float *other = arena_alloc(&a, (ROWS_MAX + 1) * K, sizeof *other);
    int16_t *q = arena_alloc(&a, K, sizeof *q);
    threads *t = threads_open(thread_count);
    const linear_sizes most = {.rows = ROWS_MAX, .columns = K, .smoothed = K, .width = N};
    CHECK_STATUS(linear_pack_open(NULL, &pack), RS_OK);
    CHECK_STATUS(linear_scratch_open(&a, most, t, &scratch), RS_OK);
    CHECK_STATUS(linear_open(&a, &p.weights, activation, pack, scratch, &l), RS_OK);
    CHECK_STATUS(linear_open(&a, &p.weights, activation, pack, scratch, &again),
                 RS_OK); /* from the pack */
    if (check_failures) return;
    for (size_t i = 0; i < sizeof rows_of / sizeof *rows_of; i++) {
        const size_t rows = rows_of[i];
        check_in("%zu x %zu, %zu rows, %s%s, activation %d, %zu threads", N, K, rows,
                 int8 ? "int8" : "f32", smoothed ? " smoothed" : "", activation, thread_count);
        define(&p, activation, rows, other, q);
        /* Results are up to 100 large, so this is some 2e-6 of them.
         * seen: 8.8e-5 on x86-64 with AVX-512 and AMX */
        CHECK_STATUS(linear_run(i % 2 ? again : l, rows, p.x, p.got), RS_OK);
        compare(&p, rows, 2e-4);
    }
    check_out();
    linear_close(l);
    linear_close(again);
    linear_scratch_close(scratch);
    linear_pack_close(pack);
    threads_close(t);
    arena_free(&a);
}

/* Matrices of as many numbers, and of one shape, in one pack: each product has its own. */
static void test_pack(bool int8) {
    enum { COUNT = 3, ROWS = 3 };
    static const size_t shapes[COUNT][2] = {{96, 32}, {32, 96}, {96, 32}};
    arena a;
    problem p[COUNT];
    linear_pack *pack = NULL;
    linear_scratch *scratch = NULL;
    linear *l[COUNT];
    arena_init(&a, NULL);
    threads *t = threads_open(1);
    const linear_sizes most = {.rows = ROWS_MAX, .columns = 96, .smoothed = 96, .width = 96};
    CHECK_STATUS(linear_pack_open(NULL, &pack), RS_OK);
    CHECK_STATUS(linear_scratch_open(&a, most, t, &scratch), RS_OK);
    float *other = arena_alloc(&a, (ROWS_MAX + 1) * 96, sizeof *other);
    int16_t *q = arena_alloc(&a, 96, sizeof *q);
    for (size_t i = 0; i < COUNT; i++) {
        problem_open(&p[i], &a, shapes[i][0], shapes[i][1], int8);
        for (size_t j = 0; i == COUNT - 1 && j < 96 * 32; j++) p[i].f32[j] *= -1;
        for (size_t j = 0; i == COUNT - 1 && j < packed_bytes(96, 32); j++)
            p[i].q8[j] = (int8_t)-p[i].q8[j];
        CHECK_STATUS(linear_open(&a, &p[i].weights, KERNELS_IDENTITY, pack, scratch, &l[i]),
                     RS_OK);
    }
    if (check_failures) return;
    for (size_t i = 0; i < COUNT; i++) {
        check_in("matrix %zu of a pack, %s", i, int8 ? "int8" : "f32");
        define(&p[i], KERNELS_IDENTITY, ROWS, other, q);
        CHECK_STATUS(linear_run(l[i], ROWS, p[i].x, p[i].got), RS_OK);
        compare(&p[i], ROWS, 2e-4);
        check_out();
    }
    for (size_t i = 0; i < COUNT; i++) linear_close(l[i]);
    linear_scratch_close(scratch);
    linear_pack_close(pack);
    threads_close(t);
    arena_free(&a);
}

static void test_attention(size_t heads, size_t D, size_t thread_count) {
    static const size_t T_of[] = {1, 2, 13, ROWS_MAX};
    const size_t H = heads * D;
    arena a;
    attention *attn = NULL;
    arena_init(&a, NULL);
    float *qkv = arena_alloc(&a, ROWS_MAX * 3 * H, sizeof *qkv);
    float *scores = arena_alloc(&a, ROWS_MAX, sizeof *scores);
    float *want = arena_alloc(&a, ROWS_MAX * H, sizeof *want);
    float *got = arena_alloc(&a, ROWS_MAX * H, sizeof *got);
    for (size_t i = 0; i < ROWS_MAX * 3 * H; i++) qkv[i] = made_up(i);
    threads *t = threads_open(thread_count);
    CHECK_STATUS(attention_open(&a, heads, D, ROWS_MAX, false, t, &attn), RS_OK);
    if (check_failures) return;
    for (size_t i = 0; i < sizeof T_of / sizeof *T_of; i++)
        for (size_t rows = 1; rows <= T_of[i]; rows += T_of[i] > 1 ? T_of[i] - 1 : 1) {
            check_in("attention %zu x %zu, T %zu, %zu rows, %zu threads", heads, D, T_of[i],
                     rows, thread_count);
            kernels_attention(qkv, T_of[i], rows, heads, D, scores, want);
            attention_run(attn, qkv, T_of[i], rows, got);
            for (size_t j = 0; j < rows * H; j++)
                CHECK_NEAR(got[j], want[j], 1e-5); /* seen: 9.5e-7 with XNNPACK */
        }
    check_out();
    threads_close(t);
    arena_free(&a);
}

int main(void) {
    test_pack(false);
    test_pack(true);
    for (size_t thread_count = 1; thread_count <= 3; thread_count += 2) {
        test_shape(48, 48, false, false, KERNELS_IDENTITY, thread_count);
        test_shape(96, 32, false, false, KERNELS_GELU_ERF, thread_count);
        test_shape(13, 37, false, false, KERNELS_RELU, thread_count);
        test_shape(48, 48, true, true, KERNELS_IDENTITY, thread_count);
        test_shape(96, 32, true, false, KERNELS_GELU_ERF, thread_count);
        test_shape(13, 37, true, true, KERNELS_GELU_TANH, thread_count);
        test_shape(33, 129, true, false, KERNELS_RELU, thread_count);
        test_attention(3, 16, thread_count);
        test_attention(4, 8, thread_count);
        test_attention(1, 5, thread_count);
    }
    return check_result();
}
