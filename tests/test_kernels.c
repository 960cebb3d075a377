/* The definitions, against values worked out by other means: closed forms, and double precision. */
#include "kernels/kernels.h"

#include "check.h"

static void test_layer_norm(void) {
    /* {1, 2, 3, 6}: mean 3, variance 3.5 */
    const float x[4] = {1, 2, 3, 6}, gain[4] = {1, 2, 1, -1}, bias[4] = {0, 1, 0, 0};
    const float half[4] = {0.5f, 1, 1.5f, 3};
    const double s = 1 / sqrt(3.5);
    const double want[4] = {-2 * s, 1 - 2 * s, 0, -3 * s};
    float y[4], z[4];
    kernels_layer_norm(x, NULL, gain, bias, 1e-12f, 1, 4, y);
    kernels_layer_norm(half, half, gain, bias, 1e-12f, 1, 4, z);
    for (int i = 0; i < 4; i++) {
        CHECK_NEAR(y[i], want[i], 1e-6);
        CHECK_EQ(z[i] == y[i], 1);
    }
    /* A constant row has no spread: eps keeps it finite, and the result is the bias. */
    const float flat[4] = {7, 7, 7, 7};
    kernels_layer_norm(flat, NULL, gain, bias, 1e-12f, 1, 4, y);
    for (int i = 0; i < 4; i++) CHECK_NEAR(y[i], bias[i], 1e-6);
}

static void test_gelu(void) {
    /* x * normal distribution function(x); tanh form by its definition in double */
    for (int i = -60; i <= 60; i++) {
        const double x = i / 10.0;
        float erf_form = (float)x, tanh_form = (float)x, relu = (float)x;
        kernels_activate(KERNELS_GELU_ERF, &erf_form, 1);
        kernels_activate(KERNELS_GELU_TANH, &tanh_form, 1);
        kernels_activate(KERNELS_RELU, &relu, 1);
        CHECK_NEAR(erf_form, 0.5 * x * erfc(-x / sqrt(2)), 1e-6);
        CHECK_NEAR(tanh_form,
                   0.5 * x * (1 + tanh(sqrt(2 / acos(-1.0)) * (x + 0.044715 * x * x * x))),
                   1e-6); /* seen: 5.3e-7, one bit at 4.7 */
        CHECK_EQ(relu == (float)(x > 0 ? x : 0), 1);
    }
    float a = 2.7f, b = 2.7f;
    kernels_activate(KERNELS_GELU_ERF, &a, 1);
    kernels_activate(KERNELS_GELU_TANH, &b, 1);
    CHECK(fabsf(a - b) > 1e-4f); /* they are not the same function */
}

static void test_exp_erf(void) {
    double worst_exp = 0, worst_erf = 0;
    for (int i = -86000; i <= 86000; i++) {
        const float x = (float)i / 1000;
        worst_exp = fmax(worst_exp, fabs(kernels_exp(x) / exp((double)x) - 1));
    }
    for (int i = -60000; i <= 60000; i++) {
        const float x = (float)i / 10000;
        worst_erf = fmax(worst_erf, fabs(kernels_erf(x) - erf((double)x)));
    }
    CHECK_NEAR(worst_exp, 0, 2e-7);
    CHECK_NEAR(worst_erf, 0, 4e-7);
    CHECK_EQ(kernels_exp(0) == 1, 1);
    CHECK_EQ(kernels_exp(-1e30f) == kernels_exp(-KERNELS_EXP_LIMIT), 1); /* small, never 0 */
    CHECK_EQ(kernels_exp(1e30f) == kernels_exp(KERNELS_EXP_LIMIT), 1);   /* finite */
    float far[4] = {-1000, 1000, -1000, 1000};
    kernels_activate(KERNELS_GELU_ERF, far, 2);
    kernels_activate(KERNELS_GELU_TANH, far + 2, 2);
    for (int i = 0; i < 4; i++) CHECK_NEAR(far[i], i % 2 ? 1000 : 0, 1e-30);
}

static void test_quantize(void) {
    const float x[5] = {-1, 0, 0.5f, 1.54f, 0.004f};
    int16_t q[130];
    kernels_q8_row row = kernels_quantize_row(x, 5, q);
    CHECK_NEAR(row.scale, 2.54 / 127, 1e-8);
    CHECK_EQ(row.zero_point, 50);
    const int16_t want[5] = {0, 50, 75, 127, 50};
    for (int i = 0; i < 5; i++) CHECK_EQ(q[i], want[i]);

    const float positive[2] = {3, 5}, zero[2] = {0, 0}, tiny[2] = {1e-40f, -1e-39f};
    const float huge[2] = {3e38f, -3e38f};
    CHECK_EQ(kernels_quantize_row(positive, 2, q).zero_point, 0); /* the range always holds 0 */
    CHECK_EQ(kernels_quantize_row(zero, 2, q).zero_point, q[0]);
    CHECK_EQ(kernels_quantize_row(tiny, 2, q).zero_point, q[0]); /* too small to tell from 0 */
    row = kernels_quantize_row(huge, 2, q);
    CHECK_NEAR((double)row.scale * (q[0] - row.zero_point), 3e38, 3e36);
    CHECK_NEAR((double)row.scale * (q[1] - row.zero_point), -3e38, 3e36);

    /* Of 130 values two may be outliers: the others keep the scale that they have without these two. */
    float long_row[130];
    for (int i = 0; i < 130; i++) long_row[i] = (float)(i % 2 ? -1 : 1);
    long_row[7] = 16, long_row[99] = -15;
    row = kernels_quantize_row(long_row, 130, q);
    CHECK_NEAR(row.scale, 2.0 / 127, 1e-8);
    for (int i = 0; i < 130; i++)
        CHECK_NEAR((double)row.scale * (q[i] - row.zero_point), long_row[i], row.scale * 0.51);
    CHECK(q[7] > 1000 && q[99] < -850);
    long_row[50] = 14; /* one too many */
    row = kernels_quantize_row(long_row, 130, q);
    CHECK(row.scale > 14.0f / 127);
}

