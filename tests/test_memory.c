/* The allocator fails at call n, for every n: the status says so, nothing leaks, and what was open
 * before still works. */
#include <stdlib.h>

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
    free(model_file);
    free(index_file);
    return check_result();
}
