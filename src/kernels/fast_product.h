/* Part of fast_kernels.h: products of int8 weights and quantized activations. */
#ifndef RS_FAST_PRODUCT_H
#define RS_FAST_PRODUCT_H

#include "kernels/fast_quantize.h"

static bool sum_and_check(const int8_t *q8, size_t quads, int32_t *sums) {
    simd_i16 max = {0}; /* largest sum that packed.h limits, for each lane */
    simd_i32 sum[PANEL_VECTORS] = {0};
    for (size_t k = 0; k < quads; k += 2, q8 += 2 * QUAD_BYTES)
        for (int v = 0; v < PANEL_VECTORS; v++) {
            simd_i8 even, odd;
            memcpy(&even, q8 + v * SIMD_LANES * PACKED_QUAD, sizeof even);
            memcpy(&odd, q8 + v * SIMD_LANES * PACKED_QUAD + QUAD_BYTES, sizeof odd);
            const simd_i16 all = simd_add_pairwise(even) + simd_add_pairwise(odd);
            const simd_i16 up =
                simd_add_pairwise(simd_positive(even)) + simd_add_pairwise(simd_positive(odd));
            max = simd_max_i16(simd_max_i16(up, up - all), max);
            sum[v] += simd_add_pairwise_i16(all);
        }
    memcpy(sums, sum, sizeof sum);
    for (int i = 0; i < 2 * SIMD_LANES; i++)
        if (max[i] > PACKED_SUM_MAX) return false;
    return true;
}

/* Operands of a product and the current position in them. */
typedef struct operands {
    const fast_weights *w;
    const int16_t *wide; /* weights of the current columns, see simd_widen; NULL: read w->q8 */
    const simd_activation *q; /* from the first row of a tile on, in the order of fast_rows */
    const int8_t *prefetch;   /* address to prefetch */
    size_t prefetch_step;     /* bytes to the address for the next chunk */
    const uint8_t *outliers;  /* [T][outlier_bytes] */
    const fast_row *row;      /* [T] */
    size_t outlier_bytes;
} operands;

/* The operands from row t on, a multiple of ROWS. */
INLINE operands from_row(const operands *all, size_t t) {
    operands o = *all;
    o.q += t * o.w->quads * PACKED_QUAD;
    o.outliers += t * o.outlier_bytes;
    o.row += t;
    return o;
}

/* Address of the first quad of a vector of columns; vectors are numbered across panels. Quads are
 * QUAD_BYTES apart. */
INLINE const int8_t *weights_of(const operands *o, size_t vector) {
    return o->w->q8 + vector / PANEL_VECTORS * o->w->quads * QUAD_BYTES +
           vector % PANEL_VECTORS * SIMD_LANES * PACKED_QUAD;
}

/* Loads a quad of vector v of a span; the quad of its vector 0 is at weights. */
INLINE simd_weights load_vector(const operands *o, const int8_t *weights, int v) {
    const size_t bytes =
        SPAN > PANEL_VECTORS ? o->w->quads * QUAD_BYTES : SIMD_LANES * PACKED_QUAD;
    return simd_load_weights(weights + (size_t)v * bytes);
}
_Static_assert(SPAN <= PANEL_VECTORS || PANEL_VECTORS == 1,
               "a span is part of a panel, or consists of whole panels");

#if !SIMD_WIDE
/* sum += products of the outliers of one row, for `vectors` vectors from the one whose first quad is
 * at weights. */
INLINE void add_outliers(int vectors, const operands *o, const outlier_row *outliers,
                         const int8_t *weights, simd_sums *sum) {
    const size_t capacity = outlier_capacity(o->w->depth);
    for (size_t digit = 0; digit < OUTLIER_DIGITS; digit++)
        for (size_t sign = 0; sign < OUTLIER_SIGNS; sign++) {
            const size_t count = outliers->count[digit][sign];
            if (!count) continue;
            const outlier_entry *e =
                outliers->entries + (digit * OUTLIER_SIGNS + sign) * capacity;
            simd_sums more[SPAN];
            for (int v = 0; v < vectors; v++) more[v] = simd_no_sums();
            for (size_t i = 0; i < count; i += OUTLIER_UNROLL)
                for (int j = 0; j < OUTLIER_UNROLL; j++, e++) {
                    const int8_t *at = weights + (size_t)e->quad * QUAD_BYTES;
                    const simd_activations a = simd_load_activations(e->of);
                    for (int v = 0; v < vectors; v++)
                        more[v] = simd_dot(more[v], load_vector(o, at, v), a);
                }
            for (int v = 0; v < vectors; v++) {
                const simd_sums total = more[v] << (digit ? 7 : 0);
                sum[v] = sign ? sum[v] - total : sum[v] + total;
            }
        }
}

/* sum = products of the outliers of `rows` rows, for the span from vector `first` on. Not inlined: its
 * loops of unknown length would spill the sums of a tile from registers. */
