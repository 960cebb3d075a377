/* The kernels of fast.h for one instruction set, as static functions; which the including
 * file puts into a table with FAST_TABLE. Every sum is taken in the order that
 * kernels.c says; vectors run across results, never along a sum. */
#include "fast.h"
#include "simd.h"

/* Rows and vectors of columns whose sums stay in registers. */
#if defined __AVX512VNNI__
enum { ROWS = 6, VECTORS = 2 };
#else
enum { ROWS = 4, VECTORS = 2 };
#endif
enum {
    TILE = VECTORS * SIMD_LANES,
    TILE_PANELS = TILE / FAST_PANEL,
    LANES = 16, /* of sums, as in kernels.c */
    SUM_VECTORS = LANES / SIMD_LANES,
    TWO_QUADS = SIMD_LANES > 4
};

#define INLINE static inline __attribute__((always_inline))

/* ---- Functions of one number --------------------------------------------------------------- */

/* To the nearest whole number, ties to even; |x| < 2^22. */
INLINE simd_f32 round_even(simd_f32 x) {
    const simd_f32 magic = simd_splat(12582912.0f);
    return (x + magic) - magic;
}

INLINE simd_f32 clamp(simd_f32 x, float low, float high) {
    return simd_min(simd_max(x, simd_splat(low)), simd_splat(high));
}

INLINE simd_f32 polynomial(simd_f32 x, const float *c, int degree) {
    simd_f32 y = simd_splat(c[degree]);
    for (int i = degree; i-- > 0;) y = y * x + simd_splat(c[i]);
    return y;
}

INLINE simd_f32 exp_of(simd_f32 x) {
    x = clamp(x, -KERNELS_EXP_LIMIT, KERNELS_EXP_LIMIT);
    const simd_f32 n = round_even(x * simd_splat(KERNELS_LOG2_E));
    const simd_f32 r = (x - n * simd_splat(KERNELS_LN2_HIGH)) - n * simd_splat(KERNELS_LN2_LOW);
    const simd_f32 p =
        (polynomial(r, kernels_exp_terms, KERNELS_EXP_DEGREE) * (r * r) + r) + simd_splat(1);
    return (simd_f32)((simd_i32)p + (simd_to_i32(n) << 23));
}

INLINE simd_f32 erf_of(simd_f32 x) {
    const simd_f32 limit = simd_splat(KERNELS_ERF_LIMIT);
    const simd_f32 square = x * x;
    const simd_f32 y = x * polynomial(square, kernels_erf_over, KERNELS_ERF_DEGREE) /
                       polynomial(square, kernels_erf_under, KERNELS_ERF_DEGREE);
    return simd_select(x > limit, simd_splat(1), simd_select(x < -limit, simd_splat(-1), y));
}

INLINE simd_f32 activated(kernels_activation how, simd_f32 x) {
    switch (how) {
    case KERNELS_GELU_ERF:
        return simd_splat(0.5f) * x *
               (simd_splat(1) + erf_of(x * simd_splat(0.70710678118654752440f)));
    case KERNELS_GELU_TANH: {
        const simd_f32 inner =
            simd_splat(-1.59576912160573071176f) * (x + simd_splat(0.044715f) * x * x * x);
        return x / (simd_splat(1) + exp_of(inner));
    }
    case KERNELS_RELU: return simd_max(x, simd_splat(0));
    case KERNELS_IDENTITY: break;
    }
    return x;
}

INLINE void activate_all(kernels_activation how, float *x, size_t n) {
    size_t i = 0;
    for (; i + SIMD_LANES <= n; i += SIMD_LANES)
        simd_store(x + i, activated(how, simd_load(x + i)));
    if (i < n) {
        float rest[SIMD_LANES] = {0};
        memcpy(rest, x + i, (n - i) * sizeof *rest);
        simd_store(rest, activated(how, simd_load(rest)));
        memcpy(x + i, rest, (n - i) * sizeof *rest);
    }
}

static void activate(kernels_activation how, float *x, size_t n) {
    switch (how) { /* a loop each, without a question in it */
    case KERNELS_GELU_ERF: activate_all(KERNELS_GELU_ERF, x, n); break;
    case KERNELS_GELU_TANH: activate_all(KERNELS_GELU_TANH, x, n); break;
    case KERNELS_RELU: activate_all(KERNELS_RELU, x, n); break;
    case KERNELS_IDENTITY: break;
    }
}

