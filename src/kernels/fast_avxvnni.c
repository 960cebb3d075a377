/* fast.h for x86-64 with AVX-VNNI and without AVX-512. */
#include "kernels/fast_kernels.h"

static bool runs_here(void) { return __builtin_cpu_supports("avxvnni"); }

extern const fast fast_avxvnni;
FAST_TABLE(fast_avxvnni, "int8 AVX-VNNI", runs_here);
