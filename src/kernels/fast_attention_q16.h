/* Part of fast_kernels.h: attention of one head in int16, for models with int8 weights.
 *
 * Numbers are stored in pairs, whose products simd_dot_i16 adds: elements d and d + 1 of a query and
 * of a key; attention weights and values of tokens u and u + 1. Odd lengths are padded with zeros. */
#ifndef RS_FAST_ATTENTION_Q16_H
#define RS_FAST_ATTENTION_Q16_H

#include "kernels/fast_attention.h"

enum { PAIR = 2 };

typedef struct head_q16 {
    size_t T, Tp, D, Dp; /* …p: rounded up to FAST_TILE */
    int16_t *k;          /* [Tp / HEAD_TILE][Dp / PAIR][HEAD_TILE][PAIR] */
    int16_t *v;          /* [Tp / PAIR][Dp][PAIR] */
    int16_t *q;          /* [Dp / CHUNK][QUERIES][CHUNK] */
    int16_t *weights;    /* [Tp / CHUNK][QUERIES][CHUNK] */
    int16_t *rows;       /* [PAIR][Dp] */
    float *scores;       /* [QUERIES][Tp] */
    float score_scale, value_scale;
} head_q16;

/* The largest |x| of a head's queries, keys or values. */
INLINE float largest_of(const float *x, size_t T, size_t D, size_t stride) {
    simd_f32 largest = simd_splat(0);
    const size_t whole_end = D - D % SIMD_LANES;
    for (size_t t = 0; t < T; t++, x += stride) {
        for (size_t d = 0; d < whole_end; d += SIMD_LANES)
            largest = simd_max(absolute(simd_load(x + d)), largest);
        if (whole_end < D) largest = simd_max(absolute(scaled(x, NULL, whole_end, D)), largest);
    }
    return largest_lane(largest);
}

/* Quantizes one row to integers of magnitude at most `max`, an integer, padded with zeros. Chunks of
 * CHUNK values are `stride` apart. */
INLINE void quantize_q16(const float *x, const head_q16 *h, float inverse_scale, float max,
                         int16_t *q, size_t stride) {
    for (size_t d = 0; d < h->Dp; d += SIMD_LANES)
        simd_store_i16(q + d / CHUNK * stride + d % CHUNK,
                       clamp(scaled(x, NULL, d, h->D) * simd_splat(inverse_scale), -max, max));
}

INLINE void copy_pair(int16_t *to, const int16_t *from) { memcpy(to, from, PAIR * sizeof *to); }

static void place_keys(const head_q16 *h, const float *k, size_t stride, float inverse_scale,
                       float max) {
    for (size_t u = 0; u < h->Tp; u++) {
        int16_t *to = h->k + u / HEAD_TILE * HEAD_TILE * h->Dp + u % HEAD_TILE * PAIR;
        if (u < h->T)
            quantize_q16(k + u * stride, h, inverse_scale, max, h->rows, CHUNK);
        else
            memset(h->rows, 0, h->Dp * sizeof *h->rows);
        for (size_t d = 0; d < h->Dp; d += PAIR) copy_pair(to + d * HEAD_TILE, h->rows + d);
    }
}

static void place_values(const head_q16 *h, const float *v, size_t stride,
                         float inverse_scale) {
    int16_t *even = h->rows, *odd = even + h->Dp;
    for (size_t u = 0; u < h->Tp; u += PAIR) {
        memset(even, 0, PAIR * h->Dp * sizeof *even);
        if (u < h->T)
            quantize_q16(v + u * stride, h, inverse_scale, KERNELS_Q16_MAX, even, CHUNK);
        if (u + 1 < h->T)
            quantize_q16(v + (u + 1) * stride, h, inverse_scale, KERNELS_Q16_MAX, odd, CHUNK);
        int16_t *to = h->v + u * h->Dp;
        for (size_t d = 0; d < h->Dp; d++) to[d * PAIR] = even[d], to[d * PAIR + 1] = odd[d];
    }
}

INLINE simd_i16 splat_pair(const int16_t *pair) {
    int32_t both;
    memcpy(&both, pair, sizeof both);
    return (simd_i16)simd_splat_i32(both);
}

/* sum = left right^T, for HEAD_TILE columns of right.
 * left: [count / CHUNK][QUERIES][CHUNK]  right: [count / PAIR][HEAD_TILE][PAIR], a pair every right_stride */
INLINE void multiply_pairs(const int16_t *left, size_t count, const int16_t *right,
                           size_t right_stride, simd_i32 (*sum)[HEAD_VECTORS]) {
    for (int r = 0; r < QUERIES; r++)
        for (int v = 0; v < HEAD_VECTORS; v++) sum[r][v] = simd_splat_i32(0);
    for (const int16_t *const end = left + count * QUERIES; left < end; left += QUERIES * CHUNK)
        for (int c = 0; c < CHUNK; c += PAIR, right += right_stride) {
            simd_i16 columns[HEAD_VECTORS];
            for (int v = 0; v < HEAD_VECTORS; v++)
                columns[v] = simd_load_i16(right + v * SIMD_LANES * PAIR);
            for (int r = 0; r < QUERIES; r++) {
                const simd_i16 pair = splat_pair(left + r * CHUNK + c);
                for (int v = 0; v < HEAD_VECTORS; v++)
                    sum[r][v] = simd_dot_i16(sum[r][v], columns[v], pair);
            }
        }
}

