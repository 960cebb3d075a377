/* Tokenizes texts that no line-based command can carry, for tests/web/tokenizer.test.mjs.
 *
 *   tokenize_stream VOCAB.txt LOWER STRIP CHINESE MAX_TOKENS
 *
 * The three switches are 0 (default), 1 (off), 2 (on), as wordpiece_switch. Standard input is a
 * sequence of texts, each a u32 of its bytes and the bytes; standard output has for each a u32
 * of the ids, a u32 of those cut, the ids as i32, and their spans as pairs of u32.
 * Little-endian. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "tokens/wordpiece.h"

static void fail(const char *message) {
    fprintf(stderr, "tokenize_stream: %s\n", message);
    exit(1);
}

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) fail("cannot open the vocabulary");
    long length = ftell(file);
    uint8_t *bytes = malloc(length > 0 ? (size_t)length : 1);
    rewind(file);
    if (length < 0 || !bytes || fread(bytes, 1, (size_t)length, file) != (size_t)length)
        fail("cannot read the vocabulary");
    fclose(file);
    *size = (size_t)length;
    return bytes;
}

static bool read_u32(uint32_t *value) {
    uint8_t bytes[4];
    if (fread(bytes, 1, sizeof bytes, stdin) != sizeof bytes) return false;
    *value = load_u32(bytes);
    return true;
}

static void write_u32(uint32_t value) {
    uint8_t bytes[4];
    store_u32(bytes, value);
    fwrite(bytes, 1, sizeof bytes, stdout);
}

static void tokenize(const wordpiece *w, const uint8_t *text, size_t text_bytes,
                     size_t max_tokens) {
    size_t cap = wordpiece_bound(text_bytes), count, cut;
    int32_t *ids = malloc(cap * sizeof *ids);
    wordpiece_span *spans = malloc(cap * sizeof *spans);
    if (!ids || !spans) fail("out of memory");
    if (wordpiece_encode(w, text, text_bytes, ids, cap, max_tokens, spans, &count, &cut) !=
        RS_OK)
        fail("wordpiece_encode failed");
    write_u32((uint32_t)count);
    write_u32((uint32_t)cut);
    for (size_t i = 0; i < count; i++) write_u32((uint32_t)ids[i]);
    for (size_t i = 0; i < count; i++) {
        write_u32((uint32_t)spans[i].start);
        write_u32((uint32_t)spans[i].end);
    }
    free(ids);
    free(spans);
}

int main(int argc, char **argv) {
    if (argc != 6) fail("VOCAB.txt LOWER STRIP CHINESE MAX_TOKENS");
    wordpiece_options options = {(wordpiece_switch)atoi(argv[2]),
                                 (wordpiece_switch)atoi(argv[3]),
                                 (wordpiece_switch)atoi(argv[4])};
    size_t vocab_bytes, max_tokens = (size_t)strtoull(argv[5], NULL, 10);
    uint8_t *vocab = read_file(argv[1], &vocab_bytes);
    arena a;
    wordpiece *w;
    rs_error error;
    arena_init(&a, NULL);
    if (wordpiece_open(&a, vocab, vocab_bytes, &options, &w, &error) != RS_OK)
        fail(error.message);
    for (uint32_t size; read_u32(&size);) {
        uint8_t *text = malloc(size > 0 ? size : 1); /* a sanitizer then sees its end */
        if (!text || fread(text, 1, size, stdin) != size) fail("a text is cut short");
        tokenize(w, text, size, max_tokens);
        free(text);
    }
    arena_free(&a);
    free(vocab);
    return 0;
}
