/* Of fast_kernels.h: int8 weights times quantized activations. */
#ifndef RS_FAST_PRODUCT_H
#define RS_FAST_PRODUCT_H

#include "kernels/fast_quantize.h"

static bool survey(const int8_t *q8, size_t quads, int32_t *sums) {
    simd_i16 most = {0}; /* positive or negative weights of a four add up to */
    simd_i32 sum[PANEL_VECTORS] = {0};
    for (size_t k = 0; k < quads; k += 2, q8 += 2 * QUAD_BYTES)
        for (int v = 0; v < PANEL_VECTORS; v++) {
            simd_i8 even, odd;
            memcpy(&even, q8 + v * SIMD_LANES * PACKED_QUAD, sizeof even);
            memcpy(&odd, q8 + v * SIMD_LANES * PACKED_QUAD + QUAD_BYTES, sizeof odd);
            const simd_i16 all = simd_neighbours(even) + simd_neighbours(odd);
            const simd_i16 up =
                simd_neighbours(simd_positive(even)) + simd_neighbours(simd_positive(odd));
            most = simd_max_i16(simd_max_i16(up, up - all), most);
            sum[v] += simd_neighbours_i16(all);
        }
    memcpy(sums, sum, sizeof sum);
    for (int i = 0; i < 2 * SIMD_LANES; i++)
        if (most[i] > PACKED_MOST) return false;
    return true;
}

/* What a product multiplies, and where it has come to. */
typedef struct operands {
    const fast_weights *w;
    const int16_t *wide;      /* of the columns at hand, see simd_widen; NULL: read w->q8 */
    const simd_activation *q; /* of the rows from a tile's first on, as fast.h says */
    const int8_t *ahead;      /* weights that are wanted soon, or not at all */
    size_t ahead_step;        /* from one chunk to the next */
    const uint8_t *apart;     /* [T][apart_bytes] */
    const fast_row *row;      /* [T] */
    size_t apart_bytes;
} operands;

/* t: a multiple of ROWS */
INLINE operands from_row(const operands *all, size_t t) {
    operands o = *all;
    o.q += t * o.w->quads * PACKED_QUAD;
    o.apart += t * o.apart_bytes;
    o.row += t;
    return o;
}

/* Where the quads of a vector of columns begin, counted through all panels; each is QUAD_BYTES behind
 * the one before. */
INLINE const int8_t *weights_of(const operands *o, size_t vector) {
    return o->w->q8 + vector / PANEL_VECTORS * o->w->quads * QUAD_BYTES +
           vector % PANEL_VECTORS * SIMD_LANES * PACKED_QUAD;
}

/* Vector v of those of a span, whose quad begins at weights. */
INLINE simd_weights load_vector(const operands *o, const int8_t *weights, int v) {
    const size_t bytes =
        SPAN > PANEL_VECTORS ? o->w->quads * QUAD_BYTES : SIMD_LANES * PACKED_QUAD;
    return simd_load_weights(weights + (size_t)v * bytes);
}
_Static_assert(SPAN <= PANEL_VECTORS || PANEL_VECTORS == 1, "a span is in or of whole panels");

