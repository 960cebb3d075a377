/* Text -> token ids. See wordpiece.h for the steps.
 *
 * A text is processed as a stream with a buffer for one word on the stack: no character can change a
 * word that has ended, and a word that exceeds the buffer is [UNK] in any case. */
#include "tokens/wordpiece.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "tokens/unicode.h"

enum { SPECIAL_COUNT = 5, WORD_MAX_BYTES = WORDPIECE_MAX_WORD_CHARS * UTF8_MAX_BYTES };

/* In the order of wordpiece_specials. */
static const char *const special_names[SPECIAL_COUNT] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]",
                                                         "[MASK]"};

/* Tokens low … high - 1 of wordpiece.sorted, which have the same first `depth` bytes. Each further byte
 * narrows the range, so the sorted array serves as a trie. Unlike a hash table it has no slow worst
 * case that a vocabulary could cause. */
typedef struct range {
    uint32_t low, high, depth;
} range;

struct wordpiece {
    const uint8_t *vocab;
    uint32_t *starts, *lengths; /* [token_count] of each line in vocab */
    uint32_t
        *sorted; /* [sorted_count] ids in the order of the tokens' bytes, without duplicates */
    uint32_t token_count, sorted_count;
    range whole,
        continued; /* all tokens, for the start of a word; those with "##", for the others */
    wordpiece_specials special;
    bool lower_case, strip_accents, chinese_chars;
};

/* ---- the vocabulary ---- */

/* The length of a line without white space at its end. */
static uint32_t trimmed(const uint8_t *line, uint32_t length) {
    while (length > 0) {
        uint32_t at = length - 1, code;
        while (at > 0 && (line[at] & 0xC0) == 0x80) at--;
        utf8_read(line + at, length - at, &code);
        if (!unicode_is_white_space(code)) break;
        length = at;
    }
    return length;
}

static uint32_t count_lines(const uint8_t *vocab, size_t vocab_bytes) {
    uint32_t lines = 0;
    for (size_t i = 0; i < vocab_bytes; i++) lines += vocab[i] == '\n';
    return lines + (vocab_bytes > 0 && vocab[vocab_bytes - 1] != '\n');
}

static void find_lines(wordpiece *w, size_t vocab_bytes) {
    size_t at = 0;
    for (uint32_t id = 0; id < w->token_count; id++) {
        const uint8_t *newline = memchr(w->vocab + at, '\n', vocab_bytes - at);
        size_t end = newline ? (size_t)(newline - w->vocab) : vocab_bytes;
        w->starts[id] = (uint32_t)at;
        w->lengths[id] = trimmed(w->vocab + at, (uint32_t)(end - at));
        at = end + 1;
    }
}

/* Order of two ids by the bytes of their tokens. */
static int compare_tokens(const wordpiece *w, uint32_t a, uint32_t b) {
    uint32_t shared = w->lengths[a] < w->lengths[b] ? w->lengths[a] : w->lengths[b];
    int order = memcmp(w->vocab + w->starts[a], w->vocab + w->starts[b], shared);
    if (order != 0) return order;
    return (w->lengths[a] > w->lengths[b]) - (w->lengths[a] < w->lengths[b]);
}

/* A token with its first eight bytes as a big-endian number, which decides most comparisons. */
typedef struct sortable {
    uint64_t head;
    uint32_t id;
} sortable;

static sortable sortable_of(const wordpiece *w, uint32_t id) {
    sortable s = {.id = id};
    for (uint32_t i = 0; i < sizeof s.head; i++)
        s.head = s.head << 8 | (i < w->lengths[id] ? w->vocab[w->starts[id] + i] : 0u);
    return s;
}

static bool is_before(const wordpiece *w, sortable a, sortable b) {
    return a.head != b.head ? a.head < b.head : compare_tokens(w, a.id, b.id) < 0;
}

/* Merges two sorted runs, low … middle - 1 and middle … high - 1; stable. */
static void merge(const wordpiece *w, const sortable *from, uint32_t low, uint32_t middle,
                  uint32_t high, sortable *to) {
    uint32_t a = low, b = middle;
    for (uint32_t i = low; i < high; i++) {
        const bool second = a == middle || (b < high && is_before(w, from[b], from[a]));
        to[i] = from[second ? b++ : a++];
    }
}

