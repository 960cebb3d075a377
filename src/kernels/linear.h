/* A matrix product with a bias and an activation, y = activation(x * weight^T + bias): where an
 * encoder spends its time. linear.c hands each product to a backend: int8 weights to linear_own.c, f32 ones to
 * linear_xnnpack.c, or where that is not built to linear_plain.c. Compiled with REFSCOUT_INT8_XNNPACK, int8
 * weights go to linear_xnnpack_q8.c, whose kernels are ahead on processors with AMX. */
#ifndef RS_LINEAR_H
#define RS_LINEAR_H

#include "base/arena.h"
#include "base/status.h"
#include "base/threads.h"
#include "kernels/kernels.h"
#include "kernels/packed.h"

#include <stdbool.h>
#include <stdint.h>

/* Borrowed, for as long as anything opened from it lives. Exactly one of f32 and q8 is set; with
 * q8, f32 value = q8 * scale[row] * input_scale[column]. */
typedef struct linear_weights {
    const float *f32;   /* [N, K] */
    const int8_t *q8;   /* as packed.h says; a mere table's [N, K]. Values -127 … 127 */
    const float *scale; /* [N], with q8 */
    /* [K], x is multiplied by it before it is made int8; NULL: all 1 */
    const float *input_scale;
    const float *bias;    /* [N]; NULL for a mere table such as the word embeddings */
    size_t rows, columns; /* N, K */
} linear_weights;

/* What the kernels need of weights besides themselves, or where a library wants them in a layout of its
 * own, these: made by the first session of a model and shared by its sessions. Owns its memory.
 * RS_ERR_MEMORY. */
typedef struct linear_pack linear_pack;
RS_MUST_USE rs_status linear_pack_open(const rs_allocator *allocator, linear_pack **out);
/* NULL is allowed. */
void linear_pack_close(linear_pack *pack);

/* Where block `number`, from 0, of rows ends when there are `blocks` of at most LINEAR_BLOCK: as long as each
 * other, nearly, and whole tiles of whatever kernels. */
enum { LINEAR_BLOCK = 128, LINEAR_TILE = 16 };
static inline size_t linear_blocks(size_t rows) {
    return (rows + LINEAR_BLOCK - 1) / LINEAR_BLOCK;
}
static inline size_t linear_block_end(size_t rows, size_t blocks, size_t number) {
    const size_t end = rows * (number + 1) / blocks + LINEAR_TILE - 1;
    const size_t whole = end - end % LINEAR_TILE;
    return whole < rows ? whole : rows;
}

/* The largest that the products of a session will see. */
typedef struct linear_sizes {
    size_t rows;     /* of x */
    size_t columns;  /* of x */
    size_t smoothed; /* of an x that weights with input_scale read */
    size_t width;    /* of y */
} linear_sizes;

/* What the products of one session share while they run: threads, and room for activations made
 * int8. Lies in the arena. RS_ERR_MEMORY. */
typedef struct linear_scratch linear_scratch;
RS_MUST_USE rs_status linear_scratch_open(arena *a, linear_sizes most, threads *t,
                                          linear_scratch **out);
/* Frees what does not lie in the arena; NULL is allowed. */
void linear_scratch_close(linear_scratch *scratch);

typedef struct linear linear;

/* a: owns what the product needs. weights, pack and scratch must outlive it. RS_ERR_MEMORY;
 * RS_ERR_FORMAT when int8 weights exceed PACKED_MOST, should the kernels mind. */
RS_MUST_USE rs_status linear_open(arena *a, const linear_weights *weights,
                                  kernels_activation activation, linear_pack *pack,
                                  linear_scratch *scratch, linear **out);

/* x: [rows, K], y: [rows, N], rows from 1 to linear_sizes.rows; both padded as arena_alloc does,
 * since kernels may read past the end. A row's result does not depend on the other rows. Allocates
 * nothing of ours; RS_ERR_MEMORY when a library needed memory and got none. */
RS_MUST_USE rs_status linear_run(linear *l, size_t rows, const float *x, float *y);

/* Frees what does not lie in the arena; NULL is allowed. */
void linear_close(linear *l);

/* "int8 AVX2", "xnnpack f32", …: what runs for such weights. */
const char *linear_kernel_name(const linear_weights *weights);

/* Whether products of such weights have the same bits wherever they are computed. */
bool linear_exact(const linear_weights *weights);

/* A backend: the functions above, each with what its own functions have opened. */
typedef struct linear_backend {
    bool exact; /* the same bits as kernels.h, wherever it runs */
    const char *(*name)(void);
    rs_status (*pack_open)(const rs_allocator *allocator, void **out);
    void (*pack_close)(void *pack);
    rs_status (*scratch_open)(arena *a, linear_sizes most, threads *t, void **out);
    void (*scratch_close)(void *scratch);
    rs_status (*open)(arena *a, const linear_weights *weights, kernels_activation activation,
                      void *pack, void *scratch, void **out);
    rs_status (*run)(void *l, size_t rows, const float *x, float *y);
    void (*close)(void *l);
} linear_backend;

extern const linear_backend linear_own, linear_plain, linear_xnnpack, linear_xnnpack_q8;

#endif
