/* From a checkpoint's folder to a model file: every way to write the same weights gives the
 * same bytes, and what is not a BERT is refused by name. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "convert/checkpoint.h"
#include "convert/model_write.h"
#include "hostile.h"
#include "kernels/packed.h"
#include "refscout.h"

/* ---- The JSON files and the vocabulary, as bytes ----------------------------------------- */

static rs_status read_config(arena *a, const uint8_t *bytes, size_t size, rs_error *error) {
    bert_config config;
    (void)a;
    return bert_config_read(bytes, size, &config, error);
}

static rs_status read_switches(arena *a, const uint8_t *bytes, size_t size, rs_error *error) {
    bert_config config = {0};
    (void)a;
    return bert_config_tokenizer(bytes, size, &config, error);
}

static rs_status read_vocab(arena *a, const uint8_t *bytes, size_t size, rs_error *error) {
    vocab v;
    return vocab_from_text(a, bytes, size, &v, error);
}

static rs_status read_tokenizer(arena *a, const uint8_t *bytes, size_t size, rs_error *error) {
    vocab v;
    bert_config config = {0};
    return vocab_from_tokenizer(a, bytes, size, &v, &config, error);
}

static void test_defaults(void) {
    bert_config c;
    rs_error error;
    CHECK_STATUS(bert_config_read((const uint8_t *)"{}", 2, &c, &error), RS_OK);
    CHECK_EQ(c.hidden_size, 768);
    CHECK_EQ(c.intermediate_size, 3072);
    CHECK_EQ(c.num_hidden_layers, 12);
    CHECK_EQ(c.num_attention_heads, 12);
    CHECK_EQ(c.max_position_embeddings, 512);
    CHECK_EQ(c.vocab_size, 30522);
    CHECK_EQ(c.type_vocab_size, 2);
    CHECK_STR(c.hidden_act, "gelu");
    CHECK_NEAR(c.layer_norm_eps, 1e-12, 0);
    CHECK(c.lower_case && c.strip_accents && c.chinese_chars);
}

static void test_bad_configs(void) {
    static const text_case cases[] = {
        {"", "not valid JSON"},
        {"[]", "not a JSON object"},
        {"{\"hidden_size\": 32", "not valid JSON"},
        {"{\"model_type\": \"roberta\"}", "model_type is roberta; only BERT is read"},
        {"{\"model_type\": 7}", "model_type is not a string"},
        {"{\"model_type\": \"a\\u001b[2J\"}", "model_type is a?[2J"},
        {"{\"architectures\": [\"DistilBertModel\"]}", "architectures names DistilBertModel"},
        {"{\"position_embedding_type\": \"relative_key\"}", "only absolute positions"},
        {"{\"hidden_act\": \"silu\"}", "hidden_act is silu"},
        {"{\"hidden_act\": {}}", "hidden_act is not a string"},
        {"{\"is_decoder\": true}", "is_decoder is true; only encoders"},
        {"{\"is_decoder\": 1}", "is_decoder: expected true or false"},
        {"{\"hidden_size\": 0}", "hidden_size: expected an integer from 1 to 32768"},
        {"{\"hidden_size\": -768}", "hidden_size: expected"},
        {"{\"hidden_size\": 768.5}", "hidden_size: expected"},
        {"{\"hidden_size\": 1e300}", "hidden_size: expected"},
        {"{\"hidden_size\": \"768\"}", "hidden_size: expected"},
        {"{\"num_hidden_layers\": 1000000}", "num_hidden_layers: expected"},
        {"{\"vocab_size\": 4294967296}", "vocab_size: expected"},
        {"{\"num_attention_heads\": 7}", "no multiple of num_attention_heads 7"},
        {"{\"layer_norm_eps\": 0}", "layer_norm_eps: expected"},
        {"{\"layer_norm_eps\": \"1e-12\"}", "layer_norm_eps: expected"},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "nested deeper"},
    };
    REFUSE_ALL(read_config, cases);
    static const text_case switches[] = {
        {"{\"do_lower_case\": 1}", "do_lower_case: expected true or false"},
        {"{\"do_basic_tokenize\": false}", "do_basic_tokenize is false"},
        {"{\"cls_token\": \"<s>\"}", "cls_token is not [CLS]"},
        {"{\"sep_token\": {\"content\": \"</s>\"}}", "sep_token is not [SEP]"},
        {"{\"unk_token\": 7}", "unk_token is not [UNK]"},
    };
    REFUSE_ALL(read_switches, switches);
}

