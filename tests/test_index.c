/* Index files: opening, refusing, ranking, and the answer as JSON. */
#include "search/index.h"

#include <stdlib.h>

#include "check.h"
#include "search/search.h"
#include "tiny_files.h"

static rs_status open_index(const uint8_t *bytes, size_t size, rs_error *error) {
    rs_index *index = NULL;
    rs_status status = rs_index_open(bytes, size, NULL, &index, error);
    CHECK_EQ(index == NULL, status != RS_OK);
    rs_index_close(index);
    return status;
}

static rs_status open_copy(const uint8_t *bytes, size_t size, rs_error *error) {
    return tiny_open_copy(open_index, bytes, size, error);
}

static void spoil(const char *what, const void *from, const void *to, size_t n) {
    size_t size;
    uint8_t *file = tiny_index_lexical(&size);
    rs_error error = {0};
    const bool found = tiny_replace(file, size, from, to, n);
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
    SPOIL("\"ranking\"", "\"rankinG\"");
    SPOIL("hybrid", "hybird");
    SPOIL("0.25", "1.25");
    SPOIL("0.25", "-.25");
    SPOIL("k1", "k2");
    SPOIL("1.2,", "1e9,");
    SPOIL("\\\"b", "\\\"c");
    SPOIL("\"lexical\"", "\"Lexical\"");
    SPOIL("\4\5\2", "\5\5\2");

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
    uint8_t *file = tiny_index_lexical(&size);
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

    /* Papers lie along the axes, so a cosine is a share of the query's length, which is 11
     * here; papers 2 and 3 tie. */
    const float query[TINY_HIDDEN] = {7, 2, 4, 4, -6};
    float scores[TINY_PAPERS], centred[TINY_PAPERS], scratch[2 * TINY_HIDDEN];
    rs_score(index, query, scratch, scores, centred);
    const float want[TINY_PAPERS] = {7 / 11.0f, 2 / 11.0f, 4 / 11.0f, 4 / 11.0f, -6 / 11.0f};
    const double near = 1e-6; /* seen: 6e-8; of this query all have whole steps */
    for (int i = 0; i < TINY_PAPERS; i++) CHECK_NEAR(scores[i], want[i], near);

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
    float of_people[TINY_PEOPLE];
    rs_rank_people(index, scores, NULL, 10, of_people, people, &count);
    CHECK_EQ(count, 3); /* person 3 has no paper */
    CHECK_EQ(people[0].person, 0);
    CHECK_NEAR(people[0].score, (7 + 4 + 2) / 33.0, near); /* the best three of four */
    CHECK_EQ(people[0].papers_count, 4);
    CHECK_EQ(people[0].papers[0], 0);
    CHECK_EQ(people[0].papers[1], 2);
    CHECK_EQ(people[0].papers[2], 1);
    CHECK_EQ(people[1].person, 2);
    CHECK_NEAR(people[1].score, 4 / 11.0, near);
    CHECK_EQ(people[1].papers[2] == RS_NO_PAPER, 1);
    CHECK_EQ(people[2].person, 1);
    rs_rank_people(index, scores, NULL, 1, of_people, people, &count);
    CHECK_EQ(count, 1);
    CHECK_EQ(people[0].person, 0);

    scores[1] = -INFINITY; /* leaves the paper out, and with it person 1 */
    rs_rank_papers(index, scores, 10, papers, &count);
    CHECK_EQ(count, TINY_PAPERS - 1);
    rs_rank_people(index, scores, NULL, 10, of_people, people, &count);
    CHECK_EQ(count, 2);
    CHECK_EQ(people[1].person, 0);
    CHECK_EQ(people[1].papers_count, 3);
    CHECK_NEAR(people[1].score, (7 + 4 - 6) / 33.0, near);

    const float zero[TINY_HIDDEN] = {0};
    rs_score(index, zero, scratch, scores, centred);
    for (int i = 0; i < TINY_PAPERS; i++) CHECK(scores[i] == 0 && centred[i] == 0);
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
    const float parts[RS_PARTS * TINY_PAPERS] = {0.5f, 0.9f, 0.4f, 0.7f, 0.1f}, *scores = parts;
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
        float of_people[TINY_PEOPLE];
        check_in("options %zu", i);
        rs_rank_people(index, scores, &cases[i].options, TINY_PEOPLE, of_people, hits, &count);
        CHECK_EQ(count, cases[i].count);
        if (!count || !cases[i].count) continue;
        CHECK_EQ(hits[0].person, cases[i].first);
        CHECK_NEAR(hits[0].score, cases[i].score, 1e-6);
    }
    check_out();

    /* Only the papers 0 (2010) and 2 (2012) have a year. */
    char *json = NULL;
    const rs_query query = {.in_corpus = RS_NO_PAPER};
    const rs_rank_options years = {.year_from = 2011};
    CHECK_STATUS(rs_report(index, &query, parts, &years, 5, &json, NULL), RS_OK);
    CHECK(json && strstr(json, "Two") && !strstr(json, "Zero") && !strstr(json, "One"));
    rs_string_free(json);
    rs_index_close(index);
    free(file);
}

