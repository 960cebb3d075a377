/* Any bytes as vocab.txt and as tokenizer.json; what is read as one must open as the model's. */
#include <stdlib.h>

#include "convert/vocab.h"
#include "fuzz/require.h"
#include "tiny_files.h"
#include "tokens/wordpiece.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(rs_status status, const rs_error *error, const vocab *v) {
    REQUIRE(is_told(status, error));
    if (status) return;
    arena a;
    wordpiece *w;
    arena_init(&a, NULL);
    REQUIRE(v->count >= 4 && v->bytes[v->size - 1] == '\n');
    REQUIRE(!wordpiece_open(&a, v->bytes, v->size, NULL, &w, NULL));
    REQUIRE(wordpiece_size(w) == v->count);
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint8_t *copy = tiny_copy(bytes, size);
    vocab v;
    arena a;
    bert_config c = {0};
    rs_error error = {0};
    arena_init(&a, NULL);
    check(vocab_from_text(&a, copy, size, &v, &error), &error, &v);
    error = (rs_error){0};
    check(vocab_from_tokenizer(&a, copy, size, &v, &c, &error), &error, &v);
    arena_free(&a);
    free(copy);
    return 0;
}