static void test_switches(void) {
    static const struct {
        const char *text;
        bool lower, strip, chinese;
    } cases[] = {
        {"{}", true, true, true},
        {"{\"do_lower_case\": false}", false, false, true},
        {"{\"do_lower_case\": false, \"strip_accents\": true}", false, true, true},
        {"{\"strip_accents\": false}", true, false, true},
        {"{\"strip_accents\": null, \"do_lower_case\": true}", true, true, true},
        {"{\"tokenize_chinese_chars\": false, \"cls_token\": {\"content\": \"[CLS]\"}}", true,
         true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bert_config c = {.lower_case = true, .strip_accents = true, .chinese_chars = true};
        rs_error error;
        check_in("%s", cases[i].text);
        CHECK_STATUS(bert_config_tokenizer((const uint8_t *)cases[i].text,
                                           strlen(cases[i].text), &c, &error),
                     RS_OK);
        CHECK_EQ(c.lower_case, cases[i].lower);
        CHECK_EQ(c.strip_accents, cases[i].strip);
        CHECK_EQ(c.chinese_chars, cases[i].chinese);
    }
    check_in("%s", "");
}

static void test_vocab_text(void) {
    static const text_case same[] = {{"[PAD]\n[UNK]\n[CLS]\n[SEP]\n\nx\n", "LF"},
                                     {"[PAD]\n[UNK]\n[CLS]\n[SEP]\n\nx", "no last line end"},
                                     {"[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n\r\nx\r\n", "CRLF"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        arena a;
        vocab v;
        rs_error error;
        arena_init(&a, NULL);
        check_in("%s", same[i].says);
        CHECK_STATUS(vocab_from_text(&a, (const uint8_t *)same[i].text, strlen(same[i].text),
                                     &v, &error),
                     RS_OK);
        CHECK_EQ(v.count, 6);
        CHECK_EQ(v.size, strlen(same[0].text));
        CHECK_BYTES(v.bytes, same[0].text, v.size);
        arena_free(&a);
    }
    check_in("%s", "");
    static const text_case bad[] = {
        {"", "[PAD]"},
        {"[PAD]\n[UNK]\n[CLS]\n", "[SEP]"},
        {"[PAD]\n[UNK]\n[CLS]\n[SEP]\n\xff\n", "UTF-8"},
    };
    REFUSE_ALL(read_vocab, bad);
}

#define TOKENIZER(normalizer, model, rest)                                                     \
    "{\"normalizer\": {\"type\": \"BertNormalizer\"" normalizer                                \
    "}, \"pre_tokenizer\": {\"type\": "                                                        \
    "\"BertPreTokenizer\"}, \"model\": {\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\", "   \
    "\"continuing_subword_prefix\": \"##\"" model "}" rest "}"
#define VOCAB(more)                                                                            \
    ", \"vocab\": {\"[SEP]\": 2, \"[PAD]\": 0, \"[UNK]\": 1, \"[CLS]\": 3" more "}"

static void test_tokenizer_json(void) {
    static const char good[] = TOKENIZER(
        ", \"lowercase\": false, \"strip_accents\": null, \"handle_chinese_chars\": false",
        VOCAB(", \"a\": 4"), ", \"added_tokens\": [{\"content\": \"[SEP]\", \"id\": 2}]");
    static const char want[] = "[PAD]\n[UNK]\n[SEP]\n[CLS]\na\n";
    arena a;
    vocab v;
    bert_config c = {.lower_case = true, .strip_accents = true, .chinese_chars = true};
    rs_error error = {0};
    arena_init(&a, NULL);
    CHECK_STATUS(
        vocab_from_tokenizer(&a, (const uint8_t *)good, sizeof good - 1, &v, &c, &error),
        RS_OK);
    CHECK_STR(error.message, "");
    CHECK_EQ(v.size, sizeof want - 1);
    CHECK_EQ(v.count, 5);
    CHECK_BYTES(v.bytes, want, v.size);
    CHECK(!c.lower_case && !c.strip_accents && !c.chinese_chars);
    arena_free(&a);
    blob whole = blob_copy(good, sizeof good - 1);
    hostile_cuts(read_tokenizer, whole);
    hostile_changes(read_tokenizer, whole);
    hostile_memory(read_tokenizer, whole);
    free(whole.bytes);

    static const text_case bad[] = {
        {"7", "model in tokenizer.json"},
        {"{}", "model in tokenizer.json"},
        {TOKENIZER("", ", \"max_input_chars_per_word\": 50" VOCAB(""), ""),
         "model in tokenizer.json"},
        {TOKENIZER(", \"clean_text\": false", VOCAB(""), ""), "normalizer in tokenizer.json"},
        {TOKENIZER("", "", ""), "not an object of 1 to"},
        {TOKENIZER("", ", \"vocab\": [\"a\"]", ""), "not an object of 1 to"},
        {TOKENIZER("", ", \"vocab\": {}", ""), "not an object of 1 to"},
        {TOKENIZER("", VOCAB(", \"a\": 5"), ""),
         "ids are not 0 to 4 without gaps or duplicates: see a"},
        {TOKENIZER("", VOCAB(", \"a\": 3"), ""), "without gaps or duplicates"},
        {TOKENIZER("", VOCAB(", \"a\": -1"), ""), "without gaps or duplicates"},
        {TOKENIZER("", VOCAB(", \"a\": 1e99"), ""), "without gaps or duplicates"},
        {TOKENIZER("", VOCAB(", \"a\": \"4\""), ""), "without gaps or duplicates"},
        {TOKENIZER("", VOCAB(", \"a\\nb\": 4"), ""), "the token a?b contains a line end"},
        {TOKENIZER("", VOCAB(", \"a \": 4"), ""), "ends with white space"},
        {TOKENIZER("", VOCAB(""), ", \"added_tokens\": [{\"content\": \"<new>\"}]"),
         "added token <new>"},
        {TOKENIZER("", VOCAB(""), ", \"added_tokens\": [{\"content\": \"[MASK]\"}]"),
         "added token [MASK]"},
        {TOKENIZER("", ", \"vocab\": {\"[PAD]\": 0, \"[UNK]\": 1, \"[CLS]\": 2}", ""), "[SEP]"},
    };
    REFUSE_ALL(read_tokenizer, bad);
}

/* ---- Folders ----------------------------------------------------------------------------- */

static char temporary[] = "/tmp/refscout-test-XXXXXX";

static void path_in(char *out, size_t cap, const char *folder, const char *name) {
    snprintf(out, cap, "%s/%s", folder, name);
}

static void write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) {
        perror(path);
        exit(1);
    }
}

