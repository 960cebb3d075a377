/* Part of fast_kernels.h: attention of one head in f32. */
#ifndef RS_FAST_ATTENTION_H
#define RS_FAST_ATTENTION_H

#include "kernels/fast_functions.h"

enum {
    /* Queries of a tile: as many as keep its sums in registers. The last tile of a text may have
     * fewer; it is computed in full and the surplus rows are discarded. */
    QUERIES = SIMD_LANES == 16 ? 12 : 4,
    HEAD_VECTORS = SIMD_LANES < FAST_TILE ? 2 : 1,
    HEAD_TILE = HEAD_VECTORS * SIMD_LANES /* keys, or columns of values */
};

typedef struct head {
    size_t T, Tp, D, Dp; /* …p: rounded up to FAST_TILE */
    float *k;            /* [Tp / HEAD_TILE][D][HEAD_TILE] */
    float *v;            /* [T][Dp] */
    float *q;            /* [QUERIES][D] times 1/sqrt(D) */
    float *scores;       /* [QUERIES][Tp] */
} head;

/* scores = q K^T for HEAD_TILE keys. */
INLINE void score_keys(const head *h, size_t key) {
    simd_f32 sum[QUERIES][HEAD_VECTORS];
    const float *k = h->k + key * h->D;
    for (int r = 0; r < QUERIES; r++)
        for (int v = 0; v < HEAD_VECTORS; v++) sum[r][v] = simd_splat(0);
    for (size_t d = 0; d < h->D; d++, k += HEAD_TILE)
        for (int r = 0; r < QUERIES; r++) {
            const simd_f32 q = simd_splat(h->q[(size_t)r * h->D + d]);
            for (int v = 0; v < HEAD_VECTORS; v++)
                sum[r][v] = sum[r][v] + q * simd_load(k + v * SIMD_LANES);
        }
    for (int r = 0; r < QUERIES; r++)
        for (int v = 0; v < HEAD_VECTORS; v++)
            simd_store(h->scores + (size_t)r * h->Tp + key + (size_t)(v * SIMD_LANES),
                       sum[r][v]);
}

INLINE unrolled minus(unrolled x, simd_f32 y) {
    FOR_EACH x.v[i] = x.v[i] - y;
    return x;
}

/* x[i] = e^(x[i] - max) */
INLINE void exp_beneath(float *x, size_t n, simd_f32 max) {
    for (; n >= UNROLL_LANES; n -= UNROLL_LANES, x += UNROLL_LANES)
        unrolled_store(x, exp_of(minus(unrolled_load(x), max)));
    if (n) unrolled_store_some(x, n, exp_of(minus(unrolled_load_some(x, n), max)));
}

/* Replaces the scores of one query by e^(score - largest score); returns their sum. */
INLINE float exp_scores(float *x, size_t T, size_t Tp) {
    for (size_t u = T; u < Tp; u++) x[u] = x[0];
    simd_f32 max = simd_splat(-INFINITY);
    for (size_t u = 0; u < Tp; u += SIMD_LANES) max = simd_max(simd_load(x + u), max);
    exp_beneath(x, Tp, simd_splat(largest_lane(max)));
    for (size_t u = T; u < Tp; u++) x[u] = 0;
    simd_f32 sum[SUM_VECTORS];
    for (int i = 0; i < SUM_VECTORS; i++) sum[i] = simd_splat(0);
    for (size_t u = 0; u < Tp; u += LANES)
        for (int i = 0; i < SUM_VECTORS; i++)
            sum[i] = sum[i] + simd_load(x + u + (size_t)(i * SIMD_LANES));
    float lanes[LANES];
    for (int i = 0; i < SUM_VECTORS; i++) simd_store(lanes + i * SIMD_LANES, sum[i]);
    float all = 0;
    for (int i = 0; i < LANES; i++) all += lanes[i];
    return all;
}

/* out = scores V / sum, for up to HEAD_TILE of the D columns. */
INLINE void mix_values(size_t queries, const head *h, size_t column, const float *sums,
                       float *out, size_t stride) {
    simd_f32 sum[QUERIES][HEAD_VECTORS];
    const float *value = h->v + column;
    for (int r = 0; r < QUERIES; r++)
        for (int v = 0; v < HEAD_VECTORS; v++) sum[r][v] = simd_splat(0);
    for (size_t u = 0; u < h->T; u++, value += h->Dp)
        for (int r = 0; r < QUERIES; r++) {
            const simd_f32 weight = simd_splat(h->scores[(size_t)r * h->Tp + u]);
            for (int v = 0; v < HEAD_VECTORS; v++)
                sum[r][v] = sum[r][v] + weight * simd_load(value + v * SIMD_LANES);
        }
    const size_t valid = h->D - column < HEAD_TILE ? h->D - column : HEAD_TILE;
    for (size_t r = 0; r < QUERIES; r++) {
        if (r >= queries) break;
        float y[HEAD_TILE];
        for (int v = 0; v < HEAD_VECTORS; v++)
            simd_store(y + v * SIMD_LANES, sum[r][v] / simd_splat(sums[r]));
        memcpy(out + r * stride + column, y, valid * sizeof *y);
    }
}

static void attend_rows(size_t queries, const head *h, const float *q, size_t q_stride,
                        float scale, float *out, size_t stride) {
    float sums[QUERIES];
    for (size_t r = 0; r < queries; r++)
        for (size_t d = 0; d < h->D; d++) h->q[r * h->D + d] = q[r * q_stride + d] * scale;
    for (size_t u = 0; u < h->T; u += HEAD_TILE) score_keys(h, u);
    for (size_t r = 0; r < queries; r++)
        sums[r] = exp_scores(h->scores + r * h->Tp, h->T, h->Tp);
    for (size_t c = 0; c < h->D; c += HEAD_TILE) mix_values(queries, h, c, sums, out, stride);
}

static void attend(const float *qkv, size_t T, size_t rows, size_t A, size_t D, size_t number,
                   float *scratch, float *out) {
    const size_t H = A * D, stride = 3 * H;
    const size_t Tp = (T + FAST_TILE - 1) / FAST_TILE * FAST_TILE;
    const size_t Dp = (D + FAST_TILE - 1) / FAST_TILE * FAST_TILE;
    head h = {.T = T, .Tp = Tp, .D = D, .Dp = Dp};
    h.scores = scratch;
    h.v = h.scores + QUERIES * Tp;
    h.k = h.v + T * Dp;
    h.q = h.k + Tp * D;
    const float *q = qkv + number * D, *k = q + H, *v = k + H;
    for (size_t u = 0; u < Tp; u += HEAD_TILE)
        for (size_t d = 0; d < D; d++)
            for (size_t i = 0; i < HEAD_TILE; i++)
                h.k[u * D + d * HEAD_TILE + i] = u + i < T ? k[(u + i) * stride + d] : 0;
    for (size_t u = 0; u < T; u++) {
        for (size_t d = 0; d < Dp; d++) h.v[u * Dp + d] = d < D ? v[u * stride + d] : 0;
    }
    const float scale = kernels_attention_scale(D);
    for (size_t t = 0; t < rows; t += QUERIES)
        attend_rows(rows - t < QUERIES ? rows - t : QUERIES, &h, q + t * stride, stride, scale,
                    out + t * H + number * D, H);
}

#endif
