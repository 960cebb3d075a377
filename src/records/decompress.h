/* Bytes of a file -> plain bytes: xz and gzip are unpacked, told by their first bytes, whatever
 * the file is called; anything else stays as it is. */
#ifndef DECOMPRESS_H
#define DECOMPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* The most that is unpacked: a small file may hold petabytes of zeros. */
#define DECOMPRESS_MAX_BYTES ((uint64_t)4 << 30)

typedef struct plain_bytes {
    const uint8_t *bytes; /* the input itself, or `unpacked` */
    size_t size;
    uint8_t *unpacked; /* NULL when the input was plain */
} plain_bytes;

/* Files made of several packed parts one behind the other are read to the end, as xz and gzip
 * do. max_bytes: the most to unpack, DECOMPRESS_MAX_BYTES outside of tests. RS_ERR_FORMAT for
 * input that is cut off, damaged, packed larger than max_bytes, or packed by something that is
 * not read here (bzip2, zstd, zip, 7z); RS_ERR_MEMORY. */
RS_MUST_USE rs_status decompress(const uint8_t *bytes, size_t size, uint64_t max_bytes,
                                 plain_bytes *out, rs_error *error);

void plain_bytes_free(plain_bytes *p);

#endif
