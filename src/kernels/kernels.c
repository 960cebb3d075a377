#include "kernels/kernels.h"

#include "kernels/packed.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { NORM_LANES = KERNELS_NORM_LANES };

static double sum_norm_lanes(const double *lanes) {
    double sum = 0;
    for (int i = 0; i < NORM_LANES; i++) sum += lanes[i];
    return sum;
}

float kernels_norm_scale(double variance, float eps) {
    return (float)(1.0 / sqrt(variance + eps));
}

void kernels_layer_norm(const float *x, const float *residual, const float *gain,
                        const float *bias, float eps, size_t T, size_t H, float *y) {
    for (size_t t = 0; t < T; t++, x += H, y += H) {
        for (size_t i = 0; i < H; i++) y[i] = residual ? x[i] + residual[i] : x[i];
        if (residual) residual += H;

        /* The variance takes a second pass: E[x^2] - mean^2 would subtract two close numbers. Sums are
         * in double, because H additions of f32 would lose bits that matter beside outliers. */
        double lanes[NORM_LANES] = {0}, squares[NORM_LANES] = {0};
        for (size_t i = 0; i < H; i += NORM_LANES)
            for (size_t j = 0; j < (H - i < NORM_LANES ? H - i : NORM_LANES); j++)
                lanes[j] += y[i + j];
        const double mean = sum_norm_lanes(lanes) / (double)H;
        for (size_t i = 0; i < H; i += NORM_LANES)
            for (size_t j = 0; j < (H - i < NORM_LANES ? H - i : NORM_LANES); j++)
                squares[j] += (y[i + j] - mean) * (y[i + j] - mean);
        const float scale = kernels_norm_scale(sum_norm_lanes(squares) / (double)H, eps);
        for (size_t i = 0; i < H; i++) y[i] = (y[i] - (float)mean) * scale * gain[i] + bias[i];
    }
}

void kernels_linear_f32(const float *x, const float *weight, const float *bias, size_t T,
                        size_t N, size_t K, float *y) {
    for (size_t t = 0; t < T; t++)
        for (size_t n = 0; n < N; n++)
            y[t * N + n] = kernels_dot(x + t * K, weight + n * K, K) + bias[n];
}

void kernels_scale_columns(const float *x, const float *scale, size_t T, size_t K, float *y) {
    for (size_t t = 0; t < T; t++)
        for (size_t k = 0; k < K; k++) y[t * K + k] = x[t * K + k] * scale[k];
}

kernels_q8_row kernels_q8_range(float low, float high, size_t K,
                                size_t (*count)(const void *ctx, float limit), const void *ctx,
                                int *estimate, float *inverse_scale, float *limit) {
    /* The limit is a multiple of 1/32 of the largest magnitude, exact in f32: the smallest with few
     * enough outliers. An exponential search around the estimate is followed by a binary search. */
    const int parts = 32;
    const float max = -low > high ? -low : high, part = 1.0f / (float)parts;
    int under = 0, enough = parts, at = *estimate, reach = *estimate ? 1 : parts;
    while (K >= KERNELS_VALUES_PER_OUTLIER && enough - under > 1) {
        if (at <= under || at >= enough) at = (under + enough) / 2;
        if (count(ctx, max * ((float)at * part)) <= K / KERNELS_VALUES_PER_OUTLIER) {
            enough = at;
            at -= reach;
        } else {
            under = at;
            at += reach;
        }
        reach *= 2;
    }
    *estimate = enough;
    *limit = max * ((float)enough * part);
    low = low > -*limit ? low : -*limit;
    high = high < *limit ? high : *limit;

    const float step = 1.0f / KERNELS_Q7_MAX;
    float scale = high * step - low * step; /* high - low could overflow */
    /* Where values are so small that 1 / scale could overflow, or one is NaN, all become 0. */
    if (!(scale > 1e-32f)) scale = 1;
    *inverse_scale = 1.0f / scale;
    const float zero = rintf(-low * *inverse_scale);
    return (kernels_q8_row){
        zero > 0 ? (zero < KERNELS_Q7_MAX ? (int32_t)zero : (int32_t)KERNELS_Q7_MAX) : 0,
        scale};
}

typedef struct row_of {
    const float *x;
    size_t K;
} row_of;

static size_t count_beyond(const void *ctx, float limit) {
    const row_of *row = ctx;
    size_t count = 0;
    for (size_t k = 0; k < row->K; k++) count += row->x[k] > limit || row->x[k] < -limit;
    return count;
}

