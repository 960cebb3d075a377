#include "search/search.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"

/* The functions that add to the answer return false when memory is out. They accept a NULL
 * object, as an earlier call that ran out of memory leaves it, and then return false. */

static bool add_number(cJSON *object, const char *key, double value) {
    return cJSON_AddNumberToObject(object, key, value) != NULL;
}

/* Six decimals: finer than the resolution of an int8 embedding, and the same text on every
 * platform. */
static bool add_rounded(cJSON *object, const char *key, double value) {
    return add_number(object, key, round(value * 1e6) / 1e6);
}

/* Moves a member of a record into the answer; adds null when the record has none. */
static bool take(cJSON *to, cJSON *record, const char *key) {
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(record, key);
    return json_add(to, key, item ? item : cJSON_CreateNull());
}

/* The members of a paper's record that every list of papers shows. */
static bool take_paper(cJSON *to, cJSON *record) {
    return take(to, record, "title") && take(to, record, "doi") && take(to, record, "url");
}

/* Appends an empty object to a list; NULL when memory is out. */
static cJSON *add_entry(cJSON *list) {
    cJSON *entry = cJSON_CreateObject();
    return json_add(list, NULL, entry) ? entry : NULL;
}

static rs_status added(bool ok, rs_error *error) {
    return ok ? RS_OK : rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for the results");
}

static rs_status read_record(const char *bytes, size_t size, const char *kind, size_t number,
                             cJSON **out, rs_error *error) {
    rs_error inner;
    rs_status status = json_parse((const uint8_t *)bytes, size, out, &inner);
    if (status)
        return rs_fail(error, status, inner.offset, "%s %zu of the index: %.200s", kind, number,
                       inner.message);
    if (cJSON_IsObject(*out)) return RS_OK;
    cJSON_Delete(*out);
    return rs_fail(error, RS_ERR_FORMAT, 0, "%s %zu of the index is not a JSON object", kind,
                   number);
}

rs_status search_read_paper(const rs_index *index, size_t paper, cJSON **out, rs_error *error) {
    size_t bytes;
    const char *record = rs_index_paper(index, paper, &bytes);
    return read_record(record, bytes, "paper", paper, out, error);
}

rs_status search_read_person(const rs_index *index, size_t person, cJSON **out,
                             rs_error *error) {
    size_t bytes;
    const char *record = rs_index_person(index, person, &bytes);
    return read_record(record, bytes, "person", person, out, error);
}

static rs_status add_authors(cJSON *to, const rs_index *index, size_t paper, rs_error *error) {
    cJSON *names = cJSON_AddArrayToObject(to, "authors");
    size_t count;
    const int32_t *people = rs_index_authors(index, paper, &count);
    rs_status status = added(names, error);
    for (size_t i = 0; i < count && !status; i++) {
        cJSON *person;
        status = search_read_person(index, (size_t)people[i], &person, error);
        if (status) return status;
        cJSON *name = cJSON_DetachItemFromObjectCaseSensitive(person, "name");
        status = added(json_add(names, NULL, name ? name : cJSON_CreateString("")), error);
        cJSON_Delete(person);
    }
    return status;
}

static bool fill_paper(cJSON *entry, const rs_paper_hit *hit, size_t rank, cJSON *record) {
    return add_number(entry, "rank", (double)rank) &&
           add_rounded(entry, "score", (double)hit->score) &&
           add_rounded(entry, "closer_than", hit->closer_than) && take_paper(entry, record) &&
           take(entry, record, "year");
}

static rs_status add_papers(cJSON *answer, const rs_index *index, const rs_paper_hit *hits,
                            size_t count, rs_error *error) {
    cJSON *list = cJSON_AddArrayToObject(answer, "papers");
    rs_status status = added(list, error);
    for (size_t i = 0; i < count && !status; i++) {
        cJSON *record;
        if ((status = search_read_paper(index, hits[i].paper, &record, error))) return status;
        cJSON *entry = add_entry(list);
        status = added(fill_paper(entry, &hits[i], i + 1, record), error);
        cJSON_Delete(record);
        if (!status) status = add_authors(entry, index, hits[i].paper, error);
    }
    return status;
}

static rs_status add_evidence(cJSON *entry, const rs_index *index, const rs_person_hit *hit,
                              rs_error *error) {
    cJSON *papers = cJSON_AddArrayToObject(entry, "papers");
    rs_status status = added(papers, error);
    for (size_t i = 0; i < RS_PERSON_PAPERS && hit->papers[i] != RS_NO_PAPER && !status; i++) {
        cJSON *record;
        if ((status = search_read_paper(index, hit->papers[i], &record, error))) return status;
        cJSON *paper = add_entry(papers);
        status = added(take_paper(paper, record) && take(paper, record, "year") &&
                           add_rounded(paper, "score", (double)hit->scores[i]),
                       error);
        cJSON_Delete(record);
    }
    return status;
}

/* Moves a list of the record into the answer; adds an empty list when the record has none. */
static bool take_list(cJSON *to, cJSON *record, const char *key) {
    cJSON *list = cJSON_DetachItemFromObjectCaseSensitive(record, key);
    return json_add(to, key, list ? list : cJSON_CreateArray());
}

