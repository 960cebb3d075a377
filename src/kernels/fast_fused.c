/* fast.h with the relaxed SIMD instruction that adds four products to int32 ("fused" here: one dot
 * product with accumulation). Where the engine compiles it to one native instruction (VNNI, Arm's
 * dot product) it is twice as fast as the pairs of fast_base.c; where to three, slower. */
#include "kernels/fast.h"

#if defined __wasm_relaxed_simd__
#define SIMD_FUSED
#include "kernels/fast_kernels.h"

/* Any other result of the probe means a faulty instruction: that of V8 11.3, which is behind a flag,
 * adds some products twice. */
static bool runs_here(void) {
    const int32_t got = simd_fused_probe();
    return got == SIMD_PROBE_UNSIGNED || got == SIMD_PROBE_SIGNED;
}

extern const fast fast_fused;
FAST_TABLE(fast_fused, "int8 relaxed SIMD, fused", runs_here);
#endif
