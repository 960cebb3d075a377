#include "records/decompress.h"

#include <limits.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Limit of memory for the decoder: enough for xz -9 (65 MiB) and for every dictionary size that
 * makes sense for a corpus. */
#define XZ_MEMORY_BYTES ((uint64_t)512 << 20)

/* Output buffer that grows as it is written, up to a limit. */
typedef struct sink {
    uint8_t *bytes;
    size_t used, capacity;
    uint64_t max_bytes;
} sink;

/* Provides space for at least one more byte, up to one byte beyond the limit: a decoder reports
 * the end of its data only if output space is left. */
static rs_status sink_grow(sink *s, rs_error *error) {
    if (s->used > s->max_bytes)
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "unpacks to more than %llu bytes, which is the limit",
                       (unsigned long long)s->max_bytes);
    size_t capacity = s->capacity ? s->capacity * 2 : 1 << 20;
    if (capacity > s->max_bytes) capacity = (size_t)s->max_bytes + 1;
    uint8_t *bytes = realloc(s->bytes, capacity);
    if (!bytes)
        return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for %zu unpacked bytes",
                       capacity);
    s->bytes = bytes;
    s->capacity = capacity;
    return RS_OK;
}

static rs_status cut_off(const char *kind, size_t size, rs_error *error) {
    return rs_fail(error, RS_ERR_FORMAT, size,
                   "the %s data ends early, after %zu bytes: the file is not complete", kind,
                   size);
}

/* ---- xz ---------------------------------------------------------------------------------- */

static rs_status xz_failed(lzma_ret ret, const lzma_stream *z, rs_error *error) {
    size_t at = (size_t)z->total_in;
    if (ret == LZMA_MEM_ERROR) return rs_fail(error, RS_ERR_MEMORY, at, "out of memory for xz");
    if (ret == LZMA_MEMLIMIT_ERROR)
        return rs_fail(error, RS_ERR_FORMAT, at,
                       "the xz data needs more than %llu MiB to unpack",
                       (unsigned long long)(XZ_MEMORY_BYTES >> 20));
    return rs_fail(error, RS_ERR_FORMAT, at, "the xz data is damaged at byte %zu", at);
}

static rs_status unpack_xz(const uint8_t *bytes, size_t size, sink *s, rs_error *error) {
    lzma_stream z = LZMA_STREAM_INIT;
    lzma_ret ret = lzma_stream_decoder(&z, XZ_MEMORY_BYTES, LZMA_CONCATENATED);
    if (ret != LZMA_OK) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for xz");
    z.next_in = bytes;
    z.avail_in = size;
    rs_status status = RS_OK;
    do {
        if (s->used == s->capacity) status = sink_grow(s, error);
        if (status) break;
        z.next_out = s->bytes + s->used;
        z.avail_out = s->capacity - s->used;
        ret = lzma_code(&z, LZMA_FINISH);
        s->used = s->capacity - z.avail_out;
        /* No progress although there is output space: the input is incomplete. */
        if (ret == LZMA_BUF_ERROR && z.avail_out)
            status = cut_off("xz", size, error);
        else if (ret != LZMA_OK && ret != LZMA_STREAM_END && ret != LZMA_BUF_ERROR)
            status = xz_failed(ret, &z, error);
    } while (!status && ret != LZMA_STREAM_END);
    lzma_end(&z);
    return status;
}

/* ---- gzip -------------------------------------------------------------------------------- */

static bool is_gzip(const uint8_t *bytes, size_t size) {
    return size >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B;
}

/* Decompresses one member; *taken is its size. zlib counts in 32 bits, so input and output are
 * passed in parts. */