static bool fill_person(cJSON *entry, const rs_person_hit *hit, size_t rank, cJSON *record) {
    return add_number(entry, "rank", (double)rank) &&
           add_rounded(entry, "score", (double)hit->score) &&
           add_rounded(entry, "closer_than", hit->closer_than) &&
           add_number(entry, "person", (double)hit->person) && take(entry, record, "name") &&
           take_list(entry, record, "institutions") && take_list(entry, record, "countries") &&
           take(entry, record, "orcid") &&
           add_number(entry, "papers_count", (double)hit->papers_count);
}

static rs_status add_people(cJSON *answer, const rs_index *index, const rs_person_hit *hits,
                            size_t count, rs_error *error) {
    cJSON *list = cJSON_AddArrayToObject(answer, "people");
    rs_status status = added(list, error);
    for (size_t i = 0; i < count && !status; i++) {
        cJSON *record;
        if ((status = search_read_person(index, hits[i].person, &record, error))) return status;
        cJSON *entry = add_entry(list);
        status = added(fill_person(entry, &hits[i], i + 1, record), error);
        cJSON_Delete(record);
        if (!status) status = add_evidence(entry, index, &hits[i], error);
    }
    return status;
}

/* Adds the score kind and its parameters, as used for this ranking. */
static bool add_ranking(cJSON *entry, const rs_index *index, const rs_rank_options *options) {
    const rs_score_kind kind = options->score ? options->score : index->info.score;
    if (!cJSON_AddStringToObject(entry, "score", rs_score_name(kind))) return false;
    if (kind != RS_SCORE_HYBRID) return cJSON_AddNullToObject(entry, "weight") != NULL;
    return add_rounded(entry, "weight",
                       (double)(options->weight > 0 ? options->weight : index->info.weight));
}

static rs_status add_query(cJSON *answer, const rs_index *index, const rs_query *query,
                           const rs_rank_options *options, rs_error *error) {
    cJSON *entry = cJSON_AddObjectToObject(answer, "query");
    rs_status status = added(add_number(entry, "tokens", (double)query->tokens) &&
                                 add_number(entry, "cut", (double)query->cut) &&
                                 add_number(entry, "cut_byte", (double)query->cut_byte) &&
                                 add_ranking(entry, index, options),
                             error);
    if (status) return status;
    if (query->in_corpus == RS_NO_PAPER)
        return added(cJSON_AddNullToObject(entry, "in_corpus"), error);
    cJSON *record;
    status = search_read_paper(index, query->in_corpus, &record, error);
    if (status) return status;
    status = added(take_paper(cJSON_AddObjectToObject(entry, "in_corpus"), record), error);
    cJSON_Delete(record);
    return status;
}

/* Excludes papers outside the years from..to, and those of unknown year; 0 is an open end. */
static void leave_out_years(const rs_index *index, int32_t from, int32_t to, float *scores) {
    if (!from && !to) return;
    for (size_t i = 0; i < index->info.papers; i++) {
        const int32_t year = index->years[i];
        if (!year || (from && year < from) || (to && year > to)) scores[i] = -INFINITY;
    }
}

rs_status search_answer(const rs_index *index, const rs_query *query, const float *parts,
                        const rs_rank_options *options, size_t top, cJSON **out,
                        rs_error *error) {
    static const rs_rank_options defaults;
    if (!options) options = &defaults;
    const size_t max_hits =
        index->info.papers > index->info.people ? index->info.papers : index->info.people;
    if (top > max_hits) top = max_hits; /* so that a huge `top` costs no memory */

    arena scratch;
    arena_init(&scratch, &index->arena.allocator);
    rs_paper_hit *papers = arena_alloc(&scratch, top, sizeof *papers);
    rs_person_hit *people = arena_alloc(&scratch, top, sizeof *people);
    float *scores = arena_alloc(&scratch, index->info.papers, sizeof *scores);
    float *people_scores = arena_alloc(&scratch, index->info.people, sizeof *people_scores);
    size_t papers_count = 0, people_count = 0;
    cJSON *answer = cJSON_CreateObject();
    rs_status status = papers && people && scores && people_scores && answer
                           ? RS_OK
                           : rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for the results");
    if (!status)
        status = rs_final_scores(index, parts, options->score, options->weight, scores, error);
    if (!status && query->in_corpus != RS_NO_PAPER) scores[query->in_corpus] = -INFINITY;
    if (!status) leave_out_years(index, options->year_from, options->year_to, scores);
    if (!status) {
        rs_rank_papers(index, scores, top, papers, &papers_count);
        rs_rank_people(index, scores, options, top, people_scores, people, &people_count);
        status = add_query(answer, index, query, options, error);
    }
    if (!status) status = add_papers(answer, index, papers, papers_count, error);
    if (!status) status = add_people(answer, index, people, people_count, error);
    arena_free(&scratch);
    if (status) cJSON_Delete(answer);
    *out = status ? NULL : answer;
    return status;
}

rs_status search_print(cJSON *answer, char **json, rs_error *error) {
    *json = cJSON_PrintUnformatted(answer);
    cJSON_Delete(answer);
    return added(*json, error);
}

rs_status rs_report(const rs_index *index, const rs_query *query, const float *parts,
                    const rs_rank_options *options, size_t top, char **json, rs_error *error) {
    cJSON *answer;
    rs_status status = search_answer(index, query, parts, options, top, &answer, error);
    return status ? status : search_print(answer, json, error);
}

void rs_string_free(char *string) { cJSON_free(string); }
