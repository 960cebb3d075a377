/* First line: what is asked of rs_conflicts. The others: the people of the index, a record each. Person p
 * wrote paper p modulo 3, and every second one paper 0 as well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fuzz/require.h"
#include "refscout.h"
#include "tiny_files.h"

enum { PAPERS = 3, MAX_PEOPLE = 32 };

static const char papers[] = "{\"title\":\"Zero\",\"year\":2010}{\"title\":\"One\"}{}";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

typedef struct content {
    int64_t people[MAX_PEOPLE + 1], authorship[PAPERS + 1];
    int32_t authors[2 * MAX_PEOPLE];
    size_t count, mentions;
    const uint8_t *records; /* those of the people without the line ends */
} content;

static void list_authors(content *c) {
    for (size_t paper = 0; paper < PAPERS; paper++) {
        c->authorship[paper] = (int64_t)c->mentions;
        for (size_t p = 0; p < c->count; p++)
            if (p % PAPERS == paper || (paper == 0 && p % 2 == 0))
                c->authors[c->mentions++] = (int32_t)p;
    }
    c->authorship[PAPERS] = (int64_t)c->mentions;
}

static uint8_t *make_index(const content *c, size_t *size) {
    static const int64_t paper_offsets[] = {0, 28, 43, 45};
    static const int32_t years[PAPERS] = {2010, 0, 2020};
    static const float vectors[PAPERS] = {1, 2, 3}, mean[1] = {0};
    static const uint8_t text_ids[PAPERS * 8] = {0};
    char metadata[256];
    snprintf(metadata, sizeof metadata,
             "{\"refscout\":\"index\",\"format_version\":\"1\",\"text\":\"abstract\","
             "\"model_sha256\":\"%s\"}",
             tiny_index_sha256);
    const tiny_tensor all[] = {
        {"papers.offsets", "I64", 1, {PAPERS + 1, 0}, paper_offsets},
        {"people.offsets", "I64", 1, {c->count + 1, 0}, c->people},
        {"authorship.offsets", "I64", 1, {PAPERS + 1, 0}, c->authorship},
        {"authorship", "I32", 1, {c->mentions, 0}, c->authors},
        {"papers.year", "I32", 1, {PAPERS, 0}, years},
        {"vectors_mean", "F32", 1, {1, 0}, mean},
        {"vectors", "F32", 2, {PAPERS, 1}, vectors},
        {"papers", "U8", 1, {sizeof papers - 1, 0}, papers},
        {"people", "U8", 1, {(size_t)c->people[c->count], 0}, c->records},
        {"papers.text_id", "U8", 2, {PAPERS, 8}, text_ids},
    };
    return tiny_file(metadata, all, sizeof all / sizeof *all, size);
}

/* Who is left out stands there once, in order; and whoever was meant by a name or an institution is left out. */
static void check_answer(const cJSON *answer, size_t people) {
    static const char *const lists[] = {"authors", "blocked", "institutions"};
    bool left_out[MAX_PEOPLE] = {false};
    const cJSON *entry, *person;
    int last = -1;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItem(answer, "excluded")) {
        const int number = cJSON_GetObjectItem(entry, "person")->valueint;
        REQUIRE(number > last && (size_t)number < people);
        REQUIRE(*json_string(entry, "reason") && json_string(entry, "detail"));
        left_out[last = number] = true;
    }
    for (int i = 0; i < 3; i++)
        cJSON_ArrayForEach(entry, cJSON_GetObjectItem(answer, lists[i])) {
            REQUIRE(json_string(entry, "typed"));
            cJSON_ArrayForEach(person, cJSON_GetObjectItem(entry, "people"))
                REQUIRE((size_t)person->valueint < people && left_out[person->valueint]);
        }
}

static void ask(const rs_index *index, const char *request, size_t bytes) {
    char *json = NULL;
    rs_error error = {0};
    rs_status status = rs_conflicts(index, request, bytes, &json, &error);
    REQUIRE(is_told(status, &error));
    if (status) return;
    cJSON *answer;
    REQUIRE(!json_parse((const uint8_t *)json, strlen(json), &answer, NULL));
    check_answer(answer, rs_index_describe(index)->people);
    cJSON_Delete(answer);
    rs_string_free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint8_t *copy = tiny_copy(bytes, size);
    const uint8_t *newline = memchr(copy, '\n', size);
    const size_t request_bytes = newline ? (size_t)(newline - copy) : size;
    content c = {.records = copy + size};
    if (newline) {
        uint8_t *to = copy + request_bytes + 1;
        c.records = to;
        /* The last line may have no end. */
        for (const uint8_t *from = to, *end = copy + size;
             from < end && c.count < MAX_PEOPLE;) {
            const uint8_t *stop = memchr(from, '\n', (size_t)(end - from));
            const size_t length = (size_t)((stop ? stop : end) - from);
            memmove(to, from, length);
            to += length;
            c.people[++c.count] = to - c.records;
            from += length + 1;
            if (!stop) break;
        }
    }
    list_authors(&c);
    size_t index_bytes;
    uint8_t *file = make_index(&c, &index_bytes);
    char *request = (char *)tiny_copy(bytes, request_bytes); /* of exactly its size */
    rs_index *index;
    REQUIRE(!rs_index_open(file, index_bytes, NULL, &index, NULL));
    ask(index, request, request_bytes);
    rs_index_close(index);
    free(request);
    free(file);
    free(copy);
    return 0;
}
