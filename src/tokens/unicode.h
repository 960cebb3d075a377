/* Character properties that the tokenizer uses, from the tables in unicode_tables.c.
 *
 * The properties are those of Hugging Face tokenizers 0.23.2, which combines several versions of
 * Unicode: the general category of 8.0 (later characters count as unassigned), decompositions and
 * combining classes of 9.0, lower case of 17.0. tests/web/tokenizer.test.mjs compares both for every
 * code point. */
#ifndef RS_UNICODE_H
#define RS_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum unicode_kind {
    UNICODE_OTHER,       /* letters, digits, symbols, unassigned: part of words */
    UNICODE_DROPPED,     /* control (Cc, Cf, Co), U+FFFD: removed before tokenization */
    UNICODE_SPACE,       /* Z*, tab, line feed, carriage return: ends a word */
    UNICODE_PUNCTUATION, /* P*, and ASCII symbols: a word by itself */
    UNICODE_MARK         /* Mn, nonspacing marks: removed when accents are stripped */
} unicode_kind;

/* One row of the tables, shared by many code points. */
typedef struct unicode_entry {
    int32_t lower;      /* added to the code point gives its lower case; see unicode_lower */
    uint8_t kind;       /* unicode_kind */
    uint8_t combining;  /* canonical combining class; nonzero only for MARK and OTHER */
    uint8_t decomposes; /* whether unicode_decompose changes it, except Hangul syllables */
} unicode_entry;

enum {
    UNICODE_BLOCK_SHIFT = 7,   /* of the two-stage table; the generator's BLOCK_SHIFT */
    UNICODE_LOWER_MAX = 2,     /* maximum length of a code point's lower case */
    UNICODE_DECOMPOSED_MAX = 4 /* maximum length of a code point's decomposition */
};

/* The row of a code point, which must not exceed U+10FFFF. Never NULL. */
const unicode_entry *unicode_find(uint32_t code);

/* Lower case without context: that of U+03A3 is U+03C3 also at the end of a word. out:
 * [UNICODE_LOWER_MAX]. Returns the number of code points: 1, or 2 for U+0130. */
size_t unicode_lower(uint32_t code, uint32_t *out);

/* Full canonical decomposition of one code point, in canonical order (NFD).
 * out: [UNICODE_DECOMPOSED_MAX]. Returns the number of code points, at least 1. */
size_t unicode_decompose(uint32_t code, uint32_t *out);

/* Whether BERT's tokenizer puts spaces around the character: its list of CJK ideograph blocks. */
bool unicode_is_cjk(uint32_t code);

/* The property White_Space: UNICODE_SPACE and U+000B, U+000C and U+0085. */
bool unicode_is_white_space(uint32_t code);

/* The tables of unicode_tables.c, for the functions above only. */
extern const unicode_entry unicode_entries[];
extern const uint8_t unicode_stage1[], unicode_stage2[];
extern const uint64_t unicode_pairs[]; /* code << 42 | first << 21 | second, sorted */
extern const size_t unicode_pair_count;

#endif
