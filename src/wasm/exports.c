#include "wasm/exports.h"

#include <cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/sha256.h"
#include "kernels/fast.h"
#include "search/options.h"

#define XXH_INLINE_ALL
#define XXH_NO_XXH3
#define XXH_NO_STREAM
#include <xxhash.h>

/* A module instance belongs to one worker, which makes one call at a time. */
static struct {
    uint8_t *model_bytes, *index_bytes;
    rs_model *model;
    rs_session *session;
    rs_index *index;
    char model_sha256[SHA256_HEX_BYTES];
    float *vector;
    rs_query embedded; /* the text embedded last */
    size_t layers_left;
    rs_query query; /* the last search and its scores [RS_PARTS, papers]; NULL before the first
                     * search */
    float *parts;
    char *text; /* the string returned last */
    rs_error error;
} module;

void *rsw_alloc(size_t bytes) {
    /* aligned_alloc requires a multiple of the alignment. */
    size_t rounded = (bytes + ARENA_PADDING + 63) & ~(size_t)63;
    return rounded < bytes ? NULL : aligned_alloc(64, rounded);
}

void rsw_free(void *p) { free(p); }

const char *rsw_error(void) { return module.error.message; }

const char *rsw_sha256(const uint8_t *bytes, size_t size) {
    static char hex[SHA256_HEX_BYTES];
    sha256_hex_of(bytes, size, hex);
    return hex;
}

const char *rsw_checksum(const uint8_t *bytes, size_t size) {
    static char hex[sizeof(uint64_t) * 2 + 1];
    snprintf(hex, sizeof hex, "%016" PRIx64, XXH64(bytes, size, 0));
    return hex;
}

static const char *hand_out(char *text) {
    rs_string_free(module.text);
    module.text = text;
    return text;
}

static const char *hand_out_json(cJSON *object) {
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return hand_out(text);
}

static void close_index(void) {
    rs_index_close(module.index);
    free(module.index_bytes);
    free(module.parts);
    module.parts = NULL;
    module.index = NULL;
    module.index_bytes = NULL;
}

void rsw_close(void) {
    close_index();
    rs_session_close(module.session);
    rs_model_close(module.model);
    free(module.model_bytes);
    free(module.vector);
    hand_out(NULL);
    memset(&module, 0, sizeof module);
}

void rsw_without_fused(void) {
    if (fast_choose() != fast_plain()) fast_refuse(fast_choose());
}

rs_status rsw_model_open(uint8_t *bytes, size_t size, const char *sha256, size_t threads) {
    rsw_close();
    module.model_bytes = bytes;
    if (!sha256 || strlen(sha256) != RS_SHA256_HEX) {
        rsw_close();
        return rs_fail(&module.error, RS_ERR_ARGUMENT, 0,
                       "the model's SHA-256 is not 64 digits");
    }
    memcpy(module.model_sha256, sha256, sizeof module.model_sha256);
    rs_session_options options = {.threads = threads};
    rs_error error;
    rs_status status = rs_model_open(bytes, size, NULL, &module.model, &error);
    if (!status) status = rs_session_open(module.model, &options, &module.session, &error);
    if (!status) {
        module.vector =
            calloc(rs_model_describe(module.model)->hidden_size, sizeof *module.vector);
        if (!module.vector)
            status = rs_fail(&error, RS_ERR_MEMORY, 0, "out of memory for the model");
    }
    if (status) {
        rsw_close();
        module.error = error;
    }
    return status;
}

const char *rsw_model_info(void) {
    if (!module.model) return NULL;
    const rs_model_info *info = rs_model_describe(module.model);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", info->name);
    cJSON_AddStringToObject(o, "note", info->note);
    cJSON_AddStringToObject(o, "sha256", module.model_sha256);
    cJSON_AddBoolToObject(o, "int8", info->int8);
    cJSON_AddNumberToObject(o, "vocab_size", (double)info->vocab_size);
    cJSON_AddNumberToObject(o, "hidden_size", (double)info->hidden_size);
    cJSON_AddNumberToObject(o, "layers", (double)info->layers);
    cJSON_AddNumberToObject(o, "heads", (double)info->heads);
    cJSON_AddNumberToObject(o, "max_tokens", (double)info->max_tokens);
    cJSON_AddStringToObject(o, "pool", info->pool == RS_POOL_CLS ? "cls" : "mean");
    cJSON_AddStringToObject(o, "kernel", rs_session_kernel(module.session));
    cJSON_AddStringToObject(o, "refused_kernel", rs_refused_kernel());
    cJSON_AddNumberToObject(o, "threads", (double)rs_session_threads(module.session));
    cJSON_AddStringToObject(o, "version", rs_version());
    cJSON_AddNumberToObject(o, "memory_bytes", (double)__builtin_wasm_memory_size(0) * 65536.0);
    return hand_out_json(o);
}