/* Quantizes e^score to attention weights, stored in chunks; returns their sum. */
INLINE int32_t quantize_weights(const float *scores, size_t Tp, float weight_scale,
                                int16_t *weights) {
    simd_i32 sum = simd_splat_i32(0);
    for (size_t u = 0; u < Tp; u += SIMD_LANES) {
        const simd_f32 v =
            simd_load(scores + u) * simd_splat(weight_scale); /* 0 … KERNELS_Q16_MAX */
        simd_store_i16(weights + u / CHUNK * (QUERIES * CHUNK) + u % CHUNK, v);
        sum += simd_to_i32(v);
    }
    int32_t all = 0;
    for (int i = 0; i < SIMD_LANES; i++) all += sum[i];
    return all;
}

/* Clears the unused rows of a tile, from `from` on: sums of stale values could overflow int32.
 * rows: [count / CHUNK][QUERIES][CHUNK] */
static void clear_rows(int16_t *rows, size_t count, size_t from) {
    const size_t bytes = (QUERIES - from) * CHUNK * sizeof *rows;
    for (size_t c = 0; c < count; c += CHUNK)
        memset(rows + c * QUERIES + from * CHUNK, 0, bytes);
}

static void attend_rows_q16(size_t queries, const head_q16 *h, const float *q, size_t q_stride,
                            float inverse_scale, float max, float *out, size_t stride) {
    simd_i32 sum[QUERIES][HEAD_VECTORS];
    float scale[QUERIES] = {0};
    if (queries < QUERIES) {
        clear_rows(h->q, h->Dp, queries);
        clear_rows(h->weights, h->Tp, queries);
    }
    for (size_t r = 0; r < queries; r++)
        quantize_q16(q + r * q_stride, h, inverse_scale, max, h->q + r * CHUNK,
                     QUERIES * CHUNK);
    for (size_t u = 0; u < h->T; u += HEAD_TILE) {
        multiply_pairs(h->q, h->Dp, h->k + u * h->Dp, HEAD_TILE * PAIR, sum);
        for (size_t r = 0; r < QUERIES; r++)
            for (size_t v = 0; v < HEAD_VECTORS; v++)
                simd_store(h->scores + r * h->Tp + u + v * SIMD_LANES,
                           simd_from_i32(sum[r][v]) * simd_splat(h->score_scale));
    }
    for (size_t r = 0; r < queries; r++) {
        float *scores = h->scores + r * h->Tp;
        const float weight_scale =
            kernels_attention_weight_scale(exp_scores(scores, h->T, h->Tp));
        scale[r] = kernels_attention_output_scale(
            h->value_scale,
            quantize_weights(scores, h->Tp, weight_scale, h->weights + r * CHUNK));
    }
    for (size_t c = 0; c < h->D; c += HEAD_TILE) {
        multiply_pairs(h->weights, h->Tp, h->v + c * PAIR, h->Dp * PAIR, sum);
        float y[QUERIES][HEAD_TILE];
        for (size_t r = 0; r < QUERIES; r++)
            for (size_t v = 0; v < HEAD_VECTORS; v++)
                simd_store(y[r] + v * SIMD_LANES,
                           simd_from_i32(sum[r][v]) * simd_splat(scale[r]));
        const size_t valid = h->D - c < HEAD_TILE ? h->D - c : HEAD_TILE;
        for (size_t r = 0; r < queries; r++)
            memcpy(out + r * stride + c, y[r], valid * sizeof **y);
    }
}

static void attend_q16(const float *qkv, size_t T, size_t rows, size_t A, size_t D,
                       size_t number, float *scratch, float *out) {
    const size_t H = A * D, stride = 3 * H;
    const size_t Tp = (T + FAST_TILE - 1) / FAST_TILE * FAST_TILE;
    const size_t Dp = (D + FAST_TILE - 1) / FAST_TILE * FAST_TILE;
    head_q16 h = {.T = T, .Tp = Tp, .D = D, .Dp = Dp};
    h.scores = scratch;
    h.weights = (int16_t *)(h.scores + QUERIES * Tp);
    h.v = h.weights + QUERIES * Tp;
    h.k = h.v + Tp * Dp;
    h.q = h.k + Tp * Dp;
    h.rows = h.q + QUERIES * Dp;
    const float *q = qkv + number * D, *k = q + H, *v = k + H;
    const float max = kernels_q16_max(D);
    float q_scale, k_scale;
    const float q_inverse =
        kernels_q16_inverse_scale(largest_of(q, rows, D, stride), max, &q_scale);
    const float k_inverse =
        kernels_q16_inverse_scale(largest_of(k, T, D, stride), max, &k_scale);
    const float v_inverse =
        kernels_q16_inverse_scale(largest_of(v, T, D, stride), KERNELS_Q16_MAX, &h.value_scale);
    h.score_scale = q_scale * kernels_attention_scale(D) * k_scale;
    place_keys(&h, k, stride, k_inverse, max);
    place_values(&h, v, stride, v_inverse);
    for (size_t t = 0; t < rows; t += QUERIES)
        attend_rows_q16(rows - t < QUERIES ? rows - t : QUERIES, &h, q + t * stride, stride,
                        q_inverse, max, out + t * H + number * D, H);
}

#endif
