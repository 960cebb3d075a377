/* What JavaScript may call, in any order, with any options. A line is a call: its first letter says which,
 * the rest is the text, the options or the request. */
#define __builtin_wasm_memory_size(memory)                                                     \
    ((size_t)0)           /* the one thing that only WebAssembly has */
#include "wasm/exports.c" /* NOLINT(bugprone-suspicious-include) */

#include "fuzz/mutate.h"
#include "fuzz/require.h"
#include "tiny_files.h"

enum { MAX_CALLS = 24 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MODEL_F32, MODEL_INT8, INDEX_F32, INDEX_LEXICAL, FILES };

/* A copy of its own for the module, as JavaScript gives it; the file itself is made once. */
static uint8_t *copy_of(int which, size_t *size) {
    static uint8_t *files[FILES];
    static size_t sizes[FILES];
    if (!files[which])
        files[which] = which == INDEX_LEXICAL ? tiny_index_lexical(&sizes[which])
                       : which == INDEX_F32
                           ? tiny_index(false, &sizes[which])
                           : tiny_model(which == MODEL_INT8, "mean", &sizes[which]);
    uint8_t *bytes = rsw_alloc(sizes[which]);
    REQUIRE(bytes != NULL);
    memcpy(bytes, files[which], sizes[which]);
    *size = sizes[which];
    return bytes;
}

static void open_model(bool int8) {
    size_t size;
    uint8_t *bytes = copy_of(int8 ? MODEL_INT8 : MODEL_F32, &size);
    REQUIRE(!rsw_model_open(bytes, size, tiny_index_sha256, 1));
}

static rs_status open_index(bool lexical) {
    size_t size;
    uint8_t *bytes = copy_of(lexical ? INDEX_LEXICAL : INDEX_F32, &size);
    return rsw_index_open(bytes, size);
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
    int calls = 0;
    for (char *line = text, *next; line && calls++ < MAX_CALLS; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = 0;
        char *argument = mutate_copy(*line ? line + 1 : ""); /* of exactly its size */
        call(*line, argument);
        free(argument);
    }
    rsw_close();
    free(text);
    return 0;
}
