/* Scores every paper of an index for a query's vector, and selects the best papers and
 * people. */
#include "search/rank.h"

#include <math.h>
#include <string.h>

#include "kernels/fast.h"

/* ---- Scores by the vectors --------------------------------------------------------------- */

/* Rows per block: the dot products of a block are stored on the stack before they become
 * scores. */
enum { BLOCK = 512 };

typedef struct scoring {
    const rs_index *index;
    const fast *kernels;
    const float *query, *less_mean; /* [H] */
    const int16_t *q;               /* [H] less_mean = q * step, with int8 rows */
    float step;
    float length, with_mean; /* norm of the query; its dot product with the mean */
    float length_less_mean, less_mean_with_mean;
    float *cosine, *centred; /* [N] */
} scoring;

static float over(float product, float lengths) { return lengths > 0 ? product / lengths : 0; }

/* A row is mean + r, so one dot product with r gives both scores: query . row = query . mean +
 * mean . r + less_mean . r, of which mean . r does not depend on the query. */
static void score_int8(const scoring *s, size_t i, size_t n) {
    const rs_index *x = s->index;
    const size_t H = x->info.hidden_size;
    int32_t dots[BLOCK];
    s->kernels->dot_rows(s->q, x->q8 + i * H, n, H, dots);
    for (size_t j = 0; j < n; j++, i++) {
        const float product = x->scale[i] * ((float)dots[j] * s->step);
        s->cosine[i] =
            over(s->with_mean + (x->along_mean[i] + product), s->length * x->norms[i]);
        s->centred[i] = over(product, s->length_less_mean * x->centred_norms[i]);
    }
}

static void score_f32(const scoring *s, size_t i, size_t n) {
    const rs_index *x = s->index;
    const size_t H = x->info.hidden_size;
    for (const size_t end = i + n; i < end; i++) {
        const float *row = x->f32 + i * H;
        s->cosine[i] = over(kernels_dot(s->query, row, H), s->length * x->norms[i]);
        s->centred[i] = over(kernels_dot(s->less_mean, row, H) - s->less_mean_with_mean,
                             s->length_less_mean * x->centred_norms[i]);
    }
}

static void score_rows(void *ctx, size_t from, size_t to) {
    const scoring *s = ctx;
    for (size_t i = from; i < to; i += BLOCK) {
        const size_t n = to - i < BLOCK ? to - i : BLOCK;
        if (s->q)
            score_int8(s, i, n);
        else
            score_f32(s, i, n);
    }
}

void rank_score(const rs_index *index, threads *t, const float *query, float *scratch,
                float *cosine, float *centred) {
    const size_t H = index->info.hidden_size;
    float *less_mean = scratch;
    for (size_t h = 0; h < H; h++) less_mean[h] = query[h] - index->mean[h];
    scoring s = {.index = index, .query = query, .less_mean = less_mean};
    s.kernels = fast_choose();
    s.length = sqrtf(kernels_dot(query, query, H));
    s.with_mean = kernels_dot(query, index->mean, H);
    s.length_less_mean = sqrtf(kernels_dot(less_mean, less_mean, H));
    s.less_mean_with_mean = kernels_dot(less_mean, index->mean, H);
    s.cosine = cosine;
    s.centred = centred;
    if (index->q8) {
        int16_t *q = (int16_t *)(void *)(scratch + H);
        s.step = kernels_quantize_i16(less_mean, H, q);
        s.q = q;
    }
    threads_rows(t, index->info.papers, score_rows, &s);
}

void rs_score(const rs_index *index, const float *query, float *scratch, float *cosine,
              float *centred) {
    rank_score(index, NULL, query, scratch, cosine, centred);
}

void rs_score_lexical(const rs_index *index, const int32_t *ids, size_t count, float *scores) {
    if (index->info.lexical)
        lexical_score(&index->lexical, ids, count, scores);
    else
        for (size_t i = 0; i < index->info.papers; i++) scores[i] = 0;
}

/* ---- Z-scores and the hybrid ------------------------------------------------------------- */

/* Mean and standard deviation of the corpus's scores, for z-scores. */
typedef struct standard {
    double mean, deviation;
} standard;

static standard measure(const float *scores, size_t n) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) sum += (double)scores[i];
    const double mean = n ? sum / (double)n : 0;
    for (size_t i = 0; i < n; i++)
        squares += ((double)scores[i] - mean) * ((double)scores[i] - mean);
    return (standard){mean, n ? sqrt(squares / (double)n) : 0};
}

static double standardise(standard s, float score) {
    return s.deviation > 0 ? ((double)score - s.mean) / s.deviation : 0;
}

