/* An index as it is written opens as what went in. */
#include <unistd.h>

#include "hostile.h"
#include "refscout.h"
#include "search/index_write.h"

enum { H = 4 };

static const char *const places[] = {"Here", "Th\"ere"};
static const author authors[] = {{.name = "Ada Lovelace",
                                  .orcid = "0000-0000-0000-0028",
                                  .institutions = places,
                                  .institutions_count = 2,
                                  .countries = places + 1,
                                  .countries_count = 1},
                                 {.name = "Blaise Pascal"}};
static const paper papers[] = {{.title = "On é",
                                .abstract = "a",
                                .doi = "10.5555/1",
                                .url = "https://example.org/",
                                .source = "test",
                                .year = 2019,
                                .authors = authors,
                                .authors_count = 2},
                               {.abstract = "b", .authors = authors + 1, .authors_count = 1},
                               {.abstract = "c"}};
/* As a BERT's are: one member far above the others, in every text. */
static const float vectors[3][H] = {
    {1, 2, 3, 40}, {1.5f, 2.5f, -2, 41}, {-0.5f, 3, 2.5f, 39.5f}};
static const uint8_t text_ids[3][8] = {{1}, {2}, {3}};
static const uint8_t lexical[] = {1, 7, 1, 4}; /* token 7, once, in the last */
static const char sha[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static void check_record(const char *got, size_t bytes, const char *want) {
    CHECK_EQ(bytes, strlen(want));
    if (bytes == strlen(want)) CHECK_BYTES(got, want, bytes);
}

static void check_index(const rs_index *index, bool int8) {
    const rs_index_info *info = rs_index_describe(index);
    size_t bytes, count;
    CHECK_EQ(info->papers, 3);
    CHECK_EQ(info->people, 2);
    CHECK_EQ(info->hidden_size, H);
    CHECK_EQ(info->int8, int8);
    CHECK_STR(info->text, "title-abstract");
    CHECK_STR(info->model_sha256, sha);
    CHECK_STR(info->model_name, "tiny");
    CHECK_EQ(info->lexical, int8);
    CHECK_EQ(info->score, int8 ? RS_SCORE_HYBRID : RS_SCORE_CENTRED);
    CHECK_NEAR(info->weight, 0.375, 0);
    CHECK_STR(info->note, int8 ? "Invented: ü" : "");
    const char *record = rs_index_paper(index, 0, &bytes);
    check_record(record, bytes,
                 "{\"title\":\"On "
                 "é\",\"doi\":\"10.5555/1\",\"url\":\"https://example.org/\",\"year\":2019,"
                 "\"source\":\"test\"}");
    record = rs_index_paper(index, 2, &bytes);
    check_record(record, bytes, "{}");
    record = rs_index_person(index, 0, &bytes);
    check_record(record, bytes,
                 "{\"name\":\"Ada Lovelace\",\"institutions\":[\"Here\",\"Th\\\"ere\"],"
                 "\"countries\":[\"Th\\\"ere\"],"
                 "\"orcid\":\"0000-0000-0000-0028\"}");
    const int32_t *who = rs_index_authors(index, 0, &count);
    CHECK_EQ(count, 2);
    CHECK(who[0] == 0 && who[1] == 1);
    who = rs_index_authors(index, 1, &count);
    CHECK_EQ(count, 1);
    CHECK_EQ(who[0], 1);
    rs_index_authors(index, 2, &count);
    CHECK_EQ(count, 0);
    float scores[3], centred[3], scratch[2 * H];
    rs_score(index, vectors[2], scratch, scores, centred);
    const double near = int8 ? 3e-5 : 1e-6; /* seen: 1.1e-5 and 6e-8 */
    CHECK_NEAR(scores[0], 0.998896181, near);
    CHECK_NEAR(scores[1], 0.992461642, near);
    CHECK_NEAR(scores[2], 1, near);
    rs_score_lexical(index, (const int32_t[]){7}, 1, scores);
    for (int i = 0; i < 3; i++) CHECK_EQ(scores[i] > 0, int8 && i == 2);
}

static void test_store(bool int8, const char *path) {
    people p;
    rs_error error;
    float worst;
    CHECK_STATUS(people_build(papers, 3, &p, &error), RS_OK);
    const index_content content = {.papers = papers,
                                   .papers_count = 3,
                                   .people = &p,
                                   .vectors = vectors[0],
                                   .hidden_size = H,
                                   .text_ids = text_ids[0],
                                   .model_sha256 = sha,
                                   .model_name = "tiny",
                                   .text = "title-abstract",
                                   .note = int8 ? "Invented: ü" : NULL,
                                   .int8 = int8,
                                   .lexical = int8 ? lexical : NULL,
                                   .lexical_bytes = sizeof lexical,
                                   .score = int8 ? "hybrid" : "centred",
                                   .weight = 0.375,
                                   .k1 = 1.2,
                                   .b = 0.75};
    CHECK_STATUS(index_write(path, &content, &worst, &error), RS_OK);
    CHECK(int8 ? worst > 0.999999f && worst < 1 : worst == 1);
    blob b = blob_read(path);
    uint8_t *aligned = aligned_alloc(64, (b.size + 63) / 64 * 64);
    memcpy(aligned, b.bytes, b.size);
    rs_index *index;
    CHECK_STATUS(rs_index_open(aligned, b.size, NULL, &index, &error), RS_OK);
    if (index) check_index(index, int8);
    rs_index_close(index);
    CHECK_STATUS(index_write("/nonexistent/index", &content, &worst, &error), RS_ERR_IO);
    free(aligned);
    free(b.bytes);
    people_free(&p);
}

int main(void) {
    char path[] = "/tmp/refscout-index-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) return 1;
    close(fd);
    test_store(true, path);
    test_store(false, path);
    unlink(path);
    return check_result();
}
