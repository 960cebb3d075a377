#include "search/metrics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* ---- Papers ------------------------------------------------------------------------------ */

double metrics_ndcg(const size_t *ranks, size_t count, size_t depth) {
    double gain = 0, ideal = 0;
    for (size_t i = 0; i < count; i++)
        if (ranks[i] && ranks[i] <= depth) gain += 1 / log2((double)ranks[i] + 1);
    for (size_t i = 1; i <= count && i <= depth; i++) ideal += 1 / log2((double)i + 1);
    return gain / ideal;
}

double metrics_recall(const size_t *ranks, size_t count, size_t depth) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) found += ranks[i] && ranks[i] <= depth;
    return (double)found / (double)count;
}

double metrics_reciprocal_rank(const size_t *ranks, size_t count) {
    size_t best = 0;
    for (size_t i = 0; i < count; i++)
        if (ranks[i] && (!best || ranks[i] < best)) best = ranks[i];
    return best ? 1 / (double)best : 0;
}

size_t metrics_rank(const float *scores, size_t n, size_t which) {
    if (scores[which] == -INFINITY) return 0;
    size_t rank = 1;
    for (size_t i = 0; i < n; i++)
        rank += scores[i] > scores[which] || (i < which && scores[i] == scores[which]);
    return rank;
}

/* ---- People ------------------------------------------------------------------------------ */

double metrics_percentile(const float *scores, size_t n, size_t which) {
    if (scores[which] == -INFINITY) return 0;
    double lower = 0, others = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == which || scores[i] == -INFINITY) continue;
        others++;
        if (scores[i] < scores[which]) lower++;
        if (scores[i] == scores[which]) lower += 0.5;
    }
    return others > 0 ? lower / others : 1;
}

/* ---- Ratings ----------------------------------------------------------------------------- */

metrics_unit metrics_loss(const metrics_rating *ratings, size_t count) {
    metrics_unit loss = {0, 0};
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            const double wanted = ratings[i].rating - ratings[j].rating;
            const float a = ratings[i].prediction, b = ratings[j].prediction;
            loss.denominator += fabs(wanted);
            if (a == b) /* compared, not subtracted: -INFINITY - -INFINITY is NaN */
                loss.numerator += fabs(wanted) / 2;
            else if ((a > b) != (wanted > 0))
                loss.numerator += fabs(wanted);
        }
    return loss;
}

static metrics_unit count_pairs(const metrics_rating *ratings, size_t count, bool hard) {
    metrics_unit right = {0, 0};
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) { /* i: the paper rated higher */
            const double high = ratings[i].rating, low = ratings[j].rating;
            if (high <= low || high < 4 || (hard ? low < 4 : low > 2)) continue;
            right.denominator++;
            right.numerator += ratings[i].prediction > ratings[j].prediction;
        }
    return right;
}

metrics_unit metrics_easy_pairs(const metrics_rating *ratings, size_t count) {
    return count_pairs(ratings, count, false);
}

metrics_unit metrics_hard_pairs(const metrics_rating *ratings, size_t count) {
    return count_pairs(ratings, count, true);
}

/* ---- All of them ------------------------------------------------------------------------- */

double metrics_ratio(const metrics_unit *units, size_t count) {
    double numerator = 0, denominator = 0;
    for (size_t i = 0; i < count; i++) {
        numerator += units[i].numerator;
        denominator += units[i].denominator;
    }
    return denominator > 0 ? numerator / denominator : NAN;
}

/* SplitMix64; Steele, Lea, Flood 2014. */
static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void metrics_interval(const metrics_unit *units, size_t count, size_t resamples, uint64_t seed,
                      double *scratch, double *low, double *high) {
    size_t kept = 0;
    for (size_t r = 0; r < resamples; r++) {
        double numerator = 0, denominator = 0;
        for (size_t i = 0; i < count; i++) {
            const metrics_unit *unit = &units[next_random(&seed) % count];
            numerator += unit->numerator;
            denominator += unit->denominator;
        }
        if (denominator > 0) scratch[kept++] = numerator / denominator;
    }
    *low = *high = NAN;
    if (!kept) return;
    qsort(scratch, kept, sizeof *scratch, compare);
    *low = scratch[(size_t)(0.025 * (double)(kept - 1) + 0.5)];
    *high = scratch[(size_t)(0.975 * (double)(kept - 1) + 0.5)];
}
