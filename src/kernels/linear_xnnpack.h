/* Shared by the two XNNPACK backends: linear_xnnpack.c for f32 weights, linear_xnnpack_q8.c for int8
 * weights. They are two files so that the linker can drop the kernels of an unused one. */
#ifndef RS_LINEAR_XNNPACK_H
#define RS_LINEAR_XNNPACK_H

#include <xnnpack.h>

#include "kernels/linear.h"

rs_status linear_xnnpack_status(enum xnn_status status);

/* Packed weights of a model: the pack of linear_backend. */
typedef struct xnn_pack xnn_pack;
rs_status linear_xnnpack_open_pack(const rs_allocator *allocator, void **out);
void linear_xnnpack_close_pack(void *pack);
/* The weights cache to pass to XNNPACK when the next operator is created. matrix is the cache key;
 * packed weights live as long as the pack. */
struct xnn_weights_cache_provider *linear_xnnpack_provider(xnn_pack *pack, const void *matrix);
const rs_allocator *linear_xnnpack_allocator(const xnn_pack *pack);

/* Creates a GELU operator; the caller deletes *gelu with xnn_delete_operator. */
enum xnn_status linear_xnnpack_open_gelu(xnn_operator_t *gelu);

/* Applies the activation in place. XNNPACK's kernel is used for the erf form of GELU only, that of the
 * checkpoints we know. */
enum xnn_status linear_xnnpack_activate(xnn_operator_t gelu, kernels_activation how,
                                        size_t rows, size_t columns, float *y,
                                        pthreadpool_t pool);

#endif
