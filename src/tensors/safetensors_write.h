/* Writes a safetensors file in one pass: first the list of its tensors, then their bytes in the
 * order of the list. Appears whole or not at all (output.h). */
#ifndef SAFETENSORS_WRITE_H
#define SAFETENSORS_WRITE_H

#include "tensors/tensors.h"

typedef struct tensor_spec {
    char name[96];
    tensor_type type;
    int rank;
    size_t shape[TENSORS_MAX_RANK];
} tensor_spec;

typedef struct safetensors_writer safetensors_writer;

/* Where a tensor stands in the file, 0 to SAFETENSORS_GROUPS - 1: those of whole 64 bytes first, then
 * by falling element size. So every tensor is aligned without holes, and the large ones to 64
 * bytes, as kernels like them. */
enum { SAFETENSORS_GROUPS = 5 };
int safetensors_group(const tensor_spec *spec);

/* specs are sorted in place by group (the order is otherwise kept); bytes must then be written in the
 * sorted order. Metadata whose value is NULL is left out. The header is padded with blanks until the data begins
 * at a multiple of 64.
 * RS_ERR_IO, RS_ERR_MEMORY. */
RS_MUST_USE rs_status safetensors_write_open(const char *path, tensor_spec *specs, size_t count,
                                             const tensors_metadata *metadata,
                                             size_t metadata_count, safetensors_writer **out,
                                             rs_error *error);

/* Appends size bytes to the current tensor; pieces may be of any size and cross tensors. */
RS_MUST_USE rs_status safetensors_write(safetensors_writer *w, const void *bytes, size_t size,
                                        rs_error *error);

/* Checks that exactly the promised bytes were written, and commits; frees w in any case. */
RS_MUST_USE rs_status safetensors_write_commit(safetensors_writer *w, rs_error *error);

/* Leaves nothing behind; NULL is allowed. */
void safetensors_write_abandon(safetensors_writer *w);

#endif
