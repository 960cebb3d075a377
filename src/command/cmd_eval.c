#include <cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "command/commands.h"
#include "command/load.h"
#include "search/eval_data.h"
#include "search/metrics.h"
#include "search/options.h"

static const char help[] =
    "usage: refscout eval --model MODEL --index INDEX DATA [options]\n\n"
    "Measures the quality of rankings by every score that the index can be ranked by and, where people are\n"
    "concerned, every aggregate of a person's papers, in one run. DATA is a JSON file of queries with\n"
    "their ground truth; docs/evaluation.md describes its format and the measures.\n\n"
    "  --score cosine|centred|lexical|hybrid  only this score\n"
    "  --weight W                  of the embeddings in the hybrid, above 0 to 1 (the index's default)\n"
    "  --aggregate mean3|best|weighted  only this aggregate of a person's papers\n"
    "  --resamples N               bootstrap resamples for the intervals (1000)\n"
    "  --seed N                    of the random numbers (1)\n"
    "  --threads N                 threads for a query (1)\n"
    "  --no-self-test              start without comparing a text's vector with the model file\n"
    "  --json                      one JSON object instead of the table\n"
    "  --progress                  show progress even if stderr is not a terminal\n";

enum { KINDS = 4, AGGREGATES = 3, ALL = -1 };

enum {
    BY_PAPERS = 3,
    BY_REVIEWERS = 2,
    BY_RATINGS = 3
}; /* number of measures of papers, of
                                                           * reviewers, and of ratings */
static const struct {
    const char *name, *title;
} measures[] = {{"ndcg_10", "nDCG@10"},       {"recall_100", "recall@100"},    {"mrr", "MRR"},
                {"percentile", "percentile"}, {"top_1_percent", "in top 1 %"}, {"loss", "loss"},
                {"easy_pairs", "easy pairs"}, {"hard_pairs", "hard pairs"}};
enum { OF_REVIEWERS = BY_PAPERS, OF_RATINGS = BY_PAPERS + BY_REVIEWERS };

typedef struct eval_options {
    const char *model_path, *index_path, *data_path, *weight_text;
    double weight;
    size_t resamples, seed, threads;
    int score, aggregate; /* indices of options_scores and options_aggregates, or ALL */
    bool json, progress, untested;
} eval_options;

typedef struct job {
    const eval_options *set;
    const rs_index *index;
    const rs_index_info *info;
    rs_session *session;
    eval_data data;
    rs_score_kind kinds[KINDS];
    size_t kinds_count;
    rs_aggregate aggregates[AGGREGATES];
    size_t aggregates_count;
    size_t with_papers, with_reviewers, raters;
    float *parts, *scores, *people; /* [RS_PARTS, papers], [papers], [people] */
    size_t *ranks;                  /* [maximum number of relevant papers of a query] */
    /* Units of the measures; paper_queries and reviewer_queries are the next to be filled:
     * [kinds][BY_PAPERS][with_papers],
     * [kinds][aggregates][BY_REVIEWERS][with_reviewers],
     * [kinds][aggregates][BY_RATINGS][raters]. */
    metrics_unit *paper_units, *reviewer_units, *rating_units;
    size_t paper_queries, reviewer_queries;
    float *predictions;  /* [kinds][aggregates][ratings] */
    double *scratch;     /* [resamples] */
    metrics_unit *gains; /* buffer for the differences of one row */
} job;

/* ---- Measuring --------------------------------------------------------------------------- */

static void measure_papers(job *j, const eval_query *q, size_t kind) {
    const size_t n = j->with_papers;
    metrics_unit *units = j->paper_units + kind * BY_PAPERS * n + j->paper_queries;
    for (size_t i = 0; i < q->relevant_count; i++)
        j->ranks[i] = metrics_rank(j->scores, j->info->papers, q->relevant[i]);
    units[0] = (metrics_unit){metrics_ndcg(j->ranks, q->relevant_count, 10), 1};
    units[n] = (metrics_unit){metrics_recall(j->ranks, q->relevant_count, 100), 1};
    units[2 * n] = (metrics_unit){metrics_reciprocal_rank(j->ranks, q->relevant_count), 1};
}