kernels_q8_row kernels_quantize_row(const float *x, size_t K, int16_t *q) {
    float low = 0, high = 0, inverse_scale, limit;
    int estimate = 0;
    for (size_t k = 0; k < K; k++) {
        low = x[k] < low ? x[k] : low;
        high = x[k] > high ? x[k] : high;
    }
    const kernels_q8_row row = kernels_q8_range(low, high, K, count_beyond, &(row_of){x, K},
                                                &estimate, &inverse_scale, &limit);
    for (size_t k = 0; k < K; k++) {
        const float beyond = x[k] > limit || x[k] < -limit ? KERNELS_OUTLIER_MAX : 0;
        const float min = 0 - beyond, max = KERNELS_Q7_MAX + beyond;
        float at = rintf(x[k] * inverse_scale) + (float)row.zero_point;
        at = at > min ? at : min;
        q[k] = (int16_t)(at < max ? at : max);
    }
    return row;
}

void kernels_linear_q8(const float *x, const int8_t *weight, const float *scale,
                       const float *bias, size_t T, size_t N, size_t K, int16_t *q, float *y) {
    for (size_t t = 0; t < T; t++, x += K, y += N) {
        const kernels_q8_row row = kernels_quantize_row(x, K, q);
        for (size_t n = 0; n < N; n++) {
            int32_t sum = 0; /* below 2^31: 127 * 127 * K, and 32 times that for one in 64 */
            for (size_t k = 0; k < K; k++)
                sum += (q[k] - row.zero_point) * weight[packed_at(K, n, k)];
            y[n] = (float)sum * row.scale * scale[n] + bias[n];
        }
    }
}

kernels_q8_row kernels_quantize_qd8(const float *x, size_t K, int8_t *q) {
    float low = 0, high = 0;
    for (size_t k = 0; k < K; k++) {
        low = x[k] < low ? x[k] : low;
        high = x[k] > high ? x[k] : high;
    }
    const float inverse_scale = high > low ? 255.0f / (high - low) : 1.0f;
    /* The zero point follows from low, or from high; rounding makes these two numbers. As in XNNPACK
     * the end with the smaller rounding error decides. */
    const float from_low = -128.0f + low * inverse_scale,
                from_high = 127.0f + high * inverse_scale;
    const float at = from_low + from_high > 0 ? -128.0f - low * inverse_scale
                                              : 127.0f - high * inverse_scale;
    const float zero = rintf(fminf(fmaxf(at, -128.0f), 127.0f));
    for (size_t k = 0; k < K; k++)
        q[k] = (int8_t)fminf(fmaxf(rintf(x[k] * inverse_scale) + zero, -128.0f), 127.0f);
    return (kernels_q8_row){(int32_t)zero, 1.0f / inverse_scale};
}

void kernels_quantize_rest(const float *x, const int8_t *q, kernels_q8_row row, size_t K,
                           float *rest) {
    for (size_t k = 0; k < K; k++) rest[k] = x[k] - (float)(q[k] - row.zero_point) * row.scale;
}

/* y[n] += (q - zero point) * weight^T * scales, for one row. */
static void add_products_qd8(const int8_t *q, kernels_q8_row row, const int8_t *weight,
                             const float *scale, size_t N, size_t K, float *y) {
    for (size_t n = 0; n < N; n++) {
        int32_t sum = 0; /* |sum| <= 255 * 127 * K, below 2^31 for K up to 66,000 */
        for (size_t k = 0; k < K; k++)
            sum += (q[k] - row.zero_point) * weight[packed_at(K, n, k)];
        y[n] += (float)sum * row.scale * scale[n];
    }
}

void kernels_linear_qd8(const float *x, const int8_t *weight, const float *scale,
                        const float *bias, size_t T, size_t N, size_t K, int8_t *q, float *rest,
                        float *y) {
    for (size_t t = 0; t < T; t++, x += K, y += N) {
        for (size_t n = 0; n < N; n++) y[n] = bias[n];
        kernels_q8_row row = kernels_quantize_qd8(x, K, q);
        add_products_qd8(q, row, weight, scale, N, K, y);
        kernels_quantize_rest(x, q, row, K, rest);
        row = kernels_quantize_qd8(rest, K, q);
        add_products_qd8(q, row, weight, scale, N, K, y);
    }
}

static float polynomial(float x, const float *c, int degree) {
    float y = c[degree];
    for (int i = degree; i-- > 0;) y = y * x + c[i];
    return y;
}