/* ---- Activations to 7 bits ----------------------------------------------------------------- */

/* SIMD_LANES of x from i on, scaled; zeros behind the end. */
INLINE simd_f32 scaled(const float *x, const float *scale, size_t i, size_t K) {
    if (i + SIMD_LANES <= K)
        return scale ? simd_load(x + i) * simd_load(scale + i) : simd_load(x + i);
    float rest[SIMD_LANES] = {0};
    for (size_t k = i; k < K; k++) rest[k - i] = scale ? x[k] * scale[k] : x[k];
    return simd_load(rest);
}

INLINE kernels_q8_row quantize_row(const float *x, const float *scale, size_t K,
                                   simd_activation *q) {
    simd_f32 low = simd_splat(0), high = low;
    for (size_t k = 0; k < K; k += SIMD_LANES) {
        const simd_f32 v = scaled(x, scale, k, K);
        low = simd_min(v, low);
        high = simd_max(v, high);
    }
    float lows[SIMD_LANES], highs[SIMD_LANES], steps;
    simd_store(lows, low);
    simd_store(highs, high);
    for (int i = 1; i < SIMD_LANES; i++) {
        lows[0] = lows[i] < lows[0] ? lows[i] : lows[0];
        highs[0] = highs[i] > highs[0] ? highs[i] : highs[0];
    }
    const kernels_q8_row row = kernels_q8_range(lows[0], highs[0], &steps);
    const simd_f32 zero = simd_splat((float)row.zero_point), times = simd_splat(steps);
    for (size_t k = 0; k < K; k += SIMD_LANES) {
        const simd_f32 v = round_even(scaled(x, scale, k, K) * times) + zero;
        const simd_f32 kept = clamp(v, 0, KERNELS_Q7_MOST);
        if (!TWO_QUADS || k + FAST_QUAD < K) {
            simd_store_activations(q + k, kept);
        } else { /* one quad is left */
            simd_activation rest[SIMD_LANES];
            simd_store_activations(rest, kept);
            memcpy(q + k, rest, FAST_QUAD * sizeof *rest);
        }
    }
    return row;
}

static kernels_q8_row quantize(const float *x, const float *scale, size_t K, void *q) {
    return scale ? quantize_row(x, scale, K, q) : quantize_row(x, NULL, K, q);
}

/* ---- The product ----------------------------------------------------------------------------- */

/* `vectors` vectors of columns for `rows` rows, from column `column` of the padded y on; both are
 * constants where this is called. */
INLINE void tile(int rows, int vectors, const fast_weights *w, const simd_activation *q,
                 const kernels_q8_row *row, size_t column, float *y, size_t y_stride) {
    simd_i32 sum[ROWS][VECTORS];
    const size_t panel_bytes = w->quads * FAST_PANEL * FAST_QUAD;
    const size_t stride = w->quads * FAST_QUAD;
    const int8_t *weights = w->q8 + column / FAST_PANEL * panel_bytes;
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            sum[r][v] = -simd_splat_i32(row[r].zero_point) *
                        simd_load_i32(w->sum + column + (size_t)(v * SIMD_LANES));
    for (size_t k = 0; k < w->quads; k++) {
        simd_weights of[VECTORS];
        for (int v = 0; v < vectors; v++) {
            const size_t at = (size_t)(v * SIMD_LANES / FAST_PANEL) * panel_bytes +
                              (size_t)(v * SIMD_LANES % FAST_PANEL * FAST_QUAD);
            of[v] = simd_load_weights(weights + at);
        }
        for (int r = 0; r < rows; r++) {
            const simd_activations a =
                simd_load_activations(q + (size_t)r * stride + k * FAST_QUAD);
            for (int v = 0; v < vectors; v++) sum[r][v] = simd_dot(sum[r][v], of[v], a);
        }
        weights += FAST_PANEL * FAST_QUAD;
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) {
            const size_t c = column + (size_t)(v * SIMD_LANES);
            simd_store(y + (size_t)r * y_stride + (size_t)(v * SIMD_LANES),
                       simd_from_i32(sum[r][v]) * simd_splat(row[r].scale) *
                               simd_load(w->scale + c) +
                           simd_load(w->bias + c));
        }
}