/* An empty folder for one case, made afresh. */
static const char *fresh_folder(void) {
    static char path[200];
    static const char *const names[] = {"config.json",
                                        "vocab.txt",
                                        "tokenizer.json",
                                        "model.safetensors",
                                        "pytorch_model.bin",
                                        "tokenizer_config.json",
                                        "model.safetensors.index.json",
                                        "modules.json",
                                        "sentence_bert_config.json",
                                        "config_sentence_transformers.json",
                                        "1_Pooling/config.json",
                                        "0_BERT/config.json",
                                        "0_BERT/vocab.txt",
                                        "0_BERT/model.safetensors",
                                        "0_BERT/sentence_bert_config.json",
                                        "1_Pooling",
                                        "0_BERT"};
    path_in(path, sizeof path, temporary, "case");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char file[300];
        path_in(file, sizeof file, path, names[i]);
        remove(file);
    }
    mkdir(path, 0700);
    return path;
}

static void copy_into(const char *folder, const char *golden, const char *name) {
    char from[300], to[300];
    path_in(from, sizeof from, golden, name);
    path_in(to, sizeof to, folder, name);
    blob file = blob_read(from);
    write_file(to, file.bytes, file.size);
    free(file.bytes);
}

/* With the folder that the name is in. */
static void put_text(const char *folder, const char *name, const char *text) {
    char to[300];
    const char *slash = strchr(name, '/');
    snprintf(to, sizeof to, "%s/%.*s", folder, slash ? (int)(slash - name) : 0, name);
    mkdir(to, 0700);
    path_in(to, sizeof to, folder, name);
    write_file(to, text, strlen(text));
}

/* Converts; *model gets the file's bytes when that succeeds. where: the file that is at fault.
 */