rs_status rsw_index_open(uint8_t *bytes, size_t size) {
    close_index();
    module.index_bytes = bytes;
    rs_status status = module.model
                           ? rs_index_open(bytes, size, NULL, &module.index, &module.error)
                           : rs_fail(&module.error, RS_ERR_ARGUMENT, 0, "no model is open");
    if (!status)
        status = rs_index_check(module.index, module.model, module.model_sha256, &module.error);
    if (status) close_index();
    return status;
}

const char *rsw_index_info(void) {
    if (!module.index) return NULL;
    const rs_index_info *info = rs_index_describe(module.index);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "papers", (double)info->papers);
    cJSON_AddNumberToObject(o, "people", (double)info->people);
    cJSON_AddNumberToObject(o, "hidden_size", (double)info->hidden_size);
    cJSON_AddBoolToObject(o, "int8", info->int8);
    cJSON_AddStringToObject(o, "text", info->text);
    cJSON_AddStringToObject(o, "model_name", info->model_name);
    cJSON_AddStringToObject(o, "model_sha256", info->model_sha256);
    cJSON_AddBoolToObject(o, "lexical", info->lexical);
    cJSON_AddStringToObject(o, "score", rs_score_name(info->score));
    cJSON_AddNumberToObject(o, "weight", round((double)info->weight * 1e6) / 1e6);
    cJSON_AddStringToObject(o, "note", info->note);
    return hand_out_json(o);
}

rs_status rsw_embed_begin(const char *text, size_t text_bytes) {
    if (!module.session) return rs_fail(&module.error, RS_ERR_ARGUMENT, 0, "no model is open");
    rs_query *of = &module.embedded;
    rs_status status =
        rs_embed_begin(module.session, text, text_bytes, &of->tokens, &of->cut, &of->cut_byte);
    if (status) return rs_fail(&module.error, status, 0, "out of memory for a query");
    return RS_OK;
}

rs_status rsw_embed_step(void) {
    rs_status status = rs_embed_step(module.session, module.vector, &module.layers_left);
    if (!status) return RS_OK;
    return rs_fail(&module.error, status, 0,
                   status == RS_ERR_MEMORY ? "out of memory for a query" : "no text was begun");
}

size_t rsw_embed_left(void) { return module.layers_left; }

const float *rsw_embed_vector(void) { return module.vector; }

const char *rsw_embed_info(void) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "tokens", (double)module.embedded.tokens);
    cJSON_AddNumberToObject(o, "cut", (double)module.embedded.cut);
    cJSON_AddNumberToObject(o, "cut_byte", (double)module.embedded.cut_byte);
    return hand_out_json(o);
}

/* ---- Ranking ----------------------------------------------------------------------------- */

/* Ranks by the scores in module.parts. */
static rs_status rank(const cJSON *options) {
    const size_t people = rs_index_describe(module.index)->people;
    options_request request;
    char *json;
    uint8_t *left_out = calloc(people + 1, 1);
    if (!left_out) return rs_fail(&module.error, RS_ERR_MEMORY, 0, "out of memory");
    rs_status status = options_read(options, people, left_out, &request, &module.error);
    if (!status)
        status = rs_report(module.index, &module.query, module.parts, &request.rank,
                           request.top, &json, &module.error);
    free(left_out);
    if (!status) hand_out(json);
    return status;
}

rs_status rsw_rank(const char *options) {
    if (!module.parts)
        return rs_fail(&module.error, RS_ERR_ARGUMENT, 0, "there has been no search yet");
    cJSON *parsed = NULL;
    rs_status status = RS_OK;
    if (options)
        status = json_parse((const uint8_t *)options, strlen(options), &parsed, &module.error);
    if (!status) status = rank(parsed);
    cJSON_Delete(parsed);
    return status;
}

rs_status rsw_search(const char *options) {
    if (!module.session || !module.index)
        return rs_fail(&module.error, RS_ERR_ARGUMENT, 0, "no model or no index is open");
    const size_t papers = rs_index_describe(module.index)->papers;
    if (!module.parts) module.parts = calloc(papers + 1, RS_PARTS * sizeof *module.parts);
    if (!module.parts)
        return rs_fail(&module.error, RS_ERR_MEMORY, 0, "out of memory for the results");
    module.query = module.embedded;
    rs_status status = rs_query_scores(module.session, module.index, &module.query,
                                       module.parts, &module.error);
    if (!status) return rsw_rank(options);
    free(module.parts); /* no longer the scores of a text */
    module.parts = NULL;
    return status;
}

const char *rsw_search_result(void) { return module.text; }

rs_status rsw_conflicts(const char *request) {
    if (!module.index) return rs_fail(&module.error, RS_ERR_ARGUMENT, 0, "no index is open");
    char *json;
    rs_status status =
        rs_conflicts(module.index, request, strlen(request), &json, &module.error);
    if (!status) hand_out(json);
    return status;
}

const char *rsw_conflicts_result(void) { return module.text; }
