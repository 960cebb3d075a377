/* The SIMD operations of fast_kernels.h, in the instruction set that the including file is compiled
 * for: vectors of SIMD_LANES f32 or int32, and products of int8 weights and 7-bit activations. All
 * operations are exact or rounded as IEEE 754 defines, so every instruction set gives the same bits.
 * + - * / and bit operations are those of the compiler on vector types. */
#ifndef RS_SIMD_H
#define RS_SIMD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined __AVX512VNNI__
#include <immintrin.h>
enum { SIMD_LANES = 16 };
#elif defined __AVX2__
#include <immintrin.h>
enum { SIMD_LANES = 8 };
#elif defined __SSE4_1__
#include <immintrin.h>
enum { SIMD_LANES = 4 };
#elif defined __wasm_simd128__
#include <wasm_simd128.h>
enum { SIMD_LANES = 4 };
#else
enum { SIMD_LANES = 4 };
#endif

typedef float simd_f32 __attribute__((vector_size(SIMD_LANES * 4)));
typedef int32_t simd_i32 __attribute__((vector_size(SIMD_LANES * 4)));
typedef int16_t simd_i16 __attribute__((vector_size(SIMD_LANES * 4)));
typedef int8_t simd_i8 __attribute__((vector_size(SIMD_LANES * 4)));

static inline simd_f32 simd_load(const float *x) {
    simd_f32 v;
    memcpy(&v, x, sizeof v);
    return v;
}

static inline simd_i32 simd_load_i32(const int32_t *x) {
    simd_i32 v;
    memcpy(&v, x, sizeof v);
    return v;
}

static inline void simd_store(float *x, simd_f32 v) { memcpy(x, &v, sizeof v); }

static inline simd_f32 simd_splat(float x) { return x - (simd_f32){0}; }

static inline simd_i32 simd_splat_i32(int32_t x) { return x - (simd_i32){0}; }

/* Converts to the nearest f32. */
static inline simd_f32 simd_from_i32(simd_i32 v) {
    return __builtin_convertvector(v, simd_f32);
}

/* a where mask is -1, b where it is 0. */
static inline simd_f32 simd_select(simd_i32 mask, simd_f32 a, simd_f32 b) {
#if defined __wasm_simd128__
    return (simd_f32)wasm_v128_bitselect((v128_t)a, (v128_t)b, (v128_t)mask);
#else
    return (simd_f32)((mask & (simd_i32)a) | (~mask & (simd_i32)b));
#endif
}

/* Whether any lane of mask is not 0. */
static inline int simd_any(simd_i32 mask) {
#if defined __AVX512VNNI__
    return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask) != 0;
#elif defined __AVX2__
    return _mm256_movemask_epi8((__m256i)mask) != 0;
#elif defined __SSE4_1__
    return _mm_movemask_epi8((__m128i)mask) != 0;
#elif defined __wasm_simd128__
    return wasm_v128_any_true((v128_t)mask);
#else
    int32_t any = 0;
    for (int i = 0; i < SIMD_LANES; i++) any |= mask[i];
    return any != 0;
#endif
}

/* Counts lanes of masks that are -1: simd_count adds those of one mask, simd_counted returns the
 * total. */
#if defined __AVX512VNNI__
typedef size_t simd_counts;
static inline simd_counts simd_count(simd_counts counts, simd_i32 mask) {
    return counts + (size_t)__builtin_popcount(_mm512_movepi32_mask((__m512i)mask));
}
static inline size_t simd_counted(simd_counts counts) { return counts; }
#else
typedef simd_i32 simd_counts;
static inline simd_counts simd_count(simd_counts counts, simd_i32 mask) {
    return counts - mask;
}
static inline size_t simd_counted(simd_counts counts) {
    size_t all = 0;
    for (int i = 0; i < SIMD_LANES; i++) all += (size_t)counts[i];
    return all;
}
#endif

/* a > b ? a : b, so b where either is NaN. */
static inline simd_f32 simd_max(simd_f32 a, simd_f32 b) {
#if defined __AVX512VNNI__
    return (simd_f32)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined __AVX2__
    return (simd_f32)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined __SSE4_1__
    return (simd_f32)_mm_max_ps((__m128)a, (__m128)b);
#elif defined __wasm_simd128__
    return (simd_f32)wasm_f32x4_pmax((v128_t)b, (v128_t)a);
#else
    return simd_select(a > b, a, b);
#endif
}

