/* The allocator fails at call n, for every n: the status says so, nothing leaks, and what was open
 * before still works. */
#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "refscout.h"
#include "tiny_files.h"

typedef struct failing {
    long calls, fail_at, live;
} failing;

static void *failing_alloc(void *ctx, size_t bytes) {
    failing *f = ctx;
    if (f->calls++ == f->fail_at) return NULL;
    f->live++;
    return malloc(bytes);
}

static void failing_free(void *ctx, void *p) {
    failing *f = ctx;
    f->live--;
    free(p);
}

/* Everything once; RS_OK or the first failure. */
static rs_status use(const rs_allocator *allocator, const uint8_t *model_file,
                     size_t model_size, const uint8_t *index_file, size_t index_size) {
    rs_model *model = NULL;
    rs_session *session = NULL, *second = NULL;
    rs_index *index = NULL;
    char *json = NULL;
    rs_error error;
    rs_status status = rs_model_open(model_file, model_size, allocator, &model, &error);
    if (!status) status = rs_session_open(model, NULL, &session, &error);
    if (!status) status = rs_session_open(model, NULL, &second, &error);
    if (!status) status = rs_index_open(index_file, index_size, allocator, &index, &error);
    if (!status) status = rs_search(second, index, "brain and cells", 15, 3, &json, &error);
    if (status) {
        CHECK(json == NULL);
        CHECK_STATUS(error.status, status);
    }
    rs_string_free(json);
    rs_index_close(index);
    rs_session_close(second);
    rs_session_close(session);
    rs_model_close(model);
    return status;
}

/* ---- Answers as JSON --------------------------------------------------------------------- */

static failing json_memory;

static void *json_alloc(size_t bytes) { return failing_alloc(&json_memory, bytes); }

static void json_free(void *p) {
    if (p) failing_free(&json_memory, p);
}

/* A search and its conflicts of interest; *answers is both, or NULL. */
static rs_status answer(const rs_index *index, char **report, char **conflicts) {
    static const char request[] =
        "{\"authors\":[\"ada\"],\"coauthors_since\":0,\"blocked\":[\"Dee\"],"
        "\"institutions\":[\"B\",\"Nowhere\"],\"author_institutions\":true}";
    float parts[RS_PARTS * TINY_PAPERS];
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) parts[i] = (float)i;
    const rs_query query = {.tokens = 3, .in_corpus = 1};
    rs_error error = {0};
    *report = *conflicts = NULL;
    rs_status status = rs_report(index, &query, parts, NULL, 5, report, &error);
    if (!status) status = rs_conflicts(index, request, sizeof request - 1, conflicts, &error);
    /* cJSON's parser does not say why it failed. */
    if (status) CHECK(status == RS_ERR_MEMORY || strstr(error.message, "not valid JSON"));
    return status;
}

/* cJSON's allocator fails at call n: an answer is whole or none. */
static void test_answers(const rs_index *index) {
    cJSON_Hooks hooks = {json_alloc, json_free};
    char *report, *conflicts, *less_report, *less_conflicts;
    cJSON_InitHooks(&hooks);
    json_memory = (failing){.fail_at = -1};
    CHECK_STATUS(answer(index, &report, &conflicts), RS_OK);
    const long calls = json_memory.calls;
    CHECK(calls > 100);
    for (long n = 0; n < calls; n++) {
        json_memory = (failing){.fail_at = n};
        check_in("JSON allocation %ld of %ld fails", n, calls);
        rs_status status = answer(index, &less_report, &less_conflicts);
        /* cJSON prints into a larger buffer than it needs and may do without the last shrinking. */
        CHECK(status || (!strcmp(report, less_report) && !strcmp(conflicts, less_conflicts)));
        CHECK_EQ(less_conflicts != NULL, status == RS_OK);
        rs_string_free(less_report);
        rs_string_free(less_conflicts);
        CHECK_EQ(json_memory.live, 0);
        check_out();
    }
    rs_string_free(report);
    rs_string_free(conflicts);
    cJSON_InitHooks(NULL);
}

int main(void) {
    size_t model_size, index_size;
    uint8_t *model_file = tiny_model(true, "cls", &model_size),
            *index_file = tiny_index_lexical(&index_size);
    failing f = {.fail_at = -1};
    const rs_allocator allocator = {failing_alloc, failing_free, &f};
    CHECK_STATUS(use(&allocator, model_file, model_size, index_file, index_size), RS_OK);
    CHECK_EQ(f.live, 0);
    const long calls = f.calls;
    CHECK(calls > 20);
    for (long n = 0; n < calls; n++) {
        f = (failing){.fail_at = n};
        check_in("allocation %ld of %ld fails", n, calls);
        CHECK_STATUS(use(&allocator, model_file, model_size, index_file, index_size),
                     RS_ERR_MEMORY);
        CHECK_EQ(f.live, 0);
    }
    rs_index *index = NULL;
    CHECK_STATUS(rs_index_open(index_file, index_size, NULL, &index, NULL), RS_OK);
    if (index) test_answers(index);
    rs_index_close(index);
    free(model_file);
    free(index_file);
    return check_result();
}