static void measure_reviewers(job *j, const eval_query *q, size_t row) {
    const size_t n = j->with_reviewers;
    metrics_unit *units = j->reviewer_units + row * BY_REVIEWERS * n + j->reviewer_queries;
    for (size_t i = 0; i < q->reviewers_count; i++) {
        const double share = metrics_percentile(j->people, j->info->people, q->reviewers[i]);
        units[0].numerator += share;
        units[n].numerator += share >= 0.99;
    }
    units[0].denominator = units[n].denominator = (double)q->reviewers_count;
}

static void predict_ratings(job *j, size_t query, size_t row) {
    float *predictions = j->predictions + row * j->data.ratings_count;
    for (size_t i = 0; i < j->data.ratings_count; i++)
        if (j->data.ratings[i].query == query)
            predictions[i] = j->people[j->data.ratings[i].person];
}

static rs_status measure_query(job *j, size_t number, rs_error *error) {
    const eval_query *q = &j->data.queries[number];
    rs_query about;
    rs_status status =
        rs_query_text(j->session, j->index, q->text, strlen(q->text), &about, j->parts, error);
    for (size_t k = 0; k < j->kinds_count && !status; k++) {
        status = rs_final_scores(j->index, j->parts, j->kinds[k], (float)j->set->weight,
                                 j->scores, error);
        if (status) break;
        if (about.in_corpus != RS_NO_PAPER) j->scores[about.in_corpus] = -INFINITY;
        if (q->relevant_count) measure_papers(j, q, k);
        for (size_t a = 0; a < j->aggregates_count; a++) {
            const size_t row = k * j->aggregates_count + a;
            if (!j->with_reviewers && !j->raters) break;
            rs_score_people(j->index, j->scores, j->aggregates[a], j->people);
            if (q->reviewers_count) measure_reviewers(j, q, row);
            predict_ratings(j, number, row);
        }
    }
    j->paper_queries += q->relevant_count > 0;
    j->reviewer_queries += q->reviewers_count > 0;
    return status;
}

static size_t end_of_person(const eval_data *d, size_t from) {
    size_t to = from;
    while (to < d->ratings_count && d->ratings[to].person == d->ratings[from].person) to++;
    return to;
}

/* Measures the ratings. A person's predictions are compared over all papers that they rated, so
 * this is done after all queries. */
static rs_status measure_ratings(job *j, rs_error *error) {
    const eval_data *d = &j->data;
    metrics_rating *list = calloc(d->ratings_count + 1, sizeof *list);
    if (!list) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    for (size_t row = 0; row < j->kinds_count * j->aggregates_count; row++) {
        metrics_unit *units = j->rating_units + row * BY_RATINGS * j->raters;
        const float *predictions = j->predictions + row * d->ratings_count;
        for (size_t from = 0, to; from < d->ratings_count; from = to, units++) {
            to = end_of_person(d, from);
            for (size_t i = from; i < to; i++)
                list[i - from] = (metrics_rating){d->ratings[i].rating, predictions[i]};
            units[0] = metrics_loss(list, to - from);
            units[j->raters] = metrics_easy_pairs(list, to - from);
            units[2 * j->raters] = metrics_hard_pairs(list, to - from);
        }
    }
    free(list);
    return RS_OK;
}

/* ---- What is measured -------------------------------------------------------------------- */

static void choose_rows(job *j) {
    const eval_options *o = j->set;
    for (int kind = RS_SCORE_COSINE; kind <= RS_SCORE_HYBRID; kind++)
        if (o->score != ALL ? o->score + 1 == kind
                            : kind < RS_SCORE_LEXICAL || j->info->lexical)
            j->kinds[j->kinds_count++] = (rs_score_kind)kind;
    for (int a = 0; a < AGGREGATES; a++)
        if (o->aggregate == ALL || o->aggregate == a)
            j->aggregates[j->aggregates_count++] = (rs_aggregate)a;
}

