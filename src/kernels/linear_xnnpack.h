/* What the two backends through XNNPACK share: linear_xnnpack.c for f32 weights, linear_xnnpack_q8.c for
 * int8 ones. A program that links only one of them leaves the kernels of the other out. */
#ifndef RS_LINEAR_XNNPACK_H
#define RS_LINEAR_XNNPACK_H

#include <xnnpack.h>

#include "kernels/linear.h"

rs_status linear_xnnpack_status(enum xnn_status status);

/* Packed weights of a model: linear_backend's pack. */
typedef struct xnn_pack xnn_pack;
rs_status linear_xnnpack_open_pack(const rs_allocator *allocator, void **out);
void linear_xnnpack_close_pack(void *pack);
/* Where XNNPACK puts them, for the operator that is created next, of a matrix; lives as long as the pack. */
struct xnn_weights_cache_provider *linear_xnnpack_provider(xnn_pack *pack, const void *matrix);
const rs_allocator *linear_xnnpack_allocator(const xnn_pack *pack);

/* The caller deletes *gelu. */
enum xnn_status linear_xnnpack_open_gelu(xnn_operator_t *gelu);

/* In place. Only the erf form is worth XNNPACK's kernel; no checkpoint of ours has another. */
enum xnn_status linear_xnnpack_activate(xnn_operator_t gelu, kernels_activation how,
                                        size_t rows, size_t columns, float *y,
                                        pthreadpool_t pool);

#endif
