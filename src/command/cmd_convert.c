/* refscout convert: converts a Hugging Face BERT checkpoint into a model file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "command/commands.h"
#include "command/load.h"
#include "convert/checkpoint.h"
#include "convert/model_write.h"

static const char help[] =
    "usage: refscout convert CHECKPOINT_DIR -o MODEL [options]\n\n"
    "Reads a Hugging Face BERT checkpoint (config.json, vocab.txt or tokenizer.json, and\n"
    "model.safetensors or pytorch_model.bin) and writes the model file that all other\n"
    "subcommands read. Nothing in the checkpoint is executed. The files of sentence-transformers\n"
    "(modules.json, 1_Pooling, sentence_bert_config.json) are taken into account.\n\n"
    "  -o MODEL             the file to write, for instance scibert.safetensors\n"
    "  --weights int8|f32   int8 (default) is a quarter of the size and faster\n"
    "  --pool cls|mean      the embedding: the vector at [CLS], or the mean of all (default: as\n"
    "                       the folder says; cls if it does not)\n"
    "  --max-tokens N       maximum input, [CLS] and [SEP] included (default: as the folder\n"
    "                       says; else 510, or the positions of the network if they are\n"
    "                       fewer)\n"
    "  --name TEXT          name of the model (default: the folder's name)\n"
    "  --note TEXT          shown with every result, for instance a warning\n";

enum { DEFAULT_MAX_TOKENS = 510 };
#define UNSET SIZE_MAX

enum { POOL_UNSET = -1, POOL_CLS, POOL_MEAN };
static const char *const pool_names[] = {"cls", "mean", NULL};

typedef struct arguments {
    const char *folder, *output;
    int weights, pool; /* pool: POOL_UNSET, or an index of pool_names */
    size_t max_tokens;
    const char *name, *note;
} arguments;

static int read_arguments(int argc, char **argv, arguments *a) {
    static const char *const types[] = {"int8", "f32", NULL};
    size_t rest_count;
    const cli_option options[] = {
        {.name = "-o", .path = &a->output},
        {.name = "--weights", .choice = &a->weights, .choices = types},
        {.name = "--pool", .choice = &a->pool, .choices = pool_names},
        {.name = "--max-tokens", .count = &a->max_tokens},
        {.name = "--name", .text = &a->name},
        {.name = "--note", .text = &a->note},
        {0},
    };
    int code = cli_parse(argc, argv, options, help, &rest_count);
    if (code >= 0) return code;
    if (rest_count != 1)
        return cli_usage("one checkpoint folder is expected, not %zu", rest_count);
    if (!a->output) return cli_usage("-o MODEL is missing");
    a->folder = argv[1];
    const char *const texts[] = {a->name, a->note};
    for (size_t i = 0; i < 2; i++)
        if (texts[i] &&
            utf8_check((const uint8_t *)texts[i], strlen(texts[i])) != strlen(texts[i]))
            return cli_usage("%s is not UTF-8", i ? "--note" : "--name");
    return -1;
}

/* Returns the folder's name, also for "." and "models/"; the caller frees it. */
static char *folder_name(const char *folder) {
    char *path = realpath(folder, NULL);
    if (!path) return NULL;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    bool usable = *name && utf8_check((const uint8_t *)name, strlen(name)) == strlen(name);
    char *copy = strdup(usable ? name : "checkpoint");
    free(path);
    return copy;
}

static int check_output(const checkpoint *c, const arguments *a) {
    rs_error error;
    if (!cli_same_file(a->output, c->file)) return CLI_OK;
    rs_fail(&error, RS_ERR_ARGUMENT, 0,
            "is the checkpoint itself; choose another name for the model");
    return cli_failed(a->output, &error);
}

/* Sources of the pooling and the maximum length, for the summary: "as 1_Pooling/config.json
 * says". */
typedef struct origins {
    char pool[SENTENCE_MAX_NAME + 80], max_tokens[80];
} origins;

/* Chooses the pooling. An option takes precedence over the checkpoint's files; name_differences
 * then prints a note. A pooling that is not supported is never replaced without --pool. */
static int choose_pool(const checkpoint *c, const arguments *a, bool *mean, origins *from) {
    const sentence *s = &c->sentence;
    *mean = a->pool == POOL_MEAN || (a->pool == POOL_UNSET && s->pool == SENTENCE_POOL_MEAN);
    if (a->pool != POOL_UNSET)
        snprintf(from->pool, sizeof from->pool, "by --pool");
    else if (s->pool == SENTENCE_POOL_UNSAID)
        snprintf(from->pool, sizeof from->pool,
                 "by default ([CLS], since the checkpoint does not specify it; "
                 "--pool mean otherwise)");
    else
        snprintf(from->pool, sizeof from->pool, "as %s/config.json says", s->pooling_folder);
    if (a->pool != POOL_UNSET || s->pool != SENTENCE_POOL_OTHER) return CLI_OK;
    rs_error error;
    char file[CHECKPOINT_MAX_PATH + SENTENCE_MAX_NAME];
    snprintf(file, sizeof file, "%s/%s/config.json", a->folder, s->pooling_folder);
    rs_fail(&error, RS_ERR_VERSION, 0,
            "%s pooling is not supported, only cls and mean; --pool mean converts the model "
            "anyway, but gives other vectors than it was trained for",
            s->pool_name);
    return cli_failed(file, &error);
}

