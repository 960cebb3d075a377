/* UTF-8 bytes -> code points, and back. Never fails: ill-formed sequences decode to U+FFFD. */
#ifndef RS_UTF8_H
#define RS_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { UTF8_REPLACEMENT = 0xFFFD, UTF8_MAX_BYTES = 4 };

/* Decodes the first code point of bytes into *code; size > 0. Returns its length in bytes, 1 to 4.
 *
 * An ill-formed sequence decodes to one U+FFFD for each maximal subpart (Unicode 15, section 3.9,
 * table 3-8), as TextDecoder does in the browser: E2 82 41 gives two code points, U+FFFD and
 * 'A'; C0 80 gives U+FFFD twice. */
size_t utf8_read(const uint8_t *bytes, size_t size, uint32_t *code);

/* Encodes code, a Unicode scalar value, to out [UTF8_MAX_BYTES]. Returns the number of bytes. */
size_t utf8_write(uint32_t code, uint8_t *out);

/* Offset of the first ill-formed sequence of bytes; size when there is none. An encoded U+FFFD is
 * well-formed. */
size_t utf8_check(const uint8_t *bytes, size_t size);

#endif