rs_status rs_final_scores(const rs_index *index, const float *parts, rs_score_kind kind,
                          float weight, float *scores, rs_error *error) {
    const size_t N = index->info.papers;
    const float *dense = parts + RS_PART_CENTRED * N, *lexical = parts + RS_PART_LEXICAL * N;
    if (kind == RS_SCORE_STORED) kind = index->info.score;
    if (kind >= RS_SCORE_LEXICAL && !index->info.lexical)
        return rs_fail(error, RS_ERR_ARGUMENT, 0,
                       "the index has no lexical part, so it cannot be ranked by %s: run "
                       "`refscout embed` again, or rank by cosine or centred",
                       rs_score_name(kind));
    if (kind == RS_SCORE_HYBRID) {
        const double w = (double)(weight > 0 ? weight : index->info.weight);
        const standard of_dense = measure(dense, N), of_lexical = measure(lexical, N);
        for (size_t i = 0; i < N; i++)
            scores[i] = (float)(w * standardise(of_dense, dense[i]) +
                                (1 - w) * standardise(of_lexical, lexical[i]));
        return RS_OK;
    }
    const float *part = kind == RS_SCORE_LEXICAL   ? lexical
                        : kind == RS_SCORE_CENTRED ? dense
                                                   : parts + RS_PART_COSINE * N;
    for (size_t i = 0; i < N; i++) scores[i] = part[i];
    return RS_OK;
}

/* ---- Top k -------------------------------------------------------------------------------- */

/* The top k papers or people, by number. `numbers` and `percentile_ranks` are strided views of
 * the members `paper` or `person`, and `closer_than`, of the caller's hits. While hits are
 * collected they form a heap with the lowest score at its root. */
typedef struct best {
    const float *scores; /* by number */
    void *numbers, *percentile_ranks;
    size_t stride, count, max;
    float limit; /* a score must exceed it to be a hit; once there are `max` hits, the lowest of
                * their scores */
} best;

static best begin(const float *scores, size_t max, size_t stride, void *numbers,
                  void *percentile_ranks) {
    return (best){.scores = scores,
                  .numbers = numbers,
                  .percentile_ranks = percentile_ranks,
                  .stride = stride,
                  .max = max,
                  .limit = max ? -INFINITY : INFINITY};
}

static size_t *number(const best *b, size_t i) {
    return (size_t *)(void *)((char *)b->numbers + i * b->stride);
}

static double *percentile_rank(const best *b, size_t i) {
    return (double *)(void *)((char *)b->percentile_ranks + i * b->stride);
}

static float score_at(const best *b, size_t i) { return b->scores[*number(b, i)]; }

/* Of equal scores the one with the higher number is less. */
static bool is_less(const best *b, size_t x, size_t y) {
    return b->scores[x] < b->scores[y] || (b->scores[x] == b->scores[y] && x > y);
}

/* Restores the heap below i, with x as the element to be placed. */
static void sift_down(best *b, size_t i, size_t x) {
    for (size_t child; (child = 2 * i + 1) < b->count; i = child) {
        if (child + 1 < b->count && is_less(b, *number(b, child + 1), *number(b, child)))
            child++;
        if (!is_less(b, *number(b, child), x)) break;
        *number(b, i) = *number(b, child);
    }
    *number(b, i) = x;
}

/* Whether x would become a hit. Numbers are visited in ascending order, so a tie never replaces
 * an earlier hit. A score of -INFINITY is never a hit. */
static inline bool wanted(const best *b, size_t x) { return b->scores[x] > b->limit; }

static void add(best *b, size_t x) {
    if (b->count == b->max) {
        sift_down(b, 0, x);
    } else {
        size_t i = b->count++;
        for (size_t up; i && is_less(b, x, *number(b, up = (i - 1) / 2)); i = up)
            *number(b, i) = *number(b, up);
        *number(b, i) = x;
    }
    if (b->count == b->max) b->limit = score_at(b, 0);
}

/* Turns the heap into a list in descending order (heap sort). */
static void sort_descending(best *b) {
    const size_t count = b->count;
    while (b->count > 1) {
        const size_t lowest = *number(b, 0), last = *number(b, --b->count);
        sift_down(b, 0, last);
        *number(b, b->count) = lowest;
    }
    b->count = count;
}

/* Percentile rank of each hit: the fraction of the n scores that are lower. Scores of -INFINITY
 * are not counted. The list of hits must be in descending order. */
static void fill_percentile_ranks(const best *b, size_t n) {
    if (!b->count) return;
    for (size_t i = 0; i < b->count; i++) *percentile_rank(b, i) = 0;
    const float last = score_at(b, b->count - 1);
    size_t all = 0, below = 0; /* `below`: scores lower than all hits, which nearly all are */
    for (size_t x = 0; x < n; x++) {
        const float score = b->scores[x];
        all += score != -INFINITY;
        below += score < last && score != -INFINITY;
        if (score < last) continue;
        /* Binary search: hits 0 to from - 1 have a higher score. Counted at the last of them. */
        size_t from = 0, to = b->count;
        while (from < to) {
            const size_t middle = from + (to - from) / 2;
            if (score_at(b, middle) > score)
                from = middle + 1;
            else
                to = middle;
        }
        if (from) ++*percentile_rank(b, from - 1);
    }
    *percentile_rank(b, b->count - 1) += (double)below;
    for (size_t i = b->count; i-- > 1;) *percentile_rank(b, i - 1) += *percentile_rank(b, i);
    for (size_t i = 0; i < b->count; i++) *percentile_rank(b, i) /= (double)all;
}