float kernels_exp(float x) {
    x = x > -KERNELS_EXP_LIMIT ? x : -KERNELS_EXP_LIMIT;
    x = x < KERNELS_EXP_LIMIT ? x : KERNELS_EXP_LIMIT;
    const float n = rintf(x * KERNELS_LOG2_E);
    const float r = (x - n * KERNELS_LN2_HIGH) - n * KERNELS_LN2_LOW;
    float y = (polynomial(r, kernels_exp_terms, KERNELS_EXP_DEGREE) * (r * r) + r) + 1;
    uint32_t bits; /* times 2^n: y and the result are far from the ends of f32 */
    memcpy(&bits, &y, sizeof bits);
    bits += (uint32_t)(int32_t)n << 23;
    memcpy(&y, &bits, sizeof y);
    return y;
}

float kernels_erf(float x) {
    if (x > KERNELS_ERF_LIMIT) return 1;
    if (x < -KERNELS_ERF_LIMIT) return -1;
    const float square = x * x;
    return x * polynomial(square, kernels_erf_over, KERNELS_ERF_DEGREE) /
           polynomial(square, kernels_erf_under, KERNELS_ERF_DEGREE);
}

static void gelu_erf(float *x, size_t n) {
    const float sqrt_half = 0.70710678118654752440f;
    for (size_t i = 0; i < n; i++) x[i] = 0.5f * x[i] * (1 + kernels_erf(x[i] * sqrt_half));
}

/* x/2 (1 + tanh(u)) = x / (1 + exp(-2u)) */
static void gelu_tanh(float *x, size_t n) {
    const float minus_2_sqrt_2_over_pi = -1.59576912160573071176f;
    for (size_t i = 0; i < n; i++) {
        const float inner = minus_2_sqrt_2_over_pi * (x[i] + 0.044715f * x[i] * x[i] * x[i]);
        x[i] = x[i] / (1 + kernels_exp(inner));
    }
}

static void relu(float *x, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
}

void kernels_activate(kernels_activation how, float *x, size_t n) {
    switch (how) {
    case KERNELS_GELU_ERF: gelu_erf(x, n); break;
    case KERNELS_GELU_TANH: gelu_tanh(x, n); break;
    case KERNELS_RELU: relu(x, n); break;
    case KERNELS_IDENTITY: break;
    }
}

enum { LANES = 16 };

static float sum_lanes(const float *lanes) {
    float sum = 0;
    for (int i = 0; i < LANES; i++) sum += lanes[i];
    return sum;
}

/* Replaces x by e^(x - largest); returns their sum. The largest is subtracted so that exp cannot
 * overflow; NaN is never the largest. */
static float exp_row(float *x, size_t columns) {
    float max = -INFINITY, lanes[LANES] = {0};
    for (size_t c = 0; c < columns; c++) max = x[c] > max ? x[c] : max;
    for (size_t c = 0; c < columns; c++) lanes[c % LANES] += x[c] = kernels_exp(x[c] - max);
    return sum_lanes(lanes);
}

float kernels_attention_scale(size_t D) { return 1.0f / sqrtf((float)D); }

/* Every sum is sequential, so that fast kernels compute several of them in the lanes of a vector
 * without a sum across lanes. */
void kernels_attention(const float *qkv, size_t T, size_t rows, size_t A, size_t D,
                       float *scores, float *out) {
    const size_t H = A * D;
    const float scale = kernels_attention_scale(D);
    for (size_t a = 0; a < A; a++) {
        for (size_t t = 0; t < rows; t++) {
            const float *query = qkv + t * 3 * H + a * D;
            for (size_t u = 0; u < T; u++) {
                const float *key = qkv + u * 3 * H + H + a * D;
                float score = 0;
                for (size_t d = 0; d < D; d++) score += query[d] * scale * key[d];
                scores[u] = score;
            }
            const float sum = exp_row(scores, T);
            float *y = out + t * H + a * D;
            for (size_t d = 0; d < D; d++) y[d] = 0;
            for (size_t u = 0; u < T; u++) {
                const float *value = qkv + u * 3 * H + 2 * H + a * D;
                for (size_t d = 0; d < D; d++) y[d] += scores[u] * value[d];
            }
            for (size_t d = 0; d < D; d++) y[d] /= sum;
        }
    }
}

float kernels_q16_max(size_t D) {
    const double max = floor(sqrt((double)INT32_MAX / (double)D));
    return max < INT16_MAX ? (float)max : (float)INT16_MAX;
}

float kernels_q16_inverse_scale(float largest, float max, float *scale) {
    /* Below this limit the factor could overflow; NaN is not above it. */
    const bool good = largest > 1e-32f;
    *scale = good ? largest / max : 0;
    return good ? max / largest : 0;
}

