/* How long a ranking takes natively, beside a plain loop over f32; called by rank.mjs.
 *
 *   bench_rank MODEL INDEX < TEXTS
 *
 * For each line: embeds it, scores and reports it (top 100), and prints one line of JSON: processor time
 * in milliseconds, and how many of the 100 best papers the loop has too. One thread. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "search/index.h"
#include "search/rank.h"

enum { TOP = 100, LINE = 1 << 16 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void check(rs_status status, const rs_error *error) {
    if (!status) return;
    fprintf(stderr, "bench_rank: %s\n", error->message);
    exit(1);
}

static void *read_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END)) exit(1);
    *size = (size_t)ftell(f);
    rewind(f);
    void *bytes = aligned_alloc(64, (*size + 2 * 64) / 64 * 64);
    if (!bytes || fread(bytes, 1, *size, f) != *size) exit(1);
    fclose(f);
    return bytes;
}

/* Rows less the mean, of length 1. */
static float *unit_rows(const rs_index *x) {
    const size_t N = x->info.papers, H = x->info.hidden_size;
    float *rows = malloc(N * H * sizeof *rows);
    if (!rows) exit(1);
    for (size_t i = 0; i < N; i++)
        for (size_t h = 0; h < H; h++)
            rows[i * H + h] = x->scale[i] * (float)x->q8[i * H + h] / x->centred_norms[i];
    return rows;
}

typedef struct found {
    size_t paper;
    float score;
} found;

/* As one writes it who wants the best of a matrix. */
static size_t plain_loop(const float *rows, size_t N, size_t H, const float *query,
                         found *best) {
    size_t n = 0;
    for (size_t i = 0; i < N; i++) {
        float score = 0;
        for (size_t h = 0; h < H; h++) score += rows[i * H + h] * query[h];
        if (n == TOP && score <= best[n - 1].score) continue;
        size_t at = n < TOP ? n++ : TOP - 1;
        for (; at && best[at - 1].score < score; at--) best[at] = best[at - 1];
        best[at] = (found){i, score};
    }
    return n;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("usage: bench_rank MODEL INDEX < TEXTS\n", stderr);
        return 2;
    }
    size_t model_size, index_size;
    void *model_bytes = read_file(argv[1], &model_size);
    void *index_bytes = read_file(argv[2], &index_size);
    rs_error error;
    rs_model *model;
    rs_session *session;
    rs_index *x;
    check(rs_model_open(model_bytes, model_size, NULL, &model, &error), &error);
    check(rs_session_open(model, NULL, &session, &error), &error);
    const double opening = now();
    check(rs_index_open(index_bytes, index_size, NULL, &x, &error), &error);
    const double opened = now() - opening;
    const size_t N = x->info.papers, H = x->info.hidden_size;
    float *rows = unit_rows(x), *parts = calloc(N, RS_PARTS * sizeof *parts);
    float *scratch = calloc(3 * H, sizeof *scratch), *vector = scratch + 2 * H;
    static char line[LINE];
    if (!parts || !scratch) return 1;
    while (fgets(line, sizeof line, stdin)) {
        size_t left = 1;
        rs_query query;
        check(rs_embed_begin(session, line, strlen(line), &query.tokens, &query.cut,
                             &query.cut_byte),
              &error);
        while (left) check(rs_embed_step(session, vector, &left), &error);

        const double start = now();
        check(rs_query_scores(session, x, &query, parts, &error), &error);
        const double scored = now();
        char *json;
        check(rs_report(x, &query, parts, NULL, TOP, &json, &error), &error);
        const double reported = now();
        rs_string_free(json);
        rs_score(x, vector, scratch, parts, parts + N);
        const double by_vectors = now();
        rs_paper_hit hits[TOP];
        size_t count;
        rs_rank_papers(x, parts + N, TOP, hits, &count);
        const double selected = now();

        float square = 0;
        for (size_t h = 0; h < H; h++) {
            vector[h] -= x->mean[h];
            square += vector[h] * vector[h];
        }
        for (size_t h = 0; h < H; h++) vector[h] /= sqrtf(square);
        found best[TOP];
        const double looping = now();
        const size_t n = plain_loop(rows, N, H, vector, best);
        const double looped = now();
        size_t same = 0;
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < n; j++) same += hits[i].paper == best[j].paper;
        printf("{\"open\":%.3f,\"scores\":%.3f,\"report\":%.3f,\"vectors\":%.3f,\"best\":%.3f,"
               "\"loop\":%.3f,\"same\":%zu}\n",
               opened, scored - start, reported - scored, by_vectors - reported,
               selected - by_vectors, looped - looping, same);
        fflush(stdout);
    }
    return 0;
}