static rs_status unpack_member(z_stream *z, const uint8_t *bytes, size_t size, size_t *taken,
                               sink *s, rs_error *error) {
    size_t at = *taken;
    for (;;) {
        if (s->used == s->capacity) {
            rs_status status = sink_grow(s, error);
            if (status) return status;
        }
        size_t in = size - at < UINT_MAX ? size - at : UINT_MAX;
        size_t room = s->capacity - s->used < UINT_MAX ? s->capacity - s->used : UINT_MAX;
        z->next_in = (z_const Bytef *)(uintptr_t)(bytes + at);
        z->avail_in = (uInt)in;
        z->next_out = s->bytes + s->used;
        z->avail_out = (uInt)room;
        int ret = inflate(z, Z_NO_FLUSH);
        at += in - z->avail_in;
        s->used += room - z->avail_out;
        *taken = at;
        if (ret == Z_STREAM_END) return RS_OK;
        if (ret == Z_MEM_ERROR)
            return rs_fail(error, RS_ERR_MEMORY, at, "out of memory for gzip");
        if (ret != Z_OK && ret != Z_BUF_ERROR)
            return rs_fail(error, RS_ERR_FORMAT, at, "the gzip data is damaged at byte %zu",
                           at);
        if (at == size && z->avail_out) return cut_off("gzip", size, error);
    }
}

static rs_status unpack_gzip(const uint8_t *bytes, size_t size, sink *s, rs_error *error) {
    z_stream z = {0};
    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for gzip");
    size_t at = 0;
    rs_status status;
    do {
        status = unpack_member(&z, bytes, size, &at, s, error);
        if (!status && inflateReset(&z) != Z_OK)
            status = rs_fail(error, RS_ERR_MEMORY, at, "out of memory for gzip");
    } while (!status && is_gzip(bytes + at, size - at));
    inflateEnd(&z);
    /* Tapes and some file systems pad files with zeros, which gzip itself ignores. */
    size_t end = at;
    while (end < size && bytes[end] == 0) end++;
    if (!status && end < size)
        status = rs_fail(error, RS_ERR_FORMAT, at,
                         "something else follows the gzip data at byte %zu", at);
    return status;
}

/* ---- Detection --------------------------------------------------------------------------- */

typedef struct magic {
    const char *name, *bytes;
    size_t size;
} magic;

/* The name of an unsupported compression format, or NULL. */
static const char *foreign_packer(const uint8_t *bytes, size_t size) {
    static const magic known[] = {{"bzip2", "BZh", 3},
                                  {"zstd", "\x28\xB5\x2F\xFD", 4},
                                  {"zip", "PK\x03\x04", 4},
                                  {"7-Zip", "7z\xBC\xAF\x27\x1C", 6},
                                  {"lz4", "\x04\x22\x4D\x18", 4}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (size >= known[i].size && memcmp(bytes, known[i].bytes, known[i].size) == 0)
            return known[i].name;
    return NULL;
}

rs_status decompress(const uint8_t *bytes, size_t size, uint64_t max_bytes, plain_bytes *out,
                     rs_error *error) {
    static const uint8_t xz[6] = {0xFD, '7', 'z', 'X', 'Z', 0};
    *out = (plain_bytes){0};
    bool is_xz = size >= sizeof xz && memcmp(bytes, xz, sizeof xz) == 0;
    const char *foreign = foreign_packer(bytes, size);
    if (foreign)
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "is packed by %s; unpack it, or pack it by xz or gzip", foreign);
    if (!is_xz && !is_gzip(bytes, size)) {
        *out = (plain_bytes){.bytes = bytes, .size = size};
        return RS_OK;
    }
    sink s = {.max_bytes = max_bytes < SIZE_MAX / 4 ? max_bytes : SIZE_MAX / 4};
    rs_status status =
        is_xz ? unpack_xz(bytes, size, &s, error) : unpack_gzip(bytes, size, &s, error);
    if (!status && s.used > s.max_bytes) status = sink_grow(&s, error);
    if (status) {
        free(s.bytes);
        return status;
    }
    *out = (plain_bytes){.bytes = s.bytes, .size = s.used, .unpacked = s.bytes};
    return RS_OK;
}

void plain_bytes_free(plain_bytes *p) {
    free(p->unpacked);
    *p = (plain_bytes){0};
}
