/* The kernels of fast.h for one instruction set, as static functions; which the including
 * file puts into a table with FAST_TABLE. Every sum is taken in the order that
 * kernels.c says; vectors run across results, never along a sum. */
#include "kernels/fast.h"
#include "kernels/simd.h"

#include <math.h>

/* Rows and vectors of columns whose sums stay in registers. Where a dot is one instruction, ten sums
 * hide how long it takes; AVX-512 has room for more, and two vectors for each activation that is loaded,
 * as there are as many instructions for loads as for products. */
#if defined __AVX512VNNI__
enum { ROWS = 8, VECTORS = 2 };
#elif SIMD_WIDE
enum { ROWS = 4, VECTORS = 1 };
#elif SIMD_PAIRS
enum { ROWS = 4, VECTORS = 2 };
#else
enum { ROWS = 5, VECTORS = 2 };
#endif
enum {
    TILE = VECTORS * SIMD_LANES, /* columns */
    PANEL_VECTORS = PACKED_ROWS / SIMD_LANES,
    /* Vectors that rows go by at a time: of one panel, or each one of its own. */
    SPAN = SIMD_WIDE || VECTORS > PANEL_VECTORS ? VECTORS : PANEL_VECTORS,
    QUAD_BYTES = PACKED_ROWS * PACKED_QUAD,
    /* Of a row's activations, that lie side by side: as many as one loop's turn takes. */
    CHUNK_QUADS = SIMD_LANES > 4 ? SIMD_LANES / PACKED_QUAD
                  : SIMD_PAIRS   ? 2
                                 : 1,
    CHUNK = CHUNK_QUADS * PACKED_QUAD,
    LANES = 16, /* of sums, as in kernels.c */
    SUM_VECTORS = LANES / SIMD_LANES,
    SIDE = SIMD_LANES == 16 ? 4 : 1,
    SIDE_LANES = SIDE * SIMD_LANES
};

#define INLINE static inline __attribute__((always_inline))

/* ---- Functions of one number --------------------------------------------------------------- */

/* To the nearest whole number, ties to even; |x| < 2^22. */
INLINE simd_f32 round_even(simd_f32 x) {
    const simd_f32 magic = simd_splat(SIMD_MAGIC);
    return (x + magic) - magic;
}

INLINE simd_f32 clamp(simd_f32 x, float low, float high) {
    return simd_min(simd_max(x, simd_splat(low)), simd_splat(high));
}

/* The longer functions take SIDE vectors at a time. Each step waits for the one before, and a processor looks
 * only so far ahead for the next vector's. */
typedef struct side {
    simd_f32 v[SIDE];
} side;

#define EACH for (int i = 0; i < SIDE; i++)

INLINE side side_load(const float *x) {
    side s;
    EACH s.v[i] = simd_load(x + i * SIMD_LANES);
    return s;
}

INLINE void side_store(float *x, side s) { EACH simd_store(x + i * SIMD_LANES, s.v[i]); }

/* n < SIDE_LANES of x, zeros behind them. */
INLINE side side_load_some(const float *x, size_t n) {
    float some[SIDE_LANES] = {0};
    memcpy(some, x, n * sizeof *x);
    return side_load(some);
}

INLINE void side_store_some(float *x, size_t n, side s) {
    float some[SIDE_LANES];
    side_store(some, s);
    memcpy(x, some, n * sizeof *x);
}

INLINE side polynomial(side x, const float *c, int degree) {
    side y;
    EACH y.v[i] = simd_splat(c[degree]);
    for (int d = degree; d-- > 0;) EACH y.v[i] = y.v[i] * x.v[i] + simd_splat(c[d]);
    return y;
}

