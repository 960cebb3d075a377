/* NumPy's .npy files: an embedding matrix (N, H) as saved by numpy.save, little-endian f32 in C order.
 * Versions 1, 2 and 3 of the format are supported; other types, orders and ranks are refused. Source:
 * numpy.org, "numpy.lib.format", format version 1.0. */
#ifndef NPY_H
#define NPY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct npy {
    size_t rows, columns;
    const uint8_t *values; /* rows * columns f32, not aligned; borrowed from the file's bytes */
} npy;

/* Reads a file. Returns RS_ERR_FORMAT, whose message includes the NumPy call that converts an array of
 * another type or order, or RS_ERR_VERSION. */
RS_MUST_USE rs_status npy_read(const uint8_t *bytes, size_t size, npy *out, rs_error *error);

/* Copies row r, below rows, as native floats to out [columns]; values of the file may be unaligned. */
void npy_row(const npy *array, size_t r, float *out);

/* Writes values, [rows, columns], as format version 1, atomically (output.h). Returns RS_ERR_IO or
 * RS_ERR_MEMORY. */
RS_MUST_USE rs_status npy_write(const char *path, const float *values, size_t rows,
                                size_t columns, rs_error *error);

#endif
