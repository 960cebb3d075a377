#include "convert/checkpoint.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/printable.h"
#include "tensors/tensors.h"
#include "tensors/torch_file.h"

static const char word_embeddings[] = "embeddings.word_embeddings.weight";

/* ---- Files ----------------------------------------------------------------------------- */

static rs_status name_file(checkpoint *c, const char *folder, const char *name,
                           rs_error *error) {
    size_t length = strlen(folder);
    const char *slash = length && folder[length - 1] == '/' ? "" : "/";
    int written = snprintf(c->file, sizeof c->file, "%s%s%s", folder, slash, name);
    if (written < 0 || (size_t)written >= sizeof c->file)
        return rs_fail(error, RS_ERR_IO, 0, "the folder's name is too long");
    return RS_OK;
}

static bool exists(checkpoint *c, const char *folder, const char *name) {
    struct stat found;
    return !name_file(c, folder, name, NULL) && !stat(c->file, &found);
}

/* Maps c->file into memory. A clone without Git LFS has small text files in place of large
 * files. */
static rs_status open_file(const checkpoint *c, cli_file *file, rs_error *error) {
    static const char pointer[] = "version https://git-lfs";
    rs_status status = cli_read(c->file, file, error);
    if (status) return status;
    if (file->size < sizeof pointer || memcmp(file->bytes, pointer, sizeof pointer - 1))
        return RS_OK;
    cli_close(file);
    return rs_fail(error, RS_ERR_FORMAT, 0,
                   "a Git LFS pointer in place of the file; fetch it with `git lfs pull`");
}

/* Reads a file of sentence-transformers, which may be missing. */
static rs_status read_sentence(checkpoint *c, const char *folder, const char *name,
                               rs_status (*read)(const uint8_t *, size_t, sentence *,
                                                 rs_error *),
                               rs_error *error) {
    cli_file file;
    if (!exists(c, folder, name)) return RS_OK;
    rs_status status = open_file(c, &file, error);
    if (status) return status;
    status = read(file.bytes, file.size, &c->sentence, error);
    cli_close(&file);
    return status;
}

/* Reads the pooling. Without modules.json the folder 1_Pooling, if there is one, still
 * specifies it. */
static rs_status read_pooling(checkpoint *c, const char *folder, rs_error *error) {
    char name[SENTENCE_MAX_NAME + sizeof "/config.json"];
    bool named = exists(c, folder, "modules.json");
    rs_status status = read_sentence(c, folder, "modules.json", sentence_modules, error);
    if (status) return status;
    if (!named) snprintf(c->sentence.pooling_folder, SENTENCE_MAX_NAME, "1_Pooling");
    snprintf(name, sizeof name, "%s/config.json", c->sentence.pooling_folder);
    status = read_sentence(c, folder, name, sentence_pooling, error);
    if (!status && named && c->sentence.pool == SENTENCE_POOL_UNSAID)
        return rs_fail(error, RS_ERR_IO, 0,
                       "not found, but modules.json names it; the folder is incomplete");
    return status;
}

static rs_status read_config(checkpoint *c, const char *folder, rs_error *error) {
    cli_file file;
    if (!exists(c, folder, "config.json"))
        return rs_fail(error, RS_ERR_IO, 0,
                       "not found; a checkpoint is a folder with config.json, vocab.txt and "
                       "pytorch_model.bin or model.safetensors");
    rs_status status = open_file(c, &file, error);
    if (status) return status;
    status = bert_config_read(file.bytes, file.size, &c->config, error);
    cli_close(&file);
    return status;
}

static rs_status read_vocab(checkpoint *c, const char *folder, rs_error *error) {
    cli_file file;
    bool is_text = exists(c, folder, "vocab.txt");
    if (!is_text && !exists(c, folder, "tokenizer.json"))
        return rs_fail(error, RS_ERR_IO, 0,
                       "not found, and neither is vocab.txt: the checkpoint has no "
                       "vocabulary");
    rs_status status = open_file(c, &file, error);
    if (status) return status;
    status = is_text ? vocab_from_text(&c->arena, file.bytes, file.size, &c->vocab, error)
                     : vocab_from_tokenizer(&c->arena, file.bytes, file.size, &c->vocab,
                                            &c->config, error);
    cli_close(&file);
    if (!status && c->vocab.count > c->config.vocab_size)
        return rs_fail(error, RS_ERR_MISMATCH, 0,
                       "%zu tokens, but config.json says vocab_size %zu", c->vocab.count,
                       c->config.vocab_size);
    return status;
}

