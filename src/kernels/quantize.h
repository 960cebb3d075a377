/* Quantization of weights to int8, symmetric, with one scale for each row (output channel):
 * f32 value = i8 value * scale. */
#ifndef QUANTIZE_H
#define QUANTIZE_H

#include <stddef.h>
#include <stdint.h>

/* The scale of a row of n finite values: the largest magnitude / 127. A row whose scale would not be a
 * normal f32 (all magnitudes below 1.5e-36, which has no effect in any network) has scale 1 and
 * becomes all zeros. */
float quantize_scale(const float *row, size_t n);

/* quantize_scale for a row of a product's matrix (packed.h): increased until no sum of four weights
 * exceeds PACKED_SUM_MAX. */
float quantize_packed_scale(const float *row, size_t n);

/* out[i] = row[i] / scale, rounded to nearest, ties to even, and clamped to -127 … 127. With a scale of
 * quantize_scale the error of a value is at most half the scale. */
void quantize_row(const float *row, size_t n, float scale, int8_t *out);

/* The input scale of a matrix whose input is the output of a layer normalisation: factors by which the
 * columns of the input are multiplied before they are quantized, and the columns of the matrix
 * divided. gain: [n] of the normalisation. out[j] = 1 / sqrt(max(|gain[j]|, mean |gain| / 100)): the
 * magnitude of an input column is roughly proportional to its gain, so the range is split evenly
 * between activations and weights. All 1 when every gain is 0.
 * Source: Xiao et al. 2023, "SmoothQuant", with the gain in place of measured activations. */
void quantize_input_scale(const float *gain, size_t n, float *out);

#endif
