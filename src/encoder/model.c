/* Reads a model file (docs/formats.md). All checking happens here, so that the encoder can trust
 * every pointer and every number. */
#include "encoder/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "tensors/tensors.h"

/* Limits larger than any BERT, yet so small that no product below overflows 64 bits; products that
 * could overflow 32 bits are computed by size_mul in the arena. */
enum { MAX_LAYERS = 128, MAX_WIDTH = 1 << 15, MAX_VOCAB = 1 << 22, MAX_POSITIONS = 1 << 14 };

typedef struct reader {
    const tensors *file;
    bool int8;
    rs_error *error;
} reader;

static rs_status read_size(const cJSON *config, const char *key, size_t max, size_t *out,
                           rs_error *error) {
    uint64_t value;
    if (!json_u64(config, key, &value) || value < 1 || value > max)
        return rs_fail(error, RS_ERR_FORMAT, 8, "config.%s: expected an integer from 1 to %zu",
                       key, max);
    *out = (size_t)value;
    return RS_OK;
}

/* Stores the index of the member's value in words, a list that ends with NULL. */
static rs_status read_word(const cJSON *config, const char *key, const char *const *words,
                           int *out, rs_error *error) {
    const char *value = json_string(config, key);
    for (int i = 0; value && words[i]; i++)
        if (!strcmp(value, words[i])) {
            *out = i;
            return RS_OK;
        }
    return rs_fail(error, RS_ERR_FORMAT, 8,
                   "config.%s: expected a string that this version supports, found %.60s", key,
                   value ? value : "none");
}

static rs_status read_switch(const cJSON *config, const char *key, wordpiece_switch *out,
                             rs_error *error) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(config, key);
    if (!cJSON_IsBool(item))
        return rs_fail(error, RS_ERR_FORMAT, 8, "config.%s: expected true or false", key);
    *out = cJSON_IsTrue(item) ? WORDPIECE_ON : WORDPIECE_OFF;
    return RS_OK;
}

static rs_status read_config(const cJSON *config, rs_model_info *info,
                             wordpiece_options *tokenizer, rs_error *error) {
    static const char *const activations[] = {"gelu", "gelu_new", "relu", NULL};
    static const char *const pools[] = {"cls", "mean", NULL};
    static const char *const weights[] = {"f32", "int8", NULL};
    int activation, pool, weight;
    rs_status s;
    if ((s = read_size(config, "hidden_size", MAX_WIDTH, &info->hidden_size, error)) ||
        (s = read_size(config, "intermediate_size", MAX_WIDTH, &info->ffn_size, error)) ||
        (s = read_size(config, "num_hidden_layers", MAX_LAYERS, &info->layers, error)) ||
        (s = read_size(config, "num_attention_heads", MAX_WIDTH, &info->heads, error)) ||
        (s = read_size(config, "max_position_embeddings", MAX_POSITIONS, &info->positions,
                       error)) ||
        (s = read_size(config, "vocab_size", MAX_VOCAB, &info->vocab_size, error)) ||
        (s = read_size(config, "max_tokens", info->positions, &info->max_tokens, error)) ||
        (s = read_word(config, "hidden_act", activations, &activation, error)) ||
        (s = read_word(config, "pool", pools, &pool, error)) ||
        (s = read_word(config, "weights", weights, &weight, error)) ||
        (s = read_switch(config, "lower_case", &tokenizer->lower_case, error)) ||
        (s = read_switch(config, "strip_accents", &tokenizer->strip_accents, error)) ||
        (s = read_switch(config, "chinese_chars", &tokenizer->chinese_chars, error)))
        return s;
    if (info->hidden_size % info->heads)
        return rs_fail(error, RS_ERR_FORMAT, 8,
                       "config: hidden_size %zu is no multiple of %zu heads", info->hidden_size,
                       info->heads);
    if (info->max_tokens < 2)
        return rs_fail(error, RS_ERR_FORMAT, 8,
                       "config.max_tokens: [CLS] and [SEP] alone need 2");
    const cJSON *eps = cJSON_GetObjectItemCaseSensitive(config, "layer_norm_eps");
    if (!cJSON_IsNumber(eps) || !(eps->valuedouble > 0 && eps->valuedouble < 1))
        return rs_fail(error, RS_ERR_FORMAT, 8,
                       "config.layer_norm_eps: expected a number between 0 and 1");
    info->layer_norm_eps = (float)eps->valuedouble;
    info->activation = (rs_activation)activation;
    info->pool = (rs_pool)pool;
    info->int8 = weight == 1;
    return RS_OK;
}