static rs_status allocate(job *j, rs_error *error) {
    const eval_data *d = &j->data;
    size_t most = 1;
    for (size_t i = 0; i < d->queries_count; i++) {
        const eval_query *q = &d->queries[i];
        j->with_papers += q->relevant_count > 0;
        j->with_reviewers += q->reviewers_count > 0;
        if (q->relevant_count > most) most = q->relevant_count;
    }
    for (size_t from = 0; from < d->ratings_count; from = end_of_person(d, from)) j->raters++;
    const size_t rows = j->kinds_count * j->aggregates_count;
    j->parts = calloc(j->info->papers + 1, RS_PARTS * sizeof *j->parts);
    j->scores = calloc(j->info->papers + 1, sizeof *j->scores);
    j->people = calloc(j->info->people + 1, sizeof *j->people);
    j->ranks = calloc(most, sizeof *j->ranks);
    j->paper_units =
        calloc(j->with_papers + 1, j->kinds_count * BY_PAPERS * sizeof *j->paper_units);
    j->reviewer_units =
        calloc(j->with_reviewers + 1, rows * BY_REVIEWERS * sizeof *j->reviewer_units);
    j->rating_units = calloc(j->raters + 1, rows * BY_RATINGS * sizeof *j->rating_units);
    j->predictions = calloc(d->ratings_count + 1, rows * sizeof *j->predictions);
    j->scratch = calloc(j->set->resamples + 1, sizeof *j->scratch);
    size_t widest = j->with_papers > j->with_reviewers ? j->with_papers : j->with_reviewers;
    if (j->raters > widest) widest = j->raters;
    j->gains = calloc(widest + 1, BY_PAPERS * sizeof *j->gains);
    return j->gains && j->parts && j->scores && j->people && j->ranks && j->paper_units &&
                   j->reviewer_units && j->rating_units && j->predictions && j->scratch
               ? RS_OK
               : rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for %zu queries",
                         d->queries_count);
}

/* ---- The answer -------------------------------------------------------------------------- */

/* The measures of papers, reviewers or ratings for one row of the table. */
typedef struct figures {
    const metrics_unit *units; /* [measures_count][units_count] */
    size_t units_count, first, measures_count;
} figures;

static cJSON *figures_json(const job *j, figures f) {
    cJSON *all = cJSON_CreateObject();
    for (size_t m = 0; m < f.measures_count; m++) {
        const metrics_unit *units = f.units + m * f.units_count;
        const double value = metrics_ratio(units, f.units_count);
        double low, high;
        cJSON *one = cJSON_AddObjectToObject(all, measures[f.first + m].name);
        metrics_interval(units, f.units_count, j->set->resamples, j->set->seed, j->scratch,
                         &low, &high);
        /* NaN, the value if nothing could be measured, becomes null in JSON. */
        json_add_number(one, "value", round(value * 1e6) / 1e6);
        json_add_number(one, "low", round(low * 1e6) / 1e6);
        json_add_number(one, "high", round(high * 1e6) / 1e6);
    }
    return all;
}

/* Selects the measures of papers, reviewers or ratings, for a score kind and, where people are
 * concerned, an aggregate. */
static figures figures_of(const job *j, int sort, size_t kind, size_t aggregate) {
    const size_t row = kind * j->aggregates_count + aggregate;
    if (sort == 0)
        return (figures){j->paper_units + kind * BY_PAPERS * j->with_papers, j->with_papers, 0,
                         BY_PAPERS};
    if (sort == 1)
        return (figures){j->reviewer_units + row * BY_REVIEWERS * j->with_reviewers,
                         j->with_reviewers, OF_REVIEWERS, BY_REVIEWERS};
    return (figures){j->rating_units + row * BY_RATINGS * j->raters, j->raters, OF_RATINGS,
                     BY_RATINGS};
}

static void add_row(cJSON *list, const job *j, const char *score, const char *aggregate,
                    figures f) {
    cJSON *row = cJSON_CreateObject();
    cJSON_AddItemToArray(list, row);
    cJSON_AddStringToObject(row, "score", score);
    if (aggregate) cJSON_AddStringToObject(row, "aggregate", aggregate);
    cJSON_AddItemToObject(row, "measures", figures_json(j, f));
}

/* Difference of two rows, unit by unit (paired), so that its interval shows whether one is
 * better: most of the variance is common to both. */
static figures difference(const job *j, figures a, figures b) {
    for (size_t i = 0; i < a.units_count * a.measures_count; i++)
        j->gains[i] =
            (metrics_unit){a.units[i].numerator - b.units[i].numerator, a.units[i].denominator};
    a.units = j->gains;
    return a;
}

