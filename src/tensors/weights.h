/* The named tensors of a checkpoint, wherever their bytes lie: in a safetensors file, in a zip
 * entry, behind a legacy pickle. Rows are read as f32, one at a time, straight from the file.
 */
#ifndef WEIGHTS_H
#define WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensors/tensors.h"

typedef struct weight {
    const char *name;
    tensor_type type;  /* TENSOR_OTHER: of a dtype or rank that no BERT weight has */
    const char *dtype; /* what the file calls it: "F32", "F8_E4M3", "BoolStorage" */
    int rank;
    size_t shape[TENSORS_MAX_RANK];
    size_t stride[TENSORS_MAX_RANK]; /* in elements, as in PyTorch; 0 repeats */
    const uint8_t *bytes;            /* element [0, 0, …]; every element lies inside the file */
    bool used;
} weight;

typedef struct weights {
    weight *items; /* sorted by name */
    size_t count;
} weights;

/* Copies the list of an opened safetensors file; the strides are those of row-major order.
 * RS_ERR_MEMORY. */
RS_MUST_USE rs_status weights_from_tensors(arena *a, const tensors *t, weights *out,
                                           rs_error *error);

/* Sorts by name. RS_ERR_FORMAT when two have one name or a name holds a control character. */
RS_MUST_USE rs_status weights_sort(weights *w, rs_error *error);

/* NULL when there is none of that name. */
weight *weights_find(const weights *w, const char *name);

/* A weight of rank 1 has one row. */
size_t weight_rows(const weight *w);
size_t weight_columns(const weight *w);

/* Row `row` of a weight of rank 1 or 2 and of a type that weight_is_float, as f32: F32, F16 and
 * BF16 exactly, F64 rounded to the nearest. out: [weight_columns].
 * RS_ERR_FORMAT when a value is NaN or infinite, which no use of it survives. */
RS_MUST_USE rs_status weight_row(const weight *w, size_t row, float *out, rs_error *error);
bool weight_is_float(const weight *w);

/* IEEE 754 half precision to single, exactly. */
float half_to_float(uint16_t half);

#endif
