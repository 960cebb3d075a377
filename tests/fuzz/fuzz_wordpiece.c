/* The tokenizer on any text, and on any vocabulary.
 *
 * First byte: switches (two bits each, 3 as 0) and, in the top bit, whether the input brings
 * its own vocabulary, which then goes up to the first NUL. The rest is the text. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/require.h"
#include "tokens/wordpiece.h"

static const char built_in[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nthe\nneuron\n##s\n##a\n##b\nna\n##ive\n##e\n[\n]"
    "\n.\n"
    "\xC3\xA9\n##\xC3\xA9\ni\xCC\x87\n\xE4\xB8\xAD\n##\xE4\xB8\xAD\n\xE1\x84\x92\n##"
    "\xE1\x85\xA1\n"
    "##\xE1\x86\xAB\n\xF0\x9D\x85\x97\n##\xF0\x9D\x85\xA5\n##\xF0\x9D\x85\xAD\n";

static void check_output(const wordpiece *w, const int32_t *ids, const wordpiece_span *spans,
                         size_t count, size_t text_bytes) {
    const wordpiece_specials *special = wordpiece_special_ids(w);
    REQUIRE(count >= 2 && ids[0] == special->cls && ids[count - 1] == special->sep);
    for (size_t i = 0; i < count; i++) {
        size_t bytes;
        REQUIRE(wordpiece_token(w, ids[i], &bytes) != NULL);
        REQUIRE(spans[i].end <= text_bytes);
    }
}

static void encode(const wordpiece *w, const uint8_t *text, size_t text_bytes,
                   size_t max_tokens) {
    size_t cap = wordpiece_bound(text_bytes), count, cut, short_count, short_cut;
    int32_t *ids = malloc(cap * sizeof *ids), *short_ids = malloc(max_tokens * sizeof *ids);
    wordpiece_span *spans = malloc(cap * sizeof *spans);
    REQUIRE(ids && short_ids && spans);
    REQUIRE(wordpiece_encode(w, text, text_bytes, ids, cap, SIZE_MAX, spans, &count, &cut) ==
            RS_OK);
    REQUIRE(cut == 0);
    check_output(w, ids, spans, count, text_bytes);
    REQUIRE(wordpiece_encode(w, text, text_bytes, short_ids, max_tokens, max_tokens, NULL,
                             &short_count, &short_cut) == RS_OK);
    REQUIRE(short_count + short_cut == count);
    REQUIRE(memcmp(ids, short_ids, (short_count - 1) * sizeof *ids) == 0);
    free(spans);
    free(short_ids);
    free(ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
    if (size == 0) return 0;
    const wordpiece_options options = {(wordpiece_switch)((input[0] & 3) % 3),
                                       (wordpiece_switch)((input[0] >> 2 & 3) % 3),
                                       (wordpiece_switch)((input[0] >> 4 & 3) % 3)};
    const uint8_t *text = input + 1, *vocab = (const uint8_t *)built_in;
    size_t text_bytes = size - 1, vocab_bytes = sizeof built_in - 1;
    if (input[0] & 0x80) {
        const uint8_t *nul = memchr(text, 0, text_bytes);
        vocab = text;
        vocab_bytes = nul ? (size_t)(nul - text) : text_bytes;
        text += vocab_bytes;
        text_bytes -= vocab_bytes;
    }
    arena a;
    wordpiece *w;
    rs_error error;
    arena_init(&a, NULL);
    if (wordpiece_open(&a, vocab, vocab_bytes, &options, &w, &error) == RS_OK)
        encode(w, text, text_bytes, 2 + (size_t)(size % 9));
    arena_free(&a);
    return 0;
}
