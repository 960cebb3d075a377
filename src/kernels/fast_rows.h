/* Part of fast_kernels.h: dot products of one query with many rows. */
#ifndef RS_FAST_ROWS_H
#define RS_FAST_ROWS_H

#include "kernels/fast_sizes.h"

enum { DOT_ROWS = 8, DOT_STEP = 2 * SIMD_LANES, DOT_UNROLL = 4 };

/* dots of `count` rows that are `row_stride` rows apart. count must be a compile-time constant; each
 * load of q serves all of these rows. */
INLINE void dot_some(int count, const int16_t *q, const int8_t *rows, size_t row_stride,
                     size_t H, int32_t *dots) {
    simd_i32 sum[DOT_ROWS];
    const int8_t *row[DOT_ROWS];
    for (int r = 0; r < count; r++) {
        sum[r] = simd_splat_i32(0);
        row[r] = rows + (size_t)r * row_stride * H;
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
        dots[(size_t)r * row_stride] = all;
    }
}

/* Rows are read once, from memory. The hardware prefetcher stops at the end of a page, so the rows
 * of one iteration are far apart: only one of them at a time waits for a new page. */
static void dot_rows(const int16_t *q, const int8_t *rows, size_t N, size_t H, int32_t *dots) {
    const size_t row_stride = N / DOT_ROWS;
    for (size_t n = 0; n < row_stride; n++)
        dot_some(DOT_ROWS, q, rows + n * H, row_stride, H, dots + n);
    for (size_t n = row_stride * DOT_ROWS; n < N; n++)
        dot_some(1, q, rows + n * H, 1, H, dots + n);
}

#endif
