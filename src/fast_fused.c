/* fast.h with the one instruction of relaxed SIMD that adds four products to int32. Where the engine
 * has one of the processor for it (VNNI, Arm's dot product) it is twice as fast as the pairs of
 * fast_base.c; where it makes three of them, slower. */
#include "fast.h"

#if defined __wasm_relaxed_simd__
#define SIMD_FUSED
#include "fast_kernels.h"

/* What the engine does shows where the standard leaves it open: activations of 8 bits. VNNI takes 255
 * for what it is, Arm for -1; three instructions saturate at int16. Whatever else comes is not trusted:
 * V8 11.3 behind its flag adds some products twice. */
static bool runs_here(void) {
    /* volatile: computed by the engine, not by the compiler */
    const volatile int8_t weight = -128, activation = -1;
    const v128_t sum = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(
        wasm_i8x16_splat(weight), wasm_i8x16_splat(activation), wasm_i32x4_const_splat(0));
    const int32_t got = wasm_i32x4_extract_lane(sum, 0);
    return got == 4 * -128 * 255 || got == 4 * 128;
}

extern const fast fast_fused;
FAST_TABLE(fast_fused, "int8 relaxed SIMD, fused", runs_here);
#endif