/* a < b ? a : b, so b where either is NaN. */
static inline simd_f32 simd_min(simd_f32 a, simd_f32 b) {
#if defined __AVX512VNNI__
    return (simd_f32)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined __AVX2__
    return (simd_f32)_mm256_min_ps((__m256)a, (__m256)b);
#elif defined __SSE4_1__
    return (simd_f32)_mm_min_ps((__m128)a, (__m128)b);
#elif defined __wasm_simd128__
    return (simd_f32)wasm_f32x4_pmin((v128_t)b, (v128_t)a);
#else
    return simd_select(a < b, a, b);
#endif
}

static inline simd_i16 simd_max_i16(simd_i16 a, simd_i16 b) {
#if defined __wasm_simd128__
    return (simd_i16)wasm_i16x8_max((v128_t)a, (v128_t)b);
#else
    const simd_i16 mask = a > b;
    return (mask & a) | (~mask & b);
#endif
}

/* max(v, 0) */
static inline simd_i8 simd_positive(simd_i8 v) {
#if defined __wasm_simd128__
    return (simd_i8)wasm_i8x16_max((v128_t)v, wasm_i8x16_const_splat(0));
#else
    return v & (v > 0);
#endif
}

/* Pairwise sums: of lanes 0 and 1, 2 and 3, … */
static inline simd_i16 simd_add_pairwise(simd_i8 v) {
#if defined __AVX512VNNI__
    return (simd_i16)_mm512_maddubs_epi16(_mm512_set1_epi8(1), (__m512i)v);
#elif defined __AVX2__
    return (simd_i16)_mm256_maddubs_epi16(_mm256_set1_epi8(1), (__m256i)v);
#elif defined __SSE4_1__
    return (simd_i16)_mm_maddubs_epi16(_mm_set1_epi8(1), (__m128i)v);
#elif defined __wasm_simd128__
    return (simd_i16)wasm_i16x8_extadd_pairwise_i8x16((v128_t)v);
#else
    simd_i16 sums;
    for (int i = 0; i < 2 * SIMD_LANES; i++) sums[i] = (int16_t)(v[2 * i] + v[2 * i + 1]);
    return sums;
#endif
}

static inline simd_i32 simd_add_pairwise_i16(simd_i16 v) {
#if defined __AVX512VNNI__
    return (simd_i32)_mm512_madd_epi16((__m512i)v, _mm512_set1_epi16(1));
#elif defined __AVX2__
    return (simd_i32)_mm256_madd_epi16((__m256i)v, _mm256_set1_epi16(1));
#elif defined __SSE4_1__
    return (simd_i32)_mm_madd_epi16((__m128i)v, _mm_set1_epi16(1));
#elif defined __wasm_simd128__
    return (simd_i32)wasm_i32x4_extadd_pairwise_i16x8((v128_t)v);
#else
    simd_i32 sums;
    for (int i = 0; i < SIMD_LANES; i++) sums[i] = v[2 * i] + v[2 * i + 1];
    return sums;
#endif
}

/* ---- Weights times activations ------------------------------------------------------------
 *
 * simd_weights holds a quad, 4 weights, of each of SIMD_LANES columns, read from 4 * SIMD_LANES bytes.
 * simd_activations holds a quad of activations of one row, read from 4 simd_activation. simd_dot adds
 * the four products of each column to simd_sums; simd_total converts simd_sums to one sum a column.
 *
 * Activations have 7 bits, 0 … 127, so that every sum of two products fits int16 and instructions that
 * saturate never do so. Where one instruction adds four products to int32 (SIMD_BYTES) they have 8
 * bits, from simd_min_byte() on; where SIMD_WIDE, 14 bits and a sign.
 *
 * simd_dot_two is simd_dot of two quads. Where SIMD_PAIRS, simd_dot is two instructions: simd_pairs,
 * sums of two products in int16, and simd_add_pairs, which adds these pairwise to int32. simd_dot_two
 * then adds the int16 sums of both quads first, which saves a quarter of the work; they fit int16
 * because of the limit in packed.h. */

#if defined SIMD_FUSED
#define SIMD_PAIRS 0 /* one relaxed SIMD instruction, compiled to one or three native ones */
#elif defined __wasm_relaxed_simd__
#define SIMD_PAIRS 1
#elif defined __AVX512VNNI__ || defined __AVXVNNI__
#define SIMD_PAIRS 0
#elif defined __SSE4_1__
#define SIMD_PAIRS 1
#else
#define SIMD_PAIRS 0
#endif

/* SIMD_BYTES: activations have 8 bits. SIMD_SIGNED: signed bytes, as engines on Arm interpret them, in
 * plain C; for tests. */
#if defined SIMD_FUSED || defined SIMD_SIGNED || defined __AVX512VNNI__ || defined __AVXVNNI__
#define SIMD_BYTES 1
#else
#define SIMD_BYTES 0
#endif

