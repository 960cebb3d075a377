/* Any bytes as each of a checkpoint's small files: config.json, tokenizer_config.json, and those of
 * sentence-transformers. */
#include <stdlib.h>
#include <string.h>

#include "convert/bert_config.h"
#include "convert/sentence.h"
#include "fuzz/require.h"
#include "tiny_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A sentence when, and only when, it failed; the next file has a clean sheet. */
static bool read_well(rs_status status, rs_error *error) {
    REQUIRE(is_told(status, error));
    *error = (rs_error){0};
    return !status;
}

static bool stays_below(const char *path) {
    return path[0] != '/' && strncmp(path, "../", 3) && !strstr(path, "/../") &&
           strcmp(path, "..");
}

static void check_config(const bert_config *c) {
    REQUIRE(c->hidden_act && c->num_attention_heads);
    REQUIRE(c->hidden_size % c->num_attention_heads == 0);
}

static void check_sentence(const uint8_t *bytes, size_t size) {
    rs_error error = {0};
    sentence s = {0};
    if (read_well(sentence_modules(bytes, size, &s, &error), &error))
        REQUIRE(stays_below(s.bert_folder) && stays_below(s.pooling_folder));
    if (read_well(sentence_pooling(bytes, size, &s, &error), &error)) REQUIRE(s.pool_name[0]);
    if (read_well(sentence_transformer(bytes, size, &s, &error), &error))
        REQUIRE(s.max_seq_length != 1);
    (void)read_well(sentence_prompts(bytes, size, &s, &error), &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint8_t *copy = tiny_copy(bytes, size);
    bert_config c = {0};
    rs_error error = {0};
    if (read_well(bert_config_read(copy, size, &c, &error), &error)) check_config(&c);
    (void)read_well(bert_config_tokenizer(copy, size, &c, &error), &error);
    check_sentence(copy, size);
    free(copy);
    return 0;
}
