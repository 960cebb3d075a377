/* int8 weights, symmetric, one scale a row (output channel): f32 value = i8 value * scale. */
#ifndef QUANTIZE_H
#define QUANTIZE_H

#include <stddef.h>
#include <stdint.h>

/* The scale of a row of n finite values: the largest magnitude / 127. A row of zeros, or of
 * values so small that the scale would not be a normal f32 (below 1.5e-36, which no network can
 * tell from zero), has scale 1 and is all zeros. */
float quantize_scale(const float *row, size_t n);

/* The same for a row of a product's matrix: larger where four weights would exceed PACKED_MOST. */
float quantize_packed_scale(const float *row, size_t n);

/* out[i] = row[i] / scale, rounded to the nearest, halves to even, in -127 to 127: the range is
 * symmetric, so that no value is further from its int8 than half a scale. */
void quantize_row(const float *row, size_t n, float scale, int8_t *out);

/* For a matrix that reads a layer normalisation: what its input's columns are multiplied by
 * before they are made int8, and its own columns divided by. gain: [n] of the normalisation.
 * out[j] = 1 / sqrt(max(|gain[j]|, mean |gain| / 100)): an input column is about as large as
 * its gain, so input and weight share the spread of sizes evenly. All 1 when every gain is 0.
 * Source: Xiao et al. 2023, "SmoothQuant", with the gain in place of measured activations. */
void quantize_input_scale(const float *gain, size_t n, float *out);

#endif