static rs_status convert(const char *folder, const model_options *options, blob *model,
                         const char **where, rs_error *error) {
    static checkpoint c;
    char path[200];
    path_in(path, sizeof path, temporary, "out.safetensors");
    *model = (blob){NULL, 0};
    unlink(path);
    rs_status status = checkpoint_open(&c, folder, error);
    if (!status) {
        bool path_failed;
        status = model_write(path, &c, options, &path_failed, error);
        checkpoint_close(&c);
    }
    const char *slash = strrchr(c.file, '/');
    *where = slash ? slash + 1 : c.file;
    CHECK_EQ(access(path, F_OK) == 0, status == RS_OK); /* nothing is written when it fails */
    if (!status) *model = blob_read(path);
    unlink(path);
    return status;
}

static const model_options int8_options = {.max_tokens = 40, .name = "tiny"};
static const model_options f32_options = {
    .f32 = true, .mean = true, .max_tokens = 20, .name = "tiny", .note = "random"};

static void test_same_model(const model_options *options) {
    static const char *const folders[] = {
        "golden/checkpoints/tiny-safetensors", "golden/checkpoints/tiny-zip",
        "golden/checkpoints/tiny-legacy",      "golden/checkpoints/tiny-bare",
        "golden/checkpoints/tiny-views",       "golden/checkpoints/tiny-f16",
        "golden/checkpoints/tiny-bf16",
    };
    blob first = {NULL, 0};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        blob model;
        const char *where;
        rs_error error = {0};
        check_in("%s", folders[i]);
        CHECK_STATUS(convert(folders[i], options, &model, &where, &error), RS_OK);
        CHECK_STR(error.message, "");
        if (!first.bytes) {
            first = model;
            continue;
        }
        CHECK_EQ(model.size, first.size);
        if (model.size == first.size) CHECK_BYTES(model.bytes, first.bytes, first.size);
        free(model.bytes);
    }
    check_in("%s", "");
    free(first.bytes);
}

/* The runtime reads it, and int8 times scale is the weight within half a step. */
static void test_model_file(void) {
    blob whole, quantized;
    const char *where;
    rs_error error;
    CHECK_STATUS(convert("golden/checkpoints/wide",
                         &(model_options){.f32 = true, .max_tokens = 24, .name = "w"}, &whole,
                         &where, &error),
                 RS_OK);
    CHECK_STATUS(convert("golden/checkpoints/wide",
                         &(model_options){.max_tokens = 24, .name = "w"}, &quantized, &where,
                         &error),
                 RS_OK);
    arena a;
    tensors f, q;
    arena_init(&a, NULL);
    CHECK_STATUS(tensors_open(&a, whole.bytes, whole.size, &f, &error), RS_OK);
    CHECK_STATUS(tensors_open(&a, quantized.bytes, quantized.size, &q, &error), RS_OK);
    const tensor *w = tensors_find(&f, "layer.1.qkv.weight"),
                 *i = tensors_find(&q, "layer.1.qkv.weight");
    const tensor *s = tensors_find(&q, "layer.1.qkv.weight_scale"),
                 *in = tensors_find(&q, "layer.1.qkv.input_scale");
    CHECK(w && i && s && in && i->type == TENSOR_I8 && i->size == packed_bytes(144, 48) &&
          s->shape[0] == 144 && in->shape[0] == 48);
    for (size_t r = 0; w && i && s && in && r < 144; r++)
        for (size_t c = 0; c < 48; c++) {
            float want, scale, input;
            memcpy(&want, w->bytes + 4 * (r * 48 + c), 4);
            memcpy(&scale, s->bytes + 4 * r, 4);
            memcpy(&input, in->bytes + 4 * c, 4);
            double back =
                (double)(int8_t)i->bytes[packed_at(48, r, c)] * (double)scale * (double)input;
            CHECK_NEAR(back, want, 0.50001 * (double)scale * (double)input);
        }
    arena_free(&a);

    rs_model *model;
    uint8_t *aligned = aligned_alloc(64, (quantized.size + 63) / 64 * 64);
    if (!aligned) abort();
    memcpy(aligned, quantized.bytes, quantized.size);
    CHECK_STATUS(rs_model_open(aligned, quantized.size, NULL, &model, &error), RS_OK);
    if (model) CHECK_EQ(rs_model_describe(model)->max_tokens, 24);
    rs_model_close(model);
    free(aligned);
    free(whole.bytes);
    free(quantized.bytes);
}

/* ---- What sentence-transformers saves besides ---------------------------------------------- */

#define TINY "golden/checkpoints/tiny-safetensors"
#define MODULES(bert, rest)                                                                    \
    "[{\"type\": \"sentence_transformers.models.Transformer\", \"path\": \"" bert              \
    "\"}, {\"type\": \"sentence_transformers.models.Pooling\", \"path\": \"1_Pooling\"}" rest  \
    "]"

