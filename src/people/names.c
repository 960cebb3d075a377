#include "people/names.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "tokens/unicode.h"

/* Transliteration of letters without canonical decomposition. */
static const struct {
    uint32_t code;
    const char *spelling;
} spellings[] = {{0xDF, "ss"}, {0xE6, "ae"},  {0xF0, "d"},  {0xF8, "o"},
                 {0xFE, "th"}, {0x111, "d"},  {0x127, "h"}, {0x131, "i"},
                 {0x142, "l"}, {0x153, "oe"}, {0x3C2, "σ"}};

typedef struct folding {
    char *out;
    size_t used;
    bool space; /* a space must be written before the next letter */
} folding;

static void put(folding *f, const char *bytes, size_t count) {
    if (f->used + f->space + count >= NAMES_MAX_BYTES) return;
    if (f->space) f->out[f->used++] = ' ';
    f->space = false;
    memcpy(f->out + f->used, bytes, count);
    f->used += count;
}

static void put_letter(folding *f, uint32_t code) {
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (spellings[i].code == code) {
            put(f, spellings[i].spelling, strlen(spellings[i].spelling));
            return;
        }
    char bytes[4];
    put(f, bytes, utf8_write(code, (uint8_t *)bytes));
}

static bool is_apostrophe(uint32_t code) {
    return code == '\'' || code == 0x2019 || code == 0x2018 || code == 0x02BC || code == 0x60;
}

static void put_code(folding *f, uint32_t code) {
    uint32_t parts[UNICODE_DECOMPOSED_MAX], lower[UNICODE_LOWER_MAX];
    const size_t count = unicode_decompose(code, parts);
    for (size_t i = 0; i < count; i++) {
        const size_t n = unicode_lower(parts[i], lower);
        for (size_t j = 0; j < n; j++)
            if (unicode_find(lower[j])->kind == UNICODE_OTHER) put_letter(f, lower[j]);
    }
}

size_t names_fold(const char *text, size_t bytes, char *out) {
    folding f = {out, 0, false};
    for (size_t at = 0; at < bytes;) {
        uint32_t code;
        at += utf8_read((const uint8_t *)text + at, bytes - at, &code);
        if (is_apostrophe(code)) continue;
        const uint8_t kind = unicode_find(code)->kind;
        if (kind == UNICODE_SPACE || kind == UNICODE_PUNCTUATION)
            f.space = f.used > 0;
        else if (kind == UNICODE_OTHER)
            put_code(&f, code);
    }
    out[f.used] = 0;
    return f.used;
}

/* ---- People ------------------------------------------------------------------------------ */

static bool is_suffix(const char *word) {
    static const char *const suffixes[] = {"jr", "sr", "ii", "iii", "iv", "phd", "md"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (!strcmp(word, suffixes[i])) return true;
    return false;
}

static void add_words(person_name *n, char *text) {
    while (*text) {
        char *end = strchr(text, ' ');
        if (end) *end = 0;
        if (!is_suffix(text) && n->count < NAMES_MAX_WORDS) n->words[n->count++] = text;
        if (!end) return;
        text = end + 1;
    }
}

void names_read(const char *text, size_t bytes, person_name *out) {
    out->count = 0;
    const char *comma = memchr(text, ',', bytes);
    const size_t family_bytes = comma ? (size_t)(comma - text) : bytes;
    /* The family and the given part are folded into buffers of their own, then stored with the
     * given part first. Each may fill half of the space. */
    char family[NAMES_MAX_BYTES], given[NAMES_MAX_BYTES];
    size_t family_used = names_fold(text, family_bytes, family), given_used = 0;
    if (comma) given_used = names_fold(comma + 1, bytes - family_bytes - 1, given);
    if (family_used > NAMES_MAX_BYTES / 2 - 1) family_used = NAMES_MAX_BYTES / 2 - 1;
    if (given_used > NAMES_MAX_BYTES / 2 - 1) given_used = NAMES_MAX_BYTES / 2 - 1;
    char *given_at = out->folded, *family_at = out->folded + given_used + 1;
    memcpy(given_at, given, given_used);
    given_at[given_used] = 0;
    memcpy(family_at, family, family_used);
    family_at[family_used] = 0;
    add_words(out, given_at);
    add_words(out, family_at);
}

bool names_equal(const person_name *a, const person_name *b) {
    if (a->count != b->count || a->count == 0) return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->words[i], b->words[i]) != 0) return false;
    return true;
}

/* The length in bytes of the first letter of a word, which is UTF-8. */
static size_t letter_bytes(const char *word) {
    size_t n = 1;
    while (((uint8_t)word[n] & 0xC0) == 0x80) n++;
    return n;
}

static bool fits(const char *a, const char *b) {
    const size_t n = letter_bytes(a), m = letter_bytes(b);
    const bool initial = !a[n] || !b[m];
    return initial ? n == m && !memcmp(a, b, n) : !strcmp(a, b);
}

bool names_may_be(const person_name *a, const person_name *b) {
    if (a->count < 2 || b->count < 2 || names_equal(a, b)) return false;
    if (strcmp(a->words[a->count - 1], b->words[b->count - 1]) != 0) return false;
    const size_t given = (a->count < b->count ? a->count : b->count) - 1;
    for (size_t i = 0; i < given; i++)
        if (!fits(a->words[i], b->words[i])) return false;
    return true;
}
