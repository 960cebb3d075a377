#include "quantize.h"

#include <math.h>

float quantize_scale(const float *row, size_t n) {
    float largest = 0;
    for (size_t i = 0; i < n; i++)
        if (fabsf(row[i]) > largest) largest = fabsf(row[i]);
    float scale = largest / 127;
    return isnormal(scale) ? scale : 1;
}

void quantize_row(const float *row, size_t n, float scale, int8_t *out) {
    for (size_t i = 0; i < n; i++) {
        float q =
            rintf(row[i] / scale); /* nobody here changes the rounding mode: halves to even */
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
