#include "kernels/fast.h"

#include <stdatomic.h>

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

/* first: index of the fastest entry of fast_all that is not disabled. forced: set by fast_force and
 * preferred to all of fast_all. refused: the kernels that were disabled first. */
static atomic_size_t first;
static const fast *_Atomic forced, *_Atomic refused;

/* The first entry of fast_all, at i or later, that runs here; the last one always does. */
static size_t from(size_t i) {
    while (!fast_all[i]->runs_here()) i++;
    return i;
}

const fast *fast_choose(void) {
    const fast *kernels = atomic_load(&forced);
    return kernels ? kernels : fast_all[from(atomic_load(&first))];
}

const fast *fast_plain(void) { return &fast_base; }

/* The index of kernels in fast_all; that of the final NULL when they are not in it. */
static size_t position(const fast *kernels) {
    size_t i = 0;
    while (fast_all[i] && fast_all[i] != kernels) i++;
    return i;
}

bool fast_refuse(const fast *kernels) {
    const fast *front = kernels, *none = NULL;
    const size_t i = position(kernels);
    if (!atomic_compare_exchange_strong(&forced, &front, NULL)) {
        if (!fast_all[i] || !fast_all[i + 1]) return false;
        atomic_store(&first, i + 1);
    }
    atomic_compare_exchange_strong(&refused, &none, kernels);
    return true;
}

void fast_accept(const fast *kernels) {
    const size_t i = position(kernels);
    if (fast_all[i])
        atomic_store(&first, i);
    else
        atomic_store(&forced, kernels);
    atomic_store(&refused, NULL);
}

const fast *fast_refused(void) { return atomic_load(&refused); }

void fast_force(const fast *kernels) { atomic_store(&forced, kernels); }

static size_t up(size_t n) { return (n + FAST_TILE - 1) / FAST_TILE * FAST_TILE; }

/* Enough for attend of fast_attention.h; attend_q16 needs less. */
size_t fast_attend_floats(const fast *f, size_t T, size_t D) {
    const size_t Tp = up(T), Dp = up(D);
    return 2 * f->queries * Tp + 2 * Tp * Dp + f->queries * Dp + Dp;
}

size_t fast_q_bytes(const fast *f, size_t T, size_t K) {
    const size_t tiles = (T + f->rows - 1) / f->rows;
    return tiles * f->rows * packed_quads(K) * PACKED_QUAD * f->activation_bytes;
}

size_t fast_outlier_bytes(size_t K) {
    const size_t count_bytes = 16, lists = 4, entry_bytes = 12; /* as in fast_quantize.h */
    return count_bytes + lists * ((K / KERNELS_VALUES_PER_OUTLIER + 3) / 4 * 4) * entry_bytes;
}
