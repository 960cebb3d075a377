/* Writes a safetensors file in one pass, atomically (output.h): first the list of its tensors, then
 * their bytes in the order of the list. */
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

/* Alignment group of a tensor, 0 … SAFETENSORS_GROUPS - 1. Groups are written in order: tensors
 * whose size is a multiple of 64 bytes, then the others by descending element size. So every tensor
 * is aligned for its type without holes, and the large ones to 64 bytes for vector loads. */
enum { SAFETENSORS_GROUPS = 5 };
int safetensors_group(const tensor_spec *spec);

/* Creates the file and writes its header. specs are sorted in place by group, stable; bytes must
 * then be written in the sorted order. Metadata whose value is NULL is omitted. The header is
 * padded with spaces until the data begins at a multiple of 64. Returns RS_ERR_IO or RS_ERR_MEMORY. */
RS_MUST_USE rs_status safetensors_write_open(const char *path, tensor_spec *specs, size_t count,
                                             const tensors_metadata *metadata,
                                             size_t metadata_count, safetensors_writer **out,
                                             rs_error *error);

/* Appends size bytes of tensor data; a call may pass any number of bytes and span several tensors.
 * Returns RS_ERR_IO; RS_ERR_ARGUMENT for more bytes than the tensors have. */
RS_MUST_USE rs_status safetensors_write(safetensors_writer *w, const void *bytes, size_t size,
                                        rs_error *error);

/* Verifies that all tensors have been written completely, and commits the file; frees w in any case.
 * Returns RS_ERR_ARGUMENT or RS_ERR_IO. */
RS_MUST_USE rs_status safetensors_write_commit(safetensors_writer *w, rs_error *error);

/* Deletes the temporary file and frees w; NULL is allowed. */
void safetensors_write_abandon(safetensors_writer *w);

#endif
