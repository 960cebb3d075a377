/* The mathematics of kernels.c for int8 weights, in the instructions of this processor, and the same
 * to the last bit: whatever runs, in whatever browser, one text has one vector.
 *
 * One source, fast_kernels.h, is compiled once for each instruction set (fast_avx2.c …; fast_base.c
 * is what the compiler may use anyway: WebAssembly SIMD, or plain C). Weights are packed.h's. */
#ifndef RS_FAST_H
#define RS_FAST_H

#include "kernels/kernels.h"
#include "kernels/packed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAST_TILE = 16 }; /* attention pads keys and values to multiples of this */

/* The columns of y are the rows of the weights. */
typedef struct fast_weights {
    const int8_t *q8;          /* packed.h */
    const int32_t *sum;        /* [panels * PACKED_ROWS] of each column's weights */
    const float *scale, *bias; /* [panels * PACKED_ROWS] */
    size_t width, depth;       /* N, columns of y; K */
    size_t panels, quads;      /* packed_panels(N), packed_quads(K) */
} fast_weights;

/* How a row of activations was made whole numbers. */
typedef struct fast_row {
    kernels_q8_row of; /* by kernels_quantize_row */
    int32_t zero;      /* what 0.0 is stored as */
    uint32_t apart;    /* how much does not fit, or 0 */
} fast_row;

/* Such rows, as quantize writes and product reads them: those of a tile lie together, a chunk of each, then
 * the next. */
typedef struct fast_rows {
    void *q;       /* fast_q_bytes */
    void *apart;   /* [T][fast_apart_bytes]: what does not fit there */
    fast_row *row; /* [T] */
} fast_rows;

/* Attention of one head. scratch: fast_attend_floats(…, T, D) */
typedef void fast_attend(const float *qkv, size_t T, size_t rows, size_t A, size_t D,
                         size_t head, float *scratch, float *out);

typedef struct fast {
    const char *name;
    bool (*runs_here)(void);
    size_t activation_bytes; /* of one quantized activation */
    size_t rows, queries;    /* that product and attention take at a time */

    /* The sum of each row's weights; false when some exceed PACKED_MOST.
     * q8: a panel of packed.h  sum: [PACKED_ROWS] */
    bool (*survey)(const int8_t *q8, size_t quads, int32_t *sum);

    /* kernels_quantize_row of x, or of x * scale (NULL: all 1), as row t.  x, scale: [K]  *guess: see
     * kernels_q8_range */
    void (*quantize)(const float *x, const float *scale, size_t K, size_t t,
                     const fast_rows *rows, int *guess);

    /* kernels_linear_q8 of T quantized rows, and activation: panels from … to - 1 of y.  y: [T, N] */
    void (*product)(const fast_weights *w, const fast_rows *rows, size_t T, size_t from,
                    size_t to, kernels_activation activation, float *y);

    /* kernels_activate */
    void (*activate)(kernels_activation how, float *x, size_t n);

    /* kernels_layer_norm */
    void (*layer_norm)(const float *x, const float *residual, const float *gain,
                       const float *bias, float eps, size_t T, size_t H, float *y);

    /* By kernels_attention, and by kernels_attention_q16. */
    fast_attend *attend, *attend_q16;

    /* kernels_dot_i16_i8 of q [H] with each row.  rows: [N, H]  dots: [N] */
    void (*dot_rows)(const int16_t *q, const int8_t *rows, size_t N, size_t H, int32_t *dots);
} fast;

size_t fast_attend_floats(const fast *f, size_t T, size_t D);

/* Room for T quantized rows of K. */
size_t fast_q_bytes(const fast *f, size_t T, size_t K);

/* Room for what one row of K has apart; a multiple of 4. */
size_t fast_apart_bytes(size_t K);

/* The fastest that runs here and was not refused, or what fast_force named. */
const fast *fast_choose(void);

/* For kernels that were seen to compute wrong numbers: from now on fast_choose gives the next that run here,
 * in the whole process; false, and nothing changes, when there are none. Safe beside other threads. */
bool fast_refuse(const fast *kernels);

/* Takes back what was refused since fast_choose gave these kernels: it gives them again. */
void fast_accept(const fast *kernels);

/* What was refused first; NULL for nothing. */
const fast *fast_refused(void);

/* Every one that was compiled, the fastest first; NULL ends. Not all need run here. */
extern const fast *const fast_all[];

/* Those of plain C, or what the compiler may use anyway: they run everywhere. */
const fast *fast_plain(void);

/* For tests and benchmarks, before anything is opened: which one fast_choose gives; NULL for the
 * fastest. Not safe beside another thread. */
void fast_force(const fast *kernels);

#endif
