/* What JavaScript may call, in any order, with any options. A line is a call: its first letter says which,
 * the rest is the text, the options or the request. */
#define __builtin_wasm_memory_size(memory) ((size_t)0) /* the one thing that only WebAssembly has */
#include "wasm/exports.c"

#include "fuzz/require.h"
#include "tiny_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static uint8_t *as_alloc(uint8_t *file, size_t size) {
    uint8_t *bytes = rsw_alloc(size);
    REQUIRE(bytes != NULL);
    memcpy(bytes, file, size);
    free(file);
    return bytes;
}

static void open_model(bool int8) {
    size_t size;
    uint8_t *file = tiny_model(int8, "mean", &size);
    REQUIRE(!rsw_model_open(as_alloc(file, size), size, tiny_index_sha256, 1));
}

static rs_status open_index(bool lexical) {
    size_t size;
    uint8_t *file = lexical ? tiny_index_lexical(&size) : tiny_index(false, &size);
    return rsw_index_open(as_alloc(file, size), size);
}

/* NULL is an answer too: nothing was asked yet. */
static void check_json(const char *json) {
    cJSON *parsed;
    if (!json) return;
    REQUIRE(!json_parse((const uint8_t *)json, strlen(json), &parsed, NULL));
    cJSON_Delete(parsed);
}

/* Of those that have one: an answer when it went well, a sentence otherwise. */
static void check_answer(rs_status status, const char *result) {
    if (status)
        REQUIRE(*rsw_error());
    else
        REQUIRE(result != NULL);
    check_json(result);
}

static void check_status(rs_status status) { REQUIRE(!status || *rsw_error()); }

static void call(char what, const char *argument) {
    switch (what) {
    case 't': check_status(rsw_embed_begin(argument, strlen(argument))); break;
    case 'x': check_status(rsw_embed_step()); break;
    case 'e':
        check_status(rsw_embed_begin(argument, strlen(argument)));
        for (int i = 0; i <= TINY_LAYERS && !rsw_embed_step() && rsw_embed_left();) i++;
        break;
    case 's': check_answer(rsw_search(*argument ? argument : NULL), rsw_search_result()); break;
    case 'r': check_answer(rsw_rank(*argument ? argument : NULL), rsw_search_result()); break;
    case 'c': check_answer(rsw_conflicts(argument), rsw_conflicts_result()); break;
    case 'm': open_model(*argument == '8'); break;
    case 'i': check_status(open_index(*argument == 'l')); break;
    case 'I':
        check_json(rsw_model_info());
        check_json(rsw_index_info());
        check_json(rsw_embed_info());
        break;
    case 'z': rsw_close(); break;
    default: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char *text = malloc(size + 1);
    REQUIRE(text != NULL);
    memcpy(text, bytes, size);
    text[size] = 0;
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = 0;
        char *argument = malloc(strlen(line) + 1); /* of exactly its size */
        REQUIRE(argument != NULL);
        strcpy(argument, *line ? line + 1 : "");
        call(*line, argument);
        free(argument);
    }
    rsw_close();
    free(text);
    return 0;
}
