/* Any bytes as a checkpoint's folder, and a model made of what is accepted, which must open. A line "--- NAME"
 * begins each file. The weights are those of a tiny BERT, unless a file of that name is among them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/model_write.h"
#include "fuzz/require.h"
#include "fuzz/scratch.h"
#include "refscout.h"
#include "tiny_files.h"

enum { H = 4, F = 8, P = 6, V = 6, MAX_SIZE = 64, MAX_LAYERS = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* As seeds/fuzz_checkpoint describe it. */
static void write_weights(void) {
    static const tiny_tensor all[] = {
        {"bert.embeddings.word_embeddings.weight", "F32", 2, {V, H}, NULL},
        {"bert.embeddings.position_embeddings.weight", "F32", 2, {P, H}, NULL},
        {"bert.embeddings.token_type_embeddings.weight", "F32", 2, {2, H}, NULL},
        {"bert.embeddings.LayerNorm.weight", "F32", 1, {H, 0}, NULL},
        {"bert.embeddings.LayerNorm.bias", "F32", 1, {H, 0}, NULL},
        {"bert.encoder.layer.0.attention.self.query.weight", "F32", 2, {H, H}, NULL},
        {"bert.encoder.layer.0.attention.self.query.bias", "F32", 1, {H, 0}, NULL},
        {"bert.encoder.layer.0.attention.self.key.weight", "F32", 2, {H, H}, NULL},
        {"bert.encoder.layer.0.attention.self.key.bias", "F32", 1, {H, 0}, NULL},
        {"bert.encoder.layer.0.attention.self.value.weight", "F32", 2, {H, H}, NULL},
        {"bert.encoder.layer.0.attention.self.value.bias", "F32", 1, {H, 0}, NULL},
        {"bert.encoder.layer.0.attention.output.dense.weight", "F32", 2, {H, H}, NULL},
        {"bert.encoder.layer.0.attention.output.dense.bias", "F32", 1, {H, 0}, NULL},
        {"bert.encoder.layer.0.attention.output.LayerNorm.weight", "F32", 1, {H, 0}, NULL},
        {"bert.encoder.layer.0.attention.output.LayerNorm.bias", "F32", 1, {H, 0}, NULL},
        {"bert.encoder.layer.0.intermediate.dense.weight", "F32", 2, {F, H}, NULL},
        {"bert.encoder.layer.0.intermediate.dense.bias", "F32", 1, {F, 0}, NULL},
        {"bert.encoder.layer.0.output.dense.weight", "F32", 2, {H, F}, NULL},
        {"bert.encoder.layer.0.output.dense.bias", "F32", 1, {H, 0}, NULL},
        {"bert.encoder.layer.0.output.LayerNorm.gamma", "F32", 1, {H, 0}, NULL},
        {"bert.encoder.layer.0.output.LayerNorm.beta", "F32", 1, {H, 0}, NULL},
        {"cls.bias", "F32", 1, {V, 0}, NULL},
    };
    size_t size;
    uint8_t *file = tiny_file(NULL, all, sizeof all / sizeof *all, &size);
    scratch_write("folder/model.safetensors", file, size);
    free(file);
}

/* Those that a checkpoint is read for; others would only lie there. */
static const char *known_name(const uint8_t *name, size_t bytes) {
    static const char *const names[] = {"config.json",
                                        "vocab.txt",
                                        "tokenizer.json",
                                        "tokenizer_config.json",
                                        "special_tokens_map.json",
                                        "modules.json",
                                        "1_Pooling/config.json",
                                        "sentence_bert_config.json",
                                        "config_sentence_transformers.json",
                                        "pytorch_model.bin.index.json",
                                        "pytorch_model.bin",
                                        "model.safetensors"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == bytes && !memcmp(names[i], name, bytes)) return names[i];
    return NULL;
}

static const uint8_t *next_file(const uint8_t *at, const uint8_t *end) {
    static const char mark[] = "--- ";
    for (; at + sizeof mark - 1 < end; at++)
        if (!memcmp(at, mark, sizeof mark - 1)) return at + sizeof mark - 1;
    return NULL;
}

static void write_folder(const uint8_t *bytes, size_t size) {
    const uint8_t *end = bytes + size, *at = next_file(bytes, end);
    scratch_clear();
    scratch_write("folder/unused", "", 0);
    write_weights();
    while (at) {
        const uint8_t *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end) break;
        const uint8_t *next = next_file(line_end, end), *stop = next ? next - 4 : end;
        const char *name = known_name(at, (size_t)(line_end - at));
        char path[SCRATCH_PATH];
        if (stop < line_end + 1) stop = line_end + 1;
        snprintf(path, sizeof path, "folder/%s", name ? name : "unused");
        scratch_write(path, line_end + 1, (size_t)(stop - line_end - 1));
        at = next;
    }
}

static void convert(checkpoint *c, const model_options *options) {
    char path[SCRATCH_PATH];
    bool path_failed;
    rs_error error = {0};
    scratch_path(path, "model");
    rs_status status = model_write(path, c, options, &path_failed, &error);
    REQUIRE(is_told(status, &error));
    if (status) {
        REQUIRE(!path_failed);
        return;
    }
    cli_file file;
    rs_model *model;
    rs_session *session;
    float out[MAX_SIZE];
    REQUIRE(!cli_read(path, &file, NULL));
    REQUIRE(!rs_model_open(file.bytes, file.size, NULL, &model, NULL));
    REQUIRE(!rs_session_open(model, NULL, &session, NULL));
    REQUIRE(!rs_embed(session, "a b", 3, out, NULL, NULL, NULL));
    rs_session_close(session);
    rs_model_close(model);
    cli_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static checkpoint c; /* too large for a small stack */
    char folder[SCRATCH_PATH];
    rs_error error = {0};
    write_folder(bytes, size);
    scratch_path(folder, "folder");
    rs_status status = checkpoint_open(&c, folder, &error);
    REQUIRE(is_told(status, &error) && c.file[0]);
    if (status) return 0;
    const bert_config *b = &c.config;
    const char *from;
    size_t made_for = checkpoint_made_for(&c, &from);
    REQUIRE(made_for != 1 && made_for <= b->max_position_embeddings);
    if (b->hidden_size <= MAX_SIZE && b->intermediate_size <= MAX_SIZE &&
        b->num_hidden_layers <= MAX_LAYERS && b->max_position_embeddings >= 2) {
        model_options options = {.max_tokens = made_for ? made_for : b->max_position_embeddings,
                                 .mean = c.sentence.pool == SENTENCE_POOL_MEAN,
                                 .name = "fuzz"};
        convert(&c, &options);
        options.f32 = true;
        for (size_t i = 0; i < c.weights.count; i++) c.weights.items[i].used = false;
        convert(&c, &options);
    }
    checkpoint_close(&c);
    return 0;
}