#if defined __wasm_simd128__ && !defined __wasm_relaxed_simd__
/* The baseline SIMD of WebAssembly multiplies int16 only: the quads of two columns fill a register, and
 * each column has two partial sums. */
#define SIMD_WIDE 1
typedef int16_t simd_activation;
typedef v128_t simd_activations;
typedef struct simd_weights {
    v128_t low, high;
} simd_weights;
typedef struct simd_sums {
    simd_i32 low, high;
} simd_sums;
#else
#define SIMD_WIDE 0
typedef uint8_t simd_activation;
typedef simd_i32 simd_weights;
typedef simd_i32 simd_activations;
typedef simd_i32 simd_sums;
#endif

static inline simd_weights simd_load_weights(const int8_t *w) {
#if SIMD_WIDE
    return (simd_weights){wasm_i16x8_load8x8(w), wasm_i16x8_load8x8(w + 8)};
#else
    simd_weights v;
    memcpy(&v, w, sizeof v);
    return v;
#endif
}

#if SIMD_WIDE
/* Widens the weights at w to 4 * SIMD_LANES int16, for loops that reuse them. */
static inline void simd_widen(const int8_t *w, int16_t *wide) {
    wasm_v128_store(wide, wasm_i16x8_load8x8(w));
    wasm_v128_store(wide + 8, wasm_i16x8_load8x8(w + 8));
}

static inline simd_weights simd_load_wide(const int16_t *wide) {
    return (simd_weights){wasm_v128_load(wide), wasm_v128_load(wide + 8)};
}
#endif

static inline simd_activations simd_load_activations(const simd_activation *q) {
#if SIMD_WIDE
    return wasm_v128_load64_splat(q);
#else
    int32_t four;
    memcpy(&four, q, sizeof four);
    return simd_splat_i32(four);
#endif
}

#if defined SIMD_FUSED
/* Probes how the engine interprets 8-bit activations, which the standard leaves open: the sum of four
 * products -128 * -1. VNNI reads the byte of -1 as 255, Arm as -1; a sequence of three instructions
 * saturates at int16. */
static inline int32_t simd_fused_probe(void) {
    /* volatile: computed by the engine, not by the compiler */
    const volatile int8_t weight = -128, activation = -1;
    return wasm_i32x4_extract_lane(
        wasm_i32x4_relaxed_dot_i8x16_i7x16_add(
            wasm_i8x16_splat(weight), wasm_i8x16_splat(activation), wasm_i32x4_const_splat(0)),
        0);
}
enum { SIMD_PROBE_UNSIGNED = 4 * -128 * 255, SIMD_PROBE_SIGNED = 4 * -128 * -1 };
#endif

/* Where SIMD_BYTES, the smallest activation of simd_dot; the largest is 255 more. */
static inline int32_t simd_min_byte(void) {
#if defined SIMD_FUSED
    return simd_fused_probe() == SIMD_PROBE_SIGNED ? INT8_MIN : 0;
#elif defined SIMD_SIGNED
    return INT8_MIN;
#else
    return 0;
#endif
}

static inline simd_sums simd_no_sums(void) { return (simd_sums){0}; }

static inline simd_i32 simd_total(simd_sums sums) {
#if SIMD_WIDE
    return __builtin_shufflevector(sums.low, sums.high, 0, 2, 4, 6) +
           __builtin_shufflevector(sums.low, sums.high, 1, 3, 5, 7);
#else
    return sums;
#endif
}

#if SIMD_PAIRS
static inline simd_i16 simd_pairs(simd_weights w, simd_activations q) {
#if defined __wasm_relaxed_simd__
    return (simd_i16)wasm_i16x8_relaxed_dot_i8x16_i7x16((v128_t)w, (v128_t)q);
#elif defined __AVX2__
    return (simd_i16)_mm256_maddubs_epi16((__m256i)q, (__m256i)w);
#else
    return (simd_i16)_mm_maddubs_epi16((__m128i)q, (__m128i)w);
#endif
}

static inline simd_sums simd_add_pairs(simd_sums sums, simd_i16 pairs) {
    return sums + simd_add_pairwise_i16(pairs);
}
#endif

static inline simd_sums simd_dot(simd_sums sums, simd_weights w, simd_activations q) {
#if SIMD_PAIRS
    return simd_add_pairs(sums, simd_pairs(w, q));
#elif SIMD_WIDE
    return (simd_sums){sums.low + (simd_i32)wasm_i32x4_dot_i16x8(w.low, q),
                       sums.high + (simd_i32)wasm_i32x4_dot_i16x8(w.high, q)};
#elif defined __wasm_relaxed_simd__
    return (simd_i32)wasm_i32x4_relaxed_dot_i8x16_i7x16_add((v128_t)w, (v128_t)q, (v128_t)sums);
#elif defined __AVX512VNNI__
    return (simd_i32)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)q, (__m512i)w);