/* Merge sort: O(n log n) for every input, and stable, so that the last of equal tokens has the largest
 * id. qsort guarantees neither. Returns RS_ERR_MEMORY. */
static rs_status sort_tokens(wordpiece *w, const rs_allocator *allocator) {
    const uint32_t n = w->token_count;
    arena a;
    arena_init(&a, allocator);
    sortable *from = arena_alloc(&a, n, sizeof *from), *to = arena_alloc(&a, n, sizeof *to);
    const rs_status status = from && to ? RS_OK : RS_ERR_MEMORY;
    if (!status) {
        for (uint32_t i = 0; i < n; i++) from[i] = sortable_of(w, i);
        for (uint32_t width = 1; width < n; width *= 2) {
            for (uint32_t low = 0; low < n; low += 2 * width) {
                const uint32_t middle = low + width < n ? low + width : n;
                const uint32_t high = middle + width < n ? middle + width : n;
                merge(w, from, low, middle, high, to);
            }
            sortable *swap = from;
            from = to;
            to = swap;
        }
        for (uint32_t i = 0; i < n; i++) w->sorted[i] = from[i].id;
    }
    arena_free(&a);
    return status;
}

static void drop_duplicates(wordpiece *w) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < w->token_count; i++) {
        if (i + 1 == w->token_count || compare_tokens(w, w->sorted[i], w->sorted[i + 1]) != 0)
            w->sorted[kept++] = w->sorted[i];
    }
    w->sorted_count = kept;
}

/* The first token of the range whose next byte is at least value; a token that ends here counts as
 * less. */
static uint32_t lower_bound(const wordpiece *w, const range *r, unsigned value) {
    uint32_t low = r->low, high = r->high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2, id = w->sorted[middle];
        bool less = w->lengths[id] == r->depth || w->vocab[w->starts[id] + r->depth] < value;
        if (less)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Appends one byte to the prefix of a range; returns false when no token has that prefix. */
static bool narrow(const wordpiece *w, range *r, uint8_t byte) {
    r->low = lower_bound(w, r, byte);
    r->high = lower_bound(w, r, byte + 1u);
    r->depth++;
    return r->low < r->high;
}

static bool narrow_all(const wordpiece *w, range *r, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!narrow(w, r, bytes[i])) return false;
    return true;
}

/* The token that equals the prefix of a range, or -1. It is the first one, since a shorter token sorts
 * before a longer one. */
static int32_t token_here(const wordpiece *w, const range *r) {
    if (r->low == r->high || w->lengths[w->sorted[r->low]] != r->depth) return -1;
    return (int32_t)w->sorted[r->low];
}

int32_t wordpiece_id(const wordpiece *w, const char *token, size_t bytes) {
    range r = w->whole;
    return narrow_all(w, &r, (const uint8_t *)token, bytes) ? token_here(w, &r) : -1;
}

const char *wordpiece_token(const wordpiece *w, int32_t id, size_t *bytes) {
    *bytes = 0;
    if (id < 0 || (uint32_t)id >= w->token_count) return NULL;
    *bytes = w->lengths[id];
    return (const char *)w->vocab + w->starts[id];
}

size_t wordpiece_size(const wordpiece *w) { return w->token_count; }

const wordpiece_specials *wordpiece_special_ids(const wordpiece *w) { return &w->special; }

static int32_t special_id(const wordpiece *w, size_t which) {
    const int32_t ids[SPECIAL_COUNT] = {w->special.pad, w->special.unk, w->special.cls,
                                        w->special.sep, w->special.mask};
    return ids[which];
}

static rs_status find_specials(wordpiece *w, rs_error *error) {
    int32_t *const ids[SPECIAL_COUNT] = {&w->special.pad, &w->special.unk, &w->special.cls,
                                         &w->special.sep, &w->special.mask};
    for (size_t i = 0; i < SPECIAL_COUNT; i++) {
        *ids[i] = wordpiece_id(w, special_names[i], strlen(special_names[i]));
        if (*ids[i] < 0 && ids[i] != &w->special.mask)
            return rs_fail(error, RS_ERR_FORMAT, 0, "vocabulary: no token %s",
                           special_names[i]);
    }
    return RS_OK;
}

