#include "convert/bert_config.h"

#include <string.h>

#include "base/json.h"
#include "base/printable.h"
#include "convert/config_json.h"

/* The limits of src/encoder/model.c, so that every converted model can be opened. */
enum { MAX_LAYERS = 128, MAX_WIDTH = 1 << 15, MAX_VOCAB = 1 << 20, MAX_POSITIONS = 1 << 14 };

static rs_status read_size(const cJSON *root, const char *key, size_t most, size_t fallback,
                           size_t *out, rs_error *error) {
    const cJSON *item = config_get(root, key);
    uint64_t value = fallback;
    if (item && (!json_item_u64(item, &value) || value < 1 || value > most))
        return rs_fail(error, RS_ERR_FORMAT, 0, "%s: expected an integer from 1 to %zu", key,
                       most);
    *out = (size_t)value;
    return RS_OK;
}

/* Old files have no model_type, but the class name of the saved model. */
static rs_status check_architecture(const cJSON *root, rs_error *error) {
    const cJSON *first = cJSON_GetArrayItem(config_get(root, "architectures"), 0);
    const char *class = cJSON_GetStringValue(first);
    if (config_get(root, "model_type") || !class || !strncmp(class, "Bert", 4)) return RS_OK;
    char shown[60];
    return rs_fail(error, RS_ERR_VERSION, 0, "architectures names %s; only BERT is read",
                   printable(shown, sizeof shown, class, strlen(class)));
}

static rs_status read_activation(const cJSON *root, const char **out, rs_error *error) {
    /* Names in transformers/activations.py, and ours; the tanh forms differ in rounding only. */
    static const char *const names[][2] = {
        {"gelu", "gelu"},          {"gelu_python", "gelu"},           {"gelu_new", "gelu_new"},
        {"gelu_fast", "gelu_new"}, {"gelu_pytorch_tanh", "gelu_new"}, {"relu", "relu"},
    };
    const cJSON *item = config_get(root, "hidden_act");
    const char *name = item ? cJSON_GetStringValue(item) : "gelu";
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i][0])) {
            *out = names[i][1];
            return RS_OK;
        }
    char shown[60];
    return rs_fail(error, RS_ERR_VERSION, 0,
                   "hidden_act is %s; gelu, gelu_new and relu are computed",
                   printable(shown, sizeof shown, name ? name : "not a string",
                             strlen(name ? name : "not a string")));
}

static rs_status read_eps(const cJSON *root, double *out, rs_error *error) {
    const cJSON *item = config_get(root, "layer_norm_eps");
    *out = 1e-12;
    if (!item) return RS_OK;
    if (!cJSON_IsNumber(item) || !(item->valuedouble > 0 && item->valuedouble < 1))
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "layer_norm_eps: expected a number between 0 and 1");
    *out = item->valuedouble;
    return RS_OK;
}

/* Rejects decoders. Their attention is causal, so the same weights would give other vectors. */
static rs_status check_encoder(const cJSON *root, rs_error *error) {
    bool decoder = false, cross = false;
    rs_status s = config_bool(root, "is_decoder", &decoder, error);
    if (!s) s = config_bool(root, "add_cross_attention", &cross, error);
    if (!s && (decoder || cross))
        return rs_fail(error, RS_ERR_VERSION, 0, "%s is true; only encoders are read",
                       decoder ? "is_decoder" : "add_cross_attention");
    return s;
}

