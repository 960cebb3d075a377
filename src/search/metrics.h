/* Ranking quality. Each measure is a ratio of two sums over units: each unit (a query or a
 * person) contributes a numerator and a denominator, so that one bootstrap serves all measures.
 * Pure functions; docs/evaluation.md defines the measures. */
#ifndef METRICS_H
#define METRICS_H

#include <stddef.h>
#include <stdint.h>

typedef struct metrics_unit {
    double numerator, denominator;
} metrics_unit;

/* ---- Papers ------------------------------------------------------------------------------ */

/* nDCG@depth, recall@depth and reciprocal rank. ranks: of the relevant papers, 1 for the first,
 * in any order; count > 0. */
double metrics_ndcg(const size_t *ranks, size_t count, size_t depth);
double metrics_recall(const size_t *ranks, size_t count, size_t depth);
double metrics_reciprocal_rank(const size_t *ranks, size_t count);

/* The rank of paper `which` among scores [n]. Ties go to the lower index, as in rs_rank_papers.
 * 0 when its score is -INFINITY, which marks a paper as excluded. */
size_t metrics_rank(const float *scores, size_t n, size_t which);

/* ---- People ------------------------------------------------------------------------------ */

/* Percentile rank: the fraction of the other people whose score is lower, ties counted half; 0
 * when the score of `which` is -INFINITY, which means no score. People without a score are not
 * counted. 1 when there are no others. */
double metrics_percentile(const float *scores, size_t n, size_t which);

/* ---- Ratings ----------------------------------------------------------------------------- */

typedef struct metrics_rating {
    double rating;    /* the rating that the person gave */
    float prediction; /* the person's score */
} metrics_rating;

/* The weighted Kendall tau loss of one person's ratings: the sum, over all pairs, of the
 * difference of the ratings where the predictions are in the opposite order, and half of it
 * where they are equal, divided by the sum of all differences. Source: Stelmakh, Wieting,
 * Neubig, Shah 2023, "A Gold Standard Dataset for the Reviewer Assignment Problem". */
metrics_unit metrics_loss(const metrics_rating *ratings, size_t count);

/* Pairs in the right order, of those that Stelmakh et al. 2023 call easy (one rated 4 or more,
 * the other 2 or less) and hard (both rated 4 or more, and not equal). A tie of predictions is
 * not right. */
metrics_unit metrics_easy_pairs(const metrics_rating *ratings, size_t count);
metrics_unit metrics_hard_pairs(const metrics_rating *ratings, size_t count);

/* ---- All of them ------------------------------------------------------------------------- */

/* Sum of numerators divided by sum of denominators; NAN when the latter is 0. */
double metrics_ratio(const metrics_unit *units, size_t count);

/* The 2.5th and 97.5th percentile of the ratio over `resamples` draws of count units with replacement. The
 * same seed gives the same draws. scratch: [resamples]. */
void metrics_interval(const metrics_unit *units, size_t count, size_t resamples, uint64_t seed,
                      double *scratch, double *low, double *high);

#endif
