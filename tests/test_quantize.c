/* int8 rows, and how source types become f32. */
#include <stdlib.h>

#include "check.h"
#include "kernels/quantize.h"
#include "tensors/weights.h"

static void check_row(const float *row, size_t n, float scale, const int8_t *want) {
    int8_t got[16];
    float is = quantize_scale(row, n);
    CHECK_EQ(is == scale, 1);
    quantize_row(row, n, is, got);
    CHECK_BYTES(got, want, n);
}

static void test_rows(void) {
    check_row((float[]){127, -127, 0, 1}, 4, 1, (int8_t[]){127, -127, 0, 1});
    /* halves to even */
    check_row((float[]){127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f}, 7, 1,
              (int8_t[]){127, 0, 2, 2, 0, -2, -2});
    check_row((float[]){254, -253, 3}, 3, 2, (int8_t[]){127, -126, 2});
    check_row((float[]){0, -0.0f, 0}, 3, 1, (int8_t[]){0, 0, 0});
    check_row((float[]){1e-37f, -1e-40f}, 2, 1,
              (int8_t[]){0, 0}); /* the scale would not be normal */
    check_row((float[]){3.4028234e38f, -3.4028234e38f}, 2, 3.4028234e38f / 127,
              (int8_t[]){127, -127});
    check_row((float[]){-0x1p-100f}, 1, 0x1p-100f / 127, (int8_t[]){-127});
}

/* No value is further from its int8 than half a scale, and -128 never occurs. */
static void test_error(void) {
    uint32_t state = 1;
    for (int round = 0; round < 200; round++) {
        float row[64];
        int8_t q[64];
        for (int i = 0; i < 64; i++) {
            state = state * 1664525u + 1013904223u;
            row[i] = ldexpf((float)(int32_t)state, -31 - round % 40);
        }
        float scale = quantize_scale(row, 64);
        quantize_row(row, 64, scale, q);
        for (int i = 0; i < 64; i++) {
            CHECK(q[i] >= -127);
            CHECK(fabs((double)q[i] * (double)scale - (double)row[i]) <=
                  0.5000001 * (double)scale);
        }
    }
}

static void test_input_scale(void) {
    float scale[4];
    quantize_input_scale((float[]){4, -4, 0.25f, 0}, 4, scale);
    CHECK_NEAR(scale[0], 0.5, 0);
    CHECK_NEAR(scale[1], 0.5, 0);
    CHECK_NEAR(scale[2], 2, 0);
    CHECK_NEAR(scale[3], 1 / sqrt(8.25 / 400),
               1e-6); /* no gain counts as less than a hundredth of the mean */
    quantize_input_scale((float[]){0, 0}, 2, scale);
    CHECK_NEAR(scale[0], 1, 0);
    float gains[2] = {9, 9};
    quantize_input_scale(gains, 2, gains); /* in place */
    CHECK_NEAR(gains[1], 1 / 3.0, 1e-7);
}

/* Every half there is, against the definition. */
static void test_halves(void) {
    for (uint32_t bits = 0; bits < 65536; bits++) {
        int exponent = (int)(bits >> 10 & 31), mantissa = (int)(bits & 1023);
        float got = half_to_float((uint16_t)bits);
        if (exponent == 31) {
            CHECK(mantissa ? isnan(got) : isinf(got));
        } else {
            float want = exponent ? ldexpf((float)(1024 + mantissa), exponent - 25)
                                  : ldexpf((float)mantissa, -24);
            CHECK(got == (bits & 0x8000 ? -want : want));
        }
        if (!isnan(got)) CHECK_EQ(!!signbit(got), bits >> 15);
    }
}

static void test_types(void) {
    static const struct {
        tensor_type type;
        uint8_t bytes[8];
        double want; /* NAN: refused */
    } cases[] = {
        {TENSOR_F32, {0, 0, 0x20, 0xc0}, -2.5},
        {TENSOR_F16, {0, 0xc1}, -2.5},
        {TENSOR_BF16, {0x20, 0xc0}, -2.5},
        {TENSOR_F64, {0, 0, 0, 0, 0, 0, 4, 0xc0}, -2.5},
        {TENSOR_F64, {1, 0, 0, 0, 0, 0, 0xf0, 0x3f}, 1},   /* 1 + 2^-52 rounds */
        {TENSOR_F64, {0, 0, 0, 0, 0, 0, 0xe0, 0x7f}, NAN}, /* too large for f32 */
        {TENSOR_F32, {0, 0, 0x80, 0x7f}, NAN},
        {TENSOR_F32, {0, 0, 0xc0, 0x7f}, NAN},
        {TENSOR_F16, {0, 0x7c}, NAN},
        {TENSOR_BF16, {0x80, 0xff}, NAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weight w = {.name = "w", .type = cases[i].type, .rank = 1, .shape = {1}, .stride = {1}};
        float got = 0;
        rs_error error;
        w.bytes = cases[i].bytes;
        rs_status status = weight_row(&w, 0, &got, &error);
        CHECK_STATUS(status, isnan(cases[i].want) ? RS_ERR_FORMAT : RS_OK);
        if (!status)
            CHECK_NEAR(got, cases[i].want, 0);
        else
            CHECK_STR(error.message, "tensor w: row 0, column 0 is not a finite f32 number");
    }
}

int main(void) {
    test_rows();
    test_error();
    test_input_scale();
    test_halves();
    test_types();
    return check_result();
}