static void test_quantize_qd8(void) {
    const float x[5] = {-1, 0, 0.5f, 1.55f, 0.004f};
    int8_t q[5];
    const kernels_q8_row row = kernels_quantize_qd8(x, 5, q);
    CHECK_NEAR(row.scale, 2.55 / 255, 1e-8);
    CHECK_EQ(row.zero_point, -28);
    const int8_t want[5] = {-128, -28, 22, 127, -28};
    for (int i = 0; i < 5; i++) CHECK_EQ(q[i], want[i]);
    float rest[5];
    kernels_quantize_rest(x, q, row, 5, rest);
    for (int i = 0; i < 5; i++) CHECK_NEAR(rest[i], i == 4 ? 0.004 : 0, 1e-6);

    const float positive[2] = {3, 5}, zero[2] = {0, 0}; /* the range always holds 0 */
    CHECK_EQ(kernels_quantize_qd8(positive, 2, q).zero_point, -128);
    CHECK_EQ(kernels_quantize_qd8(zero, 2, q).zero_point,
             q[0]); /* wherever 0 lies, it is exact */
}

static void test_linear(void) {
    const float x[2 * 3] = {1, 2, 3, -1, 0, 1}, w[2 * 3] = {1, 0, -1, 2, 2, 2},
                      bias[2] = {10, 20};
    float y[4];
    kernels_linear_f32(x, w, bias, 2, 2, 3, y);
    const float want[4] = {8, 32, 8, 20};
    for (int i = 0; i < 4; i++) CHECK_NEAR(y[i], want[i], 0);
}

/* Two tokens, one head of two: worked out by hand. */
static void test_attention(void) {
    const float qkv[2 * 6] = {1, 0, 2, 0, 10, 1, /* q k v of token 0 */
                              0, 1, 0, 2, 20, 2};
    float scores[2], out[4];
    kernels_attention(qkv, 2, 2, 1, 2, scores, out);
    const double e = exp(sqrt(2)), p = e / (e + 1); /* q.k = 2 or 0, over sqrt(2) */
    CHECK_NEAR(out[0], 10 * p + 20 * (1 - p), 1e-5);
    CHECK_NEAR(out[1], 1 * p + 2 * (1 - p), 1e-6);
    CHECK_NEAR(out[2], 10 * (1 - p) + 20 * p, 1e-5);
}

/* Many tokens and heads against f32: what 12 bits of queries and keys, 15 of shares and values, leave. */
static void test_attention_q16(void) {
    enum { T = 100, A = 2, D = 64, H = A * D };
    static float qkv[T * 3 * H], want[T * H], got[T * H], scores[T];
    static int16_t q[3 * T * D];
    uint32_t state = 1;
    for (size_t i = 0; i < sizeof qkv / sizeof *qkv; i++) {
        state = state * 1664525u + 1013904223u;
        qkv[i] = (float)(int32_t)state / 1e9f;
    }
    kernels_attention(qkv, T, T, A, D, scores, want);
    kernels_attention_q16(qkv, T, T, A, D, q, scores, got);
    double worst = 0;
    for (size_t i = 0; i < T * H; i++) worst = fmax(worst, fabs((double)got[i] - want[i]));
    CHECK_NEAR(worst, 0, 1e-3); /* seen: 5.4e-4, values being up to 2.1 */
    CHECK(worst > 1e-6);        /* another computation */

    /* One token takes all of itself; values too large or too small for units of their own. */
    float one[6] = {1, 2, 3, 4, 0.5f, -0.25f}, out[2];
    kernels_attention_q16(one, 1, 1, 1, 2, q, scores, out);
    CHECK_NEAR(out[0], 0.5, 1e-6);
    CHECK_NEAR(out[1], -0.25, 1e-5);
    for (int i = 0; i < 6; i++) one[i] = i < 4 ? 1e-38f : 0;
    kernels_attention_q16(one, 1, 1, 1, 2, q, scores, out);
    CHECK_NEAR(out[0], 0, 0);
    for (int i = 0; i < 4; i++)
        one[i] = 3e38f; /* scores are no numbers: nothing is shared out */
    kernels_attention_q16(one, 1, 1, 1, 2, q, scores, out);
    CHECK_NEAR(out[0], 0, 0);
}

static void test_dot(void) {
    float a[67], b[67];
    int8_t c[67];
    for (size_t n = 0; n <= 67; n++) {
        double want = 0, want_i8 = 0;
        for (size_t i = 0; i < n; i++) {
            a[i] = (float)((int)(i * 7 % 11) - 5);
            b[i] = (float)((int)(i * 5 % 13) - 6);
            c[i] = (int8_t)((int)(i * 37 % 255) - 127);
            want += (double)a[i] * b[i];
            want_i8 += (double)a[i] * c[i];
        }
        CHECK_NEAR(kernels_dot(a, b, n), want, 0); /* small integers: exact */
        CHECK_NEAR(kernels_dot_i8(a, c, n), want_i8, 0);
    }
}

int main(void) {
    test_layer_norm();
    test_gelu();
    test_exp_erf();
    test_quantize();
    test_quantize_qd8();
    test_linear();
    test_attention();
    test_attention_q16();
    test_dot();
    return check_result();
}
