/* The mathematics in plain C: obvious, slow, and the definition of what is right. The fast paths
 * (linear_xnnpack.c, attention_xnnpack.c) must agree with these.
 *
 * Matrices are f32, row-major. T tokens, H hidden size, A heads, D = H / A, K columns, N rows. */
#ifndef RS_KERNELS_H
#define RS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* y = normalise(x + residual) * gain + bias, for each row.  x, residual, y: [T, H], gain, bias: [H]
 * residual may be NULL; y may be x or residual.
 * Source: Ba, Kiros, Hinton 2016, eq. 3. */
void kernels_layer_norm(const float *x, const float *residual, const float *gain,
                        const float *bias, float eps, size_t T, size_t H, float *y);

/* y = x * weight^T + bias.  x: [T, K]  weight: [N, K]  bias: [N]  y: [T, N] */
void kernels_linear_f32(const float *x, const float *weight, const float *bias, size_t T,
                        size_t N, size_t K, float *y);

/* y = x * scale, column by column.  x, y: [T, K]  scale: [K] */
void kernels_scale_columns(const float *x, const float *scale, size_t T, size_t K, float *y);

/* How one row of activations is made int8: real value = (q - zero_point) * scale. */
typedef struct kernels_q8_row {
    int32_t zero_point;
    float scale;
} kernels_q8_row;

/* Quantizes one row over its own range, widened to contain 0 so that 0 is exact. x: [K], q: [K]
 * As XNNPACK's qd8: asymmetric, 8 bit, rounding to nearest even. */
kernels_q8_row kernels_quantize_row(const float *x, size_t K, int8_t *q);

/* rest = x - what kernels_quantize_row kept of it.  x, rest: [K], q: [K]; rest may be x */
void kernels_quantize_rest(const float *x, const int8_t *q, kernels_q8_row row, size_t K,
                           float *rest);

/* y = x * (weight * scale)^T + bias, with sums in int32 of activations made int8 in two parts: the
 * row, then what rounding left of it, which is 15 bits in effect. With one part a last bit that
 * differs between two machines rounds an activation the other way, the next layer sees a whole step,
 * and after twelve layers vectors of one text differ as much as rounding can make them: ten best
 * papers in the browser were not the ten of the command. With two parts they are.
 * x: [T, K]  weight: [N, K]  scale, bias: [N]  y: [T, N]  q: [K] and rest: [K] scratch */
void kernels_linear_q8(const float *x, const int8_t *weight, const float *scale,
                       const float *bias, size_t T, size_t N, size_t K, int8_t *q, float *rest,
                       float *y);

typedef enum kernels_activation {
    KERNELS_GELU_ERF, /* x/2 (1 + erf(x/sqrt 2)), what checkpoints call "gelu"; Hendrycks, Gimpel 2016 */
    KERNELS_GELU_TANH, /* its tanh approximation, "gelu_new"; the two differ by up to 4.7e-4 */
    KERNELS_RELU,
    KERNELS_IDENTITY
} kernels_activation;

/* In place.  x: [n] */
void kernels_activate(kernels_activation how, float *x, size_t n);

/* Each row to non-negative numbers that sum to 1.  x: [rows, columns] in place */
void kernels_softmax(float *x, size_t rows, size_t columns);

/* Multi-head self-attention of the first `rows` tokens over all T of one text; there is no mask
 * because padding is never computed.
 * qkv: [T, 3H], queries, keys and values side by side  scores: [T] scratch  out: [rows, H]
 * Source: Vaswani et al. 2017, eq. 1, with the scale 1/sqrt(D). */
void kernels_attention(const float *qkv, size_t T, size_t rows, size_t A, size_t D,
                       float *scores, float *out);

/* Sum of products in 16 partial sums, so that compilers may use vector registers without being
 * allowed to reorder, and every platform gives the same bits.  a: [n], b: [n] */
float kernels_dot(const float *a, const float *b, size_t n);
float kernels_dot_i8(const float *a, const int8_t *b, size_t n);

#endif
