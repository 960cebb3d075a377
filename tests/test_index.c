/* Index files: opening, refusing, ranking, and the answer as JSON. */
#include "index.h"

#include <stdlib.h>

#include "check.h"
#include "search.h"
#include "tiny_files.h"

static rs_status open_copy(const uint8_t *bytes, size_t size, rs_error *error) {
    uint8_t *copy = tiny_copy(bytes, size);
    rs_index *index = NULL;
    rs_status status = rs_index_open(copy, size, NULL, &index, error);
    CHECK_EQ(index == NULL, status != RS_OK);
    rs_index_close(index);
    free(copy);
    return status;
}

static void spoil(const char *what, const void *from, const void *to, size_t n) {
    size_t size;
    uint8_t *file = tiny_index(true, &size);
    rs_error error = {0};
    bool found = false;
    for (size_t i = 0; i + n <= size && !found; i++)
        if (!memcmp(file + i, from, n)) {
            memcpy(file + i, to, n);
            found = true;
        }
    check_in("%s", what);
    CHECK(found);
    rs_status status = open_copy(file, size, &error);
    CHECK(status == RS_ERR_FORMAT || status == RS_ERR_VERSION);
    CHECK(strlen(error.message) > 10);
    check_out();
    free(file);
}

#define SPOIL(from, to) spoil(from " -> " to, from, to, sizeof(from) - 1)

static void test_spoiled(void) {
    SPOIL("\"refscout\":\"index\"", "\"refscout\":\"model\"");
    SPOIL("\"format_version\":\"1\"", "\"format_version\":\"9\"");
    SPOIL("model_sha256\":\"0011", "model_sha256\":\"\\u00");
    SPOIL("\"text\"", "\"tent\"");
    SPOIL("\"papers.text_id\"", "\"papers.text_if\"");
    SPOIL("\"shape\":[5,8]", "\"shape\":[8,5]");

    static const int32_t authorship[] = {0, 1, 0, 0, 2, 2, 0};
    static const int32_t nobody[] = {0, 1, 0, 0, 2, TINY_PEOPLE, 0},
                         negative[] = {0, 1, 0, 0, 2, -1, 0};
    spoil("a person that is not there", authorship, nobody, sizeof nobody);
    spoil("a negative person", authorship, negative, sizeof negative);

    static const int64_t offsets[] = {0, 1, 3, 5, 6, 7};
    static const int64_t falling[] = {0, 3, 1, 5, 6, 7}, past[] = {0, 1, 3, 5, 6, 8},
                         late[] = {1, 1, 3, 5, 6, 7}, huge[] = {0, 1, 3, 5, INT64_MAX, 7},
                         minus[] = {0, -1, 3, 5, 6, 7};
    spoil("falling offsets", offsets, falling, sizeof offsets);
    spoil("offsets past the end", offsets, past, sizeof offsets);
    spoil("offsets that start late", offsets, late, sizeof offsets);
    spoil("huge offsets", offsets, huge, sizeof offsets);
    spoil("negative offsets", offsets, minus, sizeof offsets);
}

static void test_cut(void) {
    size_t size;
    uint8_t *file = tiny_index(true, &size);
    for (size_t cut = 0; cut < size; cut++) {
        check_in("cut at %zu of %zu", cut, size);
        CHECK_STATUS(open_copy(file, cut, NULL), RS_ERR_FORMAT);
    }
    check_out();
    free(file);
}

