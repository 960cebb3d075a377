/* How good a ranking is. Each measure is a ratio of two sums over units (queries or people), so that one
 * bootstrap serves all: a unit brings a numerator and a denominator. Pure; docs/evaluation.md says what
 * each means. */
#ifndef METRICS_H
#define METRICS_H

#include <stddef.h>
#include <stdint.h>

typedef struct metrics_unit {
    double numerator, denominator;
} metrics_unit;

/* ---- Papers ------------------------------------------------------------------------------ */

/* Ranks of the relevant papers, 1 for the first, in any order; count > 0. */
double metrics_ndcg(const size_t *ranks, size_t count, size_t depth);
double metrics_recall(const size_t *ranks, size_t count, size_t depth);
double metrics_reciprocal_rank(const size_t *ranks, size_t count);

/* The rank of paper `which` among scores [n]: ties go to the lower index, as in rs_rank_papers; 0 when its
 * score is -INFINITY, which takes a paper out. */
size_t metrics_rank(const float *scores, size_t n, size_t which);

/* ---- People ------------------------------------------------------------------------------ */

/* The share of the other people whose score is lower, ties counted half; 0 when `which` has -INFINITY, which
 * is no score. People without one are not counted. 1 when there are no others. */
double metrics_percentile(const float *scores, size_t n, size_t which);

/* ---- Ratings ----------------------------------------------------------------------------- */

typedef struct metrics_rating {
    double rating;    /* what the person said */
    float prediction; /* the person's score */
} metrics_rating;

/* The weighted Kendall tau loss of one person's ratings: over all pairs the difference of the ratings where
 * the predictions are in the other order, half of it where they are equal, as a share of all differences.
 * Source: Stelmakh, Wieting, Neubig, Shah 2023, "A Gold Standard Dataset for the Reviewer Assignment
 * Problem". */
metrics_unit metrics_loss(const metrics_rating *ratings, size_t count);

/* Pairs in the right order, of those that the same source calls easy (one rated 4 or more, the other 2 or
 * less) and hard (both rated 4 or more, and not alike). A tie of predictions is not right. */
metrics_unit metrics_easy_pairs(const metrics_rating *ratings, size_t count);
metrics_unit metrics_hard_pairs(const metrics_rating *ratings, size_t count);

/* ---- All of them ------------------------------------------------------------------------- */

/* Sum of numerators by sum of denominators; NAN when that is 0. */
double metrics_ratio(const metrics_unit *units, size_t count);

/* The 2.5th and 97.5th percentile of the ratio over `resamples` draws of count units with replacement. The
 * same seed gives the same draws. scratch: [resamples]. */
void metrics_interval(const metrics_unit *units, size_t count, size_t resamples, uint64_t seed,
                      double *scratch, double *low, double *high);

#endif
