/* The order of a layer's int8 weights in the model file, which is that in which fast.h reads them: a
 * model needs no second copy of itself, and no time to make one.
 *
 * Sixteen rows of the matrix [N, K] are a panel. A panel has 4 weights of its first row, the same 4
 * columns of its second row … of its last, then the next 4 columns. Rows are filled up with zeros to
 * whole panels, columns to whole sixty-fours: [panels][quads][16][4], each a multiple of 1024 bytes.
 *
 * Kernels without an instruction for four products at once add two, and two of the next four columns,
 * in int16 before they go on in int32. With activations of 7 bits that is exact as long as the
 * positive weights of such a four, and the negative ones, add up to no more than PACKED_MOST: columns
 * 8i, 8i + 1, 8i + 4, 8i + 5 of one row, and 8i + 2, 8i + 3, 8i + 6, 8i + 7. Who quantizes sees to it. */
#ifndef RS_PACKED_H
#define RS_PACKED_H

#include <stddef.h>

enum { PACKED_ROWS = 16, PACKED_QUAD = 4, PACKED_COLUMNS = 64, PACKED_MOST = 258 };

static inline size_t packed_panels(size_t N) { return (N + PACKED_ROWS - 1) / PACKED_ROWS; }

/* Of a panel; K filled up / 4. */
static inline size_t packed_quads(size_t K) {
    return (K + PACKED_COLUMNS - 1) / PACKED_COLUMNS * (PACKED_COLUMNS / PACKED_QUAD);
}

static inline size_t packed_bytes(size_t N, size_t K) {
    return packed_panels(N) * packed_quads(K) * (PACKED_ROWS * PACKED_QUAD);
}

/* Where the weight of row n and column k lies. */
static inline size_t packed_at(size_t K, size_t n, size_t k) {
    const size_t quad = n / PACKED_ROWS * packed_quads(K) + k / PACKED_QUAD;
    return (quad * PACKED_ROWS + n % PACKED_ROWS) * PACKED_QUAD + k % PACKED_QUAD;
}

#endif
