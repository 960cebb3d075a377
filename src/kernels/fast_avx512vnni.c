/* fast.h for x86-64 with AVX-512 VNNI. */
#include "kernels/fast_kernels.h"

static bool runs_here(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vnni");
}

extern const fast fast_avx512vnni;
FAST_TABLE(fast_avx512vnni, "int8 AVX-512 VNNI", runs_here);
