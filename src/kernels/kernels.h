/* The reference implementation in plain C: simple and slow. The fast implementations must agree with
 * it: fast.h bitwise, XNNPACK within the rounding of f32.
 *
 * Results are bitwise reproducible: they depend neither on the compiler nor on the processor. Sums have
 * a fixed order, multiplications and additions are not contracted to FMA (-ffp-contract=off), and of
 * libm only sqrt and rint are used, which IEEE 754 defines exactly.
 *
 * Matrices are f32, row-major. T tokens, H hidden size, A heads, D = H / A, K columns, N rows. */
#ifndef RS_KERNELS_H
#define RS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* y = normalise(x + residual) * gain + bias, for each row.  x, residual, y: [T, H], gain, bias: [H]
 * residual may be NULL; y may be x or residual. Each sum is accumulated in KERNELS_NORM_LANES partial
 * sums of double.
 * Source: Ba, Kiros, Hinton 2016, eq. 3. */
void kernels_layer_norm(const float *x, const float *residual, const float *gain,
                        const float *bias, float eps, size_t T, size_t H, float *y);
enum { KERNELS_NORM_LANES = 8 };

/* 1 / sqrt(variance + eps) */
float kernels_norm_scale(double variance, float eps);

/* y = x * weight^T + bias.  x: [T, K]  weight: [N, K]  bias: [N]  y: [T, N] */
void kernels_linear_f32(const float *x, const float *weight, const float *bias, size_t T,
                        size_t N, size_t K, float *y);

/* y = x * scale, column by column.  x, y: [T, K]  scale: [K] */
void kernels_scale_columns(const float *x, const float *scale, size_t T, size_t K, float *y);

/* Quantization parameters of one row of activations: real value = (q - zero_point) * scale. */
typedef struct kernels_q8_row {
    int32_t zero_point;
    float scale;
} kernels_q8_row;

/* Outliers: at most K / KERNELS_VALUES_PER_OUTLIER values of a row may exceed the quantization range.
 * A range that included the outliers of a transformer would cost all other values one or more bits. */
enum { KERNELS_VALUES_PER_OUTLIER = 64 };

/* Determines the quantization range of one row, for kernels_quantize_row.
 *
 * low, high      low <= 0 <= high: minimum and maximum of the row and 0
 * count          count(ctx, limit) returns how many values exceed limit in magnitude
 * estimate       search state that the call for the previous row stored, 0 for the first row; a good
 *                estimate halves the number of counts and never changes the result
 * inverse_scale  out: 1 / scale
 * limit          out: values that exceed it in magnitude are outliers */
kernels_q8_row kernels_q8_range(float low, float high, size_t K,
                                size_t (*count)(const void *ctx, float limit), const void *ctx,
                                int *estimate, float *inverse_scale, float *limit);

/* Quantizes one row to 7 bits, 0 … 127, asymmetric, rounding to nearest even; outliers to
 * -4096 … 4223.  x: [K], q: [K] */
kernels_q8_row kernels_quantize_row(const float *x, size_t K, int16_t *q);

/* y = x * (weight * scale)^T + bias, with quantized activations and sums in int32. Because activations
 * have 7 bits, every instruction set can compute the product exactly (simd.h), and browsers and the
 * command give bitwise equal embeddings.
 * x: [T, K]  weight: [N, K] in the order of packed.h  scale, bias: [N]  y: [T, N]  q: [K] scratch */
void kernels_linear_q8(const float *x, const int8_t *weight, const float *scale,
                       const float *bias, size_t T, size_t N, size_t K, int16_t *q, float *y);

/* Quantizes one row as XNNPACK's qd8 does: 8 bits, -128 … 127.  x: [K], q: [K] */
kernels_q8_row kernels_quantize_qd8(const float *x, size_t K, int8_t *q);

/* rest = residual of quantization: x minus (q - zero_point) * scale.  x, rest: [K], q: [K] as stored
 * by kernels_quantize_qd8; rest may be x */
void kernels_quantize_rest(const float *x, const int8_t *q, kernels_q8_row row, size_t K,
                           float *rest);

/* Reference implementation of linear_xnnpack_q8.c: kernels_linear_q8 with activations quantized in two
 * parts, the row and the residual of its quantization, which is 15 bits in effect. XNNPACK's sums
 * differ between machines in their last bits. With one part such a difference flips a rounding, the
 * next layer receives a full quantization level more or less, and after twelve layers the embeddings
 * of one text differ by the whole rounding error: the ten best papers differed between browser and
 * command. With two parts they are the same.
 * q: [K] and rest: [K] scratch */
void kernels_linear_qd8(const float *x, const int8_t *weight, const float *scale,
                        const float *bias, size_t T, size_t N, size_t K, int8_t *q, float *rest,
                        float *y);

typedef enum kernels_activation {
    KERNELS_GELU_ERF, /* x/2 (1 + erf(x/sqrt 2)), what checkpoints call "gelu"; Hendrycks, Gimpel 2016 */
    KERNELS_GELU_TANH, /* its tanh approximation, "gelu_new"; the two differ by up to 4.7e-4 */
    KERNELS_RELU,
    KERNELS_IDENTITY
} kernels_activation;