void rs_rank_papers(const rs_index *index, const float *scores, size_t k, rs_paper_hit *hits,
                    size_t *count) {
    best b =
        begin(scores, k, sizeof *hits, k ? &hits->paper : NULL, k ? &hits->closer_than : NULL);
    for (size_t i = 0; i < index->info.papers; i++)
        if (wanted(&b, i)) add(&b, i);
    sort_descending(&b);
    fill_percentile_ranks(&b, index->info.papers);
    for (size_t i = 0; i < b.count; i++) hits[i].score = scores[hits[i].paper];
    *count = b.count;
}

/* ---- People -------------------------------------------------------------------------------- */

/* scores: the best of a person in descending order, `count` of them (1 to 3). */
static float aggregate(rs_aggregate how, const float *scores, size_t count) {
    float sum = 0;
    switch (how) {
    case RS_BEST: return scores[0];
    case RS_WEIGHTED:
        for (size_t i = 0; i < count; i++) sum += scores[i] / (float)(i + 1);
        return sum;
    case RS_MEAN_OF_THREE: break;
    }
    for (size_t i = 0; i < count; i++) sum += scores[i];
    return sum / (float)count;
}

/* Integers in the order of floats, and back: the larger one can then be selected without a
 * branch, which would be mispredicted, since two papers of a person have unrelated scores. */
static int32_t to_ordered(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits ^ ((bits >> 31) & INT32_MAX);
}

static float from_ordered(int32_t bits) {
    float x;
    bits ^= (bits >> 31) & INT32_MAX;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The score that score_person gives, without the papers: this is computed for every person. */
static float score_of_person(const rs_index *index, const float *scores, rs_aggregate how,
                             size_t person) {
    const size_t from = index->person_offsets[person], to = index->person_offsets[person + 1];
    if (to - from == 1)
        return scores[index->person_papers[from]]; /* most people have one paper */
    const int32_t none = to_ordered(-INFINITY);
    int32_t first = none, second = none, third = none;
    for (size_t j = from; j < to; j++) {
        const int32_t score = to_ordered(scores[index->person_papers[j]]);
        const int32_t below_first = score < first ? score : first;
        const int32_t below_second = below_first < second ? below_first : second;
        first = score > first ? score : first;
        second = below_first > second ? below_first : second;
        third = below_second > third ? below_second : third;
    }
    const float best[RS_PERSON_PAPERS] = {from_ordered(first), from_ordered(second),
                                          from_ordered(third)};
    const size_t count = (size_t)((first > none) + (second > none) + (third > none));
    return count ? aggregate(how, best, count) : -INFINITY;
}

/* The person's score, and the best papers from which it is aggregated. */
static rs_person_hit score_person(const rs_index *index, const float *scores, rs_aggregate how,
                                  size_t person) {
    rs_person_hit hit = {.person = person, .score = -INFINITY};
    size_t found = 0;
    for (size_t j = index->person_offsets[person]; j < index->person_offsets[person + 1]; j++) {
        const size_t paper = (size_t)index->person_papers[j];
        const float score = scores[paper];
        if (score == -INFINITY) continue;
        hit.papers_count++;
        if (found == RS_PERSON_PAPERS && score <= hit.scores[found - 1]) continue;
        size_t at = found < RS_PERSON_PAPERS ? found++ : RS_PERSON_PAPERS - 1;
        for (; at && hit.scores[at - 1] < score; at--) {
            hit.scores[at] = hit.scores[at - 1];
            hit.papers[at] = hit.papers[at - 1];
        }
        hit.scores[at] = score;
        hit.papers[at] = paper;
    }
    if (found) hit.score = aggregate(how, hit.scores, found);
    for (size_t i = found; i < RS_PERSON_PAPERS; i++) hit.papers[i] = RS_NO_PAPER;
    return hit;
}

void rs_score_people(const rs_index *index, const float *paper_scores,
                     rs_aggregate aggregate_by, float *scores) {
    for (size_t p = 0; p < index->info.people; p++)
        scores[p] = score_of_person(index, paper_scores, aggregate_by, p);
}

void rs_rank_people(const rs_index *index, const float *paper_scores,
                    const rs_rank_options *options, size_t k, float *scores,
                    rs_person_hit *hits, size_t *count) {
    static const rs_rank_options usual;
    if (!options) options = &usual;
    rs_score_people(index, paper_scores, options->aggregate, scores);
    best b =
        begin(scores, k, sizeof *hits, k ? &hits->person : NULL, k ? &hits->closer_than : NULL);
    for (size_t p = 0; p < index->info.people; p++) {
        if (!wanted(&b, p)) continue;
        if (options->left_out && options->left_out[p]) continue;
        if (options->min_papers > 1 &&
            score_person(index, paper_scores, options->aggregate, p).papers_count <
                options->min_papers)
            continue;
        add(&b, p);
    }
    sort_descending(&b);
    fill_percentile_ranks(&b, index->info.people);
    for (size_t i = 0; i < b.count; i++) {
        const double closer_than = hits[i].closer_than;
        hits[i] = score_person(index, paper_scores, options->aggregate, hits[i].person);
        hits[i].closer_than = closer_than;
    }
    *count = b.count;
}