static __attribute__((noinline)) void sum_outliers(size_t rows, int vectors, const operands *o,
                                                   size_t first, simd_sums (*sum)[SPAN]) {
    for (size_t r = 0; r < ROWS; r++) {
        for (int v = 0; v < SPAN; v++) sum[r][v] = simd_no_sums();
        if (r >= rows || !o->row[r].outliers) continue;
        const outlier_row *outliers = (const void *)(o->outliers + r * o->outlier_bytes);
        if (vectors == SPAN)
            add_outliers(SPAN, o, outliers, weights_of(o, first), sum[r]);
        else
            add_outliers(vectors, o, outliers, weights_of(o, first), sum[r]);
    }
}
#endif

/* multiply: sum += products of all quads, for the ROWS of a tile. vectors must be a compile-time
 * constant. */
#if SIMD_WIDE
/* One quad an iteration: more would spill registers. */
_Static_assert(CHUNK_QUADS == 1 && VECTORS == 1,
               "multiply takes one quad and one vector at a time");

INLINE void multiply_quad(const simd_activation *q, simd_weights w, simd_sums (*sum)[VECTORS]) {
    for (int r = 0; r < ROWS; r++)
        sum[r][0] = simd_dot(sum[r][0], w, simd_load_activations(q + r * CHUNK));
}

INLINE void multiply(int vectors, const operands *o, const int8_t *weights,
                     simd_sums (*sum)[VECTORS]) {
    (void)vectors; /* 1 */
    const simd_activation *q = o->q, *const end = q + ROWS * o->w->quads * PACKED_QUAD;
    const int16_t *wide = o->wide;
    if (wide)
        for (; q < end; q += ROWS * CHUNK, wide += CHUNK * SIMD_LANES)
            multiply_quad(q, simd_load_wide(wide), sum);
    else
        for (; q < end; q += ROWS * CHUNK, weights += QUAD_BYTES)
            multiply_quad(q, load_vector(o, weights, 0), sum);
}
#else
/* Quads of an iteration: two where simd_dot_two saves an instruction. */
enum { QUADS = SIMD_PAIRS ? 2 : 1 };

INLINE void multiply(int vectors, const operands *o, const int8_t *weights,
                     simd_sums (*sum)[VECTORS]) {
    const simd_activation *q = o->q, *const end = q + ROWS * o->w->quads * PACKED_QUAD;
    const int8_t *prefetch = o->prefetch;
    for (; q < end; q += ROWS * CHUNK, prefetch += o->prefetch_step) {
        simd_prefetch(prefetch);
        for (int j = 0; j < CHUNK; j += QUADS * PACKED_QUAD, weights += QUADS * QUAD_BYTES) {
            simd_weights w[QUADS][VECTORS];
            for (int i = 0; i < QUADS; i++)
                for (int v = 0; v < vectors; v++)
                    w[i][v] = load_vector(o, weights + i * QUAD_BYTES, v);
            for (int r = 0; r < ROWS; r++) {
                const simd_activation *at = q + r * CHUNK + j;
                const simd_activations a = simd_load_activations(at);
#if SIMD_PAIRS
                const simd_activations b = simd_load_activations(at + PACKED_QUAD);
                for (int v = 0; v < vectors; v++)
                    sum[r][v] = simd_dot_two(sum[r][v], w[0][v], a, w[1][v], b);
#else
                for (int v = 0; v < vectors; v++) sum[r][v] = simd_dot(sum[r][v], w[0][v], a);
#endif
            }
        }
    }
}
#endif

/* One tile, of `vectors` vectors of columns from `vector` on. vectors must be a compile-time constant.
 * rows: valid rows of the ROWS  outliers: initial sums, a row every SPAN; NULL: 0 */
INLINE void tile(size_t rows, int vectors, const operands *o, const simd_sums *outliers,
                 size_t vector, float *y, size_t y_stride) {
    simd_sums sum[ROWS][VECTORS];
    const fast_weights *w = o->w;
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++)
            sum[r][v] = outliers ? outliers[r * SPAN + v] : simd_no_sums();
    multiply(vectors, o, weights_of(o, vector), sum);
    for (size_t r = 0; r < ROWS; r++) {
        if (r >= rows) break;
        const simd_i32 zero = simd_splat_i32(o->row[r].zero);
        const simd_f32 scale = simd_splat(o->row[r].of.scale);
        for (int v = 0; v < vectors; v++) {
            const size_t c = (vector + (size_t)v) * SIMD_LANES;
            const simd_i32 total = simd_total(sum[r][v]) - zero * simd_load_i32(w->sum + c);
            simd_store(y + r * y_stride + (size_t)(v * SIMD_LANES),
                       simd_from_i32(total) * scale * simd_load(w->scale + c) +
                           simd_load(w->bias + c));
        }
    }
}

/* A span of `vectors` vectors from `first` on, for the rows of a tile. vectors must be a compile-time
 * constant. */
