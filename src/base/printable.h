/* Sanitises text from untrusted files for a terminal, which control characters could manipulate. */
#ifndef PRINTABLE_H
#define PRINTABLE_H

#include <stddef.h>
#include <string.h>

/* Replaces every byte of a control character, those of two bytes (U+0080 to U+009F) included, by
 * '?'. */
static inline void printable_bytes(char *text, size_t size) {
    unsigned char *bytes = (unsigned char *)text;
    for (size_t i = 0; i < size; i++) {
        const unsigned next = i + 1 < size ? bytes[i + 1] : 0;
        const size_t n = bytes[i] < 0x20 || bytes[i] == 0x7f               ? 1
                         : bytes[i] == 0xc2 && next >= 0x80 && next < 0xa0 ? 2
                                                                           : 0;
        memset(text + i, '?', n);
        if (n) i += n - 1;
    }
}

/* Copies as many of size bytes of text as fit into out, sanitised and NUL-terminated; cap >= 1. Returns
 * out. */
static inline const char *printable(char *out, size_t cap, const void *text, size_t size) {
    size_t n = size < cap - 1 ? size : cap - 1;
    memcpy(out, text, n);
    printable_bytes(out, n);
    out[n] = 0;
    return out;
}

#endif
