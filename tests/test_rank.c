/* Scores and rankings of more papers than fit a block, against what they should be. */
#include "search/rank.h"

#include <stdlib.h>

#include "base/sha256.h"
#include "check.h"
#include "kernels/fast.h"
#include "kernels/kernels.h"

enum { N = 333, H = 100, PEOPLE = 70, MOST_AUTHORSHIPS = 3 * N };

static uint32_t state = 1;

static uint32_t next(void) {
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

/* -1 … 1 */
static float uniform(void) { return (float)((int32_t)(next() % 20001) - 10000) / 10000; }

/* An index as index.c makes it, of invented vectors: a member far above the others in all of them, as a
 * BERT's have, and rows 5 and 6 the same. */
static struct rs_index made;
static int8_t q8[N * H];
static float scale[N], mean[H], norms[N], centred_norms[N], along_mean[N];
static int32_t person_papers[MOST_AUTHORSHIPS];
static size_t person_offsets[PEOPLE + 1];

static double value(size_t i, size_t h) {
    return (double)mean[h] + (double)scale[i] * q8[i * H + h];
}

static void make_index(void) {
    for (size_t h = 0; h < H; h++) mean[h] = h == 7 ? 20 : uniform();
    for (size_t i = 0; i < N; i++) {
        scale[i] = 0.01f + 0.005f * uniform();
        for (size_t h = 0; h < H; h++) q8[i * H + h] = (int8_t)(127 * uniform());
        if (i == 6) {
            scale[6] = scale[5];
            memcpy(q8 + 6 * H, q8 + 5 * H, H);
        }
        double square = 0, centred = 0, along = 0;
        for (size_t h = 0; h < H; h++) {
            const double r = (double)scale[i] * q8[i * H + h];
            square += value(i, h) * value(i, h);
            centred += r * r;
            along += r * (double)mean[h];
        }
        norms[i] = (float)sqrt(square);
        centred_norms[i] = (float)sqrt(centred);
        along_mean[i] = (float)along;
    }
    for (size_t p = 0; p < PEOPLE; p++) { /* person 3 has no papers */
        const size_t at = person_offsets[p], count = p == 3 ? 0 : 1 + next() % 9;
        for (size_t i = 0; i < count; i++) person_papers[at + i] = (int32_t)(next() % N);
        person_offsets[p + 1] = at + count;
    }
    made.info.papers = N;
    made.info.people = PEOPLE;
    made.info.hidden_size = H;
    made.q8 = q8;
    made.scale = scale;
    made.mean = mean;
    made.norms = norms;
    made.centred_norms = centred_norms;
    made.along_mean = along_mean;
    made.person_papers = person_papers;
    made.person_offsets = person_offsets;
}

static void check_scores(const float *query, const float *cosine, const float *centred) {
    for (size_t i = 0; i < N; i++) {
        double ab = 0, aa = 0, bb = 0, cd = 0, cc = 0, dd = 0;
        for (size_t h = 0; h < H; h++) {
            const double a = (double)query[h], b = value(i, h);
            const double c = a - (double)mean[h], d = b - (double)mean[h];
            ab += a * b, aa += a * a, bb += b * b;
            cd += c * d, cc += c * c, dd += d * d;
        }
        CHECK_NEAR(cosine[i], ab / sqrt(aa * bb), 1e-6);  /* seen: 4.7e-7 */
        CHECK_NEAR(centred[i], cd / sqrt(cc * dd), 1e-5); /* seen: 6.2e-6 */
    }
    CHECK(cosine[5] == cosine[6] && centred[5] == centred[6]);
}

/* The same bits from all instruction sets, threads and platforms. */
static void test_scores(void) {
    static float scores[2 * N];
    float query[H], scratch[2 * H];
    char hex[SHA256_HEX_BYTES];
    for (size_t h = 0; h < H; h++) query[h] = mean[h] + uniform();
    for (size_t i = 0; fast_all[i]; i++) {
        if (!fast_all[i]->runs_here()) continue;
        fast_force(fast_all[i]);
        for (size_t count = 1; count <= 2; count++) {
            check_in("%s, %zu threads", fast_all[i]->name, count);
            memset(scores, 0x55, sizeof scores);
            threads *t = threads_open(count);
            rank_score(&made, t, query, scratch, scores, scores + N);
            threads_close(t);
            check_scores(query, scores, scores + N);
            sha256_hex_of((const uint8_t *)scores, sizeof scores, hex);
            CHECK_STR(hex, "204d183f45ad895491c5808ee7600dd42a514257940131b034cbd589eb36b892");
            check_out();
        }
    }
    fast_force(NULL);
    for (size_t h = 0; h < H; h++)
        query[h] = mean[h]; /* as far as any paper from the mean: not at all */
    rs_score(&made, query, scratch, scores, scores + N);
    for (size_t i = 0; i < N; i++) CHECK(scores[i] > 0 && scores[N + i] == 0);
}

/* ---- The best, against sorting ------------------------------------------------------------- */

static const float *sorted_scores;

static int compare(const void *a, const void *b) {
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    const float s = sorted_scores[x], t = sorted_scores[y];
    return s != t ? (s < t) - (s > t) : (x > y) - (x < y);
}

static size_t sort(const float *scores, size_t n, size_t *order) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (scores[i] != -INFINITY) order[count++] = i;
    sorted_scores = scores;
    qsort(order, count, sizeof *order, compare);
    return count;
}

