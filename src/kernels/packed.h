/* The order of a layer's int8 weights in the model file. It is the order in which fast.h reads them, so
 * a model can be memory-mapped and used without repacking.
 *
 * A panel is 16 rows of the matrix [N, K], a quad is 4 neighbouring columns. Weights are stored as
 * [panels][quads][16 rows][4 columns]. Rows are padded with zeros to full panels, columns to a multiple
 * of 64, so a panel is a multiple of 1024 bytes.
 *
 * Kernels without an instruction that adds four products accumulate two products of a quad and two of
 * the next quad in int16, then continue in int32. With activations of 7 bits the int16 sums are exact
 * if, in one row, neither the positive nor the negative weights of columns 8i, 8i + 1, 8i + 4, 8i + 5
 * exceed PACKED_SUM_MAX in sum, nor those of columns 8i + 2, 8i + 3, 8i + 6, 8i + 7.
 * quantize_packed_scale enforces this. */
#ifndef RS_PACKED_H
#define RS_PACKED_H

#include <stddef.h>

enum { PACKED_ROWS = 16, PACKED_QUAD = 4, PACKED_COLUMNS = 64, PACKED_SUM_MAX = 258 };

static inline size_t packed_panels(size_t N) { return (N + PACKED_ROWS - 1) / PACKED_ROWS; }

/* Quads of a panel: K padded to a multiple of 64, divided by 4. */
static inline size_t packed_quads(size_t K) {
    return (K + PACKED_COLUMNS - 1) / PACKED_COLUMNS * (PACKED_COLUMNS / PACKED_QUAD);
}

static inline size_t packed_bytes(size_t N, size_t K) {
    return packed_panels(N) * packed_quads(K) * (PACKED_ROWS * PACKED_QUAD);
}

/* Index of the weight of row n and column k. */
static inline size_t packed_at(size_t K, size_t n, size_t k) {
    const size_t quad = n / PACKED_ROWS * packed_quads(K) + k / PACKED_QUAD;
    return (quad * PACKED_ROWS + n % PACKED_ROWS) * PACKED_QUAD + k % PACKED_QUAD;
}

#endif