static void test_ranking(bool int8) {
    size_t size, count;
    uint8_t *file = tiny_index(int8, &size);
    rs_index *index = NULL;
    CHECK_STATUS(rs_index_open(file, size, NULL, &index, NULL), RS_OK);
    if (!index) return;
    const rs_index_info *info = rs_index_describe(index);
    CHECK_EQ(info->papers, TINY_PAPERS);
    CHECK_EQ(info->people, TINY_PEOPLE);
    CHECK_EQ(info->int8, int8);
    CHECK_STR(info->text, "abstract");

    /* Papers lie along the axes, so a cosine is a share of the query's length, which is 5 here;
     * papers 2 and 3 tie. */
    const float query[TINY_HIDDEN] = {4, 0, 2, 2, -1};
    float scores[TINY_PAPERS];
    rs_score(index, query, scores);
    const float want[TINY_PAPERS] = {0.8f, 0, 0.4f, 0.4f, -0.2f};
    for (int i = 0; i < TINY_PAPERS; i++) CHECK_NEAR(scores[i], want[i], 1e-7);

    rs_paper_hit papers[10];
    rs_rank_papers(index, scores, 10, papers, &count);
    CHECK_EQ(count, TINY_PAPERS);
    const size_t order[] = {0, 2, 3, 1, 4};
    for (size_t i = 0; i < count; i++) CHECK_EQ(papers[i].paper, order[i]);
    for (size_t k = 0; k < TINY_PAPERS;
         k++) { /* a shorter list is the beginning of the longer */
        rs_rank_papers(index, scores, k, papers, &count);
        CHECK_EQ(count, k);
        for (size_t i = 0; i < count; i++) CHECK_EQ(papers[i].paper, order[i]);
    }

    rs_person_hit people[10];
    rs_rank_people(index, scores, NULL, 10, people, &count);
    CHECK_EQ(count, 3); /* person 3 has no paper */
    CHECK_EQ(people[0].person, 0);
    CHECK_NEAR(people[0].score, (0.8 + 0.4 + 0) / 3, 1e-6); /* the best three of four */
    CHECK_EQ(people[0].papers_count, 4);
    CHECK_EQ(people[0].papers[0], 0);
    CHECK_EQ(people[0].papers[1], 2);
    CHECK_EQ(people[0].papers[2], 1);
    CHECK_EQ(people[1].person, 2);
    CHECK_NEAR(people[1].score, 0.4, 1e-6);
    CHECK_EQ(people[1].papers[2] == RS_NO_PAPER, 1);
    CHECK_EQ(people[2].person, 1);
    rs_rank_people(index, scores, NULL, 1, people, &count);
    CHECK_EQ(count, 1);
    CHECK_EQ(people[0].person, 0);

    scores[1] = -INFINITY; /* leaves the paper out, and with it person 1 */
    rs_rank_papers(index, scores, 10, papers, &count);
    CHECK_EQ(count, TINY_PAPERS - 1);
    rs_rank_people(index, scores, NULL, 10, people, &count);
    CHECK_EQ(count, 2);
    CHECK_EQ(people[1].person, 0);
    CHECK_EQ(people[1].papers_count, 3);
    CHECK_NEAR(people[1].score, (0.8 + 0.4 - 0.2) / 3, 1e-6);

    const float zero[TINY_HIDDEN] = {0};
    rs_score(index, zero, scores);
    for (int i = 0; i < TINY_PAPERS; i++) CHECK_NEAR(scores[i], 0, 0);
    rs_index_close(index);
    free(file);
}

