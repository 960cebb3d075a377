/* An index file of any bytes; what opens must rank and report without a fault. */
#include <stdlib.h>

#include "search/index.h"
#include "search/search.h"
#include "tiny_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint8_t *file = tiny_copy(bytes, size);
    rs_index *index;
    if (!rs_index_open(file, size, NULL, &index, NULL)) {
        const rs_index_info *info = rs_index_describe(index);
        float *query = calloc(info->hidden_size + 1, 3 * sizeof *query);
        float *parts = calloc(info->papers + 1, RS_PARTS * sizeof *parts);
        if (!query || !parts) abort();
        for (size_t i = 0; i < info->hidden_size; i++) query[i] = (float)(i % 3) - 1;
        rs_score(index, query, query + info->hidden_size, parts, parts + info->papers);
        int32_t ids[64];
        for (int32_t i = 0; i < 64; i++) ids[i] = i / 2;
        rs_score_lexical(index, ids, 64, parts + 2 * info->papers);
        const rs_query about = {.in_corpus = RS_NO_PAPER};
        for (int kind = RS_SCORE_STORED; kind <= RS_SCORE_HYBRID; kind++) {
            char *json;
            const rs_rank_options options = {.score = (rs_score_kind)kind};
            if (!rs_report(index, &about, parts, &options, 3, &json, NULL))
                rs_string_free(json);
        }
        free(query);
        free(parts);
        rs_index_close(index);
    }
    free(file);
    return 0;
}
