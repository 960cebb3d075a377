/* The mathematics in plain C: obvious, slow, and the definition of what is right. The fast paths must agree with
 * these: fast.h to the last bit, XNNPACK within the rounding of f32.
 *
 * No result depends on the compiler or the processor: sums have one order, products and sums are not
 * fused (-ffp-contract=off), and nothing is asked of libm but sqrt and rint, which are exact.
 *
 * Matrices are f32, row-major. T tokens, H hidden size, A heads, D = H / A, K columns, N rows. */
#ifndef RS_KERNELS_H
#define RS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* y = normalise(x + residual) * gain + bias, for each row.  x, residual, y: [T, H], gain, bias: [H]
 * residual may be NULL; y may be x or residual. Sums have KERNELS_NORM_LANES parts, in double.
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

/* How one row of activations is made whole numbers: real value = (q - zero_point) * scale. */
typedef struct kernels_q8_row {
    int32_t zero_point;
    float scale;
} kernels_q8_row;

/* The largest values of a row, one in KERNELS_APART at most, may leave the range of the others: in a
 * transformer they would cost these a bit or several. */
enum { KERNELS_APART = 64 };

/* What kernels_quantize_row asks of a row. low <= 0 <= high: its ends. count(ctx, limit): how many of
 * its values are larger than limit in magnitude. *steps: of the row in 1.0. Values beyond *limit may
 * become more than 7 bits. *guess: what this left there for the row before, 0 for a first one; a good
 * one spares half of the counting and changes nothing. */
kernels_q8_row kernels_q8_range(float low, float high, size_t K,
                                size_t (*count)(const void *ctx, float limit), const void *ctx,
                                int *guess, float *steps, float *limit);

/* Quantizes one row to 7 bits, 0 … 127, asymmetric, rounding to nearest even; what goes apart to
 * -4096 … 4223.  x: [K], q: [K] */
kernels_q8_row kernels_quantize_row(const float *x, size_t K, int16_t *q);

/* y = x * (weight * scale)^T + bias, with sums in int32 of activations made whole numbers. With 7 bits
 * every instruction set has an exact product (simd.h), so that browsers and the command give the
 * same vectors, to the last bit.
 * x: [T, K]  weight: [N, K] as packed.h says  scale, bias: [N]  y: [T, N]  q: [K] scratch */
void kernels_linear_q8(const float *x, const int8_t *weight, const float *scale,
                       const float *bias, size_t T, size_t N, size_t K, int16_t *q, float *y);

/* As XNNPACK's qd8: 8 bits, -128 … 127. x: [K], q: [K] */
kernels_q8_row kernels_quantize_qd8(const float *x, size_t K, int8_t *q);

/* rest = x - what kernels_quantize_qd8 kept of it.  x, rest: [K], q: [K]; rest may be x */
void kernels_quantize_rest(const float *x, const int8_t *q, kernels_q8_row row, size_t K,
                           float *rest);

/* What linear_xnnpack_q8.c computes: as kernels_linear_q8, with activations in two parts, the row and
 * then what rounding left of it, which is 15 bits in effect. XNNPACK's sums differ between machines
 * in their last bits; with one part such a bit rounds an activation the other way, the next layer
 * sees a whole step, and after twelve layers vectors of one text differ as much as rounding can make
 * them: ten best papers in the browser were not the ten of the command. With two parts they are.
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

/* In place.  x: [n] */
void kernels_activate(kernels_activation how, float *x, size_t n);

/* e^x for |x| <= KERNELS_EXP_LIMIT, of the limit beyond it; erf. Sums and products of f32 in a fixed
 * order, so that they are the same everywhere, which libm's are not. Relative error of exp at
 * most 2e-7, absolute error of erf 4e-7 (test_kernels.c). */
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

#define KERNELS_SHARES 32767.0f /* that a query shares out; also the most of a value */

/* The same in whole numbers, for models with int8 weights: queries, keys and values of 16 bits at most,
 * in a unit for each kind in each head, and what a query takes of each value in 32767ths. One
 * instruction multiplies and adds eight of them, and sums are exact. Queries and keys have
 * kernels_q16_most(D) units, 12 bits for D = 64: test_kernels.c says how little is lost.
 * q: [3, T, D] scratch  scores: [T] scratch */
void kernels_attention_q16(const float *qkv, size_t T, size_t rows, size_t A, size_t D,
                           int16_t *q, float *scores, float *out);

/* What |queries| and |keys| of D members may be, so that no sum of D products leaves int32. */
float kernels_q16_most(size_t D);

/* What x is multiplied by to be whole numbers of at most `most`, which have the value *unit each; both 0
 * where the largest is too small, or no number.  largest: of all |x| */
float kernels_q16_steps(float largest, float most, float *unit);

/* What the e^score of a query are multiplied by to share out KERNELS_SHARES, and what a sum of shares
 * times values is multiplied by. e^score add up to 1 at least; where scores were no numbers nothing is
 * shared out. */
static inline float kernels_share(float sum) { return KERNELS_SHARES / (sum > 1 ? sum : 1); }
static inline float kernels_share_unit(float value_unit, int32_t shares) {
    return shares > 0 ? value_unit / (float)shares : 0;
}

/* Sum of products in 16 partial sums, so that compilers may use vector registers without being
 * allowed to reorder, and every platform gives the same bits.  a: [n], b: [n] */
float kernels_dot(const float *a, const float *b, size_t n);
float kernels_dot_i8(const float *a, const int8_t *b, size_t n);

/* x = q * step, nearly: whole numbers of 16 bits, so few that no sum of their products with int8 leaves
 * int32. Returns the step; 0 with all q 0 when x has nothing to tell apart, or is not finite.
 * x, q: [n] */
float kernels_quantize_i16(const float *x, size_t n, int16_t *q);

/* Sum of products, exact for q of kernels_quantize_i16.  q, b: [n] */
int32_t kernels_dot_i16_i8(const int16_t *q, const int8_t *b, size_t n);

/* The numbers in these definitions, for those who must equal them. exp: n = round(x / ln 2), then
 * 2^n (1 + r + r^2 * polynomial(r)); terms from Cephes' expf. erf: x times a quotient of polynomials in
 * x^2, fitted to 1.7e-8 up to the limit, 1 beyond it. */
enum { KERNELS_EXP_DEGREE = 5, KERNELS_ERF_DEGREE = 5 };
#define KERNELS_Q7_MOST 127.0f
#define KERNELS_APART_MOST 4096.0f /* beyond 0 or 127 */
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
