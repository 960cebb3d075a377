/* Papers as they are written score as BM25 says. */
#include "search/lexical_write.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "search/lexical.h"

enum { N = 300, LONGEST = 400, V = 1000 };

typedef struct text {
    int32_t ids[LONGEST];
    size_t count;
} text;

static text texts[N];

/* Numerical Recipes' generator; small ids are frequent, as small words are. */
static uint32_t state = 1;
static uint32_t draw(uint32_t below) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static size_t times_in(const text *t, int32_t id) {
    size_t times = 0;
    for (size_t i = 0; i < t->count; i++) times += t->ids[i] == id;
    return times;
}

/* Of ids 3 to V: 0 to 2 are special and no terms. */
static double length_of(const text *t) {
    return (double)(t->count - times_in(t, 0) - times_in(t, 1) - times_in(t, 2));
}

static double bm25(size_t paper, const text *query, double mean) {
    double sum = 0, most = 0;
    for (int32_t id = 3; id < V; id++) {
        const double asked = (double)times_in(query, id);
        double n = 0;
        if (asked == 0) continue;
        for (size_t i = 0; i < N; i++) n += times_in(&texts[i], id) > 0;
        if (n == 0) continue;
        const double weight = asked * log(1 + ((double)N - n + 0.5) / (n + 0.5));
        const double times = (double)times_in(&texts[paper], id);
        most += weight;
        if (times > 0)
            sum += weight * times /
                   (times + 0.9 * (1 - 0.4 + 0.4 * length_of(&texts[paper]) / mean));
    }
    return most > 0 ? sum / most : 0;
}

static void test_round(void) {
    static const int32_t specials[] = {0, 1, 2};
    const lexical_settings settings = {.k1 = 0.9f, .b = 0.4f};
    lexical_writer w = {0};
    uint8_t *bytes;
    size_t size;
    double sum = 0;
    for (size_t i = 0; i < N; i++) {
        texts[i].count = i % 50 ? draw(LONGEST) : 0; /* some have no text */
        for (size_t j = 0; j < texts[i].count; j++)
            texts[i].ids[j] = (int32_t)draw(1 + draw(1 + draw(V)));
        sum += length_of(&texts[i]);
        CHECK_STATUS(lexical_writer_add(&w, texts[i].ids, texts[i].count, specials, 3), RS_OK);
    }
    CHECK_STATUS(lexical_writer_finish(&w, &bytes, &size), RS_OK);
    lexical_writer_free(&w);

    arena a;
    lexical x;
    rs_error error;
    static float scores[N];
    arena_init(&a, NULL);
    CHECK_STATUS(lexical_open(&a, bytes, size, N, &settings, &x, &error), RS_OK);
    for (size_t q = 1; q < N; q += 40) {
        lexical_score(&x, texts[q].ids, texts[q].count, scores);
        for (size_t i = 0; i < N; i += 7)
            CHECK_NEAR(scores[i], bm25(i, &texts[q], sum / (double)N),
                       1e-6); /* seen: 1.3e-7, x86-64 */
    }
    arena_free(&a);
    free(bytes);
}

/* A word that fills a text is counted up to the limit. */
static void test_limits(void) {
    enum { MANY = LEXICAL_MAX_COUNT + 10 };
    static const int32_t negative[] = {4, -1};
    int32_t *ids = malloc(MANY * sizeof *ids);
    lexical_writer w = {0};
    uint8_t *bytes;
    size_t size;
    arena a;
    lexical x;
    rs_error error;
    if (!ids) return;
    for (size_t i = 0; i < MANY; i++) ids[i] = INT32_MAX;
    CHECK_STATUS(lexical_writer_add(&w, ids, MANY, NULL, 0), RS_OK);
    CHECK_STATUS(lexical_writer_add(&w, negative, 2, NULL, 0), RS_ERR_ARGUMENT);
    CHECK_STATUS(lexical_writer_finish(&w, &bytes, &size), RS_OK);
    arena_init(&a, NULL);
    CHECK_STATUS(lexical_open(&a, bytes, size, 1, &(lexical_settings){1.2f, 0.75f}, &x, &error),
                 RS_OK);
    CHECK_EQ(x.terms_count, 1);
    CHECK_EQ(x.terms[0].id, INT32_MAX);
    arena_free(&a);
    free(bytes);
    lexical_writer_free(&w);
    CHECK_STATUS(lexical_writer_finish(&w, &bytes, &size), RS_OK); /* no paper at all */
    CHECK_EQ(size, 1);
    free(bytes);
    free(ids);
}

int main(void) {
    test_round();
    test_limits();
    return check_result();
}