static rs_status read_f32(const reader *r, const char *name, int rank, const size_t *shape,
                          const float **out) {
    const tensor *t;
    rs_status status = tensors_view(r->file, name, TENSOR_F32, rank, shape, &t, r->error);
    if (status) return status;
    const float *values = (const float *)(const void *)t->bytes;
    /* One NaN in a weight makes every result NaN; reported here, with the tensor's name. */
    for (size_t i = 0, n = t->size / sizeof(float); i < n; i++)
        if (!isfinite(values[i]))
            return rs_fail(r->error, RS_ERR_FORMAT, 8,
                           "tensor %s: value %zu is not a finite number", name, i);
    *out = values;
    return RS_OK;
}

/* Checks the padding of rows and columns (packed.h), which must be 0: other values would be
 * multiplied by the padding of activations, which is not the same number with all kernels. */
static rs_status check_padding(const reader *r, const char *name, const linear_weights *w) {
    const size_t N = packed_panels(w->rows) * PACKED_ROWS,
                 K = packed_quads(w->columns) * PACKED_QUAD;
    for (size_t i = 0; i < N; i++)
        for (size_t j = i < w->rows ? w->columns : 0; j < K; j++)
            if (w->q8[packed_at(w->columns, i, j)])
                return rs_fail(
                    r->error, RS_ERR_FORMAT, 8,
                    "tensor %s: not 0 beyond its %zu rows and %zu columns; convert the "
                    "checkpoint again",
                    name, w->rows, w->columns);
    return RS_OK;
}

/* Reads the tensor `name` and, with int8, its scales, NAME_scale. packed: in the order of packed.h. */
static rs_status read_weights(const reader *r, const char *name, size_t rows, size_t columns,
                              bool packed, linear_weights *out) {
    char scale[112];
    snprintf(scale, sizeof scale, "%s_scale", name);
    *out = (linear_weights){.rows = rows, .columns = columns};
    const size_t plain[2] = {rows, columns};
    const size_t panels[4] = {packed_panels(rows), packed_quads(columns), PACKED_ROWS,
                              PACKED_QUAD};
    if (!r->int8) return read_f32(r, name, 2, plain, &out->f32);
    const tensor *t;
    rs_status status = tensors_view(r->file, name, TENSOR_I8, packed ? 4 : 2,
                                    packed ? panels : plain, &t, r->error);
    if (!status) out->q8 = (const int8_t *)t->bytes;
    if (!status && packed) status = check_padding(r, name, out);
    return status ? status : read_f32(r, scale, 1, &rows, &out->scale);
}

/* Reads the matrix of a product: NAME.weight and NAME.bias. */
static rs_status read_matrix(const reader *r, const char *name, size_t rows, size_t columns,
                             linear_weights *out) {
    char weight[96], bias[96];
    snprintf(weight, sizeof weight, "%s.weight", name);
    snprintf(bias, sizeof bias, "%s.bias", name);
    rs_status status = read_weights(r, weight, rows, columns, true, out);
    return status ? status : read_f32(r, bias, 1, &rows, &out->bias);
}

/* Reads a matrix whose input is the output of a layer normalisation: with int8, also
 * NAME.input_scale. */
static rs_status read_smoothed(const reader *r, const char *name, size_t rows, size_t columns,
                               linear_weights *out) {
    rs_status status = read_matrix(r, name, rows, columns, out);
    if (status || !r->int8) return status;
    char scale[96];
    snprintf(scale, sizeof scale, "%s.input_scale", name);
    return read_f32(r, scale, 1, &columns, &out->input_scale);
}

static rs_status read_norm(const reader *r, const char *name, size_t width, model_norm *out) {
    char gain[64], bias[64];
    snprintf(gain, sizeof gain, "%s.gain", name);
    snprintf(bias, sizeof bias, "%s.bias", name);
    rs_status status = read_f32(r, gain, 1, &width, &out->gain);
    return status ? status : read_f32(r, bias, 1, &width, &out->bias);
}

static rs_status read_layer(const reader *r, size_t i, const rs_model_info *info,
                            model_layer *out) {
    const size_t H = info->hidden_size, F = info->ffn_size;
    char name[64];
    rs_status s;
#define PART(part) (snprintf(name, sizeof name, "layer.%zu." part, i), name)
    if ((s = read_smoothed(r, PART("qkv"), 3 * H, H, &out->qkv)) ||
        (s = read_matrix(r, PART("attention"), H, H, &out->attention)) ||
        (s = read_norm(r, PART("attention_norm"), H, &out->attention_norm)) ||
        (s = read_smoothed(r, PART("up"), F, H, &out->up)) ||
        (s = read_matrix(r, PART("down"), H, F, &out->down)) ||
        (s = read_norm(r, PART("output_norm"), H, &out->output_norm)))
        return s;
#undef PART
    return RS_OK;
}

