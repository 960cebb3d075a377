/* The tables: what is easily got wrong, and what other files rely on. That they are the
 * reference's for every code point is shown by tests/web/tokenizer.test.mjs. */
#include "tokens/unicode.h"

#include "base/utf8.h"
#include "check.h"

static unicode_kind kind(uint32_t code) { return (unicode_kind)unicode_find(code)->kind; }

static void test_kinds(void) {
    CHECK_EQ(kind('a'), UNICODE_OTHER);
    CHECK_EQ(kind('7'), UNICODE_OTHER);
    CHECK_EQ(kind('$'), UNICODE_PUNCTUATION); /* a symbol, but ASCII */
    CHECK_EQ(kind('`'), UNICODE_PUNCTUATION);
    CHECK_EQ(kind(0x20AC), UNICODE_OTHER); /* euro: a symbol beyond ASCII */
    CHECK_EQ(kind(0x2019), UNICODE_PUNCTUATION);
    CHECK_EQ(kind(0x3001), UNICODE_PUNCTUATION);
    CHECK_EQ(kind('\t'), UNICODE_SPACE);
    CHECK_EQ(kind('\r'), UNICODE_SPACE);
    CHECK_EQ(kind(0xA0), UNICODE_SPACE);
    CHECK_EQ(kind(0x2028), UNICODE_SPACE);
    CHECK_EQ(kind(0x0B), UNICODE_DROPPED); /* white space to Unicode, control to BERT */
    CHECK_EQ(kind(0x85), UNICODE_DROPPED);
    CHECK_EQ(kind(0), UNICODE_DROPPED);
    CHECK_EQ(kind(0xAD), UNICODE_DROPPED);
    CHECK_EQ(kind(0x200B), UNICODE_DROPPED);
    CHECK_EQ(kind(0xFFFD), UNICODE_DROPPED);
    CHECK_EQ(kind(0xE000), UNICODE_DROPPED);
    CHECK_EQ(kind(0x10FFFF), UNICODE_OTHER); /* unassigned, not private use */
    CHECK_EQ(kind(0x0378), UNICODE_OTHER);
    CHECK_EQ(kind(0x0301), UNICODE_MARK);
    CHECK_EQ(kind(0x0903), UNICODE_OTHER); /* Mc is no nonspacing mark */
    CHECK_EQ(kind(0x20DD), UNICODE_OTHER); /* neither is Me */
    CHECK_EQ(kind(0x08D4), UNICODE_OTHER); /* Mn, but of Unicode 9.0 */
    CHECK_EQ(unicode_find(0x08D4)->combining, 230);
    CHECK_EQ(kind(0x1734), UNICODE_MARK);  /* Mn until 14.0 */
    CHECK_EQ(kind(0x1885), UNICODE_OTHER); /* Lo until 9.0 */
    CHECK(unicode_is_white_space(0x0B) && unicode_is_white_space(0x85));
    CHECK(unicode_is_white_space(0x3000) && !unicode_is_white_space(0x200B));
}

static uint32_t lower_of(uint32_t code) {
    uint32_t out[UNICODE_LOWER_MAX];
    CHECK_EQ(unicode_lower(code, out), 1);
    return out[0];
}

static void test_lower(void) {
    uint32_t out[UNICODE_LOWER_MAX];
    CHECK_EQ(lower_of('A'), 'a');
    CHECK_EQ(lower_of('['), '[');
    CHECK_EQ(lower_of(0x3A3), 0x3C3);
    CHECK_EQ(lower_of(0x1E9E), 0xDF);
    CHECK_EQ(lower_of(0x1C4), 0x1C6);
    CHECK_EQ(lower_of(0x1C5), 0x1C6);
    CHECK_EQ(lower_of(0x10400), 0x10428);
    CHECK_EQ(lower_of(0xA7DC), 0x19B);    /* Unicode 16.0 */
    CHECK_EQ(lower_of(0x16EA0), 0x16EBB); /* Unicode 17.0 */
    CHECK_EQ(unicode_lower(0x130, out), 2);
    CHECK_EQ(out[0], 'i');
    CHECK_EQ(out[1], 0x307);
}

static void check_decomposed(uint32_t code, size_t want_count, const uint32_t *want) {
    uint32_t out[UNICODE_DECOMPOSED_MAX];
    check_in("U+%04X", (unsigned)code);
    size_t count = unicode_decompose(code, out);
    CHECK_EQ(count, want_count);
    for (size_t i = 0; i < count && i < want_count; i++) CHECK_EQ(out[i], want[i]);
    check_out();
}

static void test_decompose(void) {
    check_decomposed('x', 1, (uint32_t[]){'x'});
    check_decomposed(0xE9, 2, (uint32_t[]){'e', 0x301});
    check_decomposed(0x212B, 2, (uint32_t[]){'A', 0x30A}); /* by way of U+00C5 */
    check_decomposed(0x1F82, 4, (uint32_t[]){0x3B1, 0x313, 0x300, 0x345});
    check_decomposed(0xAC00, 2, (uint32_t[]){0x1100, 0x1161});
    check_decomposed(0xD7A3, 3, (uint32_t[]){0x1112, 0x1175, 0x11C2});
    check_decomposed(0xD7A4, 1, (uint32_t[]){0xD7A4});
    check_decomposed(0xFB01, 1, (uint32_t[]){0xFB01}); /* a ligature is no canonical matter */
    check_decomposed(0xF900, 1, (uint32_t[]){0x8C48});
    check_decomposed(0x2F800, 1, (uint32_t[]){0x4E3D});
    check_decomposed(0x1D160, 3, (uint32_t[]){0x1D158, 0x1D165, 0x1D16E});
    check_decomposed(0x11938, 1, (uint32_t[]){0x11938}); /* decomposes since 13.0 */
}

static void test_cjk(void) {
    CHECK(unicode_is_cjk(0x4E00) && unicode_is_cjk(0x9FFF) && unicode_is_cjk(0x20000));
    CHECK(unicode_is_cjk(0x2B81F) && unicode_is_cjk(0x2B920) && unicode_is_cjk(0x2FA1F));
    CHECK(!unicode_is_cjk('a') && !unicode_is_cjk(0x2B820) && !unicode_is_cjk(0x2B91F));
    CHECK(!unicode_is_cjk(0x3042) && !unicode_is_cjk(0xAC00) && !unicode_is_cjk(0x30000));
}

/* Characters that one becomes, decomposed or in lower case, each a token at most:
 * wordpiece_bound() is right only if they are no more than its bytes. */
static void test_bound(void) {
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        uint32_t out[UNICODE_DECOMPOSED_MAX];
        uint8_t bytes[UTF8_MAX_BYTES];
        size_t size = utf8_write(code, bytes), kept = 0;
        size_t count = unicode_decompose(code, out);
        check_in("U+%04X", (unsigned)code);
        CHECK(count <= UNICODE_DECOMPOSED_MAX);
        for (size_t i = 0; i < count; i++) kept += kind(out[i]) != UNICODE_MARK;
        CHECK(kept <= size);
        CHECK(unicode_lower(code, out) <= size);
    }
    check_out();
}

int main(void) {
    test_kinds();
    test_lower();
    test_decompose();
    test_cjk();
    test_bound();
    return check_result();
}
