/* NumPy's .npy files: the vectors of a corpus as notebooks keep them, (N, H) little-endian f32
 * in C order. Read are versions 1, 2 and 3 of the format; other types, orders and ranks are
 * refused. Source: numpy.org, "numpy.lib.format", format version 1.0. */
#ifndef NPY_H
#define NPY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct npy {
    size_t rows, columns;
    const uint8_t *values; /* rows * columns f32, not aligned; borrowed from the file's bytes */
} npy;

/* RS_ERR_FORMAT with what is wrong and, for another type or order, what would make it right. */
RS_MUST_USE rs_status npy_read(const uint8_t *bytes, size_t size, npy *out, rs_error *error);

/* Row r as numbers; out: [columns]. r < rows. */
void npy_row(const npy *array, size_t r, float *out);

/* Writes values, [rows, columns], as format version 1; whole or not at all (output.h).
 * RS_ERR_IO, RS_ERR_MEMORY. */
RS_MUST_USE rs_status npy_write(const char *path, const float *values, size_t rows,
                                size_t columns, rs_error *error);

#endif