/* Reads the tokenizer options. Both files may be missing. tokenizer_config.json is read last,
 * since it takes precedence. */
static rs_status read_switches(checkpoint *c, const char *folder, rs_error *error) {
    static const char *const names[] = {"special_tokens_map.json", "tokenizer_config.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cli_file file;
        if (!exists(c, folder, names[i])) continue;
        rs_status status = open_file(c, &file, error);
        if (status) return status;
        status = bert_config_tokenizer(file.bytes, file.size, &c->config, error);
        cli_close(&file);
        if (status) return status;
    }
    return RS_OK;
}

static rs_status read_safetensors(checkpoint *c, rs_error *error) {
    tensors t;
    rs_status status = open_file(c, &c->tensors_file, error);
    if (!status)
        status =
            tensors_open(&c->arena, c->tensors_file.bytes, c->tensors_file.size, &t, error);
    return status ? status : weights_from_tensors(&c->arena, &t, &c->weights, error);
}

static rs_status read_tensors(checkpoint *c, const char *folder, rs_error *error) {
    if (exists(c, folder, "model.safetensors")) return read_safetensors(c, error);
    if (exists(c, folder, "pytorch_model.bin")) {
        rs_status status = open_file(c, &c->tensors_file, error);
        if (status) return status;
        return torch_file_open(&c->arena, c->tensors_file.bytes, c->tensors_file.size,
                               &c->weights, error);
    }
    if (exists(c, folder, "model.safetensors.index.json") ||
        exists(c, folder, "pytorch_model.bin.index.json"))
        return rs_fail(error, RS_ERR_VERSION, 0,
                       "the checkpoint is split into several files; join them with "
                       "model.save_pretrained(folder, max_shard_size=\"100GB\")");
    (void)name_file(c, folder, "pytorch_model.bin", NULL);
    return rs_fail(error, RS_ERR_IO, 0, "not found, and neither is model.safetensors");
}

/* ---- Names ----------------------------------------------------------------------------- */

/* Finds the prefix of the tensor names. Wrapping modules prepend their own name ("bert.",
 * "0.auto_model.", "module.bert."): the prefix is what precedes the name of the word
 * embeddings. */
static rs_status find_prefix(checkpoint *c, rs_error *error) {
    const char *found = NULL;
    for (size_t i = 0; i < c->weights.count; i++) {
        const char *name = c->weights.items[i].name;
        size_t length = strlen(name), tail = sizeof word_embeddings - 1;
        if (length < tail || strcmp(name + length - tail, word_embeddings)) continue;
        if (length > tail && name[length - tail - 1] != '.') continue;
        if (found)
            return rs_fail(error, RS_ERR_FORMAT, 0, "two encoders: %.80s and %.80s", found,
                           name);
        found = name;
    }
    if (!found)
        return rs_fail(error, RS_ERR_FORMAT, 0, "tensor %s: missing, so this is not BERT",
                       word_embeddings);
    size_t bytes = strlen(found) - (sizeof word_embeddings - 1);
    char *prefix = arena_alloc(&c->arena, bytes + 1, 1);
    if (!prefix) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    memcpy(prefix, found, bytes);
    c->prefix = prefix;
    return RS_OK;
}

/* Opens the BERT. sentence-transformers stored it in a subfolder until version 1. */
static rs_status open_bert(checkpoint *c, const char *folder, rs_error *error) {
    rs_status s;
    if ((s = read_config(c, folder, error)) || (s = read_vocab(c, folder, error)) ||
        (s = read_switches(c, folder, error)) ||
        (s = read_sentence(c, folder, "sentence_bert_config.json", sentence_transformer,
                           error)) ||
        (s = read_tensors(c, folder, error)))
        return s;
    /* As in sentence-transformers, lower-casing comes before the tokenizer, which then strips
     * accents only if its own options say so. */
    c->config.lower_case = c->config.lower_case || c->sentence.lower_case;
    return find_prefix(c, error);
}

static rs_status open_parts(checkpoint *c, const char *folder, rs_error *error) {
    char bert[CHECKPOINT_MAX_PATH];
    rs_status s;
    if ((s = read_pooling(c, folder, error)) ||
        (s = read_sentence(c, folder, "config_sentence_transformers.json", sentence_prompts,
                           error)) ||
        (s = name_file(c, folder, c->sentence.bert_folder, error)))
        return s;
    memcpy(bert, c->file, sizeof bert);
    return open_bert(c, bert, error);
}

