/* Measures of rankings against values computed by hand, ties included. */
#include "search/metrics.h"

#include <math.h>

#include "check.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void test_papers(void) {
    /* 1 / log2(2) + 1 / log2(4), of at best 1 / log2(2) + 1 / log2(3) + 1 / log2(4). */
    const size_t ranks[] = {12, 1, 3};
    CHECK_NEAR(metrics_ndcg(ranks, 3, 10), 1.5 / 2.1309297535714578, 1e-15);
    CHECK_NEAR(metrics_ndcg(ranks, 3, 2), 1 / 1.6309297535714573, 1e-15);
    const size_t out[] = {0, 11};
    CHECK_NEAR(metrics_ndcg(out, 2, 10), 0, 0);
    size_t first[12];
    for (size_t i = 0; i < 12; i++) first[i] = i + 1;
    CHECK_NEAR(metrics_ndcg(first, 12, 10), 1, 1e-15); /* more than ten cannot be among ten */

    const size_t far[] = {1, 100, 101, 0};
    CHECK_NEAR(metrics_recall(far, 4, 100), 0.5, 0);
    const size_t later[] = {7, 0, 4};
    CHECK_NEAR(metrics_reciprocal_rank(later, 3), 0.25, 0);
    CHECK_NEAR(metrics_reciprocal_rank(out, 1), 0, 0);

    const float scores[] = {0.5f, 0.9f, 0.5f, -INFINITY, 0.9f, 0.1f};
    const size_t want[] = {3, 1, 4, 0, 2, 5};
    for (size_t i = 0; i < COUNT(scores); i++)
        CHECK_EQ(metrics_rank(scores, COUNT(scores), i), want[i]);
}

static void test_people(void) {
    const float scores[] = {1, 2, 2, -INFINITY, 3, 2};
    const double want[] = {0, 0.5, 0.5, 0, 1, 0.5}; /* of four others: one lower, two alike */
    for (size_t i = 0; i < COUNT(scores); i++)
        CHECK_NEAR(metrics_percentile(scores, COUNT(scores), i), want[i], 1e-15);
    CHECK_NEAR(metrics_percentile(scores, 1, 0), 1, 0);
}

static void test_ratings(void) {
    /* 5 before 3: the other way round, 2. 5 before 1: alike, half of 4. 3 before 1: right. */
    const metrics_rating three[] = {{5, 0.1f}, {3, 0.9f}, {1, 0.1f}};
    metrics_unit loss = metrics_loss(three, 3);
    CHECK_NEAR(loss.numerator, 4, 1e-15);
    CHECK_NEAR(loss.denominator, 8, 1e-15);
    /* Whoever rates all alike says nothing. */
    const metrics_rating alike[] = {{3, 0.1f}, {3, 0.9f}};
    loss = metrics_loss(alike, 2);
    CHECK_NEAR(loss.denominator, 0, 0);
    CHECK_NEAR(loss.numerator, 0, 0);

    /* Easy: 5 and 4 against 2 and 1; of 5 > 2 wrong, 5 > 1 a tie, 4 > 2 and 4 > 1 right. Hard: 5 > 4,
     * wrong. 3 is in neither. */
    const metrics_rating five[] = {{2, 0.3f}, {5, 0.1f}, {3, 0.9f}, {4, 0.5f}, {1, 0.1f}};
    const metrics_unit easy = metrics_easy_pairs(five, 5), hard = metrics_hard_pairs(five, 5);
    CHECK_NEAR(easy.numerator, 2, 0);
    CHECK_NEAR(easy.denominator, 4, 0);
    CHECK_NEAR(hard.numerator, 0, 0);
    CHECK_NEAR(hard.denominator, 1, 0);
    /* People without a score tie with each other and come behind the others. */
    const metrics_rating none[] = {{5, -INFINITY}, {1, -INFINITY}, {4, 0.2f}};
    loss = metrics_loss(none, 3);
    CHECK_NEAR(loss.numerator, 4 / 2.0 + 1, 1e-15);
    CHECK_NEAR(loss.denominator, 4 + 1 + 3, 1e-15);
}

static void test_bootstrap(void) {
    enum { RESAMPLES = 1000 };
    static double scratch[RESAMPLES];
    double low, high, again_low, again_high;
    const metrics_unit units[] = {{1, 2}, {0, 1}, {3, 3}};
    CHECK_NEAR(metrics_ratio(units, 3), 4 / 6.0, 1e-15);
    CHECK(isnan(metrics_ratio(units, 0)));

    const metrics_unit same[] = {{1, 2}, {1, 2}, {1, 2}};
    metrics_interval(same, 3, RESAMPLES, 1, scratch, &low, &high);
    CHECK_NEAR(low, 0.5, 0);
    CHECK_NEAR(high, 0.5, 0);
    const metrics_unit two[] = {{0, 1},
                                {1, 1}}; /* a quarter of the draws takes one of them twice */
    metrics_interval(two, 2, RESAMPLES, 1, scratch, &low, &high);
    CHECK_NEAR(low, 0, 0);
    CHECK_NEAR(high, 1, 0);

    /* 400 heads and tails: the mean's standard error is 0.025, the interval 1.96 of it to each side. */
    metrics_unit coins[400];
    for (size_t i = 0; i < 400; i++) coins[i] = (metrics_unit){i % 2 ? 1 : 0, 1};
    metrics_interval(coins, 400, RESAMPLES, 1, scratch, &low, &high);
    CHECK_NEAR(low, 0.5 - 0.049, 0.006);
    CHECK_NEAR(high, 0.5 + 0.049, 0.006);
    metrics_interval(coins, 400, RESAMPLES, 1, scratch, &again_low, &again_high);
    CHECK(low == again_low && high == again_high);

    const metrics_unit nothing[] = {{0, 0}};
    metrics_interval(nothing, 1, RESAMPLES, 1, scratch, &low, &high);
    CHECK(isnan(low) && isnan(high));
    /* Draws of units that measure nothing are passed over. */
    const metrics_unit half[] = {{0, 0}, {2, 2}};
    metrics_interval(half, 2, RESAMPLES, 1, scratch, &low, &high);
    CHECK_NEAR(low, 1, 0);
    CHECK_NEAR(high, 1, 0);
}

int main(void) {
    test_papers();
    test_people();
    test_ratings();
    test_bootstrap();
    return check_result();
}
