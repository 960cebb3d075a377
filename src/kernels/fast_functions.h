/* Of fast_kernels.h: functions of one number, e^x and erf among them, the activations made of them, and how rows
 * are read. */
#ifndef RS_FAST_FUNCTIONS_H
#define RS_FAST_FUNCTIONS_H

#include "kernels/fast_sizes.h"

/* To the nearest whole number, ties to even; |x| < 2^22. */
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

#endif
