#include <cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "command/commands.h"
#include "command/load.h"

static const char help[] =
    "usage: refscout encode --model MODEL [--ids] [--threads N] < TEXTS\n\n"
    "Each line of standard input gives one line {\"embedding\":[…],\"tokens\":N,\"cut\":N}: "
    "the pooled\n"
    "vector, not normalised, in digits that round-trip to the same f32.\n\n"
    "  --ids        lines are JSON arrays of token ids, used unchanged\n"
    "  --threads N  threads for each text (1); the result does not depend on it\n"
    "  --no-self-test  start without comparing a text's vector with the model file\n";

/* Nine significant digits distinguish every f32 from its neighbours. */
static void print_embedding(const float *vector, size_t count, size_t tokens, size_t cut) {
    fputs("{\"embedding\":[", stdout);
    for (size_t i = 0; i < count; i++) printf("%s%.9g", i ? "," : "", (double)vector[i]);
    printf("],\"tokens\":%zu,\"cut\":%zu}\n", tokens, cut);
}

/* Reads ids from "[102, 7839, 103]". More than ids_cap ids are an error, as in rs_embed_ids. */
static rs_status read_ids(const char *line, size_t bytes, int32_t *ids, size_t ids_cap,
                          size_t *count, rs_error *error) {
    cJSON *array;
    rs_status status = json_parse((const uint8_t *)line, bytes, &array, error);
    if (status) return status;
    *count = 0;
    if (!cJSON_IsArray(array)) {
        status = rs_fail(error, RS_ERR_FORMAT, 0, "expected a JSON array of token ids");
    } else {
        const cJSON *item;
        cJSON_ArrayForEach(item, array) {
            uint64_t id;
            if (!json_item_u64(item, &id) || id > INT32_MAX) {
                status =
                    rs_fail(error, RS_ERR_FORMAT, 0, "entry %zu is not a token id", *count);
                break;
            }
            if (*count == ids_cap) {
                status = rs_fail(error, RS_ERR_FORMAT, 0, "%d ids; the model takes at most %zu",
                                 cJSON_GetArraySize(array), ids_cap);
                break;
            }
            ids[(*count)++] = (int32_t)id;
        }
    }
    cJSON_Delete(array);
    return status;
}

static rs_status encode_line(rs_session *session, const char *line, size_t bytes, bool as_ids,
                             int32_t *ids, size_t ids_cap, float *vector, size_t *tokens,
                             size_t *cut, rs_error *error) {
    if (!as_ids) {
        rs_status status = rs_embed(session, line, bytes, vector, tokens, cut, NULL);
        return status ? rs_fail(error, status, 0, "out of memory while embedding") : RS_OK;
    }
    *cut = 0;
    rs_status status = read_ids(line, bytes, ids, ids_cap, tokens, error);
    return status ? status : rs_embed_ids(session, ids, *tokens, vector, error);
}

static int encode_lines(rs_session *session, const rs_model_info *info, bool as_ids) {
    int32_t *ids = malloc(info->positions * sizeof *ids);
    float *vector = malloc(info->hidden_size * sizeof *vector);
    char *line = NULL;
    size_t capacity = 0, bytes, tokens, cut, number = 0;
    int code = ids && vector ? CLI_OK : CLI_FAILED;
    while (!code && cli_line(&line, &capacity, &bytes)) {
        rs_error error;
        number++;
        if (encode_line(session, line, bytes, as_ids, ids, info->positions, vector, &tokens,
                        &cut, &error)) {
            char place[40];
            snprintf(place, sizeof place, "standard input, line %zu", number);
            code = cli_failed(place, &error);
        } else {
            print_embedding(vector, info->hidden_size, tokens, cut);
        }
    }
    free(line);
    free(vector);
    free(ids);
    return code;
}

int cmd_encode(int argc, char **argv) {
    const char *model_path = NULL;
    bool as_ids = false, untested = false;
    size_t rest_count, thread_count = 1;
    const cli_option options[] = {{.name = "--model", .path = &model_path},
                                  {.name = "--ids", .flag = &as_ids},
                                  {.name = "--threads", .count = &thread_count},
                                  {.name = "--no-self-test", .flag = &untested},
                                  {0}};
    int code = cli_parse(argc, argv, options, help, &rest_count);
    if (code >= 0) return code;
    if (rest_count)
        return cli_usage("unexpected argument %s: texts come on standard input", argv[1]);
    if (thread_count < 1 || thread_count > 256) return cli_usage("--threads takes 1 to 256");

    loaded_model loaded;
    if ((code = load_model(model_path, &loaded))) return code;
    rs_session *session;
    code = open_session(model_path, &loaded, thread_count, untested, &session);
    if (!code) {
        code = encode_lines(session, rs_model_describe(loaded.model), as_ids);
        rs_session_close(session);
    }
    unload_model(&loaded);
    return code;
}
