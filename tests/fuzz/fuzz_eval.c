/* Any bytes as the queries of `refscout eval`, for the tiny index; whatever is found lies in it. */
#include <math.h>
#include <stdlib.h>

#include "fuzz/require.h"
#include "search/eval_data.h"
#include "tiny_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_list(const size_t *list, size_t count, size_t most) {
    for (size_t i = 0; i < count; i++) {
        REQUIRE(list[i] < most);
        for (size_t j = 0; j < i; j++) REQUIRE(list[i] != list[j]);
    }
}

static void check(const eval_data *d) {
    for (size_t i = 0; i < d->queries_count; i++) {
        const eval_query *q = &d->queries[i];
        REQUIRE(q->text && *q->text);
        check_list(q->relevant, q->relevant_count, TINY_PAPERS);
        check_list(q->reviewers, q->reviewers_count, TINY_PEOPLE);
    }
    for (size_t i = 0; i < d->ratings_count; i++) {
        const eval_rating *r = &d->ratings[i];
        REQUIRE(r->person < TINY_PEOPLE && r->query < d->queries_count && isfinite(r->rating));
        REQUIRE(!i || r[-1].person <= r->person);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static rs_index *index; /* made once, and reachable to the end */
    size_t index_bytes;
    if (!index)
        REQUIRE(
            !rs_index_open(tiny_index(true, &index_bytes), index_bytes, NULL, &index, NULL));
    uint8_t *copy = tiny_copy(bytes, size);
    eval_data data;
    rs_error error = {0};
    rs_status status = eval_data_read(index, copy, size, &data, &error);
    REQUIRE(is_told(status, &error));
    if (!status) check(&data);
    eval_data_free(&data);
    free(copy);
    return 0;
}
