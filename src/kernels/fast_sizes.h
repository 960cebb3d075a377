/* Part of fast_kernels.h: the tile sizes of its loops, by instruction set. */
#ifndef RS_FAST_SIZES_H
#define RS_FAST_SIZES_H

#include <math.h>

#include "kernels/fast.h"
#include "kernels/simd.h"

/* Height of a tile in rows, and its width in vectors of columns: its sums stay in registers. Where
 * simd_dot is one instruction, ten independent sums hide its latency. AVX-512 has registers for
 * more, and two vectors for each loaded activation balance loads and products. */
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
    /* Vectors of columns that are processed in one pass over the rows: all of one panel, or one
     * from each of several panels. */
    SPAN = SIMD_WIDE || VECTORS > PANEL_VECTORS ? VECTORS : PANEL_VECTORS,
    QUAD_BYTES = PACKED_ROWS * PACKED_QUAD,
    /* Quads of one row that are stored contiguously: those of one loop iteration. */
    CHUNK_QUADS = SIMD_LANES > 4 ? SIMD_LANES / PACKED_QUAD
                  : SIMD_PAIRS   ? 2
                                 : 1,
    CHUNK = CHUNK_QUADS * PACKED_QUAD,
    LANES = 16, /* partial sums, as in kernels.c */
    SUM_VECTORS = LANES / SIMD_LANES,
    UNROLL = SIMD_LANES == 16 ? 4 : 1,
    UNROLL_LANES = UNROLL * SIMD_LANES
};

#define INLINE static inline __attribute__((always_inline))

#endif
