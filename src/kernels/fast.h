/* Fast kernels for int8 weights, bitwise equal to kernels.c, so that the embedding of a text is the
 * same on every machine and in every browser.
 *
 * One source, fast_kernels.h, is compiled once for each instruction set (fast_avx2.c …; fast_base.c
 * uses the compiler's baseline: WebAssembly SIMD, or plain C). Weights are in the order of packed.h. */
#ifndef RS_FAST_H
#define RS_FAST_H

#include "kernels/kernels.h"
#include "kernels/packed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAST_TILE = 16 }; /* attention pads keys and values to multiples of this */

/* A weight matrix [N, K] of a product, with what is derived from it. */
typedef struct fast_weights {
    const int8_t *q8;          /* packed.h */
    const int32_t *sum;        /* [panels * PACKED_ROWS] of the weights of each column of y */
    const float *scale, *bias; /* [panels * PACKED_ROWS] */
    size_t width, depth;       /* N, rows of the weights and columns of y; K */
    size_t panels, quads;      /* packed_panels(N), packed_quads(K) */
} fast_weights;

/* Quantization parameters of one row of activations. */
typedef struct fast_row {
    kernels_q8_row of; /* by kernels_quantize_row */
    int32_t zero;      /* zero point after the shift that the instruction set needs */
    uint32_t outliers; /* number of entries in its outlier list */
} fast_row;

/* Quantized rows of activations, written by quantize and read by product. Rows of a tile are
 * interleaved: the first chunk of each row, then the second chunk of each. */
typedef struct fast_rows {
    void *q;        /* fast_q_bytes */
    void *outliers; /* [T][fast_outlier_bytes]: outlier list of each row */
    fast_row *row;  /* [T] */
} fast_rows;

/* Attention of one head. scratch: fast_attend_floats(…, T, D) */
typedef void fast_attend(const float *qkv, size_t T, size_t rows, size_t A, size_t D,
                         size_t head, float *scratch, float *out);

typedef struct fast {
    const char *name;
    bool (*runs_here)(void);
    size_t activation_bytes; /* of one quantized activation */
    size_t rows, queries;    /* tile heights of product and attention */

    /* Sums the weights of each row of a panel; returns false when some exceed PACKED_SUM_MAX.
     * q8: a panel of packed.h  sum: [PACKED_ROWS] */
    bool (*sum_and_check)(const int8_t *q8, size_t quads, int32_t *sum);

    /* kernels_quantize_row of x * scale (NULL: all 1), stored as row t.  x, scale: [K]
     * *estimate: see kernels_q8_range */
    void (*quantize)(const float *x, const float *scale, size_t K, size_t t,
                     const fast_rows *rows, int *estimate);

    /* kernels_linear_q8 of T quantized rows, then the activation; computes the columns of y that
     * belong to panels from … to - 1.  y: [T, N] */
    void (*product)(const fast_weights *w, const fast_rows *rows, size_t T, size_t from,
                    size_t to, kernels_activation activation, float *y);

    /* kernels_activate */
    void (*activate)(kernels_activation how, float *x, size_t n);

    /* kernels_layer_norm */
    void (*layer_norm)(const float *x, const float *residual, const float *gain,
                       const float *bias, float eps, size_t T, size_t H, float *y);

    /* kernels_attention and kernels_attention_q16, one head a call */
    fast_attend *attend, *attend_q16;

    /* kernels_dot_i16_i8 of q [H] with each row.  rows: [N, H]  dots: [N] */
    void (*dot_rows)(const int16_t *q, const int8_t *rows, size_t N, size_t H, int32_t *dots);
} fast;

size_t fast_attend_floats(const fast *f, size_t T, size_t D);

/* Bytes of T quantized rows of length K, without outlier lists. */
size_t fast_q_bytes(const fast *f, size_t T, size_t K);

/* Bytes of the outlier list of one row of length K; a multiple of 4. */
size_t fast_outlier_bytes(size_t K);

/* The fastest kernels that run here and are not disabled, or those given to fast_force. */
const fast *fast_choose(void);

/* Disables kernels that failed a self-test, in the whole process: fast_choose then returns the next
 * that run here. Returns false and changes nothing when there are none. Thread-safe. */
bool fast_refuse(const fast *kernels);

/* Enables `kernels` again, with all that were disabled since fast_choose returned them. */
void fast_accept(const fast *kernels);

/* The kernels that were disabled first; NULL when none are. */
const fast *fast_refused(void);

/* All compiled kernels, the fastest first, ended by NULL. Some may not run on this processor. */
extern const fast *const fast_all[];

/* The kernels of the compiler's baseline, which run everywhere. */
const fast *fast_plain(void);

/* Sets what fast_choose returns; NULL: the fastest. For tests and benchmarks, before anything is
 * opened. Not thread-safe. */
void fast_force(const fast *kernels);

#endif
