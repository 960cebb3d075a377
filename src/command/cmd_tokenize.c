#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "command/commands.h"
#include "command/load.h"

static const char help[] =
    "usage: refscout tokenize --model MODEL < TEXTS\n\n"
    "Each line of standard input gives one line {\"ids\":[…],\"tokens\":[…],\"cut\":0}: the "
    "token ids\n"
    "with [CLS] and [SEP], their strings, and the number of ids beyond the maximum length.\n";

static void print_tokens(const rs_model *model, const int32_t *ids, size_t count, size_t cut) {
    cJSON *line = cJSON_CreateObject();
    cJSON_AddItemToObject(line, "ids", cJSON_CreateIntArray(ids, (int)count));
    cJSON *tokens = cJSON_AddArrayToObject(line, "tokens");
    for (size_t i = 0; i < count; i++) {
        size_t bytes;
        const char *text = rs_token_text(model, ids[i], &bytes);
        char *copy = malloc(bytes + 1);
        if (!copy) break;
        snprintf(copy, bytes + 1, "%.*s", (int)bytes, text);
        cJSON_AddItemToArray(tokens, cJSON_CreateString(copy));
        free(copy);
    }
    cJSON_AddNumberToObject(line, "cut", (double)cut);
    char *text = cJSON_PrintUnformatted(line);
    if (text) puts(text);
    cJSON_free(text);
    cJSON_Delete(line);
}

int cmd_tokenize(int argc, char **argv) {
    const char *model_path = NULL;
    size_t rest_count;
    const cli_option options[] = {{.name = "--model", .path = &model_path}, {0}};
    int code = cli_parse(argc, argv, options, help, &rest_count);
    if (code >= 0) return code;
    if (rest_count)
        return cli_usage("unexpected argument %s: texts come on standard input", argv[1]);

    loaded_model loaded;
    if ((code = load_model(model_path, &loaded))) return code;
    const size_t ids_cap = rs_model_describe(loaded.model)->max_tokens;
    int32_t *ids = malloc(ids_cap * sizeof *ids);
    char *line = NULL;
    size_t capacity = 0, bytes, count, cut;
    while (ids && cli_line(&line, &capacity, &bytes)) {
        rs_status status = rs_tokenize(loaded.model, line, bytes, ids, ids_cap, &count, &cut);
        if (status) { /* unreachable: max_tokens ids suffice for every text */
            cli_note("line not tokenized: %s", rs_status_name(status));
            code = CLI_FAILED;
            break;
        }
        print_tokens(loaded.model, ids, count, cut);
    }
    if (!ids) code = CLI_FAILED;
    free(line);
    free(ids);
    unload_model(&loaded);
    return code;
}
