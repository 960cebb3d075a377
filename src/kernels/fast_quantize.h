/* Part of fast_kernels.h: quantizes a row of activations to 7 or 8 bits, with outliers in a list. */
#ifndef RS_FAST_QUANTIZE_H
#define RS_FAST_QUANTIZE_H

#include "kernels/fast_functions.h"

/* Outliers may exceed 0 … 127. Where activations are int16 (SIMD_WIDE), they are stored in place.
 * Where activations are bytes, the nearest value that fits is stored in place: of 7 bits, or of 8
 * (SIMD_BYTES), whose range is shifted by the row's zero point to leave room on both sides. The
 * remainder is stored in outlier lists, as quads for simd_dot: one list for each sign and each of two
 * base-128 digits, so that a digit has 7 bits.
 *
 * Lists are padded with zeros to multiples of OUTLIER_UNROLL: lengths differ by a few entries between
 * rows, and the misprediction of a loop's end costs more than a product. */
enum { OUTLIER_BASE = 128, OUTLIER_DIGITS = 2, OUTLIER_SIGNS = 2, OUTLIER_UNROLL = 4 };

INLINE size_t outlier_capacity(size_t K) {
    return (K / KERNELS_VALUES_PER_OUTLIER + OUTLIER_UNROLL - 1) / OUTLIER_UNROLL *
           OUTLIER_UNROLL;
}

#if !SIMD_WIDE
typedef struct outlier_entry {
    uint32_t quad;
    simd_activation of[PACKED_QUAD];
} outlier_entry;

typedef struct outlier_row {
    uint32_t count[OUTLIER_DIGITS][OUTLIER_SIGNS];
    outlier_entry entries[]; /* [OUTLIER_DIGITS][OUTLIER_SIGNS][outlier_capacity(K)] */
} outlier_row;
_Static_assert(sizeof(outlier_row) == 16 && sizeof(outlier_entry) <= 12,
               "see fast_outlier_bytes");

static void put_outlier(outlier_row *outliers, size_t capacity, size_t k, int32_t value) {
    const int negative = value < 0;
    uint32_t left = negative ? 0 - (uint32_t)value : (uint32_t)value;
    for (size_t digit = 0; digit < OUTLIER_DIGITS; digit++, left /= OUTLIER_BASE) {
        if (left % OUTLIER_BASE == 0) continue;
        const size_t list = digit * OUTLIER_SIGNS + (size_t)negative;
        outlier_entry *e =
            &outliers->entries[list * capacity + outliers->count[digit][negative]++];
        *e = (outlier_entry){.quad = (uint32_t)(k / PACKED_QUAD)};
        e->of[k % PACKED_QUAD] = (simd_activation)(left % OUTLIER_BASE);
    }
}

/* Pads the lists with zeros; returns the number of entries. */
static uint32_t pad_outliers(outlier_row *outliers, size_t capacity) {
    uint32_t all = 0;
    for (size_t list = 0; list < OUTLIER_DIGITS * OUTLIER_SIGNS; list++) {
        uint32_t *count = &outliers->count[list / OUTLIER_SIGNS][list % OUTLIER_SIGNS];
        for (; *count % OUTLIER_UNROLL; ++*count)
            outliers->entries[list * capacity + *count] = (outlier_entry){0};
        all += *count;
    }
    return all;
}

/* Adds the remainders of SIMD_LANES activations from k on to the lists; most are 0. */
INLINE void put_outliers(outlier_row *outliers, size_t capacity, size_t k, simd_f32 rest) {
    if (!simd_any(rest != simd_splat(0))) return;
    const simd_i32 whole = simd_to_i32(rest);
    for (int i = 0; i < SIMD_LANES; i++)
        if (whole[i]) put_outlier(outliers, capacity, k + (size_t)i, whole[i]);
}
#endif

typedef struct row_of {
    const float *x, *scale;
    size_t K;
} row_of;

INLINE simd_i32 beyond(simd_f32 x, simd_f32 limit) { return absolute(x) > limit; }

INLINE size_t count_all(const float *x, const float *scale, size_t K, float limit) {
    const simd_f32 max = simd_splat(limit);
    simd_counts counts = {0};
    size_t k = 0;
    for (; k + SIMD_LANES <= K; k += SIMD_LANES)
        counts = simd_count(counts, beyond(scaled_whole(x, scale, k), max));
    if (k < K) counts = simd_count(counts, beyond(scaled(x, scale, k, K), max));
    return simd_counted(counts);
}