#elif defined __AVXVNNI__
    return (simd_i32)_mm256_dpbusd_avx_epi32((__m256i)sums, (__m256i)q, (__m256i)w);
#else
    int8_t a[sizeof w], b[sizeof q];
    memcpy(a, &w, sizeof a);
    memcpy(b, &q, sizeof b);
    for (int i = 0; i < SIMD_LANES; i++)
        for (int k = 4 * i; k < 4 * i + 4; k++) sums[i] += a[k] * b[k];
    return sums;
#endif
}

static inline simd_sums simd_dot_two(simd_sums sums, simd_weights v, simd_activations p,
                                     simd_weights w, simd_activations q) {
#if SIMD_PAIRS
    return simd_add_pairs(sums, simd_pairs(v, p) + simd_pairs(w, q));
#else
    return simd_dot(simd_dot(sums, v, p), w, q);
#endif
}

/* The sum of 3 * 2^22 and an integer of at most 22 bits, in f32, has that integer in its low bits. This
 * is one addition, where a conversion is several instructions in WebAssembly. */
#define SIMD_MAGIC 12582912.0f
#define SIMD_MAGIC_BITS 0x4b400000

static inline simd_i32 simd_low_bits(simd_f32 v) {
    return (simd_i32)(v + simd_splat(SIMD_MAGIC));
}

/* Converts to int32, rounding to nearest, ties to even; |v| < 2^22. */
static inline simd_i32 simd_to_i32(simd_f32 v) {
    return simd_low_bits(v) - simd_splat_i32(SIMD_MAGIC_BITS);
}

/* Stores v as SIMD_LANES int16, rounding to nearest, ties to even. */
static inline void simd_store_i16(int16_t *q, simd_f32 v) {
    typedef int16_t narrow __attribute__((vector_size(SIMD_LANES * 2)));
    const narrow n = __builtin_convertvector(simd_low_bits(v), narrow);
    memcpy(q, &n, sizeof n);
}

/* Stores integers as SIMD_LANES activations, of 8 bits, or of 16 where SIMD_WIDE. */
static inline void simd_store_activations(simd_activation *q, simd_f32 v) {
#if SIMD_WIDE
    typedef int16_t narrow __attribute__((vector_size(SIMD_LANES * 2)));
#else
    typedef uint8_t narrow __attribute__((vector_size(SIMD_LANES)));
#endif
    const narrow n = __builtin_convertvector(simd_low_bits(v), narrow);
    memcpy(q, &n, sizeof n);
}

/* ---- Int16 times int8 ------------------------------------------------------------------------
 *
 * Vectors of 2 * SIMD_LANES int16. simd_dot_i16 adds the products of two neighbouring elements to each
 * lane; the caller ensures that sums fit int32. */

static inline simd_i16 simd_load_i16(const int16_t *x) {
    simd_i16 v;
    memcpy(&v, x, sizeof v);
    return v;
}

static inline simd_i16 simd_load_i8(const int8_t *x) {
    typedef int8_t narrow __attribute__((vector_size(SIMD_LANES * 2)));
    narrow v;
    memcpy(&v, x, sizeof v);
    return __builtin_convertvector(v, simd_i16);
}

static inline simd_i32 simd_dot_i16(simd_i32 sum, simd_i16 a, simd_i16 b) {
#if defined __AVX512VNNI__
    return (simd_i32)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
#elif defined __AVXVNNI__
    return (simd_i32)_mm256_dpwssd_avx_epi32((__m256i)sum, (__m256i)a, (__m256i)b);
#elif defined __AVX2__
    return sum + (simd_i32)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined __SSE4_1__
    return sum + (simd_i32)_mm_madd_epi16((__m128i)a, (__m128i)b);
#elif defined __wasm_simd128__
    return sum + (simd_i32)wasm_i32x4_dot_i16x8((v128_t)a, (v128_t)b);
#else
    for (int i = 0; i < SIMD_LANES; i++)
        sum[i] += a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
    return sum;
#endif
}

/* Prefetches the cache line at x. WebAssembly has no such instruction; a load with unused result has
 * the same effect. */
static inline void simd_prefetch(const int8_t *x) {
#if defined __wasm__
    (void)*(const volatile int8_t *)x;
#else
    __builtin_prefetch(x);
#endif
}

#endif