static void add_rows(cJSON *answer, const job *j, int sort, const char *name) {
    cJSON *list = cJSON_AddArrayToObject(answer, name);
    const size_t aggregates = sort ? j->aggregates_count : 1;
    size_t lexical = KINDS, hybrid = KINDS;
    for (size_t k = 0; k < j->kinds_count; k++) {
        if (j->kinds[k] == RS_SCORE_LEXICAL) lexical = k;
        if (j->kinds[k] == RS_SCORE_HYBRID) hybrid = k;
        for (size_t a = 0; a < aggregates; a++)
            add_row(list, j, rs_score_name(j->kinds[k]),
                    sort ? options_aggregates[j->aggregates[a]] : NULL,
                    figures_of(j, sort, k, a));
    }
    for (size_t a = 0; a < aggregates && lexical < KINDS && hybrid < KINDS; a++)
        add_row(list, j, "hybrid-lexical", sort ? options_aggregates[j->aggregates[a]] : NULL,
                difference(j, figures_of(j, sort, hybrid, a), figures_of(j, sort, lexical, a)));
}

static cJSON *make_answer(const job *j) {
    const double weight = j->set->weight > 0 ? j->set->weight : (double)j->info->weight;
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "model", j->info->model_name);
    cJSON_AddStringToObject(answer, "model_sha256", j->info->model_sha256);
    cJSON_AddStringToObject(answer, "text", j->info->text);
    cJSON_AddNumberToObject(answer, "index_papers", (double)j->info->papers);
    cJSON_AddNumberToObject(answer, "index_people", (double)j->info->people);
    cJSON_AddNumberToObject(answer, "queries", (double)j->data.queries_count);
    cJSON_AddNumberToObject(answer, "ratings", (double)j->data.ratings_count);
    cJSON_AddNumberToObject(answer, "hybrid_weight", round(weight * 1e6) / 1e6);
    cJSON_AddNumberToObject(answer, "resamples", (double)j->set->resamples);
    cJSON_AddNumberToObject(answer, "seed", (double)j->set->seed);
    if (j->with_papers) add_rows(answer, j, 0, "papers");
    if (j->with_reviewers) add_rows(answer, j, 1, "reviewers");
    if (j->raters) add_rows(answer, j, 2, "raters");
    return answer;
}

static double number_of(const cJSON *object, const char *key) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

/* Prints a cell; the last of a line is not padded. */
static void print_cell(const char *text, bool last) {
    if (last)
        printf(" %s\n", text);
    else
        printf(" %-25s", text);
}

static void print_rows(const cJSON *rows, size_t first, size_t count, size_t units,
                       const char *of) {
    const cJSON *row;
    if (!rows) return;
    printf("\n%zu %s\n%-14s %-9s", units, of, "score", first ? "people by" : "");
    for (size_t m = 0; m < count; m++) print_cell(measures[first + m].title, m + 1 == count);
    cJSON_ArrayForEach(row, rows) {
        const char *aggregate =
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "aggregate"));
        printf("%-14s %-9s",
               cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "score")),
               aggregate ? aggregate : "");
        for (size_t m = 0; m < count; m++) {
            const cJSON *f = cJSON_GetObjectItemCaseSensitive(
                cJSON_GetObjectItemCaseSensitive(row, "measures"), measures[first + m].name);
            char cell[64] = "none";
            if (!isnan(number_of(f, "value")))
                snprintf(cell, sizeof cell, "%.4f [%.4f, %.4f]", number_of(f, "value"),
                         number_of(f, "low"), number_of(f, "high"));
            print_cell(cell, m + 1 == count);
        }
    }
}

static void print_answer(const job *j, const cJSON *answer) {
    printf(
        "%zu queries against %zu papers by %zu people; model %s; hybrid: %g x centred + %g x "
        "lexical\n",
        j->data.queries_count, j->info->papers, j->info->people, j->info->model_name,
        number_of(answer, "hybrid_weight"), 1 - number_of(answer, "hybrid_weight"));
    printf("in brackets: 95 %% of %zu bootstrap resamples, seed %zu\n", j->set->resamples,
           j->set->seed);
    print_rows(cJSON_GetObjectItemCaseSensitive(answer, "papers"), 0, BY_PAPERS, j->with_papers,
               "queries with relevant papers");
    print_rows(cJSON_GetObjectItemCaseSensitive(answer, "reviewers"), OF_REVIEWERS,
               BY_REVIEWERS, j->with_reviewers, "queries with reviewers");
    print_rows(cJSON_GetObjectItemCaseSensitive(answer, "raters"), OF_RATINGS, BY_RATINGS,
               j->raters, "people with ratings");
}

