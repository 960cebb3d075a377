/* fast.h against the definitions in kernels.c, to the last bit, for every instruction set that runs
 * here: shapes that are no multiple of any tile, the largest and the smallest numbers, rows of zeros. */
#include "kernels/fast.h"

#include "base/arena.h"
#include "check.h"
#include <float.h>

static const fast *tested;

static uint32_t state = 1;

static uint32_t next(void) {
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

/* -1 … 1 */
static float uniform(void) { return (float)((int32_t)(next() % 20001) - 10000) / 10000; }

/* Rows of kinds in turn: plain, with one outlier, zeros, denormal, huge, positive, whole steps. */
static float value(size_t row, size_t k) {
    const float u = uniform();
    switch (row % 7) {
    case 1: return k % 60 == 3 ? 80 * u : u;
    case 2: return 0;
    case 3: return u * 1e-39f;
    case 4: return u * FLT_MAX;
    case 5: return u + 1.5f;
    case 6: return (float)(int)(u * 63.5f) * 0.5f; /* halves of a step: ties */
    default: return u;
    }
}

static void same(const float *got, const float *want, size_t count) {
    CHECK_BYTES(got, want, count * sizeof *got);
}

static void test_activate(void) {
    enum { COUNT = 1003 };
    static float x[COUNT], y[COUNT];
    for (int how = KERNELS_GELU_ERF; how <= KERNELS_IDENTITY; how++)
        for (int round = 0; round < 40; round++) {
            const float range = ldexpf(1, round - 20);
            for (int i = 0; i < COUNT; i++) x[i] = y[i] = uniform() * range;
            x[0] = y[0] = FLT_MAX, x[1] = y[1] = -FLT_MAX, x[2] = y[2] = FLT_MIN / 2;
            x[3] = y[3] = KERNELS_ERF_LIMIT, x[4] = y[4] = 0, x[5] = y[5] = -0.0f;
            tested->activate((kernels_activation)how, x, COUNT);
            kernels_activate((kernels_activation)how, y, COUNT);
            check_in("%s, activation %d, up to %g", tested->name, how, (double)range);
            same(x, y, COUNT);
        }
}

/* With and without a residual, in place and not; rows of the kinds of value(). */
static void test_layer_norm(size_t H) {
    enum { T = 7 };
    arena a;
    arena_init(&a, NULL);
    float *x = arena_alloc(&a, T * H, sizeof *x), *residual = arena_alloc(&a, T * H, sizeof *x);
    float *gain = arena_alloc(&a, H, sizeof *gain), *bias = arena_alloc(&a, H, sizeof *bias);
    float *got = arena_alloc(&a, T * H, sizeof *got),
          *want = arena_alloc(&a, T * H, sizeof *want);
    for (size_t i = 0; i < T * H; i++) {
        x[i] = value(i / H, i % H);
        residual[i] = uniform();
    }
    for (size_t i = 0; i < H; i++) gain[i] = uniform(), bias[i] = uniform();
    check_in("%s, layer norm of %zu", tested->name, H);
    for (int with = 0; with < 2; with++) {
        const float *more = with ? residual : NULL;
        kernels_layer_norm(x, more, gain, bias, 1e-12f, T, H, want);
        tested->layer_norm(x, more, gain, bias, 1e-12f, T, H, got);
        same(got, want, T * H);
    }
    tested->layer_norm(x, residual, gain, bias, 1e-12f, T, H, residual);
    same(residual, want, T * H);
    check_out();
    arena_free(&a);
}

/* As packed.h says, written the other way round. */
static void pack(const int8_t *q8, size_t N, size_t K, int8_t *packed) {
    for (size_t n = 0; n < N; n += PACKED_ROWS)
        for (size_t k = 0; k < packed_quads(K) * PACKED_QUAD; k += PACKED_QUAD)
            for (size_t i = n; i < n + PACKED_ROWS; i++)
                for (size_t j = k; j < k + PACKED_QUAD; j++)
                    *packed++ = i < N && j < K ? q8[i * K + j] : 0;
}

/* Eight columns whose sums are the largest that are allowed. */
enum { LARGE = 3 };
static const int8_t large[LARGE][8] = {{127, 127, 4, 0, 4, 0, 127, 127},
                                       {-4, 0, -127, -127, -127, -127, 0, -4},
                                       {127, -127, 127, -127, 127, -127, 127, -127}};

static void test_product(size_t T, size_t N, size_t K, bool smoothed,
                         kernels_activation activation) {
    const size_t quads = packed_quads(K), panels = packed_panels(N),
                 width = panels * PACKED_ROWS;
    arena a;
    arena_init(&a, NULL);
    float *x = arena_alloc(&a, T * K, sizeof *x), *scaled = arena_alloc(&a, T * K, sizeof *x);
    float *smooth = arena_alloc(&a, K, sizeof *smooth);
    float *scale = arena_alloc(&a, width, sizeof *scale);
    float *bias = arena_alloc(&a, width, sizeof *bias);
    int8_t *q8 = arena_alloc(&a, N * K, 1), *packed = arena_alloc(&a, packed_bytes(N, K), 1);
    int32_t *sum = arena_alloc(&a, width, sizeof *sum);
    int16_t *q = arena_alloc(&a, K, sizeof *q);
    const fast_rows rows = {.q = arena_alloc(&a, fast_q_bytes(tested, T, K), 1),
                            .outliers = arena_alloc(&a, T, fast_outlier_bytes(K)),
                            .row = arena_alloc(&a, T, sizeof *rows.row)};
    float *got = arena_alloc(&a, T * N, sizeof *got),
          *want = arena_alloc(&a, T * N, sizeof *got);
    for (size_t i = 0; i < T * K; i++) x[i] = value(i / K, i % K);
    for (size_t i = 0; i < K; i++) smooth[i] = 0.75f + 0.25f * uniform();
    for (size_t i = 0; i < N; i++) {
        scale[i] = 0.01f + 0.001f * uniform();
        bias[i] = uniform();
    }
    for (size_t i = 0; i < N * K; i++)
        q8[i] = i / K % 5 < LARGE ? large[i / K % 5][i % K % 8]
                                  : (int8_t)((int32_t)(next() % 129) - 64);
    pack(q8, N, K, packed);
    for (size_t p = 0; p < panels; p++)
        CHECK(tested->sum_and_check(packed + p * packed_bytes(PACKED_ROWS, K), quads,
                                    sum + p * PACKED_ROWS));
    for (size_t n = 0; n < N; n++) {
        int32_t want_sum = 0;
        for (size_t k = 0; k < K; k++) want_sum += q8[n * K + k];
        CHECK_EQ(sum[n], want_sum);
    }
    const fast_weights w = {packed, sum, scale, bias, N, K, panels, quads};

    int estimate = 0;
    check_in("%s, %zu rows, %zu x %zu, activation %d", tested->name, T, N, K, activation);
    for (size_t t = 0; t < T; t++) {
        const float *from = x + t * K;
        tested->quantize(from, smoothed ? smooth : NULL, K, t, &rows, &estimate);
        if (smoothed) {
            kernels_scale_columns(from, smooth, 1, K, scaled + t * K);
            from = scaled + t * K;
        }
        const kernels_q8_row row = kernels_quantize_row(from, K, q);
        CHECK_EQ(rows.row[t].of.zero_point, row.zero_point);
        same(&rows.row[t].of.scale, &row.scale, 1);
    }
    kernels_linear_q8(smoothed ? scaled : x, packed, scale, bias, T, N, K, q, want);
    kernels_activate(activation, want, T * N);
    tested->product(&w, &rows, T, 0, panels, activation, got);
    same(got, want, T * N);
    /* In three parts, as threads would; what was there is overwritten and nothing else. */
    memset(got, 0x55, T * N * sizeof *got);
    for (size_t p = 0; p < panels; p += (panels + 2) / 3)
        tested->product(&w, &rows, T, p,
                        p + (panels + 2) / 3 < panels ? p + (panels + 2) / 3 : panels,
                        activation, got);
    same(got, want, T * N);
    check_out();
    arena_free(&a);
}

/* One weight too large at each place where it matters. */
static void test_bound(void) {
    enum { K = 70, QUADS = 32 };
    static int8_t packed[PACKED_ROWS * QUADS * PACKED_QUAD];
    int32_t sum[PACKED_ROWS];
    for (int sign = -1; sign <= 1; sign += 2)
        for (size_t i = 0; i < 4 * K; i++) {
            static const size_t fours[][4] = {{0, 1, 4, 5}, {2, 3, 6, 7}};
            const size_t *four = fours[i % 2], row = i % PACKED_ROWS, first = i / 4 / 8 * 8;
            memset(packed, 0, sizeof packed);
            for (size_t j = 0; j < 4; j++)
                packed[packed_at(K, row, first + four[j])] = (int8_t)(sign * (j < 2 ? 63 : 66));
            check_in("%s, four %zu of row %zu", tested->name, first, row);
            CHECK(tested->sum_and_check(packed, QUADS, sum));
            CHECK_EQ(sum[row], sign * PACKED_SUM_MAX);
            packed[packed_at(K, row, first + four[i % 4])] = (int8_t)(sign * 67);
            CHECK(!tested->sum_and_check(packed, QUADS, sum));
            check_out();
        }
}

static void test_attend(size_t T, size_t rows, size_t A, size_t D, float range) {
    const size_t H = A * D;
    arena a;
    arena_init(&a, NULL);
    float *qkv = arena_alloc(&a, T * 3 * H, sizeof *qkv);
    float *scratch = arena_alloc(&a, fast_attend_floats(tested, T, D), sizeof *scratch);
    float *scores = arena_alloc(&a, T, sizeof *scores);
    float *got = arena_alloc(&a, rows * H, sizeof *got);
    float *want = arena_alloc(&a, rows * H, sizeof *want);
    int16_t *q = arena_alloc(&a, 3 * T * D, sizeof *q);
    for (size_t i = 0; i < T * 3 * H; i++) qkv[i] = uniform() * range;
    check_in("%s, attention of %zu rows to %zu, %zu heads of %zu, up to %g", tested->name, rows,
             T, A, D, (double)range);
    kernels_attention(qkv, T, rows, A, D, scores, want);
    for (size_t head = 0; head < A; head++)
        tested->attend(qkv, T, rows, A, D, head, scratch, got);
    same(got, want, rows * H);
    kernels_attention_q16(qkv, T, rows, A, D, q, scores, want);
    for (size_t head = 0; head < A; head++)
        tested->attend_q16(qkv, T, rows, A, D, head, scratch, got);
    check_in("in int16");
    same(got, want, rows * H);
    check_out();
    check_out();
    arena_free(&a);
}

static void test_dot_rows(size_t N, size_t H) {
    arena a;
    arena_init(&a, NULL);
    float *x = arena_alloc(&a, H, sizeof *x);
    int16_t *q = arena_alloc(&a, H, sizeof *q);
    int8_t *rows = arena_alloc(&a, N, H);
    int32_t *got = arena_alloc(&a, N, sizeof *got), *want = arena_alloc(&a, N, sizeof *want);
    check_in("%s, query with %zu rows of %zu", tested->name, N, H);
    for (int kind = 0; kind < 2; kind++) { /* of any size, and all the largest there are */
        for (size_t i = 0; i < H; i++) x[i] = kind ? (i % 3 ? 2.0f : -2.0f) : uniform();
        kernels_quantize_i16(x, H, q);
        for (size_t i = 0; i < N * H; i++)
            rows[i] = (int8_t)(kind ? (i % H % 3 ? -128 : 127) : (int32_t)(next() % 256) - 128);
        for (size_t i = 0; i < N; i++) want[i] = kernels_dot_i16_i8(q, rows + i * H, H);
        tested->dot_rows(q, rows, N, H, got);
        CHECK_BYTES(got, want, N * sizeof *got);
    }
    check_out();
    arena_free(&a);
}

static void test_kernels(void) {
    static const size_t shapes[][3] = {{1, 1, 1},    {2, 3, 5},     {7, 8, 4},    {5, 13, 37},
                                       {13, 16, 33}, {9, 25, 64},   {20, 40, 96}, {14, 24, 129},
                                       {33, 9, 257}, {3, 72, 1030}, {17, 100, 80}};
    test_activate();
    for (size_t H = 1; H < 20; H++) test_layer_norm(H);
    test_layer_norm(768);
    test_bound();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int smoothed = 0; smoothed < 2; smoothed++)
            test_product(shapes[i][0], shapes[i][1], shapes[i][2], smoothed,
                         (kernels_activation)(i % 4));
    test_product(300, 17, 3000, true, KERNELS_GELU_ERF); /* more than one block of rows */
    for (size_t T = 1; T < 40; T += 3) test_attend(T, T, 2, 5, 1);
    for (size_t N = 1; N < 20; N++) test_dot_rows(N, 13 * N * N + N % 3);
    test_dot_rows(7, 768);
    test_dot_rows(37, 768);
    test_attend(70, 70, 3, 16, 3);
    test_attend(130, 9, 1, 64, 1);
    test_attend(65, 1, 2, 33, 20); /* most weights vanish */
    test_attend(19, 19, 2, 7, 0);
    test_attend(19, 19, 2, 7, 1e-35f);
    test_attend(19, 5, 1, 8, 1e20f); /* scores beyond f32 */
}

int main(void) {
    for (size_t i = 0; fast_all[i]; i++) {
        if (!fast_all[i]->runs_here()) continue;
        tested = fast_all[i];
        fast_force(tested);
        test_kernels();
    }
#if defined TEST_FAST_SIGNED
    extern const fast fast_signed;
    tested = &fast_signed;
    fast_force(tested);
    test_kernels();
#endif
    return check_result();
}