#if !SIMD_WIDE
/* sum += what one row has apart, for `vectors` vectors whose first quad begins at weights. */
INLINE void add_apart(int vectors, const operands *o, const apart_row *apart,
                      const int8_t *weights, simd_sums *sum) {
    const size_t room = apart_room(o->w->depth);
    for (size_t digit = 0; digit < APART_DIGITS; digit++)
        for (size_t sign = 0; sign < APART_SIGNS; sign++) {
            const size_t count = apart->count[digit][sign];
            if (!count) continue;
            const apart_entry *e = apart->entries + (digit * APART_SIGNS + sign) * room;
            simd_sums more[SPAN];
            for (int v = 0; v < vectors; v++) more[v] = simd_no_sums();
            for (size_t i = 0; i < count; i += APART_FOUR)
                for (int j = 0; j < APART_FOUR; j++, e++) {
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

/* What `rows` rows have apart, for the span from `first` on. A function of its own, since its loops of
 * unknown length would drive the sums of a tile out of registers. */
static __attribute__((noinline)) void sum_apart(size_t rows, int vectors, const operands *o,
                                                size_t first, simd_sums (*sum)[SPAN]) {
    for (size_t r = 0; r < ROWS; r++) {
        for (int v = 0; v < SPAN; v++) sum[r][v] = simd_no_sums();
        if (r >= rows || !o->row[r].apart) continue;
        const apart_row *apart = (const void *)(o->apart + r * o->apart_bytes);
        if (vectors == SPAN)
            add_apart(SPAN, o, apart, weights_of(o, first), sum[r]);
        else
            add_apart(vectors, o, apart, weights_of(o, first), sum[r]);
    }
}
#endif

/* sum += products of all quads, for the ROWS of a tile; vectors is a constant where this is called. */
#if SIMD_WIDE
/* A quad at a time: more would fill the registers. */
_Static_assert(CHUNK_QUADS == 1 && VECTORS == 1, "as multiply goes through them");

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
/* Of a quad, or two at a time where a dot of two is one instruction less. */
enum { QUADS = SIMD_PAIRS ? 2 : 1 };

INLINE void multiply(int vectors, const operands *o, const int8_t *weights,
                     simd_sums (*sum)[VECTORS]) {
    const simd_activation *q = o->q, *const end = q + ROWS * o->w->quads * PACKED_QUAD;
    const int8_t *ahead = o->ahead;
    for (; q < end; q += ROWS * CHUNK, ahead += o->ahead_step) {
        simd_ask_for(ahead);
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

/* One tile, of `vectors` vectors of columns, a constant where this is called, the first of them `vector`.
 * apart: sums to begin with, a row every SPAN; NULL: none  rows: of ROWS, those that are there */
INLINE void tile(size_t rows, int vectors, const operands *o, const simd_sums *apart,
                 size_t vector, float *y, size_t y_stride) {
    simd_sums sum[ROWS][VECTORS];
    const fast_weights *w = o->w;
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++)
            sum[r][v] = apart ? apart[r * SPAN + v] : simd_no_sums();
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

/* A span of `vectors` vectors from `first` on, a constant where this is called, for a tile's rows. */
INLINE void span_rows(size_t rows, int vectors, const operands *o, size_t first,
                      kernels_activation activation, float *y) {
    const simd_sums *apart = NULL;
#if !SIMD_WIDE
    simd_sums sum[ROWS][SPAN];
    uint32_t any = 0;
    for (size_t r = 0; r < rows; r++) any |= o->row[r].apart;
    if (any) {
        sum_apart(rows, vectors, o, first, sum);
        apart = sum[0];
    }
#endif
    const int together = vectors < VECTORS ? vectors : VECTORS;
    const size_t N = o->w->width, width = (size_t)together * SIMD_LANES;
    for (int v = 0; v < vectors; v += together) {
        const size_t column = (first + (size_t)v) * SIMD_LANES;
        if (column >= N) break;
        const size_t valid = N - column < width ? N - column : width;
        float whole[ROWS * TILE]; /* where the tile is wider than y, or not all that is done */
        const bool direct = valid == width && activation == KERNELS_IDENTITY;
        tile(rows, together, o, apart ? apart + v : NULL, first + (size_t)v,
             direct ? y + column : whole, direct ? N : width);
        if (direct) continue;
        activate(activation, whole, rows * width);
        for (size_t r = 0; r < rows; r++) {
            float *to = y + r * N + column;
            const float *from = whole + r * width;
            if (valid == width)
                memcpy(to, from, width * sizeof *y); /* of known length, so in place */
            else
                memcpy(to, from, valid * sizeof *y);
        }
    }
}

/* Weights are read once a block of rows and come from memory, in which the first tile of a span would
 * wait for each page: the tiles of the span before ask for them, a line with each chunk. */
enum {
    LINE_BYTES = 64,
    SPAN_LINES = SPAN * SIMD_LANES * PACKED_QUAD * CHUNK_QUADS / LINE_BYTES /* of a chunk */
};

INLINE void ask_ahead(operands *o, size_t tile, const int8_t *next) {
    const size_t lines = o->w->quads / CHUNK_QUADS;
    o->ahead = next + tile * lines * LINE_BYTES;
    o->ahead_step = LINE_BYTES;
    if (tile >= SPAN_LINES) o->ahead = next, o->ahead_step = 0;
}

/* The same for T rows. all->ahead: what the next span reads */
INLINE void span(int vectors, const operands *all, size_t T, size_t first,
                 kernels_activation activation, float *y) {
    for (size_t t = 0; t < T; t += ROWS) {
        operands o = from_row(all, t);
        ask_ahead(&o, t / ROWS, all->ahead);
        span_rows(T - t < ROWS ? T - t : ROWS, vectors, &o, first, activation,
                  y + t * all->w->width);
    }
}

/* A whole span for T rows. */
static void whole_span(const operands *all, size_t T, size_t first,
                       kernels_activation activation, float *y) {
    operands o = *all;
#if SIMD_WIDE
    /* Weights become int16 once for many rows, on the stack, which a thread has little of. */
    enum { MOST_QUADS = 1024, LEAST_ROWS = 4 * ROWS };
    int16_t wide[MOST_QUADS * SIMD_LANES * PACKED_QUAD];
    if (T >= LEAST_ROWS && o.w->quads <= MOST_QUADS) {
        const int8_t *weights = weights_of(all, first);
        for (size_t k = 0; k < o.w->quads; k++)
            simd_widen(weights + k * QUAD_BYTES, wide + k * SIMD_LANES * PACKED_QUAD);
        o.wide = wide;
    }
#endif
    span(SPAN, &o, T, first, activation, y);
}

/* Of the vectors from … to - 1, what makes no whole span. */
static void rest_of_span(const operands *all, size_t T, size_t from, size_t to,
                         kernels_activation activation, float *y) {
    operands o = *all;
    for (; from < to; from++) {
        o.ahead = weights_of(all, from); /* nothing comes next */
        span(1, &o, T, from, activation, y);
    }
}

/* Quantized rows that stay in the second level of the cache while the panels go by. */
enum { BLOCK_BYTES = 256 * 1024 };

static void product(const fast_weights *w, const fast_rows *from_rows, size_t T, size_t from,
                    size_t to, kernels_activation activation, float *y) {
    const operands all = {.w = w,
                          .q = from_rows->q,
                          .apart = from_rows->apart,
                          .row = from_rows->row,
                          .apart_bytes = fast_apart_bytes(w->depth)};
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
            o.ahead = weights_of(&o, vector + 2 * SPAN <= last ? vector + SPAN : vector);
            whole_span(&o, rows, vector, activation, part);
        }
        if (PANEL_VECTORS % SPAN != 0) rest_of_span(&o, rows, vector, last, activation, part);
    }
}

#endif
