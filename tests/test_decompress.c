/* xz and gzip: what is packed here comes out again; what is cut, damaged or foreign is refused.
 */
#include <lzma.h>
#include <zlib.h>

#include "hostile.h"
#include "records/decompress.h"

enum { TEXT_BYTES = 3000, MAX_PACKED = 8192 };

static char text[TEXT_BYTES];

static void make_text(void) {
    uint32_t x = 1;
    for (size_t i = 0; i < TEXT_BYTES; i++) {
        x = x * 1664525u + 1013904223u;
        text[i] = (char)('a' + (x >> 24) % 7);
    }
}

static blob pack_xz(const void *bytes, size_t size) {
    blob b = {malloc(MAX_PACKED), 0};
    if (lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, bytes, size, b.bytes, &b.size,
                                MAX_PACKED) != LZMA_OK)
        abort();
    return b;
}

static blob pack_gzip(const void *bytes, size_t size) {
    blob b = {malloc(MAX_PACKED), 0};
    z_stream z = {0};
    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
    z.next_in = (z_const Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)size;
    z.next_out = b.bytes;
    z.avail_out = MAX_PACKED;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END) abort();
    b.size = MAX_PACKED - z.avail_out;
    deflateEnd(&z);
    return b;
}

static blob join(blob a, blob b) {
    blob both = {malloc(a.size + b.size + 8), a.size + b.size};
    memcpy(both.bytes, a.bytes, a.size);
    memcpy(both.bytes + a.size, b.bytes, b.size);
    return both;
}

static rs_status unpack(arena *a, const uint8_t *bytes, size_t size, rs_error *error) {
    plain_bytes plain;
    (void)a;
    rs_status status = decompress(bytes, size, DECOMPRESS_MAX_BYTES, &plain, error);
    plain_bytes_free(&plain);
    return status;
}

/* Unpacks to `times` times the text. */
static void check_unpacks(const char *name, blob packed, size_t times) {
    blob b = blob_copy(packed.bytes, packed.size);
    plain_bytes plain;
    rs_error error;
    check_in("%s", name);
    CHECK_STATUS(decompress(b.bytes, b.size, DECOMPRESS_MAX_BYTES, &plain, &error), RS_OK);
    CHECK_EQ(plain.size, times * TEXT_BYTES);
    for (size_t i = 0; i < times && plain.size == times * TEXT_BYTES; i++)
        CHECK_BYTES(plain.bytes + i * TEXT_BYTES, text, TEXT_BYTES);
    plain_bytes_free(&plain);
    free(b.bytes);
    check_in("%s", "");
}

static void check_limit(const char *name, blob packed) {
    plain_bytes plain;
    rs_error error;
    check_in("%s", name);
    CHECK_STATUS(decompress(packed.bytes, packed.size, TEXT_BYTES, &plain, &error), RS_OK);
    plain_bytes_free(&plain);
    CHECK_STATUS(decompress(packed.bytes, packed.size, TEXT_BYTES - 1, &plain, &error),
                 RS_ERR_FORMAT);
    CHECK(strstr(error.message, "unpacks to more than 2999 bytes") != NULL);
    CHECK(!plain.unpacked);
    check_in("%s", "");
}

/* A prefix shorter than the magic is no packed file; every longer one is cut off. */
static void check_cuts(const char *name, blob packed, size_t magic_bytes) {
    rs_error error;
    for (size_t size = magic_bytes; size < packed.size; size++) {
        check_in("%s cut at %zu", name, size);
        CHECK_STATUS(hostile_read(unpack, packed.bytes, size, &error), RS_ERR_FORMAT);
    }
    check_in("%s", "");
    hostile_changes(unpack, packed);
}

static void test_packed(const char *name, blob packed, size_t magic_bytes) {
    blob twice = join(packed, packed);
    check_unpacks(name, packed, 1);
    check_unpacks(name, twice, 2);
    check_limit(name, packed);
    check_cuts(name, packed, magic_bytes);
    twice.size -= 3;
    hostile_case(unpack, name, twice.bytes, twice.size, "ends early");
    memcpy(twice.bytes + packed.size, "what else", 9);
    hostile_case(unpack, name, twice.bytes, packed.size + 9, "");
    /* Both ignore zeros behind the last part (xz in fours). */
    memset(twice.bytes + packed.size, 0, 4);
    twice.size = packed.size + 4;
    check_unpacks(name, twice, 1);
    free(twice.bytes);
}

static void test_plain(void) {
    plain_bytes plain;
    rs_error error;
    const uint8_t json[] = {'{', '}'};
    CHECK_STATUS(decompress(json, 2, DECOMPRESS_MAX_BYTES, &plain, &error), RS_OK);
    CHECK(plain.bytes == json && plain.size == 2 && !plain.unpacked);
    plain_bytes_free(&plain);
    CHECK_STATUS(decompress(NULL, 0, DECOMPRESS_MAX_BYTES, &plain, &error), RS_OK);
    CHECK_EQ(plain.size, 0);
    hostile_case(unpack, "bzip2", "BZh9", 4, "packed by bzip2");
    hostile_case(unpack, "zstd", "\x28\xB5\x2F\xFD", 4, "packed by zstd");
    hostile_case(unpack, "zip", "PK\x03\x04", 4, "packed by zip");
}

/* 64 MiB of zeros from 64 KiB must stop at the limit, not at the end of memory. */
static void test_bomb(void) {
    static uint8_t zeros[1 << 20];
    blob part = pack_gzip(zeros, sizeof zeros);
    blob bomb = {malloc(part.size * 64), part.size * 64};
    for (size_t i = 0; i < 64; i++) memcpy(bomb.bytes + i * part.size, part.bytes, part.size);
    plain_bytes plain;
    rs_error error;
    CHECK_STATUS(decompress(bomb.bytes, bomb.size, 8 << 20, &plain, &error), RS_ERR_FORMAT);
    free(bomb.bytes);
    free(part.bytes);
}

int main(void) {
    make_text();
    blob xz = pack_xz(text, TEXT_BYTES), gzip = pack_gzip(text, TEXT_BYTES);
    blob empty_xz = pack_xz("", 0), empty_gzip = pack_gzip("", 0);
    test_packed("xz", xz, 6);
    test_packed("gzip", gzip, 2);
    check_unpacks("empty xz", empty_xz, 0);
    check_unpacks("empty gzip", empty_gzip, 0);
    test_plain();
    test_bomb();
    free(xz.bytes);
    free(gzip.bytes);
    free(empty_xz.bytes);
    free(empty_gzip.bytes);
    return check_result();
}