/* Ties are not lower; who is left out or has too few papers still counts. */
static void test_closer_than(void) {
    size_t size, count;
    uint8_t *file = tiny_index(true, &size);
    rs_index *index = NULL;
    CHECK_STATUS(rs_index_open(file, size, NULL, &index, NULL), RS_OK);
    if (!index) return;
    float scores[TINY_PAPERS] = {0.5f, 0.2f, 0.5f, 0.2f, 0.9f};
    rs_paper_hit papers[TINY_PAPERS];
    rs_rank_papers(index, scores, TINY_PAPERS, papers, &count);
    const double want[] = {0.8, 0.4, 0.4, 0, 0};
    for (size_t i = 0; i < count; i++) CHECK_NEAR(papers[i].closer_than, want[i], 1e-12);
    rs_rank_papers(index, scores, 2, papers, &count);
    for (size_t i = 0; i < count; i++) CHECK_NEAR(papers[i].closer_than, want[i], 1e-12);

    /* Best papers: person 0 0.9, person 1 0.2, person 2 0.5; person 3 has none and is not counted. */
    rs_person_hit people[TINY_PEOPLE];
    float of_people[TINY_PEOPLE];
    const uint8_t without_1[TINY_PEOPLE] = {0, 1, 0, 0};
    const rs_rank_options options = {
        .aggregate = RS_BEST, .min_papers = 2, .left_out = without_1};
    rs_rank_people(index, scores, &options, TINY_PEOPLE, of_people, people, &count);
    CHECK_EQ(count, 2);
    CHECK_NEAR(people[0].closer_than, 2.0 / 3, 1e-12);
    CHECK_NEAR(people[1].closer_than, 1.0 / 3, 1e-12);
    scores[1] = -INFINITY; /* person 1's only paper */
    rs_rank_people(index, scores, &options, TINY_PEOPLE, of_people, people, &count);
    CHECK_NEAR(people[0].closer_than, 1.0 / 2, 1e-12);
    CHECK_NEAR(people[1].closer_than, 0, 0);
    rs_index_close(index);
    free(file);
}

/* The mean is taken from paper and query; the index's own is 0, so it is put there first. */
static void test_centred(bool int8) {
    size_t size;
    uint8_t *file = tiny_index(int8, &size);
    rs_index *index = NULL;
    CHECK_STATUS(rs_index_open(file, size, NULL, &index, NULL), RS_OK);
    if (!index) return;
    const float query[TINY_HIDDEN] = {4, 0, 2, 2, -1};
    float plain[TINY_PAPERS], scores[TINY_PAPERS], scratch[2 * TINY_HIDDEN];
    rs_score(index, query, scratch, plain, scores);
    for (int i = 0; i < TINY_PAPERS; i++) CHECK_NEAR(scores[i], plain[i], 1e-7);
    const float *mean = index->mean;
    rs_index_close(index);

    const float one[TINY_HIDDEN] = {1, 1};
    memcpy(file + ((const uint8_t *)mean - file), one, sizeof one);
    CHECK_STATUS(rs_index_open(file, size, NULL, &index, NULL), RS_OK);
    rs_score(index, query, scratch, plain, scores);
    /* The query less the mean is 3 -1 2 2 -1, of length sqrt 19. A row of int8 is stored less the mean;
     * of f32 it is here (i + 1) along axis i less 1 1. */
    const double q = sqrt(19);
    const double from_int8[] = {3 / q, -1 / q, 2 / q, 2 / q, -1 / q};
    const double from_f32[] = {1 / q, -4 / (q * sqrt(2)), 4 / (q * sqrt(11)),
                               6 / (q * sqrt(18)), -7 / (q * sqrt(27))};
    for (int i = 0; i < TINY_PAPERS; i++)
        CHECK_NEAR(scores[i], int8 ? from_int8[i] : from_f32[i],
                   int8 ? 2e-5 : 2e-7); /* seen: 7.0e-6 and 8e-8 */
    rs_index_close(index);
    free(file);
}

