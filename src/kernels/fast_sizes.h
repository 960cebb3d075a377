/* Of fast_kernels.h: how many rows and columns its loops take at a time, by instruction set. */
#ifndef RS_FAST_SIZES_H
#define RS_FAST_SIZES_H

#include <math.h>

#include "kernels/fast.h"
#include "kernels/simd.h"

/* Rows and vectors of columns whose sums stay in registers. Where a dot is one instruction, ten sums
 * hide how long it takes; AVX-512 has room for more, and two vectors for each activation that is loaded,
 * as there are as many instructions for loads as for products. */
#if defined __AVX512VNNI__
enum { ROWS = 8, VECTORS = 2 };
#elif SIMD_WIDE
enum { ROWS = 4, VECTORS = 1 };
#elif SIMD_PAIRS
enum { ROWS = 4, VECTORS = 2 };
#else
enum { ROWS = 5, VECTORS = 2 };
#endif
enum {
    TILE = VECTORS * SIMD_LANES, /* columns */
    PANEL_VECTORS = PACKED_ROWS / SIMD_LANES,
    /* Vectors that rows go by at a time: of one panel, or each one of its own. */
    SPAN = SIMD_WIDE || VECTORS > PANEL_VECTORS ? VECTORS : PANEL_VECTORS,
    QUAD_BYTES = PACKED_ROWS * PACKED_QUAD,
    /* Of a row's activations, that lie side by side: as many as one loop's turn takes. */
    CHUNK_QUADS = SIMD_LANES > 4 ? SIMD_LANES / PACKED_QUAD
                  : SIMD_PAIRS   ? 2
                                 : 1,
    CHUNK = CHUNK_QUADS * PACKED_QUAD,
    LANES = 16, /* of sums, as in kernels.c */
    SUM_VECTORS = LANES / SIMD_LANES,
    SIDE = SIMD_LANES == 16 ? 4 : 1,
    SIDE_LANES = SIDE * SIMD_LANES
};

#define INLINE static inline __attribute__((always_inline))

#endif
