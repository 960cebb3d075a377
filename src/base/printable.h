/* Names from files that nobody vouches for, made fit for a message on a terminal. */
#ifndef PRINTABLE_H
#define PRINTABLE_H

#include <stddef.h>

/* Copies what fits of size bytes behind text into out (cap >= 1, always ends with NUL); control
 * characters, which could rewrite the user's terminal, become '?'. Returns out. */
static inline const char *printable(char *out, size_t cap, const void *text, size_t size) {
    const unsigned char *from = text;
    size_t n = size < cap - 1 ? size : cap - 1;
    for (size_t i = 0; i < n; i++)
        out[i] = from[i] < 0x20 || from[i] == 0x7f ? '?' : (char)from[i];
    out[n] = 0;
    return out;
}

#endif