INLINE void span_rows(size_t rows, int vectors, const operands *o, size_t first,
                      kernels_activation activation, float *y) {
    const simd_sums *outliers = NULL;
#if !SIMD_WIDE
    simd_sums sum[ROWS][SPAN];
    uint32_t any = 0;
    for (size_t r = 0; r < rows; r++) any |= o->row[r].outliers;
    if (any) {
        sum_outliers(rows, vectors, o, first, sum);
        outliers = sum[0];
    }
#endif
    const int together = vectors < VECTORS ? vectors : VECTORS;
    const size_t N = o->w->width, width = (size_t)together * SIMD_LANES;
    for (int v = 0; v < vectors; v += together) {
        const size_t column = (first + (size_t)v) * SIMD_LANES;
        if (column >= N) break;
        const size_t valid = N - column < width ? N - column : width;
        float staging[ROWS * TILE]; /* when the tile exceeds y, or an activation follows */
        const bool direct = valid == width && activation == KERNELS_IDENTITY;
        tile(rows, together, o, outliers ? outliers + v : NULL, first + (size_t)v,
             direct ? y + column : staging, direct ? N : width);
        if (direct) continue;
        activate(activation, staging, rows * width);
        for (size_t r = 0; r < rows; r++) {
            float *to = y + r * N + column;
            const float *from = staging + r * width;
            if (valid == width)
                memcpy(to, from, width * sizeof *y); /* constant length, so compiled inline */
            else
                memcpy(to, from, valid * sizeof *y);
        }
    }
}

/* Weights are read once for each block of rows, from memory, and the first tile of a span would wait
 * for each page of them. So the tiles of the previous span prefetch them, one cache line a chunk. */
enum {
    LINE_BYTES = 64,
    SPAN_LINES = SPAN * SIMD_LANES * PACKED_QUAD * CHUNK_QUADS / LINE_BYTES /* of a chunk */
};

INLINE void set_prefetch(operands *o, size_t tile, const int8_t *next) {
    const size_t lines = o->w->quads / CHUNK_QUADS;
    o->prefetch = next + tile * lines * LINE_BYTES;
    o->prefetch_step = LINE_BYTES;
    if (tile >= SPAN_LINES) o->prefetch = next, o->prefetch_step = 0;
}

/* A span of `vectors` vectors from `first` on, for T rows. vectors must be a compile-time constant.
 * all->prefetch: weights of the next span */
INLINE void span(int vectors, const operands *all, size_t T, size_t first,
                 kernels_activation activation, float *y) {
    for (size_t t = 0; t < T; t += ROWS) {
        operands o = from_row(all, t);
        set_prefetch(&o, t / ROWS, all->prefetch);
        span_rows(T - t < ROWS ? T - t : ROWS, vectors, &o, first, activation,
                  y + t * all->w->width);
    }
}

/* A full span, of SPAN vectors, for T rows. */
static void whole_span(const operands *all, size_t T, size_t first,
                       kernels_activation activation, float *y) {
    operands o = *all;
#if SIMD_WIDE
    /* For many rows weights are widened to int16 once, on the stack; threads have small stacks. */
    enum { MAX_QUADS = 1024, MIN_ROWS = 4 * ROWS };
    int16_t wide[MAX_QUADS * SIMD_LANES * PACKED_QUAD];
    if (T >= MIN_ROWS && o.w->quads <= MAX_QUADS) {
        const int8_t *weights = weights_of(all, first);
        for (size_t k = 0; k < o.w->quads; k++)
            simd_widen(weights + k * QUAD_BYTES, wide + k * SIMD_LANES * PACKED_QUAD);
        o.wide = wide;
    }
#endif
    span(SPAN, &o, T, first, activation, y);
}

/* Vectors from … to - 1, which do not fill a span, one by one. */
static void rest_of_span(const operands *all, size_t T, size_t from, size_t to,
                         kernels_activation activation, float *y) {
    operands o = *all;
    for (; from < to; from++) {
        o.prefetch = weights_of(all, from); /* no next span to prefetch */
        span(1, &o, T, from, activation, y);
    }
}

/* Size of a block of quantized rows, which stays in the L2 cache while all panels are read. */
enum { BLOCK_BYTES = 256 * 1024 };

static void product(const fast_weights *w, const fast_rows *from_rows, size_t T, size_t from,
                    size_t to, kernels_activation activation, float *y) {
    const operands all = {.w = w,
                          .q = from_rows->q,
                          .outliers = from_rows->outliers,
                          .row = from_rows->row,
                          .outlier_bytes = fast_outlier_bytes(w->depth)};
    const size_t row_bytes = w->quads * PACKED_QUAD * sizeof *all.q;
    const size_t fit = BLOCK_BYTES / row_bytes / ROWS * ROWS;
    const size_t block = fit ? fit : ROWS;
    const size_t last = to * PANEL_VECTORS;
    for (size_t t = 0; t < T; t += block) {
        operands o = from_row(&all, t);
        const size_t rows = T - t < block ? T - t : block;
        float *part = y + t * w->width;
        size_t vector = from * PANEL_VECTORS;
        for (; vector + SPAN <= last; vector += SPAN) {
            o.prefetch = weights_of(&o, vector + 2 * SPAN <= last ? vector + SPAN : vector);
            whole_span(&o, rows, vector, activation, part);
        }
        if (PANEL_VECTORS % SPAN != 0) rest_of_span(&o, rows, vector, last, activation, part);
    }
}

#endif
