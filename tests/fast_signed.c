/* fast.h with activations that are bytes with a sign, as relaxed SIMD has them on Arm: the arithmetic of
 * such an engine, in plain C. */
#define SIMD_SIGNED
#include "kernels/fast_kernels.h"

static bool runs_here(void) { return true; }

extern const fast fast_signed;
FAST_TABLE(fast_signed, "int8 C, signed bytes", runs_here);
