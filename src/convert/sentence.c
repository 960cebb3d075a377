#include "convert/sentence.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/printable.h"
#include "convert/config_json.h"

static const char *show(char *out, size_t cap, const char *text) {
    return printable(out, cap, text, strlen(text));
}

/* ---- modules.json --------------------------------------------------------------------------- */

/* Folder names become parts of paths: only folders below the checkpoint are accepted. */
static bool is_below(const char *path) {
    if (*path == '/' || strchr(path, '\\')) return false;
    for (const char *c = path; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) return false;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (!strcmp(part, "..") || !strncmp(part, "../", 3)) return false;
    }
    return strlen(path) < SENTENCE_MAX_NAME;
}

static rs_status read_module(const cJSON *module, const char **class, const char **path,
                             rs_error *error) {
    static const char package[] = "sentence_transformers.";
    const char *type = json_string(module, "type");
    char shown[80];
    *path = json_string(module, "path");
    if (!type || !*path)
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "not a list of modules, each with \"type\" and \"path\"");
    if (!is_below(*path))
        return rs_fail(error, RS_ERR_FORMAT, 0, "the path %s is not below this folder",
                       show(shown, sizeof shown, *path));
    /* Only the last part of the class name is compared: version 6 alone has moved the modules
     * twice. */
    *class = strncmp(type, package, strlen(package)) ? type : strrchr(type, '.') + 1;
    return RS_OK;
}

static bool is_one_of(const char *class, const char *const *names) {
    for (; *names; names++)
        if (!strcmp(class, *names)) return true;
    return false;
}

/* The first module must be the BERT, the second the pooling. Of the modules after them,
 * Normalize scales the vector to length 1, which changes no cosine, and Dropout has no effect
 * outside training. */
static rs_status take_module(const cJSON *module, int number, sentence *s, rs_error *error) {
    static const char *const first[] = {"Transformer", "BERT",
                                        NULL}, /* "BERT" until version 0.3 */
        *const second[] = {"Pooling", NULL}, *const rest[] = {"Normalize", "Dropout", NULL};
    const char *class, *path;
    char shown[80];
    rs_status status = read_module(module, &class, &path, error);
    if (status) return status;
    if (!is_one_of(class, number == 0 ? first : number == 1 ? second : rest))
        return rs_fail(error, RS_ERR_VERSION, 0,
                       "module %d is %s: the embedding is not BERT alone, and nothing else is "
                       "computed; a copy of the folder without modules.json gives BERT's own "
                       "vectors",
                       number, show(shown, sizeof shown, class));
    if (number == 0) snprintf(s->bert_folder, sizeof s->bert_folder, "%s", path);
    if (number == 1) snprintf(s->pooling_folder, sizeof s->pooling_folder, "%s", path);
    return RS_OK;
}

static rs_status take_modules(const cJSON *list, sentence *s, rs_error *error) {
    int number = 0;
    const cJSON *module;
    if (!cJSON_IsArray(list)) return rs_fail(error, RS_ERR_FORMAT, 0, "not a list of modules");
    cJSON_ArrayForEach(module, list) {
        rs_status status = take_module(module, number++, s, error);
        if (status) return status;
    }
    if (number >= 2) return RS_OK;
    return rs_fail(error, RS_ERR_VERSION, 0,
                   "no Pooling after a Transformer, so the model gives no embedding; a copy of "
                   "the folder without modules.json gives BERT's own vectors");
}

rs_status sentence_modules(const uint8_t *bytes, size_t size, sentence *out, rs_error *error) {
    cJSON *root = NULL;
    sentence s = *out;
    rs_status status = json_parse(bytes, size, &root, error);
    if (status) return status;
    status = take_modules(root, &s, error);
    cJSON_Delete(root);
    if (!status) *out = s;
    return status;
}

/* ---- Pooling -------------------------------------------------------------------------------- */

static void add_pool(sentence *s, const char *name) {
    char shown[40];
    size_t at = strlen(s->pool_name);
    snprintf(s->pool_name + at, sizeof s->pool_name - at, "%s%s", at ? " and " : "",
             show(shown, sizeof shown, name));
    s->pool = !strcmp(s->pool_name, "cls")    ? SENTENCE_POOL_CLS
              : !strcmp(s->pool_name, "mean") ? SENTENCE_POOL_MEAN
                                              : SENTENCE_POOL_OTHER;
}

/* Version 6: "pooling_mode" is a name, or a list of names whose vectors are concatenated. */
static rs_status read_pooling_mode(const cJSON *mode, sentence *s, rs_error *error) {
    const cJSON *list = cJSON_IsArray(mode) ? mode : NULL, *name;
    if (cJSON_IsString(mode) && *mode->valuestring) add_pool(s, mode->valuestring);
    cJSON_ArrayForEach(name, list) {
        if (!cJSON_IsString(name) || !*name->valuestring) break;
        add_pool(s, name->valuestring);
    }
    if (s->pool == SENTENCE_POOL_UNSAID || name)
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "pooling_mode: expected a name or a list of names");
    return RS_OK;
}