INLINE side exp_of(side x) {
    side n, r;
    EACH x.v[i] = clamp(x.v[i], -KERNELS_EXP_LIMIT, KERNELS_EXP_LIMIT);
    EACH n.v[i] = round_even(x.v[i] * simd_splat(KERNELS_LOG2_E));
    EACH r.v[i] =
        (x.v[i] - n.v[i] * simd_splat(KERNELS_LN2_HIGH)) - n.v[i] * simd_splat(KERNELS_LN2_LOW);
    side p = polynomial(r, kernels_exp_terms, KERNELS_EXP_DEGREE);
    EACH p.v[i] = (p.v[i] * (r.v[i] * r.v[i]) + r.v[i]) + simd_splat(1);
    EACH p.v[i] = (simd_f32)((simd_i32)p.v[i] + (simd_low_bits(n.v[i]) << 23));
    return p;
}

INLINE side erf_of(side x) {
    const simd_f32 limit = simd_splat(KERNELS_ERF_LIMIT);
    side square;
    EACH square.v[i] = x.v[i] * x.v[i];
    side over = polynomial(square, kernels_erf_over, KERNELS_ERF_DEGREE);
    const side under = polynomial(square, kernels_erf_under, KERNELS_ERF_DEGREE);
    EACH over.v[i] = x.v[i] * over.v[i] / under.v[i];
    EACH over.v[i] = simd_select(x.v[i] > limit, simd_splat(1),
                                 simd_select(x.v[i] < -limit, simd_splat(-1), over.v[i]));
    return over;
}

INLINE side activated(kernels_activation how, side x) {
    side y = x;
    switch (how) {
    case KERNELS_GELU_ERF:
        EACH y.v[i] = x.v[i] * simd_splat(0.70710678118654752440f);
        y = erf_of(y);
        EACH y.v[i] = simd_splat(0.5f) * x.v[i] * (simd_splat(1) + y.v[i]);
        break;
    case KERNELS_GELU_TANH:
        EACH y.v[i] = simd_splat(-1.59576912160573071176f) *
                      (x.v[i] + simd_splat(0.044715f) * x.v[i] * x.v[i] * x.v[i]);
        y = exp_of(y);
        EACH y.v[i] = x.v[i] / (simd_splat(1) + y.v[i]);
        break;
    case KERNELS_RELU: EACH y.v[i] = simd_max(x.v[i], simd_splat(0)); break;
    case KERNELS_IDENTITY: break;
    }
    return y;
}

INLINE void activate_all(kernels_activation how, float *x, size_t n) {
    for (; n >= SIDE_LANES; n -= SIDE_LANES, x += SIDE_LANES)
        side_store(x, activated(how, side_load(x)));
    if (n) side_store_some(x, n, activated(how, side_load_some(x, n)));
}

static void activate(kernels_activation how, float *x, size_t n) {
    switch (how) { /* a loop each, without a question in it */
    case KERNELS_GELU_ERF: activate_all(KERNELS_GELU_ERF, x, n); break;
    case KERNELS_GELU_TANH: activate_all(KERNELS_GELU_TANH, x, n); break;
    case KERNELS_RELU: activate_all(KERNELS_RELU, x, n); break;
    case KERNELS_IDENTITY: break;
    }
}

INLINE float largest_lane(simd_f32 v) {
    float lanes[SIMD_LANES];
    simd_store(lanes, v);
    for (int n = SIMD_LANES / 2; n > 0; n /= 2)
        for (int i = 0; i < n; i++)
            lanes[i] = lanes[i] > lanes[i + n] ? lanes[i] : lanes[i + n];
    return lanes[0];
}

/* ---- Activations to 7 bits ----------------------------------------------------------------- */

/* SIMD_LANES of x from i on, scaled; all of them are there. */
INLINE simd_f32 scaled_whole(const float *x, const float *scale, size_t i) {
    return scale ? simd_load(x + i) * simd_load(scale + i) : simd_load(x + i);
}

/* SIMD_LANES of x from i on, scaled; zeros behind the end. */
INLINE simd_f32 scaled(const float *x, const float *scale, size_t i, size_t K) {
    if (i + SIMD_LANES <= K) return scaled_whole(x, scale, i);
    float rest[SIMD_LANES] = {0};
    for (size_t k = i; k < K; k++) rest[k - i] = scale ? x[k] * scale[k] : x[k];
    return simd_load(rest);
}