static rs_status read_network(const cJSON *root, bert_config *c, rs_error *error) {
    rs_status s;
    if ((s = config_expect(root, "model_type", "bert", "only BERT is read", error)) ||
        (s = check_architecture(root, error)) ||
        (s = config_expect(root, "position_embedding_type", "absolute",
                           "only absolute positions are computed", error)) ||
        (s = check_encoder(root, error)) ||
        (s = read_size(root, "hidden_size", MAX_WIDTH, 768, &c->hidden_size, error)) ||
        (s = read_size(root, "intermediate_size", MAX_WIDTH, 3072, &c->intermediate_size,
                       error)) ||
        (s = read_size(root, "num_hidden_layers", MAX_LAYERS, 12, &c->num_hidden_layers,
                       error)) ||
        (s = read_size(root, "num_attention_heads", MAX_WIDTH, 12, &c->num_attention_heads,
                       error)) ||
        (s = read_size(root, "max_position_embeddings", MAX_POSITIONS, 512,
                       &c->max_position_embeddings, error)) ||
        (s = read_size(root, "vocab_size", MAX_VOCAB, 30522, &c->vocab_size, error)) ||
        (s = read_size(root, "type_vocab_size", MAX_WIDTH, 2, &c->type_vocab_size, error)) ||
        (s = read_activation(root, &c->hidden_act, error)) ||
        (s = read_eps(root, &c->layer_norm_eps, error)))
        return s;
    if (c->hidden_size % c->num_attention_heads)
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "hidden_size %zu is no multiple of num_attention_heads %zu",
                       c->hidden_size, c->num_attention_heads);
    return RS_OK;
}

rs_status bert_config_read(const uint8_t *bytes, size_t size, bert_config *out,
                           rs_error *error) {
    cJSON *root = NULL;
    rs_status status = config_parse(bytes, size, &root, error);
    if (status) return status;
    bert_config c = {.lower_case = true, .strip_accents = true, .chinese_chars = true};
    status = read_network(root, &c, error);
    cJSON_Delete(root);
    if (!status) *out = c;
    return status;
}

rs_status bert_config_switches(const cJSON *object, const char *lower_case,
                               const char *chinese_chars, bert_config *config,
                               rs_error *error) {
    bert_config c = *config;
    rs_status status = config_bool(object, lower_case, &c.lower_case, error);
    if (!status && config_get(object, lower_case)) c.strip_accents = c.lower_case;
    if (!status) status = config_bool(object, "strip_accents", &c.strip_accents, error);
    if (!status) status = config_bool(object, chinese_chars, &c.chinese_chars, error);
    if (!status) *config = c;
    return status;
}

/* Checks a special token: a string, or an object with the string in "content". */
static rs_status check_special(const cJSON *root, const char *key, const char *want,
                               rs_error *error) {
    const cJSON *item = config_get(root, key);
    const char *is = json_string(root, key);
    if (cJSON_IsObject(item)) is = json_string(item, "content");
    if (!item || (is && !strcmp(is, want))) return RS_OK;
    return rs_fail(error, RS_ERR_VERSION, 0, "%s is not %s, so this is not BERT's tokenizer",
                   key, want);
}

static rs_status read_tokenizer(const cJSON *root, bert_config *config, rs_error *error) {
    bool basic = true;
    rs_status s;
    if ((s = check_special(root, "cls_token", "[CLS]", error)) ||
        (s = check_special(root, "sep_token", "[SEP]", error)) ||
        (s = check_special(root, "unk_token", "[UNK]", error)) ||
        (s = check_special(root, "pad_token", "[PAD]", error)) ||
        (s = config_bool(root, "do_basic_tokenize", &basic, error)))
        return s;
    if (!basic)
        return rs_fail(
            error, RS_ERR_VERSION, 0,
            "do_basic_tokenize is false; only BERT's complete tokenizer is supported");
    if ((s = config_length(root, "max_len", &config->model_max_length, error)) ||
        (s = config_length(root, "model_max_length", &config->model_max_length, error)))
        return s;
    return bert_config_switches(root, "do_lower_case", "tokenize_chinese_chars", config, error);
}

rs_status bert_config_tokenizer(const uint8_t *bytes, size_t size, bert_config *config,
                                rs_error *error) {
    cJSON *root = NULL;
    rs_status status = config_parse(bytes, size, &root, error);
    if (status) return status;
    status = read_tokenizer(root, config, error);
    cJSON_Delete(root);
    return status;
}
