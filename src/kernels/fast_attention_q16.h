/* Of fast_kernels.h: attention of one head in int16, as models with int8 weights have it.
 *
 * Pairs of numbers lie side by side, as simd_dot_i16 adds them: two members of a query and of a key, two
 * values of a column and what is taken of them. Odd ones are filled up with zeros. */
#ifndef RS_FAST_ATTENTION_Q16_H
#define RS_FAST_ATTENTION_Q16_H

#include "kernels/fast_attention.h"

enum { PAIR = 2 };

typedef struct head_q16 {
    size_t T, Tp, D, Dp; /* …p: rounded up to FAST_TILE */
    int16_t *k;          /* [Tp / HEAD_TILE][Dp / PAIR][HEAD_TILE][PAIR] */
    int16_t *v;          /* [Tp / PAIR][Dp][PAIR] */
    int16_t *q;          /* [Dp / CHUNK][QUERIES][CHUNK] */
    int16_t *shares;     /* [Tp / CHUNK][QUERIES][CHUNK] */
    int16_t *rows;       /* [PAIR][Dp] */
    float *scores;       /* [QUERIES][Tp] */
    float score_unit, value_unit;
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

/* A row of whole numbers up to `most`, itself one, zeros behind the end; each CHUNK of them `stride`
 * behind the one before. */
INLINE void quantize_q16(const float *x, const head_q16 *h, float steps, float most, int16_t *q,
                         size_t stride) {
    for (size_t d = 0; d < h->Dp; d += SIMD_LANES)
        simd_store_i16(q + d / CHUNK * stride + d % CHUNK,
                       clamp(scaled(x, NULL, d, h->D) * simd_splat(steps), -most, most));
}

INLINE void copy_pair(int16_t *to, const int16_t *from) { memcpy(to, from, PAIR * sizeof *to); }

static void place_keys(const head_q16 *h, const float *k, size_t stride, float steps,
                       float most) {
    for (size_t u = 0; u < h->Tp; u++) {
        int16_t *to = h->k + u / HEAD_TILE * HEAD_TILE * h->Dp + u % HEAD_TILE * PAIR;
        if (u < h->T)
            quantize_q16(k + u * stride, h, steps, most, h->rows, CHUNK);
        else
            memset(h->rows, 0, h->Dp * sizeof *h->rows);
        for (size_t d = 0; d < h->Dp; d += PAIR) copy_pair(to + d * HEAD_TILE, h->rows + d);
    }
}

static void place_values(const head_q16 *h, const float *v, size_t stride, float steps) {
    int16_t *even = h->rows, *odd = even + h->Dp;
    for (size_t u = 0; u < h->Tp; u += PAIR) {
        memset(even, 0, PAIR * h->Dp * sizeof *even);
        if (u < h->T) quantize_q16(v + u * stride, h, steps, KERNELS_SHARES, even, CHUNK);
        if (u + 1 < h->T)
            quantize_q16(v + (u + 1) * stride, h, steps, KERNELS_SHARES, odd, CHUNK);
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

/* Of e^score to whole shares, in chunks; returns their sum. */
INLINE int32_t share_out(const float *scores, size_t Tp, float share, int16_t *shares) {
    simd_i32 sum = simd_splat_i32(0);
    for (size_t u = 0; u < Tp; u += SIMD_LANES) {
        const simd_f32 v = simd_load(scores + u) * simd_splat(share); /* 0 … KERNELS_SHARES */
        simd_store_i16(shares + u / CHUNK * (QUERIES * CHUNK) + u % CHUNK, v);
        sum += simd_to_i32(v);
    }
    int32_t all = 0;
    for (int i = 0; i < SIMD_LANES; i++) all += sum[i];
    return all;
}

/* Rows of a tile that are not there, from `from` on: sums of whatever lay there could leave int32.
 * rows: [count / CHUNK][QUERIES][CHUNK] */
static void clear_rows(int16_t *rows, size_t count, size_t from) {
    const size_t bytes = (QUERIES - from) * CHUNK * sizeof *rows;
    for (size_t c = 0; c < count; c += CHUNK)
        memset(rows + c * QUERIES + from * CHUNK, 0, bytes);
}

static void attend_rows_q16(size_t queries, const head_q16 *h, const float *q, size_t q_stride,
                            float steps, float most, float *out, size_t stride) {
    simd_i32 sum[QUERIES][HEAD_VECTORS];
    float unit[QUERIES] = {0};
    if (queries < QUERIES) {
        clear_rows(h->q, h->Dp, queries);
        clear_rows(h->shares, h->Tp, queries);
    }
    for (size_t r = 0; r < queries; r++)
        quantize_q16(q + r * q_stride, h, steps, most, h->q + r * CHUNK, QUERIES * CHUNK);
    for (size_t u = 0; u < h->T; u += HEAD_TILE) {
        multiply_pairs(h->q, h->Dp, h->k + u * h->Dp, HEAD_TILE * PAIR, sum);
        for (size_t r = 0; r < QUERIES; r++)
            for (size_t v = 0; v < HEAD_VECTORS; v++)
                simd_store(h->scores + r * h->Tp + u + v * SIMD_LANES,
                           simd_from_i32(sum[r][v]) * simd_splat(h->score_unit));
    }
    for (size_t r = 0; r < queries; r++) {
        float *scores = h->scores + r * h->Tp;
        const float share = kernels_share(exp_scores(scores, h->T, h->Tp));
        unit[r] = kernels_share_unit(h->value_unit,
                                     share_out(scores, h->Tp, share, h->shares + r * CHUNK));
    }
    for (size_t c = 0; c < h->D; c += HEAD_TILE) {
        multiply_pairs(h->shares, h->Tp, h->v + c * PAIR, h->Dp * PAIR, sum);
        float y[QUERIES][HEAD_TILE];
        for (size_t r = 0; r < QUERIES; r++)
            for (size_t v = 0; v < HEAD_VECTORS; v++)
                simd_store(y[r] + v * SIMD_LANES,
                           simd_from_i32(sum[r][v]) * simd_splat(unit[r]));
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
    h.shares = (int16_t *)(h.scores + QUERIES * Tp);
    h.v = h.shares + QUERIES * Tp;
    h.k = h.v + Tp * Dp;
    h.q = h.k + Tp * Dp;
    h.rows = h.q + QUERIES * Dp;
    const float *q = qkv + number * D, *k = q + H, *v = k + H;
    const float most = kernels_q16_most(D);
    float q_unit, k_unit;
    const float q_steps = kernels_q16_steps(largest_of(q, rows, D, stride), most, &q_unit);
    const float k_steps = kernels_q16_steps(largest_of(k, T, D, stride), most, &k_unit);
    const float v_steps =
        kernels_q16_steps(largest_of(v, T, D, stride), KERNELS_SHARES, &h.value_unit);
    h.score_unit = q_unit * kernels_attention_scale(D) * k_unit;
    place_keys(&h, k, stride, k_steps, most);
    place_values(&h, v, stride, v_steps);
    for (size_t t = 0; t < rows; t += QUERIES)
        attend_rows_q16(rows - t < QUERIES ? rows - t : QUERIES, &h, q + t * stride, stride,
                        q_steps, most, out + t * H + number * D, H);
}

#endif
