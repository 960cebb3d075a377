/* A query's vector -> the score of every paper -> the best papers, the best people. */
#include <math.h>

#include "index.h"
#include "kernels.h"

void rs_score(const rs_index *index, const float *query, float *scores) {
    const size_t N = index->info.papers, H = index->info.hidden_size;
    const float length = sqrtf(kernels_dot(query, query, H));
    const float with_mean = kernels_dot(query, index->mean, H);
    for (size_t i = 0; i < N; i++) {
        const float product =
            index->q8
                ? with_mean + index->scale[i] * kernels_dot_i8(query, index->q8 + i * H, H)
                : kernels_dot(query, index->f32 + i * H, H);
        const float lengths = length * index->norms[i];
        scores[i] = lengths > 0 ? product / lengths : 0;
    }
}

void rs_score_centred(const rs_index *index, const float *query, float *centred,
                      float *scores) {
    const size_t N = index->info.papers, H = index->info.hidden_size;
    for (size_t h = 0; h < H; h++) centred[h] = query[h] - index->mean[h];
    const float length = sqrtf(kernels_dot(centred, centred, H));
    const float with_mean = kernels_dot(centred, index->mean, H);
    for (size_t i = 0; i < N; i++) {
        const float product =
            index->q8 ? index->scale[i] * kernels_dot_i8(centred, index->q8 + i * H, H)
                      : kernels_dot(centred, index->f32 + i * H, H) - with_mean;
        const float lengths = length * index->centred_norms[i];
        scores[i] = lengths > 0 ? product / lengths : 0;
    }
}

void rs_score_lexical(const rs_index *index, const int32_t *ids, size_t count, float *scores) {
    if (index->info.lexical)
        lexical_score(&index->lexical, ids, count, scores);
    else
        for (size_t i = 0; i < index->info.papers; i++) scores[i] = 0;
}

/* What turns a score into how many standard deviations it lies above the corpus's mean. */
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

/* The hits are falling: those from the returned one on do not lie above the score. Counted there; the
 * sums from the end are then how many lie below each hit. */
static void count_paper(rs_paper_hit *hits, size_t n, float score) {
    size_t from = 0, to = n;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (hits[middle].score > score)
            from = middle + 1;
        else
            to = middle;
    }
    if (from) hits[from - 1].closer_than++;
}

static void count_person(rs_person_hit *hits, size_t n, float score) {
    size_t from = 0, to = n;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (hits[middle].score > score)
            from = middle + 1;
        else
            to = middle;
    }
    if (from) hits[from - 1].closer_than++;
}

void rs_rank_papers(const rs_index *index, const float *scores, size_t k, rs_paper_hit *hits,
                    size_t *count) {
    size_t n = 0;
    /* Insertion into a sorted list of k: papers come in rising order and a tie does not overtake,
     * so ties stay in that order. */
    for (size_t i = 0; i < index->info.papers; i++) {
        if (scores[i] == -INFINITY || k == 0 || (n == k && scores[i] <= hits[k - 1].score))
            continue;
        size_t at = n < k ? n++ : k - 1;
        for (; at && hits[at - 1].score < scores[i]; at--) hits[at] = hits[at - 1];
        hits[at] = (rs_paper_hit){.paper = i, .score = scores[i]};
    }
    *count = n;

    size_t all = 0;
    for (size_t i = 0; i < index->info.papers; i++) {
        if (scores[i] == -INFINITY) continue;
        all++;
        count_paper(hits, n, scores[i]);
    }
    for (size_t i = n; i-- > 1;) hits[i - 1].closer_than += hits[i].closer_than;
    for (size_t i = 0; i < n; i++) hits[i].closer_than /= (double)all;
}

/* s1 >= s2 >= s3, as many as there are. */
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

/* The person's best papers, and what they make of the person's score. */
static rs_person_hit score_person(const rs_index *index, const float *scores, rs_aggregate how,
                                  size_t person) {
    rs_person_hit hit = {.person = person};
    size_t best = 0;
    for (size_t j = index->person_offsets[person]; j < index->person_offsets[person + 1]; j++) {
        const size_t paper = (size_t)index->person_papers[j];
        const float score = scores[paper];
        if (score == -INFINITY) continue;
        hit.papers_count++;
        if (best == RS_PERSON_PAPERS && score <= hit.scores[best - 1]) continue;
        size_t at = best < RS_PERSON_PAPERS ? best++ : RS_PERSON_PAPERS - 1;
        for (; at && hit.scores[at - 1] < score; at--) {
            hit.scores[at] = hit.scores[at - 1];
            hit.papers[at] = hit.papers[at - 1];
        }
        hit.scores[at] = score;
        hit.papers[at] = paper;
    }
    if (best) hit.score = aggregate(how, hit.scores, best);
    for (size_t i = best; i < RS_PERSON_PAPERS; i++) hit.papers[i] = RS_NO_PAPER;
    return hit;
}

void rs_score_people(const rs_index *index, const float *paper_scores,
                     rs_aggregate aggregate_by, float *scores) {
    for (size_t p = 0; p < index->info.people; p++) {
        const rs_person_hit hit = score_person(index, paper_scores, aggregate_by, p);
        scores[p] = hit.papers_count ? hit.score : -INFINITY;
    }
}

void rs_rank_people(const rs_index *index, const float *scores, const rs_rank_options *options,
                    size_t k, rs_person_hit *hits, size_t *count) {
    static const rs_rank_options usual;
    if (!options) options = &usual;
    const size_t min_papers = options->min_papers ? options->min_papers : 1;
    size_t n = 0;
    for (size_t p = 0; p < index->info.people && k; p++) {
        if (options->left_out && options->left_out[p]) continue;
        const rs_person_hit hit = score_person(index, scores, options->aggregate, p);
        if (hit.papers_count < min_papers || (n == k && hit.score <= hits[k - 1].score))
            continue;
        size_t at = n < k ? n++ : k - 1;
        for (; at && hits[at - 1].score < hit.score; at--) hits[at] = hits[at - 1];
        hits[at] = hit;
    }
    *count = n;

    size_t all = 0;
    for (size_t p = 0; p < index->info.people && n; p++) {
        const rs_person_hit hit = score_person(index, scores, options->aggregate, p);
        if (!hit.papers_count) continue;
        all++;
        count_person(hits, n, hit.score);
    }
    for (size_t i = n; i-- > 1;) hits[i - 1].closer_than += hits[i].closer_than;
    for (size_t i = 0; i < n; i++) hits[i].closer_than /= (double)all;
}
