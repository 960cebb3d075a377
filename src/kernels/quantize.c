#include "kernels/quantize.h"

#include <math.h>

#include "kernels/packed.h"

float quantize_scale(const float *row, size_t n) {
    float largest = 0;
    for (size_t i = 0; i < n; i++)
        if (fabsf(row[i]) > largest) largest = fabsf(row[i]);
    float scale = largest / 127;
    return isnormal(scale) ? scale : 1;
}

float quantize_packed_scale(const float *row, size_t n) {
    /* Rounding may increase each of the four by 1/2. */
    const float max = PACKED_SUM_MAX - 2;
    float largest = 0;
    for (size_t first = 0; first < n; first += first % 8 ? 6 : 2) { /* 0, 2, 8, 10, 16 … */
        float up = 0, down = 0;
        for (size_t i = 0; i < 4; i++) {
            const size_t k = first + i % 2 + i / 2 * 4;
            if (k >= n) break;
            up += row[k] > 0 ? row[k] : 0;
            down += row[k] < 0 ? -row[k] : 0;
        }
        largest = up > largest ? up : largest;
        largest = down > largest ? down : largest;
    }
    const float own = quantize_scale(row, n), min = largest / max;
    return min > own && isnormal(min) ? min : own;
}

void quantize_row(const float *row, size_t n, float scale, int8_t *out) {
    for (size_t i = 0; i < n; i++) {
        float q = rintf(row[i] /
                        scale); /* ties to even: the program never changes the rounding mode */
        out[i] = (int8_t)(q > 127 ? 127 : q < -127 ? -127 : q);
    }
}

void quantize_input_scale(const float *gain, size_t n, float *out) {
    double mean = 0;
    for (size_t i = 0; i < n; i++) mean += fabs((double)gain[i]) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double size = fmax(fabs((double)gain[i]), mean / 100);
        out[i] = size > 0 ? (float)(1 / sqrt(size)) : 1;
    }
}
