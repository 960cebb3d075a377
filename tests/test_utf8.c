/* Well-formed and ill-formed UTF-8. The ill-formed cases are Unicode 15's tables 3-8 to 3-11
 * and what TextDecoder gives; tests/web/tokenizer.test.mjs compares random bytes with it. */
#include "base/utf8.h"

#include <stdlib.h>

#include "check.h"

/* Reads `size` bytes from a block of exactly that size, so that a sanitizer sees the end. */
static size_t read_all(const void *bytes, size_t size, uint32_t *codes, size_t cap) {
    uint8_t *block = malloc(size);
    size_t count = 0;
    CHECK(block != NULL);
    if (!block) return 0;
    memcpy(block, bytes, size);
    for (size_t at = 0; at < size && count < cap; count++)
        at += utf8_read(block + at, size - at, &codes[count]);
    free(block);
    return count;
}

static void check_codes(const char *bytes, size_t size, const uint32_t *want,
                        size_t want_count) {
    uint32_t codes[32];
    size_t count = read_all(bytes, size, codes, 32);
    CHECK_EQ(count, want_count);
    for (size_t i = 0; i < count && i < want_count; i++) CHECK_EQ(codes[i], want[i]);
}

#define CODES(bytes, ...)                                                                      \
    do {                                                                                       \
        const uint32_t want[] = {__VA_ARGS__};                                                 \
        check_in("%s", #bytes);                                                                \
        check_codes(bytes, sizeof(bytes) - 1, want, sizeof want / sizeof *want);               \
    } while (0)

static void test_ill_formed(void) {
    CODES("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD,
          0xFFFD, 0xFFFD, 0xFFFD, 0x41); /* table 3-8: overlong forms */
    CODES("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD,
          0xFFFD, 0xFFFD, 0xFFFD, 0x41); /* table 3-9: surrogates */
    CODES("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0x41,
          0xFFFD, 0xFFFD, 0x42); /* table 3-10: too high, lone bytes */
    CODES("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD,
          0x41); /* table 3-11: truncated, one U+FFFD each */
    CODES("\xE2\x82", 0xFFFD);
    CODES("\xF0\x9F\x98", 0xFFFD);
    CODES("\xF0\x9F", 0xFFFD);
    CODES("\xC3", 0xFFFD);
    CODES("\xEF\xBF\xBD", 0xFFFD);
    CODES("\xEF\xBB\xBFx", 0xFEFF, 'x');
    CODES("a\0b", 'a', 0, 'b');
    CODES("\xF8\x88\x80\x80\x80", 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD);
    check_out();
}

static void test_every_code_point(void) {
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        uint8_t bytes[UTF8_MAX_BYTES];
        uint32_t back;
        if (code >= 0xD800 && code < 0xE000) continue;
        size_t size = utf8_write(code, bytes);
        check_in("U+%04X", (unsigned)code);
        CHECK_EQ(utf8_read(bytes, size, &back), size);
        CHECK_EQ(back, code);
        CHECK_EQ(utf8_check(bytes, size), size);
        if (size > 1) CHECK_EQ(utf8_check(bytes, size - 1), 0);
    }
    check_out();
}

static void test_check(void) {
    CHECK_EQ(utf8_check((const uint8_t *)"", 0), 0);
    CHECK_EQ(utf8_check((const uint8_t *)"ab\xC3\xA9", 4), 4);
    CHECK_EQ(utf8_check((const uint8_t *)"ab\xC3", 3), 2);
    CHECK_EQ(utf8_check((const uint8_t *)"\xEF\xBF\xBD", 3), 3);
    CHECK_EQ(utf8_check((const uint8_t *)"x\xED\xA0\x80", 4), 1);
}

int main(void) {
    test_ill_formed();
    test_every_code_point();
    test_check();
    return check_result();
}
