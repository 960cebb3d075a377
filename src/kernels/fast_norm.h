/* Part of fast_kernels.h: layer normalisation. */
#ifndef RS_FAST_NORM_H
#define RS_FAST_NORM_H

#include "kernels/fast_sizes.h"

/* Sums are in double; a vector holds half as many doubles as floats. */
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

#endif
