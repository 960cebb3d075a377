/* What the tokenizer must know about a code point, from the tables in unicode_tables.c.
 *
 * The answers are those of Hugging Face tokenizers 0.23.2, which takes them from different
 * versions of Unicode: the general category from 8.0 (later characters count as unassigned),
 * decompositions and combining classes from 9.0, lower case from 17.0. Pinned by
 * tests/web/tokenizer.test.mjs, which asks both about every code point. */
#ifndef RS_UNICODE_H
#define RS_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum unicode_kind {
    UNICODE_OTHER,       /* letters, digits, symbols, unassigned: makes up words */
    UNICODE_DROPPED,     /* never reaches a token: control (Cc, Cf, Co), U+FFFD */
    UNICODE_SPACE,       /* Z*, tab, line feed, carriage return: ends a word */
    UNICODE_PUNCTUATION, /* P*, and ASCII symbols: a word by itself */
    UNICODE_MARK         /* Mn: what stripping accents removes */
} unicode_kind;

/* One row of the tables; many code points share it. */
typedef struct unicode_entry {
    int32_t lower;      /* added to the code point gives its lower case; see unicode_lower */
    uint8_t kind;       /* unicode_kind */
    uint8_t combining;  /* canonical combining class; only MARK and OTHER have one */
    uint8_t decomposes; /* whether unicode_decompose changes it, Hangul syllables apart */
} unicode_entry;

enum {
    UNICODE_BLOCK_SHIFT = 7, /* of the two-stage table; the generator's BLOCK_SHIFT */
    UNICODE_LOWER_MAX = 2,   /* code points that one becomes */
    UNICODE_DECOMPOSED_MAX = 4
};

/* The row of a code point, which must not exceed U+10FFFF. Never NULL. */
const unicode_entry *unicode_find(uint32_t code);

/* Lower case without context (a final sigma stays U+03C3). out: [UNICODE_LOWER_MAX].
 * Returns how many were written: 1, or 2 for U+0130. */
size_t unicode_lower(uint32_t code, uint32_t *out);

/* Full canonical decomposition of one code point, in canonical order as NFD has it.
 * out: [UNICODE_DECOMPOSED_MAX]. Returns how many were written, at least 1. */
size_t unicode_decompose(uint32_t code, uint32_t *out);

/* Whether BERT sets blanks around the character: the blocks of ideographs it lists. */
bool unicode_is_cjk(uint32_t code);

/* The property White_Space, which has U+000B, U+000C and U+0085 besides UNICODE_SPACE. */
bool unicode_is_white_space(uint32_t code);

/* unicode_tables.c; the functions above are the way to read them. */
extern const unicode_entry unicode_entries[];
extern const uint8_t unicode_stage1[], unicode_stage2[];
extern const uint64_t unicode_pairs[]; /* code << 42 | first << 21 | second, sorted */
extern const size_t unicode_pair_count;

#endif
