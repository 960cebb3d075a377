/* A matrix product with a bias and an activation, y = activation(x * weight^T + bias): the hot spot of
 * the encoder. linear.c passes each product to one of four backends. int8 weights: the built-in
 * linear_own.c; or, compiled with REFSCOUT_INT8_XNNPACK, linear_xnnpack_q8.c, which is faster on
 * processors with AMX. f32 weights: linear_xnnpack.c; where XNNPACK is not built, linear_plain.c. */
#ifndef RS_LINEAR_H
#define RS_LINEAR_H

#include "base/arena.h"
#include "base/status.h"
#include "base/threads.h"
#include "kernels/kernels.h"
#include "kernels/packed.h"

#include <stdbool.h>
#include <stdint.h>

/* A weight matrix; it must outlive everything that is opened from it. Exactly one of f32 and q8 is set;
 * with q8, f32 value = q8 * scale[row] * input_scale[column]. */
typedef struct linear_weights {
    const float *f32;   /* [N, K] */
    const int8_t *q8;   /* -127 … 127, in the order of packed.h; of an embedding table [N, K] */
    const float *scale; /* [N], with q8 */
    /* [K], factors of the columns of x, applied before x is quantized; NULL: all 1 */
    const float *input_scale;
    const float *bias;    /* [N]; NULL for an embedding table */
    size_t rows, columns; /* N, K */
} linear_weights;

/* Data derived from the weights of a model: row sums, or copies in the layout of a library. Computed by
 * the first session of a model, shared by all its sessions, in memory of its own. linear_pack_open
 * returns RS_ERR_MEMORY. */
typedef struct linear_pack linear_pack;
RS_MUST_USE rs_status linear_pack_open(const rs_allocator *allocator, linear_pack **out);
/* Frees the pack; NULL is allowed. */
void linear_pack_close(linear_pack *pack);

/* Rows are processed in linear_blocks(rows) blocks of at most LINEAR_BLOCK rows and nearly equal
 * length; linear_block_end is the end of block `number`, from 0. All but the last end at a multiple of
 * LINEAR_TILE. */
enum { LINEAR_BLOCK = 128, LINEAR_TILE = 16 };
static inline size_t linear_blocks(size_t rows) {
    return (rows + LINEAR_BLOCK - 1) / LINEAR_BLOCK;
}
static inline size_t linear_block_end(size_t rows, size_t blocks, size_t number) {
    const size_t end = rows * (number + 1) / blocks + LINEAR_TILE - 1;
    const size_t whole = end - end % LINEAR_TILE;
    return whole < rows ? whole : rows;
}

/* Upper bounds of the operand sizes in one session. */
typedef struct linear_sizes {
    size_t rows;     /* of x */
    size_t columns;  /* of x */
    size_t smoothed; /* of x where weights have an input_scale */
    size_t width;    /* of y */
} linear_sizes;

/* Threads and scratch memory, for quantized activations, that the products of one session share.
 * Allocated in the arena. linear_scratch_open returns RS_ERR_MEMORY. */
typedef struct linear_scratch linear_scratch;
RS_MUST_USE rs_status linear_scratch_open(arena *a, linear_sizes max, threads *t,
                                          linear_scratch **out);
/* Frees memory outside the arena; NULL is allowed. */
void linear_scratch_close(linear_scratch *scratch);

typedef struct linear linear;

/* Opens a product, in memory of a. weights, pack and scratch must outlive it. Returns RS_ERR_MEMORY;
 * RS_ERR_FORMAT when int8 weights exceed PACKED_SUM_MAX and the backend depends on that limit. */
RS_MUST_USE rs_status linear_open(arena *a, const linear_weights *weights,
                                  kernels_activation activation, linear_pack *pack,
                                  linear_scratch *scratch, linear **out);

/* x: [rows, K], y: [rows, N], rows from 1 to linear_sizes.rows; both padded as by arena_alloc, since
 * kernels may read past the end. The result of a row does not depend on the other rows. Only XNNPACK
 * may allocate memory here; returns RS_ERR_MEMORY when it gets none. */
RS_MUST_USE rs_status linear_run(linear *l, size_t rows, const float *x, float *y);

/* Frees memory outside the arena; NULL is allowed. */
void linear_close(linear *l);

/* Name of the kernels for weights of this type, such as "int8 AVX2" or "xnnpack f32". */
const char *linear_kernel_name(const linear_weights *weights);

/* Whether products with weights of this type are bitwise reproducible. */
bool linear_exact(const linear_weights *weights);

/* A backend: implementations of the functions above. void * arguments are objects that the backend's
 * own functions have opened. */
typedef struct linear_backend {
    bool exact; /* bitwise equal to kernels.h on every machine */
    const char *(*name)(void);
    rs_status (*pack_open)(const rs_allocator *allocator, void **out);
    void (*pack_close)(void *pack);
    rs_status (*scratch_open)(arena *a, linear_sizes max, threads *t, void **out);
    void (*scratch_close)(void *scratch);
    rs_status (*open)(arena *a, const linear_weights *weights, kernels_activation activation,
                      void *pack, void *scratch, void **out);
    rs_status (*run)(void *l, size_t rows, const float *x, float *y);
    void (*close)(void *l);
} linear_backend;

extern const linear_backend linear_own, linear_plain, linear_xnnpack, linear_xnnpack_q8;

#endif
