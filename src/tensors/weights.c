#include "tensors/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/printable.h"

static int by_name(const void *a, const void *b) {
    return strcmp(((const weight *)a)->name, ((const weight *)b)->name);
}

rs_status weights_sort(weights *w, rs_error *error) {
    char shown[100];
    if (w->count) qsort(w->items, w->count, sizeof *w->items, by_name);
    for (size_t i = 0; i < w->count; i++) {
        const char *name = w->items[i].name;
        printable(shown, sizeof shown, name, strlen(name));
        if (i && !strcmp(w->items[i - 1].name, name))
            return rs_fail(error, RS_ERR_FORMAT, 0, "tensor %s: named twice", shown);
        for (const char *c = name; *c; c++)
            if ((unsigned char)*c < 0x20 || *c == 0x7f)
                return rs_fail(error, RS_ERR_FORMAT, 0,
                               "tensor %s: control characters in its name", shown);
    }
    return RS_OK;
}

rs_status weights_from_tensors(arena *a, const tensors *t, weights *out, rs_error *error) {
    memset(out, 0, sizeof *out);
    out->items = arena_alloc(a, t->count, sizeof *out->items);
    if (!out->items)
        return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for %zu tensors", t->count);
    for (size_t i = 0; i < t->count; i++) {
        const tensor *from = &t->items[i];
        weight *w = &out->items[out->count++];
        w->name = from->name;
        w->type = from->type;
        w->dtype = from->dtype;
        w->rank = from->rank;
        w->bytes = from->bytes;
        size_t stride = 1;
        for (int d = from->rank - 1; d >= 0; d--) {
            w->shape[d] = from->shape[d];
            w->stride[d] = stride;
            stride *= from->shape[d]; /* tensors_open has checked this product */
        }
    }
    return weights_sort(out, error);
}

weight *weights_find(const weights *w, const char *name) {
    if (w->count == 0) return NULL;
    return bsearch(&(weight){.name = name}, w->items, w->count, sizeof *w->items, by_name);
}

size_t weight_rows(const weight *w) { return w->rank == 1 ? 1 : w->shape[0]; }

size_t weight_columns(const weight *w) { return w->shape[w->rank - 1]; }

bool weight_is_float(const weight *w) {
    return w->type == TENSOR_F32 || w->type == TENSOR_F16 || w->type == TENSOR_BF16 ||
           w->type == TENSOR_F64;
}

static float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float half_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31,
             mantissa = half & 0x3ff;
    if (exponent == 0) { /* zero and subnormals: multiples of 2^-24 */
        float magnitude = (float)mantissa * 0x1p-24f;
        return sign ? -magnitude : magnitude;
    }
    if (exponent == 31) return float_of_bits(sign | 0x7f800000u | mantissa << 13);
    return float_of_bits(sign | (exponent + 112) << 23 |
                         mantissa << 13); /* biases 15 and 127 */
}

static float element(tensor_type type, const uint8_t *p) {
    switch (type) {
    case TENSOR_F16: return half_to_float(load_u16(p));
    case TENSOR_BF16: return float_of_bits((uint32_t)load_u16(p) << 16);
    case TENSOR_F64: {
        uint64_t bits = load_u64(p);
        double value;
        memcpy(&value, &bits, sizeof value);
        return (float)value;
    }
    default: return float_of_bits(load_u32(p));
    }
}

rs_status weight_row(const weight *w, size_t row, float *out, rs_error *error) {
    size_t bytes = tensor_type_size(w->type), columns = weight_columns(w);
    size_t step = w->stride[w->rank - 1] * bytes;
    const uint8_t *from = w->bytes;
    if (w->rank == 2) from += row * w->stride[0] * bytes;
    for (size_t i = 0; i < columns; i++) {
        out[i] = element(w->type, from + i * step);
        if (!isfinite(out[i]))
            return rs_fail(error, RS_ERR_FORMAT, 0,
                           "tensor %.100s: row %zu, column %zu is not a finite f32 number",
                           w->name, row, i);
    }
    return RS_OK;
}
