#include "convert/vocab.h"

#include <string.h>

#include "base/json.h"
#include "base/printable.h"
#include "tokens/wordpiece.h"

/* Validates the vocabulary with the reader that opens models. */
static rs_status check(arena *a, const vocab *v, rs_error *error) {
    wordpiece *unused;
    return wordpiece_open(a, v->bytes, v->size, NULL, &unused, error);
}

rs_status vocab_from_text(arena *a, const uint8_t *bytes, size_t size, vocab *out,
                          rs_error *error) {
    memset(out, 0, sizeof *out);
    if (size > WORDPIECE_MAX_VOCAB_BYTES)
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "a vocabulary of %zu bytes; at most %d are read", size,
                       WORDPIECE_MAX_VOCAB_BYTES);
    uint8_t *copy = arena_alloc(a, size + 1, 1);
    if (!copy) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for a vocabulary");
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\r' && i + 1 < size && bytes[i + 1] == '\n') continue;
        copy[out->size++] = bytes[i];
        out->count += bytes[i] == '\n';
    }
    if (out->size && copy[out->size - 1] != '\n') {
        copy[out->size++] = '\n';
        out->count++;
    }
    out->bytes = copy;
    return check(a, out, error);
}

/* ---- tokenizer.json -------------------------------------------------------------------- */

static bool is_text(const cJSON *object, const char *key, const char *want) {
    const char *is = json_string(object, key);
    return is && !strcmp(is, want);
}

static rs_status refuse(rs_error *error, const char *what) {
    return rs_fail(error, RS_ERR_VERSION, 0, "%s is not BERT's, so the tokens would differ",
                   what);
}

static rs_status check_pipeline(const cJSON *root, const cJSON *model, const cJSON *normalizer,
                                rs_error *error) {
    uint64_t longest = WORDPIECE_MAX_WORD_CHARS;
    if (!is_text(model, "type", "WordPiece") || !is_text(model, "unk_token", "[UNK]") ||
        !is_text(model, "continuing_subword_prefix", "##") ||
        (cJSON_GetObjectItemCaseSensitive(model, "max_input_chars_per_word") &&
         (!json_u64(model, "max_input_chars_per_word", &longest) ||
          longest != WORDPIECE_MAX_WORD_CHARS)))
        return refuse(error, "the model in tokenizer.json");
    if (!is_text(normalizer, "type", "BertNormalizer") ||
        cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(normalizer, "clean_text")))
        return refuse(error, "the normalizer in tokenizer.json");
    if (!is_text(cJSON_GetObjectItemCaseSensitive(root, "pre_tokenizer"), "type",
                 "BertPreTokenizer"))
        return refuse(error, "the pre_tokenizer in tokenizer.json");
    return RS_OK;
}

/* Sorts the tokens by id. */
static rs_status order_tokens(const cJSON *entries, const char **tokens, size_t count,
                              size_t *bytes, rs_error *error) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, entries) {
        char shown[60];
        size_t length = strlen(entry->string);
        printable(shown, sizeof shown, entry->string, length);
        uint64_t id;
        if (!json_item_u64(entry, &id) || id >= count || tokens[id])
            return rs_fail(
                error, RS_ERR_FORMAT, 0,
                "the vocabulary's ids are not 0 to %zu without gaps or duplicates: see %s",
                count - 1, shown);
        if (strpbrk(entry->string, "\r\n") ||
            (length && strchr(" \t\v\f", entry->string[length - 1])))
            return rs_fail(error, RS_ERR_FORMAT, 0,
                           "the token %s contains a line end or ends with white space", shown);
        tokens[id] = entry->string;
        *bytes += length + 1;
    }
    return RS_OK;
}

static rs_status join_tokens(arena *a, const cJSON *entries, vocab *out, rs_error *error) {
    size_t count = (size_t)cJSON_GetArraySize(entries), bytes = 0;
    if (!cJSON_IsObject(entries) || count == 0 || count > WORDPIECE_MAX_TOKENS)
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "model.vocab is not an object of 1 to %d tokens", WORDPIECE_MAX_TOKENS);
    const char **tokens = arena_alloc(a, count, sizeof *tokens);
    if (!tokens) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for a vocabulary");
    rs_status status = order_tokens(entries, tokens, count, &bytes, error);
    if (status) return status;
    uint8_t *joined = arena_alloc(a, bytes, 1);
    if (!joined) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for a vocabulary");
    for (size_t id = 0; id < count; id++) {
        size_t length = strlen(tokens[id]);
        memcpy(joined + out->size, tokens[id], length);
        joined[out->size + length] = '\n';
        out->size += length + 1;
    }
    out->bytes = joined;
    out->count = count;
    return RS_OK;
}

/* Checks the added tokens. An added token is split off before WordPiece; the runtime does so
 * for BERT's five special tokens only. */
static rs_status check_added(const cJSON *root, const cJSON *entries, rs_error *error) {
    static const char *const known[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    const cJSON *added;
    cJSON_ArrayForEach(added, cJSON_GetObjectItemCaseSensitive(root, "added_tokens")) {
        const char *text = json_string(added, "content");
        bool is_known = false;
        for (size_t i = 0; text && i < sizeof known / sizeof *known; i++)
            is_known = is_known || !strcmp(text, known[i]);
        if (is_known && cJSON_GetObjectItemCaseSensitive(entries, text)) continue;
        char shown[60];
        printable(shown, sizeof shown, text ? text : "?", strlen(text ? text : "?"));
        return rs_fail(error, RS_ERR_VERSION, 0,
                       "the added token %s in tokenizer.json is not one of BERT's", shown);
    }
    return RS_OK;
}

static rs_status read_tokenizer(arena *a, const cJSON *root, vocab *out, bert_config *config,
                                rs_error *error) {
    const cJSON *model = cJSON_GetObjectItemCaseSensitive(root, "model");
    const cJSON *normalizer = cJSON_GetObjectItemCaseSensitive(root, "normalizer");
    const cJSON *entries = cJSON_GetObjectItemCaseSensitive(model, "vocab");
    rs_status s;
    if ((s = check_pipeline(root, model, normalizer, error)) ||
        (s = bert_config_switches(normalizer, "lowercase", "handle_chinese_chars", config,
                                  error)) ||
        (s = join_tokens(a, entries, out, error)) || (s = check_added(root, entries, error)))
        return s;
    return check(a, out, error);
}

rs_status vocab_from_tokenizer(arena *a, const uint8_t *bytes, size_t size, vocab *out,
                               bert_config *config, rs_error *error) {
    memset(out, 0, sizeof *out);
    cJSON *root = NULL;
    rs_status status = json_parse(bytes, size, &root, error);
    if (status) return status;
    status = read_tokenizer(a, root, out, config, error);
    cJSON_Delete(root);
    return status;
}
