/* fast.h with the one instruction of relaxed SIMD that adds four products to int32. Where the engine
 * has one of the processor for it (VNNI, Arm's dot product) it is twice as fast as the pairs of
 * fast_base.c; where it makes three of them, slower. */
#include "kernels/fast.h"

#if defined __wasm_relaxed_simd__
#define SIMD_FUSED
#include "kernels/fast_kernels.h"

/* Whatever else the probe gives is not trusted: V8 11.3 behind its flag adds some products twice. */
static bool runs_here(void) {
    const int32_t got = simd_fused_probe();
    return got == SIMD_PROBE_UNSIGNED || got == SIMD_PROBE_SIGNED;
}

extern const fast fast_fused;
FAST_TABLE(fast_fused, "int8 relaxed SIMD, fused", runs_here);
#endif