static checkpoint open_good(const char *folder) {
    static checkpoint c;
    rs_error error = {0};
    CHECK_STATUS(checkpoint_open(&c, folder, &error), RS_OK);
    CHECK_STR(error.message, "");
    checkpoint_close(&c); /* what is of interest lies in c itself */
    return c;
}

/* The tiny network has 40 positions. */
static void test_length(void) {
    static const struct {
        const char *sentence, *tokenizer;
        size_t length;
        const char *file;
    } cases[] = {
        {NULL, NULL, 0, NULL},
        {NULL, "{\"model_max_length\": 40}", 40, "tokenizer_config.json"},
        {NULL, "{\"model_max_length\": 20, \"max_length\": 10}", 20, "tokenizer_config.json"},
        {NULL, "{\"max_len\": 20}", 20, "tokenizer_config.json"},
        {NULL, "{\"max_len\": 20, \"model_max_length\": 30}", 30, "tokenizer_config.json"},
        {NULL, "{\"model_max_length\": 1000000000000000019884624838656}", 0, NULL},
        {NULL, "{\"model_max_length\": 41}", 0, NULL},
        {"{\"max_seq_length\": 16}", NULL, 16, "sentence_bert_config.json"},
        {"{\"max_seq_length\": 16}", "{\"model_max_length\": 8}", 16,
         "sentence_bert_config.json"},
        {"{\"max_seq_length\": 128}", "{\"model_max_length\": 8}", 0, NULL},
        {"{\"max_seq_length\": null}", "{\"model_max_length\": 8}", 8, "tokenizer_config.json"},
        {"{}", "{\"model_max_length\": 8}", 8, "tokenizer_config.json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_in("case %zu", i);
        const char *folder = fresh_folder(), *file;
        copy_into(folder, TINY, "config.json");
        copy_into(folder, "golden/checkpoints/tiny-bf16", "tokenizer.json");
        copy_into(folder, TINY, "model.safetensors");
        if (cases[i].sentence) put_text(folder, "sentence_bert_config.json", cases[i].sentence);
        if (cases[i].tokenizer) put_text(folder, "tokenizer_config.json", cases[i].tokenizer);
        checkpoint c = open_good(folder);
        CHECK_EQ(checkpoint_made_for(&c, &file), cases[i].length);
        if (cases[i].length) CHECK_STR(file, cases[i].file);
    }
    check_out();
}

/* do_lower_case of sentence-transformers comes before a cased tokenizer, which keeps accents. */
static void test_lower_case(void) {
    const char *folder = fresh_folder();
    copy_into(folder, TINY, "config.json");
    copy_into(folder, TINY, "vocab.txt");
    copy_into(folder, TINY, "model.safetensors");
    put_text(folder, "tokenizer_config.json", "{\"do_lower_case\": false}");
    checkpoint c = open_good(folder);
    CHECK(!c.config.lower_case && !c.config.strip_accents);
    put_text(folder, "sentence_bert_config.json", "{\"do_lower_case\": true}");
    c = open_good(folder);
    CHECK(c.config.lower_case && !c.config.strip_accents);
    put_text(folder, "sentence_bert_config.json", "{\"do_lower_case\": false}");
    put_text(folder, "tokenizer_config.json", "{\"do_lower_case\": true}");
    c = open_good(folder);
    CHECK(c.config.lower_case && c.config.strip_accents);
}

/* A BERT in a folder of its own, as it was until version 1, is the same BERT. */
static void test_bert_folder(void) {
    blob model, same;
    const char *where, *folder = fresh_folder();
    rs_error error = {0};
    char from[300];
    CHECK_STATUS(convert(TINY, &int8_options, &model, &where, &error), RS_OK);
    put_text(folder, "modules.json", MODULES("0_BERT", ""));
    put_text(folder, "config.json", "{\"__version__\": \"0.3.0\"}");
    put_text(folder, "1_Pooling/config.json", "{\"pooling_mode_mean_tokens\": true}");
    put_text(folder, "0_BERT/sentence_bert_config.json", "{\"max_seq_length\": 16}");
    path_in(from, sizeof from, folder, "0_BERT");
    copy_into(from, TINY, "config.json");
    copy_into(from, TINY, "vocab.txt");
    copy_into(from, TINY, "model.safetensors");
    checkpoint c = open_good(folder);
    const char *file;
    CHECK_EQ(c.sentence.pool, SENTENCE_POOL_MEAN);
    CHECK_EQ(checkpoint_made_for(&c, &file), 16);
    CHECK_STATUS(convert(folder, &int8_options, &same, &where, &error), RS_OK);
    CHECK_STR(error.message, "");
    CHECK_EQ(model.size, same.size);
    if (model.size == same.size) CHECK_BYTES(model.bytes, same.bytes, same.size);
    free(model.bytes);
    free(same.bytes);
}

/* ---- Spoilt folders ---------------------------------------------------------------------- */

static void refused(const char *name, const char *folder, rs_status want, const char *in_file,
                    const char *says) {
    blob model;
    const char *where;
    rs_error error = {0};
    check_in("%s", name);
    CHECK_STATUS(convert(folder, &int8_options, &model, &where, &error), want);
    CHECK_STR(where, in_file);
    if (!strstr(error.message, says))
        check_failed(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", error.message, says);
    free(model.bytes);
    check_in("%s", "");
}

static const char *tiny_with(const char *name, const char *text) {
    const char *folder = fresh_folder();
    copy_into(folder, TINY, "config.json");
    copy_into(folder, TINY, "vocab.txt");
    copy_into(folder, TINY, "model.safetensors");
    if (name) put_text(folder, name, text);
    return folder;
}

static void test_missing_files(void) {
    refused("no such folder", "golden/nowhere", RS_ERR_IO, "config.json",
            "a checkpoint is a folder with");
    refused("a file for a folder", TINY "/config.json", RS_ERR_IO, "config.json", "not found");
    const char *folder = fresh_folder();
    copy_into(folder, TINY, "config.json");
    refused("no vocabulary", folder, RS_ERR_IO, "tokenizer.json", "neither is vocab.txt");
    copy_into(folder, TINY, "vocab.txt");
    refused("no tensors", folder, RS_ERR_IO, "pytorch_model.bin",
            "neither is model.safetensors");
    put_text(folder, "model.safetensors.index.json", "{}");
    refused("split", folder, RS_ERR_VERSION, "model.safetensors.index.json",
            "split into several files");
    put_text(folder, "pytorch_model.bin",
             "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
    refused("Git LFS", folder, RS_ERR_FORMAT, "pytorch_model.bin", "git lfs pull");
    put_text(folder, "pytorch_model.bin", "");
    refused("empty", folder, RS_ERR_FORMAT, "pytorch_model.bin", "not a PyTorch checkpoint");
}

static void test_bad_sentence_files(void) {
    refused("another module",
            tiny_with("modules.json",
                      MODULES("", ", {\"type\": \"sentence_transformers.models.Dense\", "
                                  "\"path\": \"2_Dense\"}")),
            RS_ERR_VERSION, "modules.json",
            "module 2 is Dense: the embedding is not BERT alone");
    const char *folder = tiny_with("modules.json", MODULES("", ""));
    refused("no pooling", folder, RS_ERR_IO, "config.json",
            "not found, but modules.json names it; the folder is incomplete");
    put_text(folder, "1_Pooling/config.json", "7");
    refused("bad pooling", folder, RS_ERR_FORMAT, "config.json", "not a JSON object");
    refused("BERT elsewhere", tiny_with("modules.json", MODULES("../case", "")), RS_ERR_FORMAT,
            "modules.json", "the path ../case is not below this folder");
    refused("bad length",
            tiny_with("sentence_bert_config.json", "{\"max_seq_length\": \"256\"}"),
            RS_ERR_FORMAT, "sentence_bert_config.json", "max_seq_length: expected");
    refused("a prompt",
            tiny_with("config_sentence_transformers.json",
                      "{\"prompts\": {\"q\": \"query: \"}, \"default_prompt_name\": \"q\"}"),
            RS_ERR_VERSION, "config_sentence_transformers.json", "is prepended to every text");
}

#define CONFIG(more)                                                                           \
    "{\"hidden_size\": 32, \"num_attention_heads\": 4, \"vocab_size\": 116, "                  \
    "\"max_position_embeddings\": 40" more "}"

static void test_mismatches(void) {
    refused("more layers",
            tiny_with("config.json",
                      CONFIG(", \"intermediate_size\": 64, \"num_hidden_layers\": 3")),
            RS_ERR_FORMAT, "model.safetensors",
            "tensor bert.encoder.layer.2.attention.self.query.weight: missing");
    refused("fewer layers",
            tiny_with("config.json",
                      CONFIG(", \"intermediate_size\": 64, \"num_hidden_layers\": 1")),
            RS_ERR_MISMATCH, "model.safetensors", "config.json describes a network without it");
    refused("other width",
            tiny_with("config.json",
                      CONFIG(", \"num_hidden_layers\": 2, \"intermediate_size\": 128")),
            RS_ERR_FORMAT, "model.safetensors", "shape [64, 32], expected [128, 32]");
    refused(
        "other types",
        tiny_with("config.json", CONFIG(", \"intermediate_size\": 64, \"num_hidden_layers\": "
                                        "2, \"type_vocab_size\": 1")),
        RS_ERR_FORMAT, "model.safetensors",
        "token_type_embeddings.weight: shape [2, 32], expected [1, 32]");
    refused("another model", tiny_with("config.json", "{\"model_type\": \"t5\"}"),
            RS_ERR_VERSION, "config.json", "only BERT is read");
    refused("more tokens than rows", tiny_with("config.json", "{\"vocab_size\": 115}"),
            RS_ERR_MISMATCH, "vocab.txt", "116 tokens, but config.json says vocab_size 115");
    refused("other special tokens",
            tiny_with("tokenizer_config.json", "{\"cls_token\": \"<s>\"}"), RS_ERR_VERSION,
            "tokenizer_config.json", "cls_token is not [CLS]");
}

/* The bytes of the golden tensors with one text replaced by another of the same length. */
static const char *tiny_replaced(const char *text, const char *with) {
    const char *folder = tiny_with(NULL, NULL);
    char path[300];
    path_in(path, sizeof path, folder, "model.safetensors");
    blob file = blob_read(path);
    size_t length = strlen(text), at = 0;
    while (at + length <= file.size && memcmp(file.bytes + at, text, length)) at++;
    CHECK(at + length <= file.size && strlen(with) == length);
    memcpy(file.bytes + at, with, length);
    write_file(path, file.bytes, file.size);
    free(file.bytes);
    return folder;
}

/* The golden folder with another dtype for the first tensor, the word embeddings. */
static const char *tiny_retyped(const char *dtype) {
    static const char was[] = "\"F32\"";
    const char *folder = tiny_with(NULL, NULL);
    char path[300];
    path_in(path, sizeof path, folder, "model.safetensors");
    blob file = blob_read(path);
    size_t at = 8, tail = sizeof was - 1, length = strlen(dtype) + 2;
    while (memcmp(file.bytes + at, was, tail)) at++;
    uint8_t *out = malloc(file.size + length);
    if (!out) abort();
    memcpy(out, file.bytes, at);
    store_u64(out, load_u64(file.bytes) + length - tail);
    sprintf((char *)out + at, "\"%s\"", dtype);
    memcpy(out + at + length, file.bytes + at + tail, file.size - at - tail);
    write_file(path, out, file.size + length - tail);
    free(out);
    free(file.bytes);
    return folder;
}

/* Every type of safetensors 0.8 that no weight is read from and whose size is not checked, and one
 * that nobody knows yet. */
static void test_other_types(void) {
    static const char *const types[] = {"BOOL",        "F4",      "F6_E2M3", "F6_E3M2",
                                        "F8_E5M2",     "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ",
                                        "F8_E5M2FNUZ", "I16",     "U16",     "U32",
                                        "C64",         "U64",     "F2_E1M0"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char says[200];
        snprintf(says, sizeof says,
                 "tensor bert.embeddings.word_embeddings.weight is %s, which refscout does not "
                 "read; save it as float32, float16 or bfloat16",
                 types[i]);
        refused(types[i], tiny_retyped(types[i]), RS_ERR_FORMAT, "model.safetensors", says);
    }
}

static void test_bad_tensors(void) {
    refused("missing", tiny_replaced("layer.0.output.dense.bias", "layer.0.output.dense.bios"),
            RS_ERR_FORMAT, "model.safetensors",
            "tensor bert.encoder.layer.0.output.dense.bias: missing");
    refused("no word embeddings", tiny_replaced("word_embeddings", "wurd_embeddings"),
            RS_ERR_FORMAT, "model.safetensors",
            "embeddings.word_embeddings.weight: missing, so this is not BERT");
    refused("turned", tiny_replaced("[64, 32]", "[32, 64]"), RS_ERR_FORMAT, "model.safetensors",
            "intermediate.dense.weight: shape [32, 64], expected [64, 32]");
    refused("whole numbers", tiny_replaced("\"F32\"", "\"I32\""), RS_ERR_FORMAT,
            "model.safetensors", "word_embeddings.weight is I32, which refscout does not read");
    refused("control character",
            tiny_replaced("bert.pooler.dense.bias", "bert.\\u001bpooler.bias"), RS_ERR_FORMAT,
            "model.safetensors", "control characters in its name");
    refused("two encoders",
            tiny_replaced("\"bert.embeddings.position_embeddings.weight",
                          "\"bort.xyz.embeddings.word_embeddings.weight"),
            RS_ERR_FORMAT, "model.safetensors", "two encoders: b");

    const char *folder =
        tiny_with(NULL, NULL); /* the last value of all: in the pooler, then in a layer */
    char path[300];
    path_in(path, sizeof path, folder, "model.safetensors");
    blob file = blob_read(path);
    memcpy(file.bytes + file.size - 4, "\0\0\300\177", 4);
    write_file(path, file.bytes, file.size);
    blob model;
    const char *where;
    rs_error error;
    CHECK_STATUS(convert(folder, &int8_options, &model, &where, &error),
                 RS_OK); /* a NaN nobody uses */
    free(model.bytes);
    size_t first = 8 + (size_t)load_u64(file.bytes);
    memcpy(file.bytes + first + 4 * (5 * 32 + 3), "\0\0\200\177", 4);
    write_file(path, file.bytes, file.size);
    refused("infinite", folder, RS_ERR_FORMAT, "model.safetensors",
            "tensor bert.embeddings.word_embeddings.weight: row 5, column 3 is not a finite");
    file.size -= 100;
    write_file(path, file.bytes, file.size);
    refused("cut off", folder, RS_ERR_FORMAT, "model.safetensors", "outside the file");
    free(file.bytes);
}

/* A shorter vocabulary leaves rows that no text reaches; they are not written. */
static void test_cut_rows(void) {
    blob text = blob_read(TINY "/vocab.txt"), model;
    size_t lines = 0, at = 0;
    while (lines < 100) lines += text.bytes[at++] == '\n';
    text.bytes[at] = 0;
    const char *where;
    rs_error error;
    CHECK_STATUS(convert(tiny_with("vocab.txt", (char *)text.bytes), &f32_options, &model,
                         &where, &error),
                 RS_OK);
    arena a;
    tensors t;
    arena_init(&a, NULL);
    CHECK_STATUS(tensors_open(&a, model.bytes, model.size, &t, &error), RS_OK);
    const tensor *word = tensors_find(&t, "embeddings.word");
    CHECK(word && word->shape[0] == 100 && word->shape[1] == 32);
    CHECK(strstr(tensors_metadata_get(&t, "config"), "\"vocab_size\":100") != NULL);
    CHECK_STR(tensors_metadata_get(&t, "note"), "random");
    arena_free(&a);
    free(model.bytes);
    free(text.bytes);
}

static void test_no_place(void) {
    static checkpoint c;
    rs_error error;
    bool path_failed = false;
    CHECK_STATUS(checkpoint_open(&c, TINY, &error), RS_OK);
    CHECK_STATUS(model_write("/nowhere/at/all", &c, &int8_options, &path_failed, &error),
                 RS_ERR_IO);
    CHECK(path_failed);
    checkpoint_close(&c);
}

int main(void) {
    test_defaults();
    test_bad_configs();
    test_switches();
    test_vocab_text();
    test_tokenizer_json();
    blob config = blob_read(TINY "/config.json");
    config.size--; /* without the last line end the last byte is the brace */
    hostile_cuts(read_config, config);
    hostile_changes(read_config, config);
    free(config.bytes);

    if (!mkdtemp(temporary)) return 1;
    test_same_model(&int8_options);
    test_same_model(&f32_options);
    test_model_file();
    test_length();
    test_lower_case();
    test_bert_folder();
    test_missing_files();
    test_bad_sentence_files();
    test_mismatches();
    test_other_types();
    test_bad_tensors();
    test_cut_rows();
    test_no_place();
    fresh_folder();
    char path[200];
    path_in(path, sizeof path, temporary, "case");
    rmdir(path);
    CHECK_EQ(rmdir(temporary), 0);
    return check_result();
}