/* Applies the activation in place.  x: [n] */
void kernels_activate(kernels_activation how, float *x, size_t n);

/* kernels_exp: e^x, with x clamped to ±KERNELS_EXP_LIMIT; relative error at most 2e-7.
 * kernels_erf: the error function; absolute error at most 4e-7 (test_kernels.c).
 * Sums and products of f32 in a fixed order: bitwise reproducible, which libm's functions are not. */
float kernels_exp(float x);
float kernels_erf(float x);

/* 1/sqrt(D) */
float kernels_attention_scale(size_t D);

/* Multi-head self-attention of the first `rows` tokens over all T of one text; there is no mask
 * because padding is never computed.
 * qkv: [T, 3H], queries, keys and values side by side  scores: [T] scratch  out: [rows, H]
 * Source: Vaswani et al. 2017, eq. 1, with the scale 1/sqrt(D). */
void kernels_attention(const float *qkv, size_t T, size_t rows, size_t A, size_t D,
                       float *scores, float *out);

/* The attention weight 1.0 in fixed point; also the largest quantized value. */
#define KERNELS_Q16_MAX 32767.0f

/* kernels_attention in int16 arithmetic, for models with int8 weights. Queries, keys and values are
 * quantized symmetrically, each with one scale a head: values to 16 bits, queries and keys to
 * ±kernels_q16_max(D), which is ±5792 for D = 64. Attention weights are fractions of 32767. One
 * instruction multiplies and adds eight or more of these numbers, and sums are exact. test_kernels.c
 * bounds the error.
 * q: [3, T, D] scratch  scores: [T] scratch */
void kernels_attention_q16(const float *qkv, size_t T, size_t rows, size_t A, size_t D,
                           int16_t *q, float *scores, float *out);

/* Largest magnitude of the elements of quantized queries and keys of length D, such that their dot
 * product fits int32. */
float kernels_q16_max(size_t D);

/* The factor that maps values of magnitude up to `largest` to integers up to `max`; *scale is its
 * inverse. Both are 0 when largest is NaN, or too small for them. */
float kernels_q16_inverse_scale(float largest, float max, float *scale);

/* kernels_attention_weight_scale: the factor from e^score to quantized attention weights; sum: of the
 * e^score of a query, at least 1 unless scores are NaN.
 * kernels_attention_output_scale: the factor from sums of quantized weights times quantized values to
 * outputs; weights: sum of the quantized weights of a query, 0 when scores are NaN. */
static inline float kernels_attention_weight_scale(float sum) {
    return KERNELS_Q16_MAX / (sum > 1 ? sum : 1);
}
static inline float kernels_attention_output_scale(float value_scale, int32_t weights) {
    return weights > 0 ? value_scale / (float)weights : 0;
}

/* Dot product in 16 partial sums: a fixed order, so that every platform gives the same bits, which
 * compilers can vectorize.  a: [n], b: [n] */
float kernels_dot(const float *a, const float *b, size_t n);
float kernels_dot_i8(const float *a, const int8_t *b, size_t n);

/* Quantizes x symmetrically to int16, with values small enough that every dot product with int8 fits
 * int32. Returns the scale, x = q * scale; 0 with all q 0 when x is all zero or not finite.
 * x, q: [n] */
float kernels_quantize_i16(const float *x, size_t n, int16_t *q);

/* Dot product, exact for q of kernels_quantize_i16.  q, b: [n] */
int32_t kernels_dot_i16_i8(const int16_t *q, const int8_t *b, size_t n);

/* Constants, shared with the fast kernels, which must give equal bits. exp: n = round(x / ln 2), then
 * 2^n (1 + r + r^2 * polynomial(r)); terms from Cephes' expf. erf: x times a quotient of polynomials in
 * x^2, fitted to 1.7e-8 up to the limit, 1 beyond it. */
enum { KERNELS_EXP_DEGREE = 5, KERNELS_ERF_DEGREE = 5 };
#define KERNELS_Q7_MAX 127.0f
#define KERNELS_OUTLIER_MAX 4096.0f /* how far outliers may exceed 0 … 127 */
#define KERNELS_EXP_LIMIT 86.0f
#define KERNELS_LOG2_E 1.44269504088896341f
#define KERNELS_LN2_HIGH 0.693359375f
#define KERNELS_LN2_LOW (-2.12194440e-4f)
#define KERNELS_ERF_LIMIT 3.92f
static const float kernels_exp_terms[KERNELS_EXP_DEGREE + 1] = {
    5.0000001201e-1f, 1.6666665459e-1f, 4.1665795894e-2f,
    8.3334519073e-3f, 1.3981999507e-3f, 1.9875691500e-4f};
static const float kernels_erf_over[KERNELS_ERF_DEGREE + 1] = {
    1.128379022775735f,    0.19275147325581587f,   0.05305884265540854f,
    0.003867794775916151f, 0.0002874681624363895f, 2.03483860566556e-06f};
static const float kernels_erf_under[KERNELS_ERF_DEGREE + 1] = {1.0f,
                                                                0.5041532162110707f,
                                                                0.11507943771827689f,
                                                                0.015171230251060252f,
                                                                0.0011879874416927208f,
                                                                3.8071137584037955e-05f};

#endif