size_t checkpoint_made_for(const checkpoint *c, const char **file) {
    size_t positions = c->config.max_position_embeddings, length = c->sentence.max_seq_length;
    *file = "sentence_bert_config.json";
    if (!length) {
        length = c->config.model_max_length;
        *file = "tokenizer_config.json";
    }
    return length <= positions ? length : 0;
}

rs_status checkpoint_open(checkpoint *c, const char *folder, rs_error *error) {
    memset(c, 0, sizeof *c);
    arena_init(&c->arena, NULL);
    rs_status status = open_parts(c, folder, error);
    if (status) checkpoint_close(c);
    return status;
}

/* c->file is not cleared: it names the place of a failure. */
void checkpoint_close(checkpoint *c) {
    cli_close(&c->tensors_file);
    arena_free(&c->arena);
}

/* Finds a tensor by the name of PyTorch's LayerNorm, or by that of the original TensorFlow code
 * of BERT. */
static weight *find_named(const checkpoint *c, const char *name, char *full, size_t cap) {
    static const struct {
        const char *now, *before;
    } tails[] = {{"LayerNorm.weight", "gamma"}, {"LayerNorm.bias", "beta"}};
    snprintf(full, cap, "%s%s", c->prefix, name);
    weight *w = weights_find(&c->weights, full);
    for (size_t i = 0; !w && i < sizeof tails / sizeof *tails; i++) {
        size_t length = strlen(full), tail = strlen(tails[i].now);
        if (length < tail || strcmp(full + length - tail, tails[i].now)) continue;
        char old[256];
        snprintf(old, sizeof old, "%.*sLayerNorm.%s", (int)(length - tail), full,
                 tails[i].before);
        w = weights_find(&c->weights, old);
    }
    return w;
}

/* Writes a shape as "[768, 3072]" for messages. */
static const char *shape_text(char *out, size_t cap, int rank, const size_t *shape) {
    size_t at = (size_t)snprintf(out, cap, "[");
    for (int i = 0; i < rank && at < cap; i++)
        at += (size_t)snprintf(out + at, cap - at, "%s%zu", i ? ", " : "", shape[i]);
    if (at < cap) snprintf(out + at, cap - at, "]");
    return out;
}

rs_status checkpoint_take(checkpoint *c, const char *name, int rank, const size_t *shape,
                          const weight **out, rs_error *error) {
    char full[256], shown[40];
    weight *w = find_named(c, name, full, sizeof full);
    if (!w) return rs_fail(error, RS_ERR_FORMAT, 0, "tensor %.150s: missing", full);
    if (!weight_is_float(w))
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "tensor %.100s is %s, which refscout does not read; save it as float32, "
                       "float16 or bfloat16",
                       full, printable(shown, sizeof shown, w->dtype, strlen(w->dtype)));
    bool same = w->rank == rank;
    for (int i = 0; same && i < rank; i++) same = w->shape[i] == shape[i];
    if (!same) {
        char got[64], want[64];
        return rs_fail(error, RS_ERR_FORMAT, 0, "tensor %.100s: shape %s, expected %s", full,
                       shape_text(got, sizeof got, w->rank, w->shape),
                       shape_text(want, sizeof want, rank, shape));
    }
    w->used = true;
    *out = w;
    return RS_OK;
}

rs_status checkpoint_check_taken(const checkpoint *c, rs_error *error) {
    size_t prefix_bytes = strlen(c->prefix);
    for (size_t i = 0; i < c->weights.count; i++) {
        const weight *w = &c->weights.items[i];
        if (w->used || strncmp(w->name, c->prefix, prefix_bytes)) continue;
        const char *name = w->name + prefix_bytes;
        /* The integers 0 to P - 1, stored as a tensor by some versions. */
        if (!strcmp(name, "embeddings.position_ids") ||
            !strcmp(name, "embeddings.token_type_ids"))
            continue;
        if (strncmp(name, "embeddings.", 11) && strncmp(name, "encoder.", 8)) continue;
        return rs_fail(
            error, RS_ERR_MISMATCH, 0,
            "tensor %.100s: the encoder has it, but config.json describes a network without it",
            w->name);
    }
    return RS_OK;
}