/* Person 0 has the papers 0, 1, 2, 4; person 1 has 1; person 2 has 2, 3. */
static void test_options(void) {
    size_t size, count;
    uint8_t *file = tiny_index(true, &size);
    rs_index *index = NULL;
    CHECK_STATUS(rs_index_open(file, size, NULL, &index, NULL), RS_OK);
    if (!index) return;
    const float scores[TINY_PAPERS] = {0.5f, 0.9f, 0.4f, 0.7f, 0.1f};
    const uint8_t without_1[TINY_PEOPLE] = {0, 1, 0, 0};
    const struct {
        rs_rank_options options;
        size_t count, first;
        double score;
    } cases[] = {
        {{.aggregate = RS_MEAN_OF_THREE}, 3, 1, 0.9},
        {{.aggregate = RS_BEST}, 3, 0, 0.9}, /* a tie with person 1 */
        {{.aggregate = RS_WEIGHTED}, 3, 0, 0.9 + 0.5 / 2 + 0.4 / 3},
        {{.min_papers = 2}, 2, 0, 0.6},
        {{.min_papers = 3}, 1, 0, 0.6},
        {{.min_papers = 5}, 0, 0, 0},
        {{.left_out = without_1}, 2, 0, 0.6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rs_person_hit hits[TINY_PEOPLE];
        check_in("options %zu", i);
        rs_rank_people(index, scores, &cases[i].options, TINY_PEOPLE, hits, &count);
        CHECK_EQ(count, cases[i].count);
        if (!count || !cases[i].count) continue;
        CHECK_EQ(hits[0].person, cases[i].first);
        CHECK_NEAR(hits[0].score, cases[i].score, 1e-6);
    }
    check_out();

    /* Only the papers 0 (2010) and 2 (2012) have a year. */
    float copy[TINY_PAPERS];
    char *json = NULL;
    const rs_query query = {.in_corpus = RS_NO_PAPER};
    const rs_rank_options years = {.year_from = 2011};
    memcpy(copy, scores, sizeof copy);
    CHECK_STATUS(rs_report(index, &query, copy, &years, 5, &json, NULL), RS_OK);
    CHECK(json && strstr(json, "Two") && !strstr(json, "Zero") && !strstr(json, "One"));
    rs_string_free(json);
    rs_index_close(index);
    free(file);
}

static void test_report(void) {
    size_t size;
    uint8_t *file = tiny_index(true, &size);
    rs_index *index = NULL;
    CHECK_STATUS(rs_index_open(file, size, NULL, &index, NULL), RS_OK);
    if (!index) return;
    float scores[TINY_PAPERS] = {0.1f, 0.2f, 0.33333334f, 0.4f, 0.5f};
    char *json = NULL;
    const rs_query query = {.tokens = 7, .cut = 2, .cut_byte = 30, .in_corpus = 4};
    CHECK_STATUS(rs_report(index, &query, scores, NULL, 2, &json, NULL), RS_OK);
    CHECK_STR(
        json,
        "{\"query\":{\"tokens\":7,\"cut\":2,\"cut_byte\":30,\"in_corpus\":"
        "{\"title\":\"Four\",\"doi\":null,\"url\":\"https://example.org/4\"}},"
        "\"papers\":["
        "{\"rank\":1,\"score\":0.4,\"title\":\"Three\",\"doi\":\"10.5555/3\",\"url\":null,"
        "\"year\":null,\"authors\":[\"Cy\"]},"
        "{\"rank\":2,\"score\":0.333333,\"title\":\"Two \xC3\xA9\",\"doi\":null,\"url\":null,"
        "\"year\":2012,\"authors\":[\"Ada\",\"Cy\"]}],"
        "\"people\":["
        "{\"rank\":1,\"score\":0.366667,\"person\":2,\"name\":\"Cy\",\"institutions\":[],"
        "\"orcid\":\"0000-0000-0000-0000\",\"papers_count\":2,\"papers\":["
        "{\"title\":\"Three\",\"doi\":\"10.5555/3\",\"url\":null,\"year\":null,\"score\":0.4},"
        "{\"title\":\"Two \xC3\xA9\",\"doi\":null,\"url\":null,\"year\":2012,\"score\":0.333333}]},"
        "{\"rank\":2,\"score\":0.211111,\"person\":0,\"name\":\"Ada\","
        "\"institutions\":[\"A\",\"B\"],\"orcid\":null,\"papers_count\":3,\"papers\":["
        "{\"title\":\"Two \xC3\xA9\",\"doi\":null,\"url\":null,\"year\":2012,\"score\":0.333333},"
        "{\"title\":\"One\",\"doi\":null,\"url\":null,\"year\":null,\"score\":0.2},"
        "{\"title\":\"Zero\",\"doi\":\"10.5555/0\",\"url\":null,\"year\":2010,\"score\":0.1}]}]}");
    rs_string_free(json);

    /* A record that is no JSON is found when it is shown, and named. */
    for (size_t i = 0; i + 14 < size; i++)
        if (!memcmp(file + i, "{\"title\":\"One\"", 14)) file[i + 13] = ' ';
    rs_error error = {0};
    json = NULL;
    const rs_query typed = {.in_corpus = RS_NO_PAPER};
    CHECK_STATUS(rs_report(index, &typed, scores, NULL, 5, &json, &error), RS_ERR_FORMAT);
    CHECK(json == NULL);
    CHECK(!strncmp(error.message, "paper 1 of the index", 20));
    rs_index_close(index);
    free(file);
}

static void test_search(void) {
    size_t model_size, index_size;
    uint8_t *model_file = tiny_model(true, "mean", &model_size),
            *index_file = tiny_index(true, &index_size);
    rs_model *model = NULL;
    rs_session *session = NULL;
    rs_index *index = NULL;
    rs_error error;
    char *json = NULL;
    CHECK_STATUS(rs_model_open(model_file, model_size, NULL, &model, NULL), RS_OK);
    CHECK_STATUS(rs_session_open(model, NULL, &session, NULL), RS_OK);
    CHECK_STATUS(rs_index_open(index_file, index_size, NULL, &index, NULL), RS_OK);
    if (!session || !index) return;
    CHECK_STATUS(rs_index_check(index, model, tiny_index_sha256, &error), RS_OK);
    char other[RS_SHA256_HEX + 1];
    memset(other, 'f', RS_SHA256_HEX);
    other[RS_SHA256_HEX] = 0;
    CHECK_STATUS(rs_index_check(index, model, other, &error), RS_ERR_MISMATCH);
    CHECK(strstr(error.message, "made by another model") != NULL);

    CHECK_STATUS(rs_search(session, index, "light cells", 11, 1000000000, &json, &error),
                 RS_OK);
    CHECK(json && strstr(json, "\"in_corpus\":null"));
    rs_string_free(json);

    /* The same words in another spelling have the same tokens: then the query is that paper. */
    int32_t ids[TINY_POSITIONS];
    size_t count;
    CHECK_STATUS(rs_tokenize(model, "light cells", 11, ids, TINY_POSITIONS, &count, NULL),
                 RS_OK);
    CHECK(rs_index_find(index, ids, count) == RS_NO_PAPER);
    uint8_t text_id[8];
    rs_text_id(ids, count, text_id);
    for (size_t i = 0; i + 8 <= index_size; i++) /* paper 3's id is 8 times the byte 3 */
        if (!memcmp(index_file + i, "\3\3\3\3\3\3\3\3", 8)) memcpy(index_file + i, text_id, 8);
    CHECK_EQ(rs_index_find(index, ids, count), 3);
    CHECK_STATUS(rs_search(session, index, " Light\tCELLS ", 13, 10, &json, &error), RS_OK);
    CHECK(
        json &&
        strstr(json, "\"in_corpus\":{\"title\":\"Three\",\"doi\":\"10.5555/3\",\"url\":null}"));
    CHECK(json && !strstr(json, "\"rank\":5"));
    rs_string_free(json);
    rs_index_close(index);
    rs_index_close(NULL);
    rs_session_close(session);
    rs_model_close(model);
    free(model_file);
    free(index_file);
}

int main(void) {
    test_spoiled();
    test_cut();
    test_ranking(false);
    test_ranking(true);
    test_options();
    test_options();
    test_report();
    test_search();
    return check_result();
}