/* An index of before there was a lexical part: cosine as usual, and what it lacks is said. */
static void test_kinds(void) {
    size_t size;
    uint8_t *file = tiny_index(true, &size);
    rs_index *index = NULL;
    rs_error error = {0};
    CHECK_STATUS(rs_index_open(file, size, NULL, &index, NULL), RS_OK);
    if (!index) return;
    CHECK_EQ(rs_index_describe(index)->lexical, false);
    CHECK_EQ(rs_index_describe(index)->score, RS_SCORE_COSINE);
    float parts[RS_PARTS * TINY_PAPERS], scores[TINY_PAPERS];
    for (int i = 0; i < RS_PARTS * TINY_PAPERS; i++) parts[i] = (float)i;
    const int32_t ids[] = {5};
    rs_score_lexical(index, ids, 1, parts + RS_PART_LEXICAL * TINY_PAPERS);
    CHECK_EQ(parts[RS_PARTS * TINY_PAPERS - 1] == 0, 1);
    CHECK_STATUS(rs_final_scores(index, parts, RS_SCORE_STORED, 0, scores, &error), RS_OK);
    CHECK_EQ(scores[4] == 4, 1);
    CHECK_STATUS(rs_final_scores(index, parts, RS_SCORE_CENTRED, 0, scores, &error), RS_OK);
    CHECK_EQ(scores[4] == 9, 1);
    for (int kind = RS_SCORE_LEXICAL; kind <= RS_SCORE_HYBRID; kind++) {
        const rs_rank_options options = {.score = (rs_score_kind)kind};
        const rs_query query = {.in_corpus = RS_NO_PAPER};
        char *json = NULL;
        CHECK_STATUS(rs_report(index, &query, parts, &options, 1, &json, &error),
                     RS_ERR_ARGUMENT);
        CHECK(json == NULL && strstr(error.message, "has no lexical part"));
    }
    rs_index_close(index);
    free(file);
    CHECK_EQ(rs_score_named("cosines"), RS_SCORE_STORED);
    CHECK_EQ(rs_score_named(NULL), RS_SCORE_STORED);
    CHECK_EQ(rs_score_named("hybrid"), RS_SCORE_HYBRID);
    CHECK_STR(rs_score_name(RS_SCORE_CENTRED), "centred");
    test_centred(true);
    test_centred(false);
}

