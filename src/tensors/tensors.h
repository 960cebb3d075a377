/* The safetensors file format, read: a length, a JSON header, the tensors' bytes.
 *
 *   8 bytes   header length n, little-endian
 *   n bytes   JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [from, to]}, …,
 *                    "__metadata__": {"key": "value", …}}
 *   the rest  tensor bytes, little-endian, row-major; offsets count from here
 *
 * Everything is checked when opening: limits, products, order, and that the tensors fill the data
 * without a hole or an overlap. Afterwards views can be taken without further care.
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
    TENSOR_OTHER /* a dtype that refscout never reads; only its bytes are counted */
} tensor_type;

typedef struct tensor {
    const char *name;
    tensor_type type;
    const char *dtype; /* as the file spells it, for messages: "F32", "F8_E4M3" */
    int rank;
    size_t shape[TENSORS_MAX_RANK];
    const uint8_t *bytes; /* borrowed; aligned only as the file is */
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

/* "F32" and so on; "?" for TENSOR_OTHER. */
const char *tensor_type_name(tensor_type type);

/* Bytes of one element; 0 for TENSOR_OTHER. */
size_t tensor_type_size(tensor_type type);

/* Reads the header. bytes must outlive *out; names and metadata live in the arena.
 * RS_ERR_FORMAT names the tensor and the rule it breaks; RS_ERR_MEMORY. */
RS_MUST_USE rs_status tensors_open(arena *a, const uint8_t *bytes, size_t size, tensors *out,
                                   rs_error *error);

/* NULL when there is none of that name. */
const tensor *tensors_find(const tensors *t, const char *name);

/* NULL when there is no such key. */
const char *tensors_metadata_get(const tensors *t, const char *key);

/* The checked view: RS_ERR_FORMAT naming the tensor when it is missing, or of another type or
 * shape, or not aligned for its type. shape has `rank` entries; TENSORS_ANY matches every length. */
#define TENSORS_ANY SIZE_MAX
RS_MUST_USE rs_status tensors_view(const tensors *t, const char *name, tensor_type type,
                                   int rank, const size_t *shape, const tensor **out,
                                   rs_error *error);

/* Is this a refscout file of that kind ("model", "index"), in the version read here? Otherwise
 * RS_ERR_FORMAT or RS_ERR_VERSION. See docs/formats.md. */
RS_MUST_USE rs_status tensors_check_kind(const tensors *t, const char *kind, rs_error *error);

#endif
