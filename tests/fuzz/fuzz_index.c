/* An index file of any bytes; what opens must rank, find conflicts and report without a fault, and what is
 * handed out must be JSON again. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fuzz/require.h"
#include "kernels/fast.h"
#include "search/index.h"
#include "search/search.h"
#include "tiny_files.h"

enum { IDS = 64, MOST_HITS = 6, MAX_WIDTH = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_json(rs_status status, char *json) {
    if (status) return;
    cJSON *parsed;
    REQUIRE(!json_parse((const uint8_t *)json, strlen(json), &parsed, NULL));
    cJSON_Delete(parsed);
    rs_string_free(json);
}

static bool has_nan(const float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i])) return true;
    return false;
}

/* Every kernel of this processor gives the same scores. */
static void check_kernels(const rs_index *index, float *query, const float *parts) {
    const size_t N = rs_index_describe(index)->papers;
    float *again = calloc(N + 1, 2 * sizeof *again);
    REQUIRE(again != NULL);
    const fast *fastest = fast_choose();
    while (!has_nan(parts, 2 * N) && fast_refuse(fast_choose())) {
        rs_score(index, query, query + rs_index_describe(index)->hidden_size, again, again + N);
        REQUIRE(!memcmp(again, parts, 2 * N * sizeof *again));
    }
    fast_accept(fastest);
    free(again);
}

/* Hits fall, and none stands there twice. */
static void check_ranks(const rs_index *index, const float *scores) {
    const rs_index_info *info = rs_index_describe(index);
    float *people = calloc(info->people + 1, sizeof *people);
    REQUIRE(people != NULL);
    for (size_t k = 0; k <= MOST_HITS; k += 3) {
        rs_paper_hit papers[MOST_HITS];
        rs_person_hit persons[MOST_HITS];
        size_t count;
        rs_rank_papers(index, scores, k, papers, &count);
        REQUIRE(count <= k);
        for (size_t i = 0; i < count; i++) {
            REQUIRE(papers[i].paper < info->papers && papers[i].closer_than >= 0);
            REQUIRE(papers[i].closer_than < 1);
            if (i) REQUIRE(papers[i].score <= papers[i - 1].score);
            if (i) REQUIRE(papers[i].paper != papers[i - 1].paper);
        }
        rs_rank_people(index, scores, NULL, k, people, persons, &count);
        REQUIRE(count <= k);
        for (size_t i = 0; i < count; i++) {
            REQUIRE(persons[i].person < info->people && persons[i].papers_count);
            REQUIRE(persons[i].papers[0] < info->papers);
            if (i) REQUIRE(persons[i].score <= persons[i - 1].score);
        }
    }
    free(people);
}

/* Both vectors of the query: one that has a direction, one that is zero. */
static void score(const rs_index *index, float *parts) {
    const rs_index_info *info = rs_index_describe(index);
    const size_t H = info->hidden_size, N = info->papers;
    float *query = calloc(H + 1, 3 * sizeof *query);
    int32_t ids[IDS];
    REQUIRE(query != NULL);
    rs_score(index, query, query + H, parts, parts + N);
    for (size_t i = 0; i < H; i++) query[i] = (float)(i % 3) - 1;
    rs_score(index, query, query + H, parts, parts + N);
    check_kernels(index, query, parts);
    if (!has_nan(parts, N)) check_ranks(index, parts);
    for (int32_t i = 0; i < IDS; i++) ids[i] = i / 2;
    rs_score_lexical(index, ids, IDS, parts + RS_PART_LEXICAL * N);
    for (size_t i = 0; i < N; i++) {
        const float lexical = parts[RS_PART_LEXICAL * N + i];
        REQUIRE(lexical >= 0 && lexical <= 1.0001f);
    }
    const size_t found = rs_index_find(index, ids, 2);
    REQUIRE(found == RS_NO_PAPER || found < N);
    free(query);
}

static void report(const rs_index *index, const float *parts) {
    const rs_index_info *info = rs_index_describe(index);
    uint8_t *left_out = calloc(info->people + 1, 1);
    REQUIRE(left_out != NULL);
    if (info->people) left_out[info->people / 2] = 1;
    const rs_rank_options all[] = {
        {.score = RS_SCORE_STORED},
        {.score = RS_SCORE_COSINE, .aggregate = RS_BEST, .year_from = 2011},
        {.score = RS_SCORE_CENTRED,
         .aggregate = RS_WEIGHTED,
         .year_to = 2011,
         .left_out = left_out},
        {.score = RS_SCORE_LEXICAL, .min_papers = 2},
        {.score = RS_SCORE_HYBRID, .weight = 0.3f, .aggregate = RS_BEST},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const rs_query about = {.in_corpus = i % 2 && info->papers ? 0 : RS_NO_PAPER};
        char *json = NULL;
        rs_error error = {0};
        rs_status status = rs_report(index, &about, parts, &all[i], i, &json, &error);
        REQUIRE(is_told(status, &error));
        check_json(status, json);
    }
    free(left_out);
}

static void ask(const rs_index *index, const char *authors) {
    char request[1024], *json = NULL;
    const int bytes = snprintf(request, sizeof request,
                               "{\"authors\":[%s],\"blocked\":[\"Cy\",\"0000-0000-0000-0000\"],"
                               "\"institutions\":[\"A\",\"University of B\"],"
                               "\"author_institutions\":true,\"coauthors_since\":0}",
                               authors);
    if (bytes >= (int)sizeof request) return;
    rs_error error = {0};
    rs_status status = rs_conflicts(index, request, (size_t)bytes, &json, &error);
    REQUIRE(is_told(status, &error));
    check_json(status, json);
}

/* The manuscript is by the first of the people, whoever that is. */
static void find_conflicts(const rs_index *index) {
    cJSON *person;
    ask(index, "\"Ada\"");
    if (!rs_index_describe(index)->people || search_read_person(index, 0, &person, NULL))
        return;
    char *name = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(person, "name"));
    if (name) ask(index, name);
    free(name);
    cJSON_Delete(person);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint8_t *file = tiny_copy(bytes, size);
    rs_index *index;
    rs_error error = {0};
    rs_status status = rs_index_open(file, size, NULL, &index, &error);
    REQUIRE(is_told(status, &error));
    if (!status) {
        const rs_index_info *info = rs_index_describe(index);
        /* Papers of no numbers, of which a small file holds any number. */
        if (info->hidden_size <= MAX_WIDTH) {
            float *parts = calloc(info->papers + 1, RS_PARTS * sizeof *parts);
            REQUIRE(parts != NULL);
            score(index, parts);
            report(index, parts);
            find_conflicts(index);
            free(parts);
        }
        rs_index_close(index);
    }
    free(file);
    return 0;
}
