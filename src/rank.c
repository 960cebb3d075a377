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
        hits[at] = (rs_paper_hit){i, scores[i]};
    }
    *count = n;
}

/* The person's best papers, and their mean as the person's score. */
static rs_person_hit score_person(const rs_index *index, const float *scores, size_t person) {
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
    for (size_t i = 0; i < best; i++) hit.score += hit.scores[i];
    if (best) hit.score /= (float)best;
    for (size_t i = best; i < RS_PERSON_PAPERS; i++) hit.papers[i] = RS_NO_PAPER;
    return hit;
}

void rs_rank_people(const rs_index *index, const float *scores, size_t k, rs_person_hit *hits,
                    size_t *count) {
    size_t n = 0;
    for (size_t p = 0; p < index->info.people; p++) {
        const rs_person_hit hit = score_person(index, scores, p);
        if (!hit.papers_count || k == 0 || (n == k && hit.score <= hits[k - 1].score)) continue;
        size_t at = n < k ? n++ : k - 1;
        for (; at && hits[at - 1].score < hit.score; at--) hits[at] = hits[at - 1];
        hits[at] = hit;
    }
    *count = n;
}
