/* Reader of the safetensors file format: a length, a JSON header, the bytes of the tensors.
 *
 *   8 bytes   header length n, little-endian
 *   n bytes   JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [from, to]}, …,
 *                    "__metadata__": {"key": "value", …}}
 *   the rest  tensor bytes, little-endian, row-major; offsets count from here
 *
 * A file is validated when opened: limits, products, order, and that the tensors fill the data without
 * holes or overlaps. Views taken later need no further checks of their bounds.
 * Source: github.com/huggingface/safetensors, README, "Format". */
#ifndef RS_TENSORS_H
#define RS_TENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

enum { TENSORS_MAX_RANK = 4, TENSORS_MAX_COUNT = 1 << 16 };

typedef enum tensor_type {
    TENSOR_U8,
    TENSOR_I8,
    TENSOR_F16,
    TENSOR_BF16,
    TENSOR_F32,
    TENSOR_I32,
    TENSOR_F64,
    TENSOR_I64,
    TENSOR_OTHER /* an unsupported dtype; only its size in the file is known */
} tensor_type;

typedef struct tensor {
    const char *name;
    tensor_type type;
    const char *dtype; /* the name in the file, for messages: "F32", "F8_E4M3" */
    int rank;
    size_t shape[TENSORS_MAX_RANK];
    const uint8_t *bytes; /* borrowed; aligned relative to the start of the file only */
    size_t size;          /* in bytes */
} tensor;

typedef struct tensors_metadata {
    const char *key, *value;
} tensors_metadata;

typedef struct tensors {
    tensor *items; /* sorted by name */
    size_t count;
    tensors_metadata *metadata; /* in the order of the file */
    size_t metadata_count;
} tensors;

/* The name of a type, such as "F32"; "?" for TENSOR_OTHER. */
const char *tensor_type_name(tensor_type type);

/* Bytes of one element; 0 for TENSOR_OTHER. */
size_t tensor_type_size(tensor_type type);

/* Reads and validates the header. bytes must outlive *out; names and metadata are in the arena. Returns
 * RS_ERR_FORMAT, whose message names the tensor and the rule that it breaks, or RS_ERR_MEMORY. */
RS_MUST_USE rs_status tensors_open(arena *a, const uint8_t *bytes, size_t size, tensors *out,
                                   rs_error *error);

/* The tensor of that name, or NULL. */
const tensor *tensors_find(const tensors *t, const char *name);

/* The value of a metadata key, or NULL. */
const char *tensors_metadata_get(const tensors *t, const char *key);

/* Looks up a tensor and checks its type, rank, shape and alignment. shape has `rank` entries;
 * TENSORS_ANY matches every length. Returns RS_ERR_FORMAT, whose message names the tensor. */
#define TENSORS_ANY SIZE_MAX
RS_MUST_USE rs_status tensors_view(const tensors *t, const char *name, tensor_type type,
                                   int rank, const size_t *shape, const tensor **out,
                                   rs_error *error);

/* Checks that the metadata identify a refscout file of that kind ("model", "index") and a supported
 * version (docs/formats.md). Returns RS_ERR_FORMAT or RS_ERR_VERSION. */
RS_MUST_USE rs_status tensors_check_kind(const tensors *t, const char *kind, rs_error *error);

#endif
