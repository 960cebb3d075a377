#include "tensors/npy.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "system/output.h"

enum {
    MAX_HEADER_BYTES =
        4096,    /* npy_write writes 128; a longer one describes fields, which are refused */
    MAX_RANK = 4 /* parsed, for the message; only 2 is supported */
};

static const char magic[6] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};

/* ---- The header: a Python dictionary ----------------------------------------------------- */

typedef struct scanner {
    const char *at, *end;
} scanner;

typedef struct header {
    char descr[16];
    bool fortran, has_descr, has_order, has_shape;
    size_t shape[MAX_RANK];
    size_t rank;
} header;

static bool take(scanner *s, const char *token) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n')) s->at++;
    size_t bytes = strlen(token);
    if ((size_t)(s->end - s->at) < bytes || memcmp(s->at, token, bytes) != 0) return false;
    s->at += bytes;
    return true;
}

/* 'text' or "text", shorter than cap. */
static bool take_string(scanner *s, char *out, size_t cap) {
    const char *quote = take(s, "'") ? "'" : take(s, "\"") ? "\"" : NULL;
    if (!quote) return false;
    const char *close = memchr(s->at, *quote, (size_t)(s->end - s->at));
    if (!close || (size_t)(close - s->at) >= cap) return false;
    memcpy(out, s->at, (size_t)(close - s->at));
    out[close - s->at] = 0;
    s->at = close + 1;
    return true;
}

static bool take_size(scanner *s, size_t *out) {
    take(s, ""); /* white space */
    const char *from = s->at;
    size_t value = 0;
    for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++)
        if (!size_mul(value, 10, &value) || !size_add(value, (size_t)(*s->at - '0'), &value))
            return false;
    *out = value;
    if (s->at == from) return false;
    if (s->at < s->end && *s->at == 'L') s->at++; /* Python 2 wrote 3948L */
    return true;
}

/* Parses a shape, "(3948, 768)"; a comma may follow the last number. */
static bool take_shape(scanner *s, header *h) {
    if (!take(s, "(")) return false;
    while (!take(s, ")")) {
        if (h->rank == MAX_RANK || !take_size(s, &h->shape[h->rank])) return false;
        h->rank++;
        if (take(s, ",")) continue;
        return take(s, ")");
    }
    return true;
}

static bool take_entry(scanner *s, header *h) {
    char key[24];
    if (!take_string(s, key, sizeof key) || !take(s, ":")) return false;
    if (strcmp(key, "descr") == 0 && !h->has_descr) {
        h->has_descr = true;
        if (take_string(s, h->descr, sizeof h->descr)) return true;
        /* A list is the fields of a structured type, which is refused as an unsupported type, not as
         * ill-formed. */
        if (!take(s, "[")) return false;
        memcpy(h->descr, "structured", sizeof "structured");
        s->at = s->end;
        return true;
    }
    if (strcmp(key, "fortran_order") == 0 && !h->has_order) {
        h->has_order = true;
        h->fortran = take(s, "True");
        return h->fortran || take(s, "False");
    }
    if (strcmp(key, "shape") == 0 && !h->has_shape) {
        h->has_shape = true;
        return take_shape(s, h);
    }
    return false;
}

static bool parse_header(const char *text, size_t bytes, header *h) {
    scanner s = {text, text + bytes};
    *h = (header){.rank = 0};
    if (!take(&s, "{")) return false;
    while (!take(&s, "}")) {
        if (!take_entry(&s, h)) return false;
        if (strcmp(h->descr, "structured") == 0) return true;
        if (take(&s, ",")) continue;
        if (!take(&s, "}")) return false;
        break;
    }
    take(&s, ""); /* the padding */
    return s.at == s.end && h->has_descr && h->has_order && h->has_shape;
}

/* ---- Reading ----------------------------------------------------------------------------- */

/* Checks that type, order and rank of the array are supported. */
static rs_status check_header(const header *h, rs_error *error) {
    if (strcmp(h->descr, "<f4") != 0)
        return rs_fail(
            error, RS_ERR_FORMAT, 0,
            "holds numbers of type %s, expected <f4; save it with .astype('float32')",
            h->descr);
    if (h->rank != 2)
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "has %zu dimensions, expected 2: (papers, hidden size)", h->rank);
    if (h->fortran && h->shape[0] > 1 && h->shape[1] > 1)
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "is in Fortran order; save it with numpy.ascontiguousarray");
    return RS_OK;
}

rs_status npy_read(const uint8_t *bytes, size_t size, npy *out, rs_error *error) {
    *out = (npy){0};
    if (size < 10 || memcmp(bytes, magic, sizeof magic) != 0)
        return rs_fail(error, RS_ERR_FORMAT, 0, "is not a NumPy .npy file");
    unsigned version = bytes[6];
    if (version < 1 || version > 3)
        return rs_fail(error, RS_ERR_VERSION, 6, "is of .npy version %u; 1 to 3 are read",
                       version);
    size_t from = version == 1 ? 10 : 12;
    size_t header_bytes = version == 1 ? load_u16(bytes + 8)
                          : size >= 12 ? load_u32(bytes + 8)
                                       : 0;
    if (size < from || header_bytes > size - from)
        return rs_fail(error, RS_ERR_FORMAT, size,
                       "ends inside its header: the file is not complete");
    header h;
    if (header_bytes > MAX_HEADER_BYTES ||
        !parse_header((const char *)bytes + from, header_bytes, &h))
        return rs_fail(error, RS_ERR_FORMAT, from,
                       "has a header that is not one of a .npy file");
    rs_status status = check_header(&h, error);
    if (status) return status;
    size_t count, want, have = size - from - header_bytes;
    if (!size_mul(h.shape[0], h.shape[1], &count) || !size_mul(count, 4, &want) || want != have)
        return rs_fail(error, RS_ERR_FORMAT, from + header_bytes,
                       "holds %zu bytes of numbers, not those of shape (%zu, %zu)", have,
                       h.shape[0], h.shape[1]);
    *out = (npy){h.shape[0], h.shape[1], bytes + from + header_bytes};
    return RS_OK;
}

void npy_row(const npy *array, size_t r, float *out) {
    const uint8_t *from = array->values + r * array->columns * 4;
    for (size_t i = 0; i < array->columns; i++) {
        uint32_t bits = load_u32(from + i * 4);
        memcpy(&out[i], &bits, sizeof bits);
    }
}

/* ---- Writing ----------------------------------------------------------------------------- */

rs_status npy_write(const char *path, const float *values, size_t rows, size_t columns,
                    rs_error *error) {
    enum { HEADER_BYTES = 128 }; /* padded as by NumPy: data begins at a multiple of 64 */
    char head[HEADER_BYTES + 1];
    memcpy(head, magic, sizeof magic);
    memcpy(head + sizeof magic, "\x01\x00\x76\x00", 4); /* version 1.0; 118 bytes of text */
    int used = snprintf(head + 10, sizeof head - 10,
                        "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", rows,
                        columns);
    memset(head + 10 + used, ' ', (size_t)(HEADER_BYTES - 11 - used));
    head[HEADER_BYTES - 1] = '\n';
    output *file;
    rs_status status = output_open(path, &file, error);
    if (status) return status;
    status = output_write(file, head, HEADER_BYTES, error);
    for (size_t i = 0; !status && i < rows * columns; i++) {
        uint8_t bytes[4];
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        store_u32(bytes, bits);
        status = output_write(file, bytes, sizeof bytes, error);
    }
    if (!status) return output_commit(file, error);
    output_abandon(file);
    return status;
}
