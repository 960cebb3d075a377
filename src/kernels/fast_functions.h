/* Part of fast_kernels.h: elementwise functions (e^x, erf, activations) and loads of rows. */
#ifndef RS_FAST_FUNCTIONS_H
#define RS_FAST_FUNCTIONS_H

#include "kernels/fast_sizes.h"

/* Rounds to the nearest integer, ties to even; |x| < 2^22. */
INLINE simd_f32 round_even(simd_f32 x) {
    const simd_f32 magic = simd_splat(SIMD_MAGIC);
    return (x + magic) - magic;
}

INLINE simd_f32 clamp(simd_f32 x, float low, float high) {
    return simd_min(simd_max(x, simd_splat(low)), simd_splat(high));
}

INLINE simd_f32 absolute(simd_f32 x) {
    return (simd_f32)((simd_i32)x & simd_splat_i32(INT32_MAX));
}

/* SIMD_LANES values of x from i on, times scale (NULL: all 1); i + SIMD_LANES <= length of x. */
INLINE simd_f32 scaled_whole(const float *x, const float *scale, size_t i) {
    return scale ? simd_load(x + i) * simd_load(scale + i) : simd_load(x + i);
}

/* SIMD_LANES values of x [K] from i on, times scale (NULL: all 1), padded with zeros. */
INLINE simd_f32 scaled(const float *x, const float *scale, size_t i, size_t K) {
    if (i + SIMD_LANES <= K) return scaled_whole(x, scale, i);
    float rest[SIMD_LANES] = {0};
    for (size_t k = i; k < K; k++) rest[k - i] = scale ? x[k] * scale[k] : x[k];
    return simd_load(rest);
}

/* The longer functions process UNROLL independent vectors at a time: each step depends on the one
 * before, and such a chain is longer than the processor's out-of-order window. */
typedef struct unrolled {
    simd_f32 v[UNROLL];
} unrolled;

#define FOR_EACH for (int i = 0; i < UNROLL; i++)

INLINE unrolled unrolled_load(const float *x) {
    unrolled s;
    FOR_EACH s.v[i] = simd_load(x + i * SIMD_LANES);
    return s;
}

INLINE void unrolled_store(float *x, unrolled s) {
    FOR_EACH simd_store(x + i * SIMD_LANES, s.v[i]);
}

/* n < UNROLL_LANES values of x, padded with zeros. */
INLINE unrolled unrolled_load_some(const float *x, size_t n) {
    float some[UNROLL_LANES] = {0};
    memcpy(some, x, n * sizeof *x);
    return unrolled_load(some);
}

INLINE void unrolled_store_some(float *x, size_t n, unrolled s) {
    float some[UNROLL_LANES];
    unrolled_store(some, s);
    memcpy(x, some, n * sizeof *x);
}

INLINE unrolled polynomial(unrolled x, const float *c, int degree) {
    unrolled y;
    FOR_EACH y.v[i] = simd_splat(c[degree]);
    for (int d = degree; d-- > 0;) FOR_EACH y.v[i] = y.v[i] * x.v[i] + simd_splat(c[d]);
    return y;
}

INLINE unrolled exp_of(unrolled x) {
    unrolled n, r;
    FOR_EACH x.v[i] = clamp(x.v[i], -KERNELS_EXP_LIMIT, KERNELS_EXP_LIMIT);
    FOR_EACH n.v[i] = round_even(x.v[i] * simd_splat(KERNELS_LOG2_E));
    FOR_EACH r.v[i] =
        (x.v[i] - n.v[i] * simd_splat(KERNELS_LN2_HIGH)) - n.v[i] * simd_splat(KERNELS_LN2_LOW);
    unrolled p = polynomial(r, kernels_exp_terms, KERNELS_EXP_DEGREE);
    FOR_EACH p.v[i] = (p.v[i] * (r.v[i] * r.v[i]) + r.v[i]) + simd_splat(1);
    FOR_EACH p.v[i] = (simd_f32)((simd_i32)p.v[i] + (simd_low_bits(n.v[i]) << 23));
    return p;
}

INLINE unrolled erf_of(unrolled x) {
    const simd_f32 limit = simd_splat(KERNELS_ERF_LIMIT);
    unrolled square;
    FOR_EACH square.v[i] = x.v[i] * x.v[i];
    unrolled over = polynomial(square, kernels_erf_over, KERNELS_ERF_DEGREE);
    const unrolled under = polynomial(square, kernels_erf_under, KERNELS_ERF_DEGREE);
    FOR_EACH over.v[i] = x.v[i] * over.v[i] / under.v[i];
    FOR_EACH over.v[i] = simd_select(x.v[i] > limit, simd_splat(1),
                                     simd_select(x.v[i] < -limit, simd_splat(-1), over.v[i]));
    return over;
}

INLINE unrolled activated(kernels_activation how, unrolled x) {
    unrolled y = x;
    switch (how) {
    case KERNELS_GELU_ERF:
        FOR_EACH y.v[i] = x.v[i] * simd_splat(0.70710678118654752440f);
        y = erf_of(y);
        FOR_EACH y.v[i] = simd_splat(0.5f) * x.v[i] * (simd_splat(1) + y.v[i]);
        break;
    case KERNELS_GELU_TANH:
        FOR_EACH y.v[i] = simd_splat(-1.59576912160573071176f) *
                          (x.v[i] + simd_splat(0.044715f) * x.v[i] * x.v[i] * x.v[i]);
        y = exp_of(y);
        FOR_EACH y.v[i] = x.v[i] / (simd_splat(1) + y.v[i]);
        break;
    case KERNELS_RELU: FOR_EACH y.v[i] = simd_max(x.v[i], simd_splat(0)); break;
    case KERNELS_IDENTITY: break;
    }
    return y;
}

INLINE void activate_all(kernels_activation how, float *x, size_t n) {
    for (; n >= UNROLL_LANES; n -= UNROLL_LANES, x += UNROLL_LANES)
        unrolled_store(x, activated(how, unrolled_load(x)));
    if (n) unrolled_store_some(x, n, activated(how, unrolled_load_some(x, n)));
}

static void activate(kernels_activation how, float *x, size_t n) {
    switch (how) { /* constant arguments: one inlined loop for each, without a branch inside */
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

#endif
