/* SHA-256, FIPS 180-4. Implemented here because crypto.subtle of browsers exists in secure contexts
 * only, and pieces of a model must be verified everywhere; command and page share one
 * implementation. */
#ifndef RS_SHA256_H
#define RS_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_HEX_BYTES = 65 };

typedef struct sha256 {
    uint32_t h[8];
    uint64_t total_bytes;
    uint8_t block[64];
    size_t block_bytes;
} sha256;

void sha256_init(sha256 *s);
void sha256_update(sha256 *s, const void *bytes, size_t size);
void sha256_final(sha256 *s, uint8_t digest[SHA256_BYTES]);

/* Writes a digest as 64 lower-case hexadecimal digits and a NUL. */
void sha256_hex(const uint8_t digest[SHA256_BYTES], char hex[SHA256_HEX_BYTES]);

/* The SHA-256 of bytes as 64 lower-case hexadecimal digits and a NUL. */
void sha256_hex_of(const void *bytes, size_t size, char hex[SHA256_HEX_BYTES]);

#endif
