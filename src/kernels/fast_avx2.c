/* fast.h for x86-64 with AVX2. */
#include "kernels/fast_kernels.h"

static bool runs_here(void) { return __builtin_cpu_supports("avx2"); }

extern const fast fast_avx2;
FAST_TABLE(fast_avx2, "int8 AVX2", runs_here);