/* What a row has beyond 0 … 127. Where activations have 16 bits anyway, they hold it. Where they are
 * bytes they hold what they can: 7 bits, or 8 with 0.0 in the middle of a row's, as far as 0 … 127 let it
 * be. The rest goes apart, in quads for simd_dot, by sign and in two digits to the base 128, so that each
 * is 7 bits wide. Lists are filled up with zeros to whole fours: rows differ by a few entries, and a
 * loop whose length cannot be foreseen costs more than a product. */
enum { APART_BASE = 128, APART_DIGITS = 2, APART_SIGNS = 2, APART_FOUR = 4 };

INLINE size_t apart_room(size_t K) {
    return (K / KERNELS_APART + APART_FOUR - 1) / APART_FOUR * APART_FOUR;
}

#if !SIMD_WIDE
typedef struct apart_entry {
    uint32_t quad;
    simd_activation of[PACKED_QUAD];
} apart_entry;

typedef struct apart_row {
    uint32_t count[APART_DIGITS][APART_SIGNS];
    apart_entry entries[]; /* [APART_DIGITS][APART_SIGNS][apart_room(K)] */
} apart_row;
_Static_assert(sizeof(apart_row) == 16 && sizeof(apart_entry) <= 12, "see fast_apart_bytes");

static void put_apart(apart_row *apart, size_t room, size_t k, int32_t value) {
    const int negative = value < 0;
    uint32_t left = negative ? 0 - (uint32_t)value : (uint32_t)value;
    for (size_t digit = 0; digit < APART_DIGITS; digit++, left /= APART_BASE) {
        if (left % APART_BASE == 0) continue;
        const size_t list = digit * APART_SIGNS + (size_t)negative;
        apart_entry *e = &apart->entries[list * room + apart->count[digit][negative]++];
        *e = (apart_entry){.quad = (uint32_t)(k / PACKED_QUAD)};
        e->of[k % PACKED_QUAD] = (simd_activation)(left % APART_BASE);
    }
}

/* Returns how many entries there are. */
static uint32_t fill_apart(apart_row *apart, size_t room) {
    uint32_t all = 0;
    for (size_t list = 0; list < APART_DIGITS * APART_SIGNS; list++) {
        uint32_t *count = &apart->count[list / APART_SIGNS][list % APART_SIGNS];
        for (; *count % APART_FOUR; ++*count)
            apart->entries[list * room + *count] = (apart_entry){0};
        all += *count;
    }
    return all;
}

/* What is left of SIMD_LANES activations from k on. */
INLINE void put_all_apart(apart_row *apart, size_t room, size_t k, simd_f32 rest) {
    if (!simd_any(rest != simd_splat(0))) return;
    const simd_i32 whole = simd_to_i32(rest);
    for (int i = 0; i < SIMD_LANES; i++)
        if (whole[i]) put_apart(apart, room, k + (size_t)i, whole[i]);
}
#endif

typedef struct row_of {
    const float *x, *scale;
    size_t K;
} row_of;

INLINE simd_f32 absolute(simd_f32 x) {
    return (simd_f32)((simd_i32)x & simd_splat_i32(INT32_MAX));
}

INLINE simd_i32 beyond(simd_f32 x, simd_f32 limit) { return absolute(x) > limit; }

INLINE size_t count_all(const float *x, const float *scale, size_t K, float limit) {
    const simd_f32 most = simd_splat(limit);
    simd_counts counts = {0};
    size_t k = 0;
    for (; k + SIMD_LANES <= K; k += SIMD_LANES)
        counts = simd_count(counts, beyond(scaled_whole(x, scale, k), most));
    if (k < K) counts = simd_count(counts, beyond(scaled(x, scale, k, K), most));
    return simd_counted(counts);
}

static size_t count_beyond(const void *ctx, float limit) {
    const row_of *row = ctx;
    return row->scale ? count_all(row->x, row->scale, row->K, limit)
                      : count_all(row->x, NULL, row->K, limit);
}

