/* Of fast_kernels.h: a row of activations as integers of 7 or 8 bits, its outliers apart. */
#ifndef RS_FAST_QUANTIZE_H
#define RS_FAST_QUANTIZE_H

#include "kernels/fast_functions.h"

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

#endif
