/* Decompresses xz and gzip, detected by magic bytes, whatever the file is called; other input
 * is passed through. */
#ifndef DECOMPRESS_H
#define DECOMPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Maximum decompressed size: protects against decompression bombs. */
#define DECOMPRESS_MAX_BYTES ((uint64_t)4 << 30)

typedef struct plain_bytes {
    const uint8_t *bytes; /* the input itself, or `unpacked` */
    size_t size;
    uint8_t *unpacked; /* decompressed data; NULL if the input was not compressed */
} plain_bytes;

/* Decompresses a file. Concatenated members are all decompressed, as xz and gzip do. max_bytes:
 * maximum decompressed size, DECOMPRESS_MAX_BYTES outside of tests. Returns RS_ERR_FORMAT for
 * input that is truncated, damaged, larger than max_bytes when decompressed, or compressed in
 * an unsupported format (bzip2, zstd, zip, 7z), or RS_ERR_MEMORY. */
RS_MUST_USE rs_status decompress(const uint8_t *bytes, size_t size, uint64_t max_bytes,
                                 plain_bytes *out, rs_error *error);

void plain_bytes_free(plain_bytes *p);

#endif