static void test_hybrid(void) {
    size_t size;
    uint8_t *file = tiny_index_lexical(&size);
    rs_index *index = NULL;
    CHECK_STATUS(rs_index_open(file, size, NULL, &index, NULL), RS_OK);
    if (!index) return;
    CHECK_EQ(rs_index_describe(index)->lexical, true);
    CHECK_EQ(rs_index_describe(index)->score, RS_SCORE_HYBRID);
    CHECK_NEAR(rs_index_describe(index)->weight, 0.25, 0);
    /* Means 0 and 0.2, standard deviations sqrt 2 and 0.4. */
    const float parts[RS_PARTS * TINY_PAPERS] = {9, 9, 9, 9, 9, 2, 1, 0, -1, -2, 0, 0, 1, 0, 0};
    const double dense[] = {2, 1, 0, -1, -2}, lexical[] = {-0.5, -0.5, 2, -0.5, -0.5};
    float scores[TINY_PAPERS];
    for (int i = 0; i < 2; i++) {
        const double w = i ? 0.75 : 0.25; /* 0.25 is the index's */
        CHECK_STATUS(
            rs_final_scores(index, parts, RS_SCORE_STORED, i ? 0.75f : 0, scores, NULL), RS_OK);
        for (int p = 0; p < TINY_PAPERS; p++)
            CHECK_NEAR(scores[p], w * dense[p] / sqrt(2) + (1 - w) * lexical[p], 1e-6);
    }
    /* Scores that are all the same say nothing, and are not divided by. */
    const float same[RS_PARTS * TINY_PAPERS] = {0};
    CHECK_STATUS(rs_final_scores(index, same, RS_SCORE_STORED, 0, scores, NULL), RS_OK);
    for (int p = 0; p < TINY_PAPERS; p++) CHECK_EQ(scores[p] == 0, 1);

    char *json = NULL;
    const rs_query query = {.in_corpus = RS_NO_PAPER};
    CHECK_STATUS(rs_report(index, &query, parts, NULL, 1, &json, NULL), RS_OK);
    CHECK(json && strstr(json, "\"score\":\"hybrid\",\"weight\":0.25,") &&
          strstr(json, "\"title\":\"Two"));
    rs_string_free(json);
    /* A query of token 8, which paper 4 has alone. */
    const int32_t ids[] = {8};
    rs_score_lexical(index, ids, 1, scores);
    for (int p = 0; p < TINY_PAPERS; p++) CHECK_EQ(scores[p] > 0, p == 4);
    rs_index_close(index);
    free(file);
}

static void test_report(void) {
    size_t size;
    uint8_t *file = tiny_index(true, &size);
    rs_index *index = NULL;
    CHECK_STATUS(rs_index_open(file, size, NULL, &index, NULL), RS_OK);
    if (!index) return;
    const float parts[RS_PARTS * TINY_PAPERS] = {0.1f, 0.2f, 0.33333334f, 0.4f, 0.5f};
    char *json = NULL;
    const rs_query query = {.tokens = 7, .cut = 2, .cut_byte = 30, .in_corpus = 4};
    CHECK_STATUS(rs_report(index, &query, parts, NULL, 2, &json, NULL), RS_OK);
    CHECK_STR(
        json,
        "{\"query\":{\"tokens\":7,\"cut\":2,\"cut_byte\":30,\"score\":\"cosine\",\"weight\":null,\"in_corpus\":"
        "{\"title\":\"Four\",\"doi\":null,\"url\":\"https://example.org/4\"}},"
        "\"papers\":["
        "{\"rank\":1,\"score\":0.4,\"closer_than\":0.75,\"title\":\"Three\",\"doi\":\"10.5555/3\",\"url\":null,"
        "\"year\":null,\"authors\":[\"Cy\"]},"
        "{\"rank\":2,\"score\":0.333333,\"closer_than\":0.5,\"title\":\"Two \xC3\xA9\",\"doi\":null,\"url\":null,"
        "\"year\":2012,\"authors\":[\"Ada\",\"Cy\"]}],"
        "\"people\":["
        "{\"rank\":1,\"score\":0.366667,\"closer_than\":0.666667,\"person\":2,\"name\":\"Cy\",\"institutions\":[],"
        "\"countries\":[],"
        "\"orcid\":\"0000-0000-0000-0000\",\"papers_count\":2,\"papers\":["
        "{\"title\":\"Three\",\"doi\":\"10.5555/3\",\"url\":null,\"year\":null,\"score\":0.4},"
        "{\"title\":\"Two \xC3\xA9\",\"doi\":null,\"url\":null,\"year\":2012,\"score\":0.333333}]},"
        "{\"rank\":2,\"score\":0.211111,\"closer_than\":0.333333,\"person\":0,\"name\":\"Ada\","
        "\"institutions\":[\"A\",\"B\"],\"countries\":[],\"orcid\":null,\"papers_count\":3,\"papers\":["
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
    CHECK_STATUS(rs_report(index, &typed, parts, NULL, 5, &json, &error), RS_ERR_FORMAT);
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
    test_closer_than();
    test_kinds();
    test_hybrid();
    test_report();
    test_search();
    return check_result();
}