/* How a row is made whole numbers. */
typedef struct q8_steps {
    simd_f32 times, zero, limit;
#if !SIMD_WIDE
    simd_f32 shift, least, most; /* of what is stored */
    size_t room;                 /* apart_room */
#endif
} q8_steps;

/* SIMD_LANES activations from k on, of a row whose first chunk is at q. */
INLINE void quantize_vector(simd_f32 from, const q8_steps *steps, size_t k, simd_activation *q,
                            void *apart) {
    simd_activation *const to = q + k / CHUNK * (ROWS * CHUNK) + k % CHUNK;
    const simd_f32 v = round_even(from * steps->times) + steps->zero;
    const simd_f32 more = (simd_f32)(beyond(from, steps->limit) &
                                     (simd_i32)simd_splat(KERNELS_APART_MOST)); /* else 0 */
    const simd_f32 whole =
        simd_min(simd_max(v, simd_splat(0) - more), simd_splat(KERNELS_Q7_MOST) + more);
#if SIMD_WIDE
    (void)apart;
    simd_store_activations(to, whole);
#else
    const simd_f32 stored = whole + steps->shift;
    const simd_f32 kept = simd_min(simd_max(stored, steps->least), steps->most);
    put_all_apart(apart, steps->room, k, stored - kept);
    simd_store_activations(to, kept);
#endif
}

INLINE fast_row quantize_row(const float *x, const float *scale, size_t K, simd_activation *q,
                             void *apart, int *guess) {
    const size_t whole_end = K - K % SIMD_LANES;
    const simd_f32 rest = scaled(x, scale, whole_end, K), none = simd_splat(0);
    /* Two of each: one would wait for itself. */
    simd_f32 low[2] = {simd_min(rest, none), none}, high[2] = {simd_max(rest, none), none};
    size_t at = 0;
    for (; at + 2 * SIMD_LANES <= whole_end; at += 2 * SIMD_LANES)
        for (size_t i = 0; i < 2; i++) {
            const simd_f32 v = scaled_whole(x, scale, at + i * SIMD_LANES);
            low[i] = simd_min(v, low[i]);
            high[i] = simd_max(v, high[i]);
        }
    if (at < whole_end) {
        low[0] = simd_min(scaled_whole(x, scale, at), low[0]);
        high[0] = simd_max(scaled_whole(x, scale, at), high[0]);
    }
    const float least_x = -largest_lane(-simd_min(low[0], low[1]));
    const float most_x = largest_lane(simd_max(high[0], high[1]));
    float steps, limit;
    const row_of of = {x, scale, K};
    const kernels_q8_row as_defined =
        kernels_q8_range(least_x, most_x, K, count_beyond, &of, guess, &steps, &limit);
    fast_row row = {.of = as_defined, .zero = as_defined.zero_point};
    q8_steps how = {.times = simd_splat(steps),
                    .zero = simd_splat((float)row.zero),
                    .limit = simd_splat(limit)};
#if !SIMD_WIDE
    const int32_t least = SIMD_BYTES ? simd_least_byte() : 0;
    const int32_t shift = SIMD_BYTES ? row.zero + least : 0; /* so that 0.0 is in the middle */
    row.zero += shift;
    how.shift = simd_splat((float)shift);
    how.least = simd_splat((float)least);
    how.most = simd_splat((float)least + (SIMD_BYTES ? UINT8_MAX : KERNELS_Q7_MOST));
    how.room = apart_room(K);
    memset(apart, 0, sizeof(apart_row));
#endif
    for (size_t k = 0; k < whole_end; k += SIMD_LANES)
        quantize_vector(scaled_whole(x, scale, k), &how, k, q, apart);
    /* What K is filled up with has weights of 0, whatever it is multiplied by. */
    if (whole_end < K) quantize_vector(rest, &how, whole_end, q, apart);
#if !SIMD_WIDE
    row.apart = fill_apart(apart, apart_room(K));
#endif
    return row;
}