/* The column panels of one tile for all rows. */
INLINE void stripe(int vectors, const fast_weights *w, const simd_activation *q,
                   const kernels_q8_row *row, size_t T, size_t column,
                   kernels_activation activation, float *y) {
    const size_t stride = w->quads * FAST_QUAD, N = w->width;
    const size_t columns = (size_t)vectors * SIMD_LANES;
    const size_t valid = N - column < columns ? N - column : columns;
    for (size_t t = 0; t < T;) {
        float edge[ROWS * TILE]; /* where the tile is wider than y */
        const bool whole = valid == columns;
        float *to = whole ? y + t * N + column : edge;
        const size_t to_stride = whole ? N : TILE;
        size_t rows = ROWS;
        if (t + ROWS <= T)
            tile(ROWS, vectors, w, q + t * stride, row + t, column, to, to_stride);
        else if ((rows = 2) && t + 2 <= T)
            tile(2, vectors, w, q + t * stride, row + t, column, to, to_stride);
        else {
            rows = 1;
            tile(1, vectors, w, q + t * stride, row + t, column, to, to_stride);
        }
        for (size_t r = 0; r < rows; r++) {
            if (activation != KERNELS_IDENTITY)
                activate(activation, to + r * to_stride, columns);
            if (!whole) memcpy(y + (t + r) * N + column, edge + r * TILE, valid * sizeof *y);
        }
        t += rows;
    }
}

/* Quantized rows that stay in the second level of the cache while the panels go by. */
enum { BLOCK_BYTES = 256 * 1024 };

static void product(const fast_weights *w, const void *activations, const kernels_q8_row *row,
                    size_t T, size_t from, size_t to, kernels_activation activation, float *y) {
    const simd_activation *q = activations;
    const size_t stride = w->quads * FAST_QUAD;
    const size_t fit = BLOCK_BYTES / (stride * sizeof *q) / ROWS * ROWS;
    const size_t block = fit ? fit : ROWS;
    for (size_t t = 0; t < T; t += block) {
        const size_t rows = T - t < block ? T - t : block;
        size_t p = from;
        for (; p + TILE_PANELS <= to; p += TILE_PANELS)
            stripe(VECTORS, w, q + t * stride, row + t, rows, p * FAST_PANEL, activation,
                   y + t * w->width);
        for (; p < to; p++)
            stripe(FAST_PANEL / SIMD_LANES, w, q + t * stride, row + t, rows, p * FAST_PANEL,
                   activation, y + t * w->width);
    }
}

/* ---- Attention ------------------------------------------------------------------------------- */

enum { QUERIES = 4 };

typedef struct head {
    size_t T, Tp, D, Dp; /* …p: rounded up to FAST_TILE */
    float *k;            /* [Tp / TILE][D][TILE] */
    float *v;            /* [T][Dp] */
    float *q;            /* [QUERIES][D] times 1/sqrt(D) */
    float *scores;       /* [QUERIES][Tp] */
} head;

/* scores = q K^T for TILE keys. */
INLINE void score_keys(int queries, const head *h, size_t key) {
    simd_f32 sum[QUERIES][VECTORS];
    const float *k = h->k + key * h->D;
    for (int r = 0; r < queries; r++)
        for (int v = 0; v < VECTORS; v++) sum[r][v] = simd_splat(0);
    for (size_t d = 0; d < h->D; d++, k += TILE)
        for (int r = 0; r < queries; r++) {
            const simd_f32 q = simd_splat(h->q[(size_t)r * h->D + d]);
            for (int v = 0; v < VECTORS; v++)
                sum[r][v] = sum[r][v] + q * simd_load(k + v * SIMD_LANES);
        }
    for (int r = 0; r < queries; r++)
        for (int v = 0; v < VECTORS; v++)
            simd_store(h->scores + (size_t)r * h->Tp + key + (size_t)(v * SIMD_LANES),
                       sum[r][v]);
}