static int give_answer(const job *j) {
    cJSON *answer = make_answer(j);
    int code = CLI_OK;
    if (j->set->json) {
        char *json = cJSON_PrintUnformatted(answer);
        code = json && puts(json) >= 0 ? CLI_OK : CLI_FAILED;
        cJSON_free(json);
    } else {
        print_answer(j, answer);
    }
    cJSON_Delete(answer);
    return code;
}

/* ---- The run ----------------------------------------------------------------------------- */

static int measure_all(job *j) {
    rs_error error;
    cli_progress progress;
    const size_t count = j->data.queries_count;
    rs_status status = allocate(j, &error);
    cli_progress_start(&progress, "queries", count, 0, j->set->progress);
    for (size_t i = 0; i < count && !status; i++) {
        status = measure_query(j, i, &error);
        cli_progress_show(&progress, i + 1);
        if (cli_interrupted()) {
            cli_progress_end(&progress);
            cli_note("interrupted after %zu of %zu queries", i + 1, count);
            return CLI_FAILED;
        }
    }
    cli_progress_end(&progress);
    if (!status) status = measure_ratings(j, &error);
    if (status) return cli_failed(j->set->index_path, &error);
    return give_answer(j);
}

static int run(const eval_options *o, loaded_model *loaded, const rs_index *index) {
    rs_error error;
    job j = {.set = o, .index = index, .info = rs_index_describe(index)};
    cli_file file;
    if (o->score + 1 >= RS_SCORE_LEXICAL && !j.info->lexical) {
        rs_fail(&error, RS_ERR_ARGUMENT, 0, "has no lexical part: run `refscout embed` again");
        return cli_failed(o->index_path, &error);
    }
    if (cli_read(o->data_path, &file, &error)) return cli_failed(o->data_path, &error);
    int code = CLI_OK;
    if (eval_data_read(index, file.bytes, file.size, &j.data, &error))
        code = cli_failed(o->data_path, &error);
    cli_close(&file);
    if (!code) code = open_session(o->model_path, loaded, o->threads, o->untested, &j.session);
    choose_rows(&j);
    if (!code) code = measure_all(&j);
    rs_session_close(j.session);
    eval_data_free(&j.data);
    free(j.parts);
    free(j.scores);
    free(j.people);
    free(j.ranks);
    free(j.paper_units);
    free(j.reviewer_units);
    free(j.rating_units);
    free(j.predictions);
    free(j.scratch);
    free(j.gains);
    return code;
}

int cmd_eval(int argc, char **argv) {
    eval_options o = {
        .score = ALL, .aggregate = ALL, .resamples = 1000, .seed = 1, .threads = 1};
    size_t rest_count;
    const cli_option options[] = {
        {.name = "--model", .path = &o.model_path},
        {.name = "--index", .path = &o.index_path},
        {.name = "--score", .choice = &o.score, .choices = options_scores},
        {.name = "--weight", .text = &o.weight_text},
        {.name = "--aggregate", .choice = &o.aggregate, .choices = options_aggregates},
        {.name = "--resamples", .count = &o.resamples},
        {.name = "--seed", .count = &o.seed},
        {.name = "--threads", .count = &o.threads},
        {.name = "--json", .flag = &o.json},
        {.name = "--progress", .flag = &o.progress},
        {.name = "--no-self-test", .flag = &o.untested},
        {0}};
    int code = cli_parse(argc, argv, options, help, &rest_count);
    if (code >= 0) return code;
    if (rest_count != 1) return cli_usage("one file of DATA is needed, - for standard input");
    o.data_path = argv[1];
    if (o.weight_text && !cli_share(o.weight_text, &o.weight))
        return cli_usage("--weight takes a number above 0, at most 1");
    if (o.threads < 1 || o.threads > 256) return cli_usage("--threads takes 1 to 256");
    if (o.resamples < 1 || o.resamples > 1000000)
        return cli_usage("--resamples takes 1 to 1000000");

    loaded_model loaded;
    cli_file index_file;
    rs_index *index;
    if ((code = load_model(o.model_path, &loaded))) return code;
    if (!(code = load_index(o.index_path, &loaded, &index_file, &index))) {
        code = run(&o, &loaded, index);
        rs_index_close(index);
        cli_close(&index_file);
    }
    unload_model(&loaded);
    return code;
}
