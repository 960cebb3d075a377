/* The named tensors of a checkpoint, independent of its container: safetensors file, zip archive or
 * legacy pickle. Rows are converted to f32 one at a time, directly from the file's bytes. */
#ifndef WEIGHTS_H
#define WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensors/tensors.h"

typedef struct weight {
    const char *name;
    tensor_type type;  /* TENSOR_OTHER: unsupported dtype or rank */
    const char *dtype; /* the name in the file: "F32", "F8_E4M3", "BoolStorage" */
    int rank;
    size_t shape[TENSORS_MAX_RANK];
    size_t stride[TENSORS_MAX_RANK]; /* in elements, as in PyTorch; 0 broadcasts */
    const uint8_t *bytes;            /* element [0, 0, …]; every element is inside the file */
    bool used;
} weight;

typedef struct weights {
    weight *items; /* sorted by name */
    size_t count;
} weights;

/* Copies the list of an opened safetensors file, with the strides of row-major order. Returns
 * RS_ERR_MEMORY, and RS_ERR_FORMAT as weights_sort does. */
RS_MUST_USE rs_status weights_from_tensors(arena *a, const tensors *t, weights *out,
                                           rs_error *error);

/* Sorts by name. Returns RS_ERR_FORMAT for a duplicate name or one with a control character. */
RS_MUST_USE rs_status weights_sort(weights *w, rs_error *error);

/* The weight of that name, or NULL. */
weight *weights_find(const weights *w, const char *name);

/* A weight of rank 1 has one row. */
size_t weight_rows(const weight *w);
size_t weight_columns(const weight *w);

/* Row `row` of a weight of rank 1 or 2 and of a type that weight_is_float, as f32: F32, F16 and
 * BF16 exactly, F64 rounded to nearest. out: [weight_columns]. Returns RS_ERR_FORMAT when a value
 * is NaN or infinite, since results computed with it would be NaN too. */
RS_MUST_USE rs_status weight_row(const weight *w, size_t row, float *out, rs_error *error);
bool weight_is_float(const weight *w);

/* IEEE 754 half precision to single, exactly. */
float half_to_float(uint16_t half);

#endif