static int choose_max_tokens(const checkpoint *c, const arguments *a, size_t *max_tokens,
                             origins *from) {
    size_t positions = c->config.max_position_embeddings;
    const char *file;
    size_t made_for = checkpoint_made_for(c, &file);
    *max_tokens = a->max_tokens != UNSET           ? a->max_tokens
                  : made_for                       ? made_for
                  : positions < DEFAULT_MAX_TOKENS ? positions
                                                   : DEFAULT_MAX_TOKENS;
    if (a->max_tokens == UNSET && made_for)
        snprintf(from->max_tokens, sizeof from->max_tokens, "as %s says", file);
    else
        snprintf(from->max_tokens, sizeof from->max_tokens, "by %s",
                 a->max_tokens == UNSET ? "default" : "--max-tokens");
    if (*max_tokens >= 2 && *max_tokens <= positions) return CLI_OK;
    rs_error error;
    rs_fail(&error, RS_ERR_ARGUMENT, 0, "--max-tokens %zu: this network takes 2 to %zu",
            *max_tokens, positions);
    return cli_failed(c->file, &error);
}

/* Prints notes on differences from the checkpoint's own settings, and on settings of
 * sentence-transformers that are not applied. */
static void name_differences(const checkpoint *c, const arguments *a) {
    const sentence *s = &c->sentence;
    const char *file;
    size_t made_for = checkpoint_made_for(c, &file);
    if (a->pool != POOL_UNSET && s->pool != SENTENCE_POOL_UNSAID &&
        strcmp(pool_names[a->pool], s->pool_name))
        cli_note("%s/config.json specifies %s pooling; with --pool %s the vectors are not "
                 "those the model was trained for",
                 s->pooling_folder, s->pool_name, pool_names[a->pool]);
    if (a->max_tokens != UNSET && made_for && a->max_tokens > made_for)
        cli_note(
            "%s specifies at most %zu tokens; the model was not made for the further ones of "
            "--max-tokens %zu",
            file, made_for, a->max_tokens);
    if (s->prompts)
        cli_note("config_sentence_transformers.json has optional prompts to prepend to texts; "
                 "refscout adds none: write them into the texts if needed");
    if (s->truncate_dim && s->truncate_dim < c->config.hidden_size)
        cli_note(
            "config_sentence_transformers.json truncates embeddings to %zu numbers; all %zu "
            "are kept",
            s->truncate_dim, c->config.hidden_size);
}

static void name_ignored(const checkpoint *c) {
    size_t bytes = 1, count = 0;
    for (size_t i = 0; i < c->weights.count; i++) {
        if (c->weights.items[i].used) continue;
        bytes += strlen(c->weights.items[i].name) + 2;
        count++;
    }
    char *list = count ? calloc(bytes, 1) : NULL;
    if (!list) return;
    char *at = list;
    for (size_t i = 0; i < c->weights.count; i++)
        if (!c->weights.items[i].used)
            at += sprintf(at, "%s%s", at > list ? ", " : "", c->weights.items[i].name);
    cli_note("%s: ignored %zu tensors that are not part of the encoder: %s", c->file, count,
             list);
    free(list);
}

static void name_cut_rows(const checkpoint *c) {
    size_t rows = c->config.vocab_size - c->vocab.count;
    if (rows)
        cli_note(
            "%s: the last %zu rows of the word embeddings belong to no token and are omitted",
            c->file, rows);
}

/* Opens the written file as every program does; the summary describes what was read. */
static int verify(const char *path) {
    loaded_model m;
    int code = load_model(path, &m);
    if (code) {
        unlink(path);
        return code;
    }
    const rs_model_info *info = rs_model_describe(m.model);
    printf(
        "%s: %zu layers x %zu, %zu tokens, %s weights, %s pooling, at most %zu tokens a text, "
        "%zu bytes, SHA-256 %s\n",
        path, info->layers, info->hidden_size, info->vocab_size, info->int8 ? "int8" : "f32",
        info->pool == RS_POOL_CLS ? "cls" : "mean", info->max_tokens, m.file.size,
        load_model_sha256(&m));
    unload_model(&m);
    return CLI_OK;
}

static int convert(checkpoint *c, const arguments *a, origins *from) {
    char *name = a->name ? NULL : folder_name(a->folder);
    model_options options = {.f32 = a->weights == 1,
                             .name = a->name ? a->name
                                     : name  ? name
                                             : "checkpoint",
                             .note = a->note};
    bool path_failed;
    rs_error error;
    int code = choose_pool(c, a, &options.mean, from);
    if (!code) code = choose_max_tokens(c, a, &options.max_tokens, from);
    if (!code) code = check_output(c, a);
    if (!code && model_write(a->output, c, &options, &path_failed, &error))
        code = cli_failed(path_failed ? a->output : c->file, &error);
    free(name);
    if (code) return code;
    name_ignored(c);
    name_cut_rows(c);
    name_differences(c, a);
    return CLI_OK;
}

int cmd_convert(int argc, char **argv) {
    arguments a = {.pool = POOL_UNSET, .max_tokens = UNSET};
    int code = read_arguments(argc, argv, &a);
    if (code >= 0) return code;
    static checkpoint c; /* static: too large for the stack of some systems */
    origins from;
    rs_error error;
    if (checkpoint_open(&c, a.folder, &error)) return cli_failed(c.file, &error);
    code = convert(&c, &a, &from);
    checkpoint_close(&c);
    if (!code) code = verify(a.output);
    if (!code) printf("%s: pooling %s, length %s\n", a.output, from.pool, from.max_tokens);
    return code;
}