/* Until version 5: a boolean for each pooling, several of which may be true. */
static rs_status read_pooling_switches(const cJSON *root, sentence *s, rs_error *error) {
    static const char start[] = "pooling_mode_";
    static const char *const names[][2] = {
        {"pooling_mode_cls_token", "cls"},
        {"pooling_mode_mean_tokens", "mean"},
        {"pooling_mode_max_tokens", "max"},
        {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"},
        {"pooling_mode_weightedmean_tokens", "weightedmean"},
        {"pooling_mode_lasttoken", "lasttoken"},
    };
    const cJSON *item;
    cJSON_ArrayForEach(item, root) {
        bool on = false;
        if (strncmp(item->string, start, strlen(start))) continue;
        rs_status status = config_bool(root, item->string, &on, error);
        if (status) return status;
        const char *name = item->string;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (!strcmp(name, names[i][0])) name = names[i][1];
        if (on) add_pool(s, name);
    }
    if (s->pool == SENTENCE_POOL_UNSAID) add_pool(s, "mean"); /* the default of the module */
    return RS_OK;
}

rs_status sentence_pooling(const uint8_t *bytes, size_t size, sentence *out, rs_error *error) {
    cJSON *root = NULL;
    sentence s = *out;
    rs_status status = config_parse(bytes, size, &root, error);
    if (status) return status;
    s.pool = SENTENCE_POOL_UNSAID;
    s.pool_name[0] = 0;
    const cJSON *mode = config_get(root, "pooling_mode");
    status = mode ? read_pooling_mode(mode, &s, error) : read_pooling_switches(root, &s, error);
    cJSON_Delete(root);
    if (!status) *out = s;
    return status;
}

/* ---- The transformer ------------------------------------------------------------------------ */

static rs_status read_transformer(const cJSON *root, sentence *s, rs_error *error) {
    static const char why[] = "only the last layer's hidden states are computed";
    const cJSON *text = config_get(config_get(root, "modality_config"), "text");
    rs_status status;
    if ((status = config_length(root, "max_seq_length", &s->max_seq_length, error)) ||
        (status = config_bool(root, "do_lower_case", &s->lower_case, error)) ||
        (status = config_expect(root, "transformer_task", "feature-extraction", why, error)) ||
        (status = config_expect(root, "module_output_name", "token_embeddings", why, error)) ||
        (status = config_expect(text, "method", "forward", why, error)) ||
        (status = config_expect(text, "method_output_name", "last_hidden_state", why, error)))
        return status;
    if (cJSON_GetArraySize(config_get(root, "processing_kwargs")))
        return rs_fail(error, RS_ERR_VERSION, 0,
                       "processing_kwargs changes the tokenization, which is not supported");
    return RS_OK;
}

rs_status sentence_transformer(const uint8_t *bytes, size_t size, sentence *out,
                               rs_error *error) {
    cJSON *root = NULL;
    sentence s = *out;
    rs_status status = config_parse(bytes, size, &root, error);
    if (status) return status;
    status = read_transformer(root, &s, error);
    cJSON_Delete(root);
    if (!status) *out = s;
    return status;
}

/* ---- Prompts -------------------------------------------------------------------------------- */

static rs_status read_prompts(const cJSON *root, sentence *s, rs_error *error) {
    const cJSON *prompts = config_get(root, "prompts"), *prompt;
    const char *always = json_string(root, "default_prompt_name");
    cJSON_ArrayForEach(prompt, prompts) {
        if (!cJSON_IsString(prompt) || !*prompt->valuestring) continue;
        s->prompts = true;
        if (!always || !prompt->string || strcmp(prompt->string, always)) continue;
        char name[40], text[80];
        return rs_fail(error, RS_ERR_VERSION, 0,
                       "default_prompt_name is %s: \"%s\" is prepended to every text, which "
                       "refscout does not support; set it to null to embed texts without "
                       "a prompt",
                       show(name, sizeof name, always),
                       show(text, sizeof text, prompt->valuestring));
    }
    const cJSON *cut = config_get(root, "truncate_dim");
    uint64_t numbers = 0;
    if (cut && !json_item_u64(cut, &numbers))
        return rs_fail(error, RS_ERR_FORMAT, 0, "truncate_dim: expected an integer");
    s->truncate_dim = (size_t)numbers;
    return RS_OK;
}

rs_status sentence_prompts(const uint8_t *bytes, size_t size, sentence *out, rs_error *error) {
    cJSON *root = NULL;
    sentence s = *out;
    rs_status status = config_parse(bytes, size, &root, error);
    if (status) return status;
    status = read_prompts(root, &s, error);
    cJSON_Delete(root);
    if (!status) *out = s;
    return status;
}