static void quantize(const float *x, const float *scale, size_t K, size_t t,
                     const fast_rows *rows, int *guess) {
    simd_activation *q = (simd_activation *)rows->q +
                         t / ROWS * (ROWS * packed_quads(K) * PACKED_QUAD) + t % ROWS * CHUNK;
    uint8_t *apart = (uint8_t *)rows->apart + t * fast_apart_bytes(K);
    rows->row[t] = scale ? quantize_row(x, scale, K, q, apart, guess)
                         : quantize_row(x, NULL, K, q, apart, guess);
}

/* ---- The product ----------------------------------------------------------------------------- */

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

/* ---- Layer norm ------------------------------------------------------------------------------ */

/* Sums in double, of which a vector holds half as many. */
enum { NORM_STEP = SIMD_LANES / 2, NORM_PARTS = KERNELS_NORM_LANES / NORM_STEP };
typedef float norm_f32 __attribute__((vector_size(NORM_STEP * 4)));
typedef double norm_f64 __attribute__((vector_size(NORM_STEP * 8)));

INLINE norm_f32 norm_load(const float *x) {
    norm_f32 v;
    memcpy(&v, x, sizeof v);
    return v;
}

INLINE double norm_sum(const norm_f64 *parts) {
    double sum = 0;
    for (int i = 0; i < KERNELS_NORM_LANES; i++) sum += parts[i / NORM_STEP][i % NORM_STEP];
    return sum;
}

INLINE void norm_row(const float *x, const float *residual, const float *gain,
                     const float *bias, float eps, size_t H, float *y) {
    const size_t whole_end = H - H % KERNELS_NORM_LANES;
    norm_f64 sums[NORM_PARTS] = {0}, squares[NORM_PARTS] = {0};
    for (size_t i = 0; i < whole_end; i += NORM_STEP) {
        const norm_f32 v =
            residual ? norm_load(x + i) + norm_load(residual + i) : norm_load(x + i);
        memcpy(y + i, &v, sizeof v);
        sums[i / NORM_STEP % NORM_PARTS] += __builtin_convertvector(v, norm_f64);
    }
    for (size_t i = whole_end; i < H; i++) {
        y[i] = residual ? x[i] + residual[i] : x[i];
        sums[i / NORM_STEP % NORM_PARTS][i % NORM_STEP] += y[i];
    }
    const double mean = norm_sum(sums) / (double)H;
    for (size_t i = 0; i < whole_end; i += NORM_STEP) {
        const norm_f64 off = __builtin_convertvector(norm_load(y + i), norm_f64) - mean;
        squares[i / NORM_STEP % NORM_PARTS] += off * off;
    }
    for (size_t i = whole_end; i < H; i++)
        squares[i / NORM_STEP % NORM_PARTS][i % NORM_STEP] += (y[i] - mean) * (y[i] - mean);
    const float scale = kernels_norm_scale(norm_sum(squares) / (double)H, eps);
    for (size_t i = 0; i < H; i++) y[i] = (y[i] - (float)mean) * scale * gain[i] + bias[i];
}

static void layer_norm(const float *x, const float *residual, const float *gain,
                       const float *bias, float eps, size_t T, size_t H, float *y) {
    for (size_t t = 0; t < T; t++)
        norm_row(x + t * H, residual ? residual + t * H : NULL, gain, bias, eps, H, y + t * H);
}

/* ---- Attention ------------------------------------------------------------------------------- */