static rs_status check_vocab(const uint8_t *vocab, size_t vocab_bytes, rs_error *error) {
    if (vocab_bytes > WORDPIECE_MAX_VOCAB_BYTES)
        return rs_fail(error, RS_ERR_FORMAT, 0, "vocabulary: %zu bytes, at most %d are read",
                       vocab_bytes, (int)WORDPIECE_MAX_VOCAB_BYTES);
    uint32_t lines = count_lines(vocab, vocab_bytes);
    if (lines > WORDPIECE_MAX_TOKENS)
        return rs_fail(error, RS_ERR_FORMAT, 0, "vocabulary: %lu tokens, at most %d are read",
                       (unsigned long)lines, (int)WORDPIECE_MAX_TOKENS);
    size_t bad = utf8_check(vocab, vocab_bytes);
    if (bad < vocab_bytes)
        return rs_fail(error, RS_ERR_FORMAT, bad, "vocabulary: line %lu is not UTF-8",
                       (unsigned long)count_lines(vocab, bad) +
                           (bad == 0 || vocab[bad - 1] == '\n'));
    return RS_OK;
}

static void set_options(wordpiece *w, const wordpiece_options *options) {
    const wordpiece_options defaults = {WORDPIECE_DEFAULT, WORDPIECE_DEFAULT,
                                        WORDPIECE_DEFAULT};
    const wordpiece_options *o = options ? options : &defaults;
    w->lower_case = o->lower_case != WORDPIECE_OFF;
    w->strip_accents = o->strip_accents == WORDPIECE_DEFAULT ? w->lower_case
                                                             : o->strip_accents == WORDPIECE_ON;
    w->chinese_chars = o->chinese_chars != WORDPIECE_OFF;
}

rs_status wordpiece_open(arena *a, const uint8_t *vocab, size_t vocab_bytes,
                         const wordpiece_options *options, wordpiece **out, rs_error *error) {
    if (out) *out = NULL;
    if (!a || !vocab || !out)
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "wordpiece_open: an argument is NULL");
    rs_status status = check_vocab(vocab, vocab_bytes, error);
    if (status != RS_OK) return status;

    wordpiece *w = arena_alloc(a, 1, sizeof *w);
    if (!w) return rs_fail(error, RS_ERR_MEMORY, 0, "vocabulary: out of memory");
    w->vocab = vocab;
    w->token_count = count_lines(vocab, vocab_bytes);
    w->starts = arena_alloc(a, w->token_count, sizeof *w->starts);
    w->lengths = arena_alloc(a, w->token_count, sizeof *w->lengths);
    w->sorted = arena_alloc(a, w->token_count, sizeof *w->sorted);
    if (!w->starts || !w->lengths || !w->sorted)
        return rs_fail(error, RS_ERR_MEMORY, 0, "vocabulary: out of memory");

    find_lines(w, vocab_bytes);
    if (sort_tokens(w, &a->allocator))
        return rs_fail(error, RS_ERR_MEMORY, 0, "vocabulary: out of memory");
    drop_duplicates(w);
    w->whole = w->continued = (range){0, w->sorted_count, 0};
    narrow_all(w, &w->continued, (const uint8_t *)"##", 2);
    set_options(w, options);
    status = find_specials(w, error);
    if (status == RS_OK) *out = w;
    return status;
}

/* ---- ids out ---- */

/* Receives ids one by one, writes those within the limit and counts all. */
typedef struct writer {
    int32_t *ids;
    wordpiece_span *spans; /* may be NULL */
    size_t cap, limit;     /* size of ids; maximum number of ids between [CLS] and [SEP] */
    size_t total;          /* ids between [CLS] and [SEP], truncated ones included */
    size_t kept_end;       /* where the text of the last kept id ends */
} writer;

static void put(writer *out, size_t at, int32_t id, size_t start, size_t end) {
    if (at >= out->cap) return;
    out->ids[at] = id;
    if (out->spans) out->spans[at] = (wordpiece_span){start, end};
}

static void write_id(writer *out, int32_t id, size_t start, size_t end) {
    if (out->total < out->limit) {
        put(out, out->total + 1, id, start, end);
        out->kept_end = end;
    }
    out->total++;
}

/* ---- one word ---- */

