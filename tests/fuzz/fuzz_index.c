/* An index file of any bytes; what opens must rank and report without a fault. */
#include <stdlib.h>

#include "index.h"
#include "search.h"
#include "tiny_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint8_t *file = tiny_copy(bytes, size);
    rs_index *index;
    if (!rs_index_open(file, size, NULL, &index, NULL)) {
        const rs_index_info *info = rs_index_describe(index);
        float *query = calloc(info->hidden_size + 1, sizeof *query);
        float *scores = calloc(info->papers + 1, sizeof *scores);
        if (!query || !scores) abort();
        for (size_t i = 0; i < info->hidden_size; i++) query[i] = (float)(i % 3) - 1;
        rs_score(index, query, scores);
        char *json;
        const rs_query about = {.in_corpus = RS_NO_PAPER};
        if (!rs_report(index, &about, scores, NULL, 3, &json, NULL)) rs_string_free(json);
        free(query);
        free(scores);
        rs_index_close(index);
    }
    free(file);
    return 0;
}