static float largest_of(const float *x, size_t T, size_t D, size_t stride) {
    float largest = 0;
    for (size_t t = 0; t < T; t++)
        for (size_t d = 0; d < D; d++) {
            const float size = fabsf(x[t * stride + d]);
            largest = size > largest ? size : largest;
        }
    return largest;
}

static int16_t to_int16(float x, float max) {
    x = rintf(x);
    x = x > -max ? x : -max;
    return (int16_t)(x < max ? x : max);
}

/* Quantizes the queries, keys or values of one head; returns their scale.
 * x: [T, D], a row every `stride`  q: [T, D] */
static float quantize_head(const float *x, size_t T, size_t D, size_t stride, float max,
                           int16_t *q) {
    float scale;
    const float inverse_scale =
        kernels_q16_inverse_scale(largest_of(x, T, D, stride), max, &scale);
    for (size_t t = 0; t < T; t++)
        for (size_t d = 0; d < D; d++)
            q[t * D + d] = to_int16(x[t * stride + d] * inverse_scale, max);
    return scale;
}

void kernels_attention_q16(const float *qkv, size_t T, size_t rows, size_t A, size_t D,
                           int16_t *q, float *scores, float *out) {
    const size_t H = A * D;
    const float max = kernels_q16_max(D);
    int16_t *k = q + T * D, *v = k + T * D;
    for (size_t a = 0; a < A; a++) {
        const float *from = qkv + a * D;
        const float q_scale = quantize_head(from, rows, D, 3 * H, max, q);
        const float k_scale = quantize_head(from + H, T, D, 3 * H, max, k);
        const float v_scale = quantize_head(from + 2 * H, T, D, 3 * H, KERNELS_Q16_MAX, v);
        const float scale = q_scale * kernels_attention_scale(D) * k_scale;
        for (size_t t = 0; t < rows; t++) {
            for (size_t u = 0; u < T; u++) {
                int32_t score = 0;
                for (size_t d = 0; d < D; d++) score += q[t * D + d] * k[u * D + d];
                scores[u] = (float)score * scale;
            }
            const float weight_scale = kernels_attention_weight_scale(exp_row(scores, T));
            int32_t weights = 0; /* their sum, nearly 32767 */
            for (size_t u = 0; u < T; u++) {
                const int16_t weight = to_int16(scores[u] * weight_scale, KERNELS_Q16_MAX);
                scores[u] = weight;
                weights += weight;
            }
            const float output_scale = kernels_attention_output_scale(v_scale, weights);
            for (size_t d = 0; d < D; d++) {
                int32_t sum = 0; /* |sum| <= 32767 * weights, where weights <= 32767 + T / 2 */
                for (size_t u = 0; u < T; u++) sum += (int32_t)scores[u] * v[u * D + d];
                out[t * H + a * D + d] = (float)sum * output_scale;
            }
        }
    }
}

float kernels_dot(const float *a, const float *b, size_t n) {
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++) lanes[j] += a[i + (size_t)j] * b[i + (size_t)j];
    for (int j = 0; i < n; i++, j++) lanes[j] += a[i] * b[i];
    return sum_lanes(lanes);
}

float kernels_dot_i8(const float *a, const int8_t *b, size_t n) {
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++) lanes[j] += a[i + (size_t)j] * (float)b[i + (size_t)j];
    for (int j = 0; i < n; i++, j++) lanes[j] += a[i] * (float)b[i];
    return sum_lanes(lanes);
}

/* The sum of all |q| stays below 2^24, so that with |b| <= 128 no dot product reaches 2^31; rounding
 * adds at most 1/2 to each. */
float kernels_quantize_i16(const float *x, size_t n, int16_t *q) {
    const double max_sum = 16777215.0 - (double)n;
    double sum = 0, max = 0;
    for (size_t i = 0; i < n; i++) {
        const double size = fabs((double)x[i]);
        sum += size;
        max = size > max ? size : max;
    }
    const double by_sum = max_sum / sum, by_max = INT16_MAX / max;
    const double wanted = by_sum < by_max ? by_sum : by_max;
    const bool good = wanted > 0 && wanted < (double)FLT_MAX; /* false for NaN */
    const float inverse_scale = good ? (float)wanted : 0;
    for (size_t i = 0; i < n; i++) q[i] = good ? (int16_t)rintf(x[i] * inverse_scale) : 0;
    return good ? 1 / inverse_scale : 0;
}

int32_t kernels_dot_i16_i8(const int16_t *q, const int8_t *b, size_t n) {
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += q[i] * b[i];
    return sum;
}
