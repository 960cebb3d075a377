/* UTF-8 bytes -> code points, and back. See utf8.h. */
#include "base/utf8.h"

#include <stdbool.h>

/* Properties of a first byte: the length of the sequence, the payload bits, and the range of the second
 * byte. The range excludes overlong forms, surrogates and values above U+10FFFF, so that the maximal
 * subpart of such a sequence is its first byte. */
typedef struct lead {
    uint8_t follow, bits, low, high;
} lead;

static bool read_lead(uint8_t first, lead *out) {
    if (first >= 0xC2 && first <= 0xDF) {
        *out = (lead){1, first & 0x1F, 0x80, 0xBF};
    } else if (first >= 0xE0 && first <= 0xEF) {
        *out =
            (lead){2, first & 0x0F, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF};
    } else if (first >= 0xF0 && first <= 0xF4) {
        *out =
            (lead){3, first & 0x07, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF};
    } else {
        return false;
    }
    return true;
}

/* utf8_read; also sets *well to whether the sequence was well-formed. */
static size_t read_checked(const uint8_t *bytes, size_t size, uint32_t *code, bool *well) {
    lead l;
    if (bytes[0] < 0x80) {
        *code = bytes[0];
        *well = true;
        return 1;
    }
    *code = UTF8_REPLACEMENT;
    *well = false;
    if (!read_lead(bytes[0], &l)) return 1;
    uint32_t value = l.bits;
    size_t at = 1;
    for (; at <= l.follow; at++) {
        if (at == size || bytes[at] < l.low || bytes[at] > l.high) return at;
        value = value << 6 | (bytes[at] & 0x3F);
        l.low = 0x80;
        l.high = 0xBF;
    }
    *code = value;
    *well = true;
    return at;
}

size_t utf8_read(const uint8_t *bytes, size_t size, uint32_t *code) {
    bool well;
    return read_checked(bytes, size, code, &well);
}

size_t utf8_write(uint32_t code, uint8_t *out) {
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    size_t follow = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    for (size_t at = follow; at > 0; at--, code >>= 6)
        out[at] = (uint8_t)(0x80 | (code & 0x3F));
    out[0] = (uint8_t)((0xF0u << (3 - follow) & 0xF0) | code);
    return follow + 1;
}

size_t utf8_check(const uint8_t *bytes, size_t size) {
    size_t at = 0;
    while (at < size) {
        uint32_t code;
        bool well;
        size_t taken = read_checked(bytes + at, size - at, &code, &well);
        if (!well) return at;
        at += taken;
    }
    return size;
}
