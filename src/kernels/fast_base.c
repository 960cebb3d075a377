/* fast.h for the compiler's baseline: the SIMD of a WebAssembly module; otherwise plain C. */
#include "kernels/fast_kernels.h"

static bool runs_here(void) { return true; }

extern const fast fast_base;
#if defined __wasm_relaxed_simd__
FAST_TABLE(fast_base, "int8 relaxed SIMD", runs_here);
#elif defined __wasm_simd128__
FAST_TABLE(fast_base, "int8 SIMD", runs_here);
#else
FAST_TABLE(fast_base, "int8 C", runs_here);
#endif
