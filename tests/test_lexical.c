/* The lexical index: BM25 by hand, and what is refused. */
#include "search/lexical.h"

#include <math.h>

#include "hostile.h"

enum { PAPERS = 3 };
static const lexical_settings settings = {.k1 = 1.2f, .b = 0.75f};

/* Paper 0 is 5 5 7, paper 1 is 7, paper 2 is 7 9 9 9. */
static const uint8_t whole[] = {
    3,                      /* terms */
    5, 1, 1,          0,    /* 5: in one paper, in 0 and again, twice */
    1, 3, 0,          0, 0, /* 7: in three papers, once in each */
    1, 1, 2 << 1 | 1,       /* 9: in one paper, in 2 and again, */
    1};                     /* three times */

static rs_status read_it(arena *a, const uint8_t *bytes, size_t size, rs_error *error) {
    lexical x;
    static const int32_t ids[] = {0, 5, 7, 7, 9, 10, INT32_MAX, -3};
    float scores[PAPERS];
    rs_status status = lexical_open(a, bytes, size, PAPERS, &settings, &x, error);
    if (status) return status;
    lexical_score(&x, ids, sizeof ids / sizeof *ids, scores);
    for (int i = 0; i < PAPERS; i++) CHECK(scores[i] >= 0 && scores[i] < 1);
    return RS_OK;
}

static void test_scores(void) {
    arena a;
    lexical x;
    rs_error error;
    arena_init(&a, NULL);
    CHECK_STATUS(lexical_open(&a, whole, sizeof whole, PAPERS, &settings, &x, &error), RS_OK);
    CHECK_EQ(x.terms_count, 3);
    CHECK_EQ(x.terms[1].id, 7);
    CHECK_EQ(x.terms[1].papers, 3);

    /* Lengths 3, 1, 4, their mean 8/3: k1 (1 - b + b length / mean) is 1.3125, 0.6375, 1.65. */
    const double rare = log(1 + 2.5 / 1.5), common = log(1 + 0.5 / 3.5);
    const int32_t query[] = {2, 7, 5, 7, 3, 1000}; /* 2, 3 and 1000 are nowhere */
    const double most = rare + 2 * common;
    float scores[PAPERS];
    lexical_score(&x, query, 6, scores);
    CHECK_NEAR(scores[0], (rare * 2 / (2 + 1.3125) + 2 * common / (1 + 1.3125)) / most, 1e-7);
    CHECK_NEAR(scores[1], 2 * common / (1 + 0.6375) / most, 1e-7);
    CHECK_NEAR(scores[2], 2 * common / (1 + 1.65) / most, 1e-7);

    const int32_t one[] = {9};
    lexical_score(&x, one, 1, scores);
    CHECK_EQ(scores[0] == 0 && scores[1] == 0, 1);
    CHECK_NEAR(scores[2], 3 / (3 + 1.65), 1e-7);

    scores[0] = 1; /* what stood there does not matter */
    lexical_score(&x, NULL, 0, scores);
    for (int i = 0; i < PAPERS; i++) CHECK_EQ(scores[i] == 0, 1);
    arena_free(&a);
}

/* Our own logarithm against the library's, over all weights that can be. */
static void test_weights(void) {
    enum { MANY = 3000 };
    static uint8_t bytes[4 * MANY];
    for (uint32_t count = 1; count <= MANY; count += 7) {
        arena a;
        lexical x;
        rs_error error;
        size_t size = 0;
        bytes[size++] = 1;
        bytes[size++] = 0;
        if (count >= 0x80) bytes[size++] = (uint8_t)(count | 0x80);
        bytes[size++] = (uint8_t)(count >= 0x80 ? count >> 7 : count);
        for (uint32_t i = 0; i < count; i++) bytes[size++] = 0;
        arena_init(&a, NULL);
        CHECK_STATUS(lexical_open(&a, bytes, size, MANY, &settings, &x, &error), RS_OK);
        CHECK_NEAR(x.idf[0], log(1 + (MANY - count + 0.5) / (count + 0.5)), 5e-7);
        arena_free(&a);
    }
}

static void test_empty(void) {
    static const uint8_t none[] = {0};
    arena a;
    lexical x;
    rs_error error;
    const int32_t ids[] = {1, 2};
    float scores[PAPERS] = {1, 1, 1};
    arena_init(&a, NULL);
    CHECK_STATUS(lexical_open(&a, none, 1, PAPERS, &settings, &x, &error), RS_OK);
    lexical_score(&x, ids, 2, scores);
    for (int i = 0; i < PAPERS; i++) CHECK_EQ(scores[i] == 0, 1);
    CHECK_STATUS(lexical_open(&a, none, 1, 0, &settings, &x, &error), RS_OK);
    lexical_score(&x, ids, 2, scores);
    arena_free(&a);
}

#define CASE(name, says, ...)                                                                  \
    do {                                                                                       \
        static const uint8_t bytes[] = {__VA_ARGS__};                                          \
        hostile_case(read_it, name, bytes, sizeof bytes, says);                                \
    } while (0)

static void test_hostile(void) {
    blob b = blob_copy(whole, sizeof whole);
    hostile_cuts(read_it, b);
    hostile_changes(read_it, b);
    hostile_memory(read_it, b);
    free(b.bytes);
    CASE("more terms than bytes", "expected the number of terms", 0xff, 0xff, 0xff, 0xff, 0x0f,
         0, 0);
    CASE("an endless number", "expected the number of terms", 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff);
    CASE("an id above 2^31", "expected a token id", 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0);
    CASE("a term of no paper", "expected the number of a term's papers", 1, 0, 0, 0);
    CASE("more papers than there are", "expected the number of a term's papers", 1, 0, 4, 0, 0,
         0, 0);
    CASE("paper 3", "a paper number out of range", 1, 0, 1, 3 << 1);
    CASE("paper 3 after paper 2", "a paper number out of range", 1, 0, 2, 2 << 1, 0);
    CASE("paper 2^33", "a paper number out of range", 1, 0, 1, 0x80, 0x80, 0x80, 0x80, 0x40);
    CASE("a huge count", "expected a term frequency", 1, 0, 1, 1, 0xff, 0xff, 0x7f);
    CASE("bytes left over", "data after the last term", 1, 0, 1, 0, 0);
    CASE("papers end early", "expected the number of a paper", 1, 0, 2, 0);
}

int main(void) {
    test_scores();
    test_weights();
    test_empty();
    test_hostile();
    return check_result();
}