/* The current word, normalised. */
typedef struct word {
    size_t count; /* of all arrays */
    size_t run;   /* characters from here on may still be reordered, see add_char */
    bool too_long;
    size_t end; /* end of its last character in the text, also of a dropped one */
    uint32_t codes[WORDPIECE_MAX_WORD_CHARS];
    uint8_t combining[WORDPIECE_MAX_WORD_CHARS];
    wordpiece_span spans[WORDPIECE_MAX_WORD_CHARS];
} word;

/* Appends a character. A run of combining characters is kept in the canonical order of NFD: sorted by
 * class, stable. With accents stripped nonspacing marks are dropped before, but some spacing marks have
 * a class too, and so have marks that are newer than the category table of Hugging Face tokenizers. */
static void add_char(word *o, uint32_t code, uint8_t combining, wordpiece_span span) {
    o->end = span.end;
    if (o->count == WORDPIECE_MAX_WORD_CHARS) {
        o->too_long = true;
        return;
    }
    size_t at = o->count++;
    if (combining == 0) o->run = o->count;
    for (; at > o->run && o->combining[at - 1] > combining; at--) {
        o->codes[at] = o->codes[at - 1];
        o->combining[at] = o->combining[at - 1];
        o->spans[at] = o->spans[at - 1];
    }
    o->codes[at] = code;
    o->combining[at] = combining;
    o->spans[at] = span;
}

/* Drops a nonspacing mark. Its bytes become part of the preceding character's span, and no
 * character can be reordered across a mark of class 0. */
static void skip_mark(word *o, uint8_t combining, size_t end) {
    if (combining == 0) o->run = o->count;
    if (o->count == 0) return;
    o->spans[o->count - 1].end = end;
    o->end = end;
}

/* A word as UTF-8, with the end of each character. */
typedef struct spelling {
    uint8_t bytes[WORD_MAX_BYTES];
    size_t ends[WORDPIECE_MAX_WORD_CHARS];
    size_t count;
} spelling;

static void spell(const word *o, spelling *s) {
    size_t at = 0;
    for (size_t i = 0; i < o->count; i++)
        s->ends[i] = at += utf8_write(o->codes[i], s->bytes + at);
    s->count = o->count;
}

/* The id of the longest token that starts at character `first`, or -1; *next: the character after
 * it. */
static int32_t find_piece(const wordpiece *w, const spelling *s, size_t first, size_t *next) {
    range r = first == 0 ? w->whole : w->continued;
    size_t at = first == 0 ? 0 : s->ends[first - 1];
    int32_t longest = -1;
    for (size_t i = first; i < s->count; at = s->ends[i++]) {
        if (!narrow_all(w, &r, s->bytes + at, s->ends[i] - at)) break;
        int32_t id = token_here(w, &r);
        if (id < 0) continue;
        longest = id;
        *next = i + 1;
    }
    return longest;
}

static void write_unknown(const wordpiece *w, const word *o, writer *out) {
    write_id(out, w->special.unk, o->spans[0].start, o->end);
}

/* Writes the ids of the word, or one [UNK] when any part of it cannot be matched. */
static void write_pieces(const wordpiece *w, const word *o, writer *out) {
    int32_t ids[WORDPIECE_MAX_WORD_CHARS];
    size_t firsts[WORDPIECE_MAX_WORD_CHARS + 1], count = 0;
    spelling s;
    spell(o, &s);
    for (size_t at = 0, next = 0; at < s.count; at = next) {
        ids[count] = find_piece(w, &s, at, &next);
        firsts[count] = at;
        if (ids[count++] < 0) {
            write_unknown(w, o, out);
            return;
        }
    }
    firsts[count] = s.count;
    for (size_t i = 0; i < count; i++)
        write_id(out, ids[i], o->spans[firsts[i]].start, o->spans[firsts[i + 1] - 1].end);
}

/* Writes the word, unless it is empty, and begins the next. */
static void end_word(const wordpiece *w, word *o, writer *out) {
    if (o->too_long)
        write_unknown(w, o, out);
    else if (o->count > 0)
        write_pieces(w, o, out);
    o->count = o->run = 0;
    o->too_long = false;
}

/* ---- one character ---- */