enum {
    /* As many as keep the sums of a tile in registers. The last tile of a text may have fewer: it is
     * computed as a whole, and what was not asked for is thrown away. */
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

INLINE side minus(side x, simd_f32 y) {
    EACH x.v[i] = x.v[i] - y;
    return x;
}

/* x to e^(x - most). */
INLINE void exp_beneath(float *x, size_t n, simd_f32 most) {
    for (; n >= SIDE_LANES; n -= SIDE_LANES, x += SIDE_LANES)
        side_store(x, exp_of(minus(side_load(x), most)));
    if (n) side_store_some(x, n, exp_of(minus(side_load_some(x, n), most)));
}

/* Scores of one query to exp(score - largest); returns their sum. */
INLINE float exp_scores(float *x, size_t T, size_t Tp) {
    for (size_t u = T; u < Tp; u++) x[u] = x[0];
    simd_f32 most = simd_splat(-INFINITY);
    for (size_t u = 0; u < Tp; u += SIMD_LANES) most = simd_max(simd_load(x + u), most);
    exp_beneath(x, Tp, simd_splat(largest_lane(most)));
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

/* out = scores V / sum, for HEAD_TILE of the D columns, `valid` of which are there. */
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

/* ---- Attention in whole numbers ------------------------------------------------------------------
 *
 * Pairs of numbers lie side by side, as simd_dot_i16 adds them: two members of a query and of a key, two
 * values of a column and what is taken of them. Odd ones are filled up with zeros. */

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

/* ---- One query with many rows ---------------------------------------------------------------- */

enum { DOT_ROWS = 8, DOT_STEP = 2 * SIMD_LANES, DOT_UNROLL = 4 };

/* `count` rows, a constant where this is called, so that what is loaded of q is used for all; each `apart`
 * rows behind the one before. */
INLINE void dot_some(int count, const int16_t *q, const int8_t *rows, size_t apart, size_t H,
                     int32_t *dots) {
    simd_i32 sum[DOT_ROWS];
    const int8_t *row[DOT_ROWS];
    for (int r = 0; r < count; r++) {
        sum[r] = simd_splat_i32(0);
        row[r] = rows + (size_t)r * apart * H;
    }
    size_t h = 0;
    for (; h + DOT_UNROLL * DOT_STEP <= H; h += DOT_UNROLL * DOT_STEP)
        for (size_t i = h; i < h + DOT_UNROLL * DOT_STEP; i += DOT_STEP) {
            const simd_i16 of = simd_load_i16(q + i);
            for (int r = 0; r < count; r++)
                sum[r] = simd_dot_i16(sum[r], simd_load_i8(row[r] + i), of);
        }
    for (; h + DOT_STEP <= H; h += DOT_STEP) {
        const simd_i16 of = simd_load_i16(q + h);
        for (int r = 0; r < count; r++)
            sum[r] = simd_dot_i16(sum[r], simd_load_i8(row[r] + h), of);
    }
    for (int r = 0; r < count; r++) {
        int32_t all = kernels_dot_i16_i8(q + h, row[r] + h, H - h);
        for (int i = 0; i < SIMD_LANES; i++) all += sum[r][i];
        dots[(size_t)r * apart] = all;
    }
}

/* Rows are read once and from memory, which hardware reads ahead of, but not past the end of a page. Rows
 * that go by together are far apart, so that only one of them at a time has to wait there. */
static void dot_rows(const int16_t *q, const int8_t *rows, size_t N, size_t H, int32_t *dots) {
    const size_t apart = N / DOT_ROWS;
    for (size_t n = 0; n < apart; n++) dot_some(DOT_ROWS, q, rows + n * H, apart, H, dots + n);
    for (size_t n = apart * DOT_ROWS; n < N; n++) dot_some(1, q, rows + n * H, 1, H, dots + n);
}

#define FAST_TABLE(variable, title, here)                                                      \
    const fast variable = {.name = (title),                                                    \
                           .runs_here = (here),                                                \
                           .activation_bytes = sizeof(simd_activation),                        \
                           .rows = ROWS,                                                       \
                           .queries = QUERIES,                                                 \
                           .survey = survey,                                                   \
                           .quantize = quantize,                                               \
                           .product = product,                                                 \
                           .activate = activate,                                               \
                           .layer_norm = layer_norm,                                           \
                           .attend = attend,                                                   \
                           .attend_q16 = attend_q16,                                           \
                           .dot_rows = dot_rows}