/* Scores of one query to exp(score - largest); returns their sum. */
INLINE float exp_scores(float *x, size_t T, size_t Tp) {
    for (size_t u = T; u < Tp; u++) x[u] = x[0];
    simd_f32 most = simd_load(x);
    for (size_t u = SIMD_LANES; u < Tp; u += SIMD_LANES)
        most = simd_max(simd_load(x + u), most);
    float lanes[LANES];
    simd_store(lanes, most);
    for (int i = 1; i < SIMD_LANES; i++) lanes[0] = lanes[i] > lanes[0] ? lanes[i] : lanes[0];
    most = simd_splat(lanes[0]);
    for (size_t u = 0; u < Tp; u += SIMD_LANES)
        simd_store(x + u, exp_of(simd_load(x + u) - most));
    for (size_t u = T; u < Tp; u++) x[u] = 0;
    simd_f32 sum[SUM_VECTORS];
    for (int i = 0; i < SUM_VECTORS; i++) sum[i] = simd_splat(0);
    for (size_t u = 0; u < Tp; u += LANES)
        for (int i = 0; i < SUM_VECTORS; i++)
            sum[i] = sum[i] + simd_load(x + u + (size_t)(i * SIMD_LANES));
    for (int i = 0; i < SUM_VECTORS; i++) simd_store(lanes + i * SIMD_LANES, sum[i]);
    float all = 0;
    for (int i = 0; i < LANES; i++) all += lanes[i];
    return all;
}

/* out = scores V / sum, for TILE of the D columns, `valid` of which are there. */
INLINE void mix_values(int queries, const head *h, size_t column, const float *sums, float *out,
                       size_t stride) {
    simd_f32 sum[QUERIES][VECTORS];
    const float *value = h->v + column;
    for (int r = 0; r < queries; r++)
        for (int v = 0; v < VECTORS; v++) sum[r][v] = simd_splat(0);
    for (size_t u = 0; u < h->T; u++, value += h->Dp)
        for (int r = 0; r < queries; r++) {
            const simd_f32 weight = simd_splat(h->scores[(size_t)r * h->Tp + u]);
            for (int v = 0; v < VECTORS; v++)
                sum[r][v] = sum[r][v] + weight * simd_load(value + v * SIMD_LANES);
        }
    const size_t valid = h->D - column < TILE ? h->D - column : TILE;
    for (int r = 0; r < queries; r++) {
        float y[TILE];
        for (int v = 0; v < VECTORS; v++)
            simd_store(y + v * SIMD_LANES, sum[r][v] / simd_splat(sums[r]));
        memcpy(out + (size_t)r * stride + column, y, valid * sizeof *y);
    }
}

INLINE void attend_rows(int queries, const head *h, const float *q, size_t q_stride,
                        float scale, float *out, size_t stride) {
    float sums[QUERIES];
    for (int r = 0; r < queries; r++)
        for (size_t d = 0; d < h->D; d++)
            h->q[(size_t)r * h->D + d] = q[(size_t)r * q_stride + d] * scale;
    for (size_t u = 0; u < h->T; u += TILE) score_keys(queries, h, u);
    for (int r = 0; r < queries; r++)
        sums[r] = exp_scores(h->scores + (size_t)r * h->Tp, h->T, h->Tp);
    for (size_t c = 0; c < h->D; c += TILE) mix_values(queries, h, c, sums, out, stride);
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
    for (size_t u = 0; u < Tp; u += TILE)
        for (size_t d = 0; d < D; d++)
            for (size_t i = 0; i < TILE; i++)
                h.k[u * D + d * TILE + i] = u + i < T ? k[(u + i) * stride + d] : 0;
    for (size_t u = 0; u < T; u++) {
        for (size_t d = 0; d < Dp; d++) h.v[u * Dp + d] = d < D ? v[u * stride + d] : 0;
    }
    const float scale = kernels_attention_scale(D);
    size_t t = 0;
    for (; t + QUERIES <= rows; t += QUERIES)
        attend_rows(QUERIES, &h, q + t * stride, stride, scale, out + t * H + number * D, H);
    for (; t < rows; t++)
        attend_rows(1, &h, q + t * stride, stride, scale, out + t * H + number * D, H);
}

#define FAST_TABLE(variable, title, here)                                                      \
    const fast variable = {.name = (title),                                                    \
                           .runs_here = (here),                                                \
                           .activation_bytes = sizeof(simd_activation),                        \
                           .quantize = quantize,                                               \
                           .product = product,                                                 \
                           .activate = activate,                                               \
                           .attend = attend}