static rs_status read_parts(rs_model *m, const reader *r, const wordpiece_options *tokenizer) {
    const rs_model_info *info = &m->info;
    const size_t H = info->hidden_size;
    const tensor *vocab;
    rs_status s;
    if ((s = tensors_view(r->file, "vocab", TENSOR_U8, 1, (size_t[]){TENSORS_ANY}, &vocab,
                          r->error)) ||
        (s = wordpiece_open(&m->arena, vocab->bytes, vocab->size, tokenizer, &m->wordpiece,
                            r->error)) ||
        (s = read_weights(r, "embeddings.word", info->vocab_size, H, false, &m->word)) ||
        (s = read_f32(r, "embeddings.position", 2, (size_t[]){info->positions, H},
                      &m->position)) ||
        (s = read_f32(r, "embeddings.type", 1, &H, &m->type)) ||
        (s = read_norm(r, "embeddings.norm", H, &m->embedding_norm)))
        return s;
    if (wordpiece_size(m->wordpiece) != info->vocab_size)
        return rs_fail(r->error, RS_ERR_FORMAT, 8,
                       "vocab: %zu tokens, but config.vocab_size is %zu",
                       wordpiece_size(m->wordpiece), info->vocab_size);
    m->layers = arena_alloc(&m->arena, info->layers, sizeof *m->layers);
    if (!m->layers) return rs_fail(r->error, RS_ERR_MEMORY, 0, "out of memory for the model");
    for (size_t i = 0; i < info->layers && !s; i++) s = read_layer(r, i, info, &m->layers[i]);
    return s;
}

/* Reads the self-test, which files of earlier versions and those with f32 weights lack. */
static rs_status read_self_test(const tensors *file, rs_model *m, rs_error *error) {
    m->test_text = tensors_metadata_get(file, "self_test_text");
    m->test_sha256 = tensors_metadata_get(file, "self_test_sha256");
    m->info.self_test = m->test_text && m->test_sha256;
    if (!m->test_text == !m->test_sha256) return RS_OK;
    return rs_fail(error, RS_ERR_FORMAT, 8, "metadata has self_test_%s without self_test_%s",
                   m->test_text ? "text" : "sha256", m->test_text ? "sha256" : "text");
}

static rs_status read_model(rs_model *m, const uint8_t *bytes, size_t size, rs_error *error) {
    tensors file;
    rs_status status = tensors_open(&m->arena, bytes, size, &file, error);
    if (!status) status = tensors_check_kind(&file, "model", error);
    if (status) return status;

    const char *text = tensors_metadata_get(&file, "config");
    const char *name = tensors_metadata_get(&file, "name");
    const char *note = tensors_metadata_get(&file, "note");
    m->info.name = name ? name : "";
    m->info.note = note ? note : "";
    if (!text) return rs_fail(error, RS_ERR_FORMAT, 8, "metadata has no config");
    cJSON *config;
    status = json_parse((const uint8_t *)text, strlen(text), &config, error);
    if (status) return status;
    wordpiece_options tokenizer = {0};
    status = read_config(config, &m->info, &tokenizer, error);
    cJSON_Delete(config);
    if (!status) status = read_self_test(&file, m, error);
    if (status) return status;

    reader r = {&file, m->info.int8, error};
    return read_parts(m, &r, &tokenizer);
}

rs_status rs_model_open(const void *bytes, size_t size, const rs_allocator *allocator,
                        rs_model **model, rs_error *error) {
    if (!model) return rs_fail(error, RS_ERR_ARGUMENT, 0, "model is NULL");
    *model = NULL;
    if (!bytes || (uintptr_t)bytes % ARENA_ALIGNMENT)
        return rs_fail(error, RS_ERR_ARGUMENT, 0,
                       "model bytes are NULL or not 64-byte aligned");
    arena a;
    arena_init(&a, allocator);
    rs_model *m = arena_alloc(&a, 1, sizeof *m);
    if (!m) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for the model");
    m->arena = a;
    rs_status status = read_model(m, bytes, size, error);
    if (status) {
        rs_model_close(m);
        return status;
    }
    *model = m;
    return RS_OK;
}

void rs_model_close(rs_model *model) {
    if (!model) return;
    linear_pack_close(model->pack);
    arena a = model->arena; /* a copy, since the model is freed with it */
    arena_free(&a);
}

const rs_model_info *rs_model_describe(const rs_model *model) { return &model->info; }
