/* Times the int8 products of an encoder, one thread: every kernel of fast.h that runs here, XNNPACK in
 * two parts as linear_xnnpack_q8.c does it and in one, and what the processor can do at most with
 * registers of 128 bits. Turn and turn about; prints for each the median of the rounds and the best,
 * in 10^9 multiply-adds a second.
 *
 *     bench_kernels [ROWS [ROUNDS]]        (256, 9)                                                */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "kernels/fast.h"
#include "kernels/linear.h"

#if REFSCOUT_WITH_XNNPACK
#include <xnnpack.h>
#endif
#if defined __wasm_simd128__
#include <wasm_simd128.h>
#elif defined __SSE2__
#include <immintrin.h>
#endif

enum { MOST_ROUNDS = 101, MOST_CASES = 12 };

/* Of this process, where the system can say: others may be busy. */
static double now(void) {
    struct timespec t;
#if defined __EMSCRIPTEN__
    clock_gettime(CLOCK_MONOTONIC, &t);
#else
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
#endif
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint32_t state = 1;

static uint32_t next(void) {
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

typedef struct bench {
    const char *name;
    double seconds[MOST_ROUNDS], macs;
    const fast *kernels; /* one of fast.h */
    linear *l;           /* or what linear.h would run */
    void (*run)(struct bench *b);
    void *context;
    size_t rows;
    const float *x;
    float *y;
} bench;

/* ---- At most --------------------------------------------------------------------------------- */

static volatile int32_t sink;

/* Products of int16 with sums in int32, 8 at a time, out of and into registers. */
static void run_limit(bench *b) {
    const int steps = 1000000;
#if defined __wasm_simd128__
    v128_t sum[12], a = wasm_i16x8_splat((int16_t)next());
    for (int i = 0; i < 12; i++) sum[i] = wasm_i32x4_splat(i);
    for (int s = 0; s < steps; s++)
        for (int i = 0; i < 12; i++) sum[i] = wasm_i32x4_dot_i16x8(sum[i], a);
    for (int i = 1; i < 12; i++) sum[0] = wasm_i32x4_add(sum[0], sum[i]);
    sink = wasm_i32x4_extract_lane(sum[0], 0);
    b->macs = 8.0 * 12 * steps;
#elif defined __SSE2__
    __m128i sum[12], a = _mm_set1_epi16((int16_t)next());
    for (int i = 0; i < 12; i++) sum[i] = _mm_set1_epi32(i);
    for (int s = 0; s < steps; s++)
        for (int i = 0; i < 12; i++) sum[i] = _mm_madd_epi16(sum[i], a);
    for (int i = 1; i < 12; i++) sum[0] = _mm_add_epi32(sum[0], sum[i]);
    sink = _mm_cvtsi128_si32(sum[0]);
    b->macs = 8.0 * 12 * steps;
#else
    b->macs = 0;
#endif
}

/* ---- The products ------------------------------------------------------------------------------ */

static void run_backend(bench *b) {
    const linear_backend *backend = b->context;
    if (backend->run(b->l, b->rows, b->x, b->y)) exit(1);
}

static void open_backend(bench *b, const linear_backend *backend, const char *name, arena *a,
                         const linear_weights *w, size_t rows) {
    void *pack, *scratch, *l;
    const linear_sizes most = {rows, w->columns, w->columns, w->rows};
    if (backend->pack_open(NULL, &pack) || backend->scratch_open(a, most, NULL, &scratch) ||
        backend->open(a, w, KERNELS_IDENTITY, pack, scratch, &l))
        exit(1);
    b->name = name;
    b->run = run_backend;
    b->context = (void *)(uintptr_t)backend;
    b->l = l;
}

#if REFSCOUT_WITH_XNNPACK
typedef struct one_part {
    xnn_operator_t quantize, product;
    int8_t *q;
    struct xnn_quantization_params *rows;
    size_t N, K;
} one_part;

static void run_one_part(bench *b) {
    const one_part *o = b->context;
    if (xnn_reshape_convert_nc_f32_qd8(o->quantize, b->rows, o->K, o->K, o->K, NULL) ||
        xnn_setup_convert_nc_f32_qd8(o->quantize, b->x, o->q, o->rows) ||
        xnn_run_operator(o->quantize, NULL) ||
        xnn_reshape_fully_connected_nc_qd8_f32_qc8w(o->product, b->rows, NULL) ||
        xnn_setup_fully_connected_nc_qd8_f32_qc8w(o->product, o->q, b->y, o->rows) ||
        xnn_run_operator(o->product, NULL))
        exit(1);
}

/* weights: those of w, row by row */
static void open_one_part(bench *b, arena *a, const linear_weights *w, const int8_t *weights,
                          size_t rows) {
    one_part *o = arena_alloc(a, 1, sizeof *o);
    o->N = w->rows;
    o->K = w->columns;
    o->q = arena_alloc(a, rows, w->columns);
    o->rows = arena_alloc(a, rows + 16, sizeof *o->rows);
    if (xnn_create_convert_nc_f32_qd8(0, &o->quantize) ||
        xnn_create_fully_connected_nc_qd8_f32_qc8w(o->K, o->N, o->K, o->N, w->scale, weights,
                                                   w->bias, -INFINITY, INFINITY, 0, NULL, NULL,
                                                   &o->product))
        exit(1);
    b->name = "XNNPACK, one part";
    b->run = run_one_part;
    b->context = o;
}
#endif

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void time_shape(size_t rows, size_t N, size_t K, size_t rounds) {
    bench cases[MOST_CASES] = {{0}};
    size_t count = 0;
    arena a;
    arena_init(&a, NULL);
    int8_t *weights = arena_alloc(&a, N, K), *q8 = arena_alloc(&a, packed_bytes(N, K), 1);
    float *scale = arena_alloc(&a, N, sizeof *scale), *bias = arena_alloc(&a, N, sizeof *bias);
    float *x = arena_alloc(&a, rows * K, sizeof *x), *y = arena_alloc(&a, rows * N, sizeof *y);
    /* Nearly normal, as trained weights are, and within PACKED_SUM_MAX. */
    for (size_t i = 0; i < N * K; i++) {
        int32_t sum = -62;
        for (int j = 0; j < 4; j++) sum += (int32_t)(next() % 32);
        q8[packed_at(K, i / K, i % K)] = weights[i] = (int8_t)sum;
    }
    for (size_t i = 0; i < N; i++) scale[i] = 0.01f;
    for (size_t i = 0; i < rows * K; i++) x[i] = (float)(next() % 2001) / 1000 - 1;
    const linear_weights w = {.q8 = q8, .scale = scale, .bias = bias, .rows = N, .columns = K};

    cases[count++] = (bench){.name = "limit of 128 bits", .run = run_limit};
    for (size_t i = 0; fast_all[i]; i++) {
        if (!fast_all[i]->runs_here()) continue;
        fast_force(fast_all[i]);
        open_backend(&cases[count++], &linear_own, fast_all[i]->name, &a, &w, rows);
    }
#if REFSCOUT_WITH_XNNPACK
    open_backend(&cases[count++], &linear_xnnpack_q8, "XNNPACK, two parts", &a, &w, rows);
    open_one_part(&cases[count++], &a, &w, weights, rows);
#endif
    for (size_t round = 0; round <= rounds; round++) /* the first is not counted */
        for (size_t i = 0; i < count; i++) {
            bench *b = &cases[i];
            b->rows = rows;
            b->x = x;
            b->y = y;
            b->macs = (double)rows * (double)N * (double)K;
            const double start = now();
            b->run(b);
            if (round) b->seconds[round - 1] = now() - start;
        }
    for (size_t i = 0; i < count; i++) {
        bench *b = &cases[i];
        qsort(b->seconds, rounds, sizeof *b->seconds, compare);
        printf("%4zu x %4zu -> %4zu  %-20s %6.1f  best %6.1f\n", rows, K, N, b->name,
               b->macs / b->seconds[rounds / 2] * 1e-9, b->macs / b->seconds[0] * 1e-9);
    }
    arena_free(&a);
}

int main(int argc, char **argv) {
    static const size_t shapes[][2] = {{768, 768}, {3072, 768}, {768, 3072}, {384, 384}};
    const size_t rows = argc > 1 ? strtoul(argv[1], NULL, 10) : 256;
    const size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 9;
    if (!rows || !rounds || rounds > MOST_ROUNDS) {
        fputs("usage: bench_kernels [ROWS [ROUNDS]]\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        time_shape(rows, shapes[i][0], shapes[i][1], rounds);
    return 0;
}
