/* Reads the tables of unicode_tables.c. See unicode.h. */
#include "tokens/unicode.h"

const unicode_entry *unicode_find(uint32_t code) {
    uint32_t block = unicode_stage1[code >> UNICODE_BLOCK_SHIFT];
    uint32_t low = code & ((1u << UNICODE_BLOCK_SHIFT) - 1);
    return &unicode_entries[unicode_stage2[block << UNICODE_BLOCK_SHIFT | low]];
}

size_t unicode_lower(uint32_t code, uint32_t *out) {
    /* The only character whose lower case is two code points in every language (SpecialCasing.txt):
     * I with dot above becomes i and a combining dot. */
    if (code == 0x130) {
        out[0] = 'i';
        out[1] = 0x307;
        return 2;
    }
    out[0] = (uint32_t)((int32_t)code + unicode_find(code)->lower);
    return 1;
}

/* Hangul syllables decompose by arithmetic (Unicode 15, section 3.12). */
enum { HANGUL_FIRST = 0xAC00, HANGUL_COUNT = 11172, HANGUL_VT = 588, HANGUL_T = 28 };

static size_t decompose_hangul(uint32_t syllable, uint32_t *out) {
    out[0] = 0x1100 + syllable / HANGUL_VT;
    out[1] = 0x1161 + syllable % HANGUL_VT / HANGUL_T;
    if (syllable % HANGUL_T == 0) return 2;
    out[2] = 0x11A7 + syllable % HANGUL_T;
    return 3;
}

/* The entry of unicode_pairs of a code point that has one. */
static uint64_t find_pair(uint32_t code) {
    size_t low = 0, high = unicode_pair_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (unicode_pairs[middle] >> 42 <= code)
            low = middle;
        else
            high = middle;
    }
    return unicode_pairs[low];
}

size_t unicode_decompose(uint32_t code, uint32_t *out) {
    const uint32_t mask = (1u << 21) - 1;
    uint32_t tail[UNICODE_DECOMPOSED_MAX];
    size_t tail_count = 0, count = 0;

    if (code - HANGUL_FIRST < HANGUL_COUNT) return decompose_hangul(code - HANGUL_FIRST, out);
    /* Only the first code point of a pair can decompose again; the generator checks this. */
    while (unicode_find(code)->decomposes) {
        uint64_t pair = find_pair(code);
        uint32_t second = (uint32_t)pair & mask;
        if (second != 0) tail[tail_count++] = second;
        code = (uint32_t)(pair >> 21) & mask;
    }
    out[count++] = code;
    while (tail_count > 0) out[count++] = tail[--tail_count];
    return count;
}

bool unicode_is_cjk(uint32_t code) {
    /* The blocks of Hugging Face tokenizers, which differ from Unicode: extension E starts at U+2B920
     * instead of U+2B820, and later extensions are missing. */
    static const uint32_t ranges[][2] = {
        {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},  {0x20000, 0x2A6DF},
        {0x2A700, 0x2B81F}, {0x2B920, 0x2CEAF}, {0x2F800, 0x2FA1F}};
    if (code < ranges[0][0]) return false;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i][0] && code <= ranges[i][1]) return true;
    return false;
}

bool unicode_is_white_space(uint32_t code) {
    if (code == 0x0B || code == 0x0C || code == 0x85) return true;
    return unicode_find(code)->kind == UNICODE_SPACE;
}
