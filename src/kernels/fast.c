#include "kernels/fast.h"

extern const fast fast_base;
#if defined REFSCOUT_FAST_X86
extern const fast fast_sse41, fast_avx2, fast_avxvnni, fast_avx512vnni;
const fast *const fast_all[] = {&fast_avx512vnni, &fast_avxvnni, &fast_avx2,
                                &fast_sse41,      &fast_base,    NULL};
#elif defined __wasm_relaxed_simd__
extern const fast fast_fused;
const fast *const fast_all[] = {&fast_fused, &fast_base, NULL};
#else
const fast *const fast_all[] = {&fast_base, NULL};
#endif

static const fast *forced;

const fast *fast_choose(void) {
    if (forced) return forced;
    size_t i = 0;
    while (!fast_all[i]->runs_here()) i++; /* the last always does */
    return fast_all[i];
}

void fast_force(const fast *kernels) { forced = kernels; }

static size_t up(size_t n) { return (n + FAST_TILE - 1) / FAST_TILE * FAST_TILE; }

/* As in fast_kernels.h; whole numbers take less. */
size_t fast_attend_floats(const fast *f, size_t T, size_t D) {
    const size_t Tp = up(T), Dp = up(D);
    return 2 * f->queries * Tp + 2 * Tp * Dp + f->queries * Dp + Dp;
}

size_t fast_q_bytes(const fast *f, size_t T, size_t K) {
    const size_t tiles = (T + f->rows - 1) / f->rows;
    return tiles * f->rows * packed_quads(K) * PACKED_QUAD * f->activation_bytes;
}

size_t fast_apart_bytes(size_t K) {
    const size_t count_bytes = 16, lists = 4, entry_bytes = 12; /* as in fast_kernels.h */
    return count_bytes + lists * ((K / KERNELS_APART + 3) / 4 * 4) * entry_bytes;
}