static size_t count_beyond(const void *ctx, float limit) {
    const row_of *row = ctx;
    return row->scale ? count_all(row->x, row->scale, row->K, limit)
                      : count_all(row->x, NULL, row->K, limit);
}

/* Quantization parameters of a row, as vectors. */
typedef struct q8_params {
    simd_f32 inverse_scale, zero, limit;
#if !SIMD_WIDE
    simd_f32 shift, min, max; /* of the values stored in place */
    size_t capacity;          /* outlier_capacity */
#endif
} q8_params;

/* Quantizes SIMD_LANES activations from k on; the row's first chunk is at q. */
INLINE void quantize_vector(simd_f32 from, const q8_params *how, size_t k, simd_activation *q,
                            void *outliers) {
    simd_activation *const to = q + k / CHUNK * (ROWS * CHUNK) + k % CHUNK;
    const simd_f32 v = round_even(from * how->inverse_scale) + how->zero;
    const simd_f32 more = (simd_f32)(beyond(from, how->limit) &
                                     (simd_i32)simd_splat(KERNELS_OUTLIER_MAX)); /* else 0 */
    const simd_f32 whole =
        simd_min(simd_max(v, simd_splat(0) - more), simd_splat(KERNELS_Q7_MAX) + more);
#if SIMD_WIDE
    (void)outliers;
    simd_store_activations(to, whole);
#else
    const simd_f32 stored = whole + how->shift;
    const simd_f32 kept = simd_min(simd_max(stored, how->min), how->max);
    put_outliers(outliers, how->capacity, k, stored - kept);
    simd_store_activations(to, kept);
#endif
}

INLINE fast_row quantize_row(const float *x, const float *scale, size_t K, simd_activation *q,
                             void *outliers, int *estimate) {
    const size_t whole_end = K - K % SIMD_LANES;
    const simd_f32 rest = scaled(x, scale, whole_end, K), none = simd_splat(0);
    /* Two accumulators each, to break the dependency chain. */
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
    const float min_x = -largest_lane(-simd_min(low[0], low[1]));
    const float max_x = largest_lane(simd_max(high[0], high[1]));
    float inverse_scale, limit;
    const row_of of = {x, scale, K};
    const kernels_q8_row as_defined =
        kernels_q8_range(min_x, max_x, K, count_beyond, &of, estimate, &inverse_scale, &limit);
    fast_row row = {.of = as_defined, .zero = as_defined.zero_point};
    q8_params how = {.inverse_scale = simd_splat(inverse_scale),
                     .zero = simd_splat((float)row.zero),
                     .limit = simd_splat(limit)};
#if !SIMD_WIDE
    const int32_t min = SIMD_BYTES ? simd_min_byte() : 0;
    const int32_t shift = SIMD_BYTES ? row.zero + min : 0; /* leaves room on both sides */
    row.zero += shift;
    how.shift = simd_splat((float)shift);
    how.min = simd_splat((float)min);
    how.max = simd_splat((float)min + (SIMD_BYTES ? UINT8_MAX : KERNELS_Q7_MAX));
    how.capacity = outlier_capacity(K);
    memset(outliers, 0, sizeof(outlier_row));
#endif
    for (size_t k = 0; k < whole_end; k += SIMD_LANES)
        quantize_vector(scaled_whole(x, scale, k), &how, k, q, outliers);
    /* The padding of K has weights of 0, so its activations may have any value. */
    if (whole_end < K) quantize_vector(rest, &how, whole_end, q, outliers);
#if !SIMD_WIDE
    row.outliers = pad_outliers(outliers, outlier_capacity(K));
#endif
    return row;
}

static void quantize(const float *x, const float *scale, size_t K, size_t t,
                     const fast_rows *rows, int *estimate) {
    simd_activation *q = (simd_activation *)rows->q +
                         t / ROWS * (ROWS * packed_quads(K) * PACKED_QUAD) + t % ROWS * CHUNK;
    uint8_t *outliers = (uint8_t *)rows->outliers + t * fast_outlier_bytes(K);
    rows->row[t] = scale ? quantize_row(x, scale, K, q, outliers, estimate)
                         : quantize_row(x, NULL, K, q, outliers, estimate);
}

#endif