static double share_below(const float *scores, size_t n, float score) {
    size_t all = 0, below = 0;
    for (size_t i = 0; i < n; i++) {
        all += scores[i] != -INFINITY;
        below += scores[i] != -INFINITY && scores[i] < score;
    }
    return (double)below / (double)all;
}

static void check_papers(const float *scores, size_t k) {
    static rs_paper_hit hits[N + 1];
    static size_t order[N];
    size_t count, all = sort(scores, N, order);
    rs_rank_papers(&made, scores, k, hits, &count);
    CHECK_EQ(count, all < k ? all : k);
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ(hits[i].paper, order[i]);
        CHECK_NEAR(hits[i].score, scores[order[i]], 0);
        CHECK_NEAR(hits[i].closer_than, share_below(scores, N, hits[i].score), 1e-12);
    }
}

static void check_people(const float *scores, size_t k, const rs_rank_options *options) {
    static rs_person_hit hits[PEOPLE + 1];
    static size_t order[PEOPLE];
    float of_people[PEOPLE];
    size_t count, at = 0;
    rs_rank_people(&made, scores, options, k, of_people, hits, &count);
    const size_t all = sort(of_people, PEOPLE, order);
    CHECK(of_people[3] == -INFINITY);
    for (size_t i = 0; i < all && at < k; i++) {
        const size_t p = order[i];
        size_t papers = 0;
        for (size_t j = person_offsets[p]; j < person_offsets[p + 1]; j++)
            papers += scores[person_papers[j]] != -INFINITY;
        if (options->left_out[p] || papers < options->min_papers) continue;
        CHECK(at < count);
        if (at >= count) return;
        CHECK_EQ(hits[at].person, p);
        CHECK_EQ(hits[at].papers_count, papers);
        CHECK_NEAR(hits[at].score, of_people[p], 0);
        CHECK_NEAR(hits[at].closer_than, share_below(of_people, PEOPLE, of_people[p]), 1e-12);
        at++;
    }
    CHECK_EQ(count, at);
}

/* Many ties; falling and rising scores, of which each would be a hit when it comes. */
static void test_best(void) {
    static float scores[N];
    static uint8_t left_out[PEOPLE];
    static const size_t ks[] = {0, 1, 2, 3, 10, 64, N, N + 1};
    for (size_t p = 0; p < PEOPLE; p++) left_out[p] = p % 5 == 0;
    for (int kind = 0; kind < 5; kind++) {
        for (size_t i = 0; i < N; i++)
            scores[i] = kind == 0   ? uniform()
                        : kind == 1 ? (float)(next() % 4)
                        : kind == 2 ? (float)i
                        : kind == 3 ? -(float)i
                                    : 1;
        for (size_t i = 0; i < N; i += 4)
            if (kind < 4) scores[i] = -INFINITY;
        for (size_t i = 0; i < sizeof ks / sizeof *ks; i++) {
            check_in("kind %d, %zu best", kind, ks[i]);
            check_papers(scores, ks[i]);
            const rs_rank_options options = {
                .aggregate = (rs_aggregate)(i % 3), .min_papers = i % 4, .left_out = left_out};
            check_people(scores, ks[i] < PEOPLE ? ks[i] : PEOPLE, &options);
            check_out();
        }
    }
}

int main(void) {
    make_index();
    test_scores();
    test_best();
    return check_result();
}
