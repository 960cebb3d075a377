/* fast.h for x86-64 with SSE4.1. */
#include "kernels/fast_kernels.h"

static bool runs_here(void) {
    return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3");
}

extern const fast fast_sse41;
FAST_TABLE(fast_sse41, "int8 SSE4.1", runs_here);
