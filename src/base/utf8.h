/* UTF-8 bytes -> code points, and back. Never fails: what is ill-formed reads as U+FFFD. */
#ifndef RS_UTF8_H
#define RS_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { UTF8_REPLACEMENT = 0xFFFD, UTF8_MAX_BYTES = 4 };

/* Reads one code point. bytes: size > 0 bytes, of which *code takes the first.
 * Returns how many bytes it took, 1 to 4.
 *
 * An ill-formed sequence gives one U+FFFD for each maximal subpart (Unicode 15, section 3.9,
 * table 3-8), as TextDecoder does in the browser: E2 82 41 gives two code points, U+FFFD and
 * 'A'; C0 80 gives U+FFFD twice. */
size_t utf8_read(const uint8_t *bytes, size_t size, uint32_t *code);

/* Writes code (a Unicode scalar value) into out, [UTF8_MAX_BYTES]. Returns bytes written. */
size_t utf8_write(uint32_t code, uint8_t *out);

/* Where the first ill-formed sequence of bytes begins; size when there is none. A U+FFFD that
 * is properly written is well-formed. */
size_t utf8_check(const uint8_t *bytes, size_t size);

#endif