/* Lower-cases a character, after decomposition, and appends it to the word. */
static void add_lowered(const wordpiece *w, word *o, writer *out, uint32_t code,
                        uint8_t combining, wordpiece_span span) {
    uint32_t lower[UNICODE_LOWER_MAX] = {code};
    size_t count = w->lower_case ? unicode_lower(code, lower) : 1;
    for (size_t i = 0; i < count; i++) {
        bool alone = unicode_find(lower[i])->kind == UNICODE_PUNCTUATION;
        if (alone) end_word(w, o, out);
        add_char(o, lower[i], combining, span);
        if (alone) end_word(w, o, out);
    }
}

static void add_stripped(const wordpiece *w, word *o, writer *out, uint32_t code,
                         wordpiece_span span) {
    uint32_t parts[UNICODE_DECOMPOSED_MAX];
    size_t count = unicode_decompose(code, parts);
    for (size_t i = 0; i < count; i++) {
        const unicode_entry *entry = unicode_find(parts[i]);
        if (entry->kind == UNICODE_MARK)
            skip_mark(o, entry->combining, span.end);
        else
            add_lowered(w, o, out, parts[i], entry->combining, span);
    }
}

static void add_code(const wordpiece *w, word *o, writer *out, uint32_t code,
                     wordpiece_span span) {
    unicode_kind kind = (unicode_kind)unicode_find(code)->kind;
    if (kind == UNICODE_DROPPED) return;
    if (kind == UNICODE_SPACE) {
        end_word(w, o, out);
        return;
    }
    bool alone = w->chinese_chars && unicode_is_cjk(code);
    if (alone) end_word(w, o, out);
    if (w->strip_accents)
        add_stripped(w, o, out, code, span);
    else
        add_lowered(w, o, out, code, 0, span);
    if (alone) end_word(w, o, out);
}

/* ---- the text ---- */

/* The length in bytes of the special token at the start of text; 0 when there is none. */
static size_t read_special(const wordpiece *w, const uint8_t *text, size_t text_bytes,
                           int32_t *id) {
    for (size_t i = 0; i < SPECIAL_COUNT; i++) {
        size_t bytes = strlen(special_names[i]);
        *id = special_id(w, i);
        if (*id >= 0 && bytes <= text_bytes && memcmp(text, special_names[i], bytes) == 0)
            return bytes;
    }
    return 0;
}

static void read_text(const wordpiece *w, const uint8_t *text, size_t text_bytes, writer *out) {
    word o;
    o.count = o.run = o.end = 0;
    o.too_long = false;
    for (size_t at = 0, taken; at < text_bytes; at += taken) {
        int32_t id;
        if (text[at] == '[' && (taken = read_special(w, text + at, text_bytes - at, &id)) > 0) {
            end_word(w, &o, out);
            write_id(out, id, at, at + taken);
            continue;
        }
        uint32_t code;
        taken = utf8_read(text + at, text_bytes - at, &code);
        add_code(w, &o, out, code, (wordpiece_span){at, at + taken});
    }
    end_word(w, &o, out);
}

size_t wordpiece_bound(size_t text_bytes) {
    /* No character becomes more tokens than it has bytes (test_unicode.c checks all). */
    return text_bytes > SIZE_MAX - 2 ? SIZE_MAX : text_bytes + 2;
}

rs_status wordpiece_encode(const wordpiece *w, const uint8_t *text, size_t text_bytes,
                           int32_t *ids, size_t ids_cap, size_t max_tokens,
                           wordpiece_span *spans, size_t *count, size_t *cut) {
    if (!w || (!text && text_bytes > 0) || !ids || !count || max_tokens < 2)
        return RS_ERR_ARGUMENT;
    writer out = {ids, spans, ids_cap, max_tokens - 2, 0, 0};
    put(&out, 0, w->special.cls, 0, 0);
    read_text(w, text, text_bytes, &out);

    size_t dropped = out.total > out.limit ? out.total - out.limit : 0;
    size_t kept = out.total - dropped;
    size_t end = dropped > 0 ? out.kept_end : text_bytes;
    put(&out, kept + 1, w->special.sep, end, end);
    *count = kept + 2;
    if (cut) *cut = dropped;
    return *count > ids_cap ? RS_ERR_SPACE : RS_OK;
}
