#include "search.h"

#include <math.h>
#include <stdlib.h>

#include "json.h"

/* Six decimals: more than an int8 embedding can tell apart, and the same text on every platform. */
static void add_rounded(cJSON *object, const char *key, double value) {
    cJSON_AddNumberToObject(object, key, round(value * 1e6) / 1e6);
}

static void add_score(cJSON *object, float score) {
    add_rounded(object, "score", (double)score);
}

/* Moves a member of a record into the answer; null when the record has none. */
static void take(cJSON *to, cJSON *record, const char *key) {
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(record, key);
    cJSON_AddItemToObject(to, key, item ? item : cJSON_CreateNull());
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
    for (size_t i = 0; i < count; i++) {
        cJSON *person;
        rs_status status = search_read_person(index, (size_t)people[i], &person, error);
        if (status) return status;
        cJSON *name = cJSON_DetachItemFromObjectCaseSensitive(person, "name");
        cJSON_AddItemToArray(names, name ? name : cJSON_CreateString(""));
        cJSON_Delete(person);
    }
    return RS_OK;
}

static rs_status add_papers(cJSON *answer, const rs_index *index, const float *scores,
                            size_t top, rs_paper_hit *hits, rs_error *error) {
    cJSON *list = cJSON_AddArrayToObject(answer, "papers");
    size_t count;
    rs_rank_papers(index, scores, top, hits, &count);
    for (size_t i = 0; i < count; i++) {
        cJSON *record;
        rs_status status = search_read_paper(index, hits[i].paper, &record, error);
        if (status) return status;
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(list, entry);
        cJSON_AddNumberToObject(entry, "rank", (double)(i + 1));
        add_score(entry, hits[i].score);
        add_rounded(entry, "closer_than", hits[i].closer_than);
        take(entry, record, "title");
        take(entry, record, "doi");
        take(entry, record, "url");
        take(entry, record, "year");
        cJSON_Delete(record);
        if ((status = add_authors(entry, index, hits[i].paper, error))) return status;
    }
    return RS_OK;
}

static rs_status add_evidence(cJSON *entry, const rs_index *index, const rs_person_hit *hit,
                              rs_error *error) {
    cJSON *papers = cJSON_AddArrayToObject(entry, "papers");
    for (size_t i = 0; i < RS_PERSON_PAPERS && hit->papers[i] != RS_NO_PAPER; i++) {
        cJSON *record;
        rs_status status = search_read_paper(index, hit->papers[i], &record, error);
        if (status) return status;
        cJSON *paper = cJSON_CreateObject();
        cJSON_AddItemToArray(papers, paper);
        take(paper, record, "title");
        take(paper, record, "doi");
        take(paper, record, "url");
        take(paper, record, "year");
        add_score(paper, hit->scores[i]);
        cJSON_Delete(record);
    }
    return RS_OK;
}

static rs_status add_people(cJSON *answer, const rs_index *index, const float *scores,
                            const rs_rank_options *options, size_t top, rs_person_hit *hits,
                            rs_error *error) {
    cJSON *list = cJSON_AddArrayToObject(answer, "people");
    size_t count;
    rs_rank_people(index, scores, options, top, hits, &count);
    for (size_t i = 0; i < count; i++) {
        cJSON *record;
        rs_status status = search_read_person(index, hits[i].person, &record, error);
        if (status) return status;
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(list, entry);
        cJSON_AddNumberToObject(entry, "rank", (double)(i + 1));
        add_score(entry, hits[i].score);
        add_rounded(entry, "closer_than", hits[i].closer_than);
        cJSON_AddNumberToObject(entry, "person", (double)hits[i].person);
        take(entry, record, "name");
        cJSON *institutions = cJSON_DetachItemFromObjectCaseSensitive(record, "institutions");
        cJSON_AddItemToObject(entry, "institutions",
                              institutions ? institutions : cJSON_CreateArray());
        take(entry, record, "orcid");
        cJSON_AddNumberToObject(entry, "papers_count", (double)hits[i].papers_count);
        cJSON_Delete(record);
        if ((status = add_evidence(entry, index, &hits[i], error))) return status;
    }
    return RS_OK;
}

/* What the papers are ranked by. */
static void add_ranking(cJSON *entry, const rs_index *index, const rs_rank_options *options) {
    const rs_score_kind kind = options->score ? options->score : index->info.score;
    cJSON_AddStringToObject(entry, "score", rs_score_name(kind));
    if (kind == RS_SCORE_HYBRID)
        add_rounded(entry, "weight",
                    (double)(options->weight > 0 ? options->weight : index->info.weight));
    else
        cJSON_AddNullToObject(entry, "weight");
}

static rs_status add_query(cJSON *answer, const rs_index *index, const rs_query *query,
                           const rs_rank_options *options, rs_error *error) {
    cJSON *entry = cJSON_AddObjectToObject(answer, "query");
    cJSON_AddNumberToObject(entry, "tokens", (double)query->tokens);
    cJSON_AddNumberToObject(entry, "cut", (double)query->cut);
    cJSON_AddNumberToObject(entry, "cut_byte", (double)query->cut_byte);
    add_ranking(entry, index, options);
    if (query->in_corpus == RS_NO_PAPER) {
        cJSON_AddNullToObject(entry, "in_corpus");
        return RS_OK;
    }
    cJSON *record;
    rs_status status = search_read_paper(index, query->in_corpus, &record, error);
    if (status) return status;
    cJSON *paper = cJSON_AddObjectToObject(entry, "in_corpus");
    take(paper, record, "title");
    take(paper, record, "doi");
    take(paper, record, "url");
    cJSON_Delete(record);
    return RS_OK;
}

/* Papers outside the years, and those of unknown year, are left out; 0 is an open end. */
static void leave_out_years(const rs_index *index, int32_t from, int32_t to, float *scores) {
    if (!from && !to) return;
    for (size_t i = 0; i < index->info.papers; i++) {
        const int32_t year = index->years[i];
        if (!year || (from && year < from) || (to && year > to)) scores[i] = -INFINITY;
    }
}

rs_status rs_report(const rs_index *index, const rs_query *query, const float *parts,
                    const rs_rank_options *options, size_t top, char **json, rs_error *error) {
    static const rs_rank_options usual;
    if (!options) options = &usual;
    const size_t most =
        index->info.papers > index->info.people ? index->info.papers : index->info.people;
    if (top > most) top = most; /* so that a huge `top` costs no memory */

    arena scratch;
    arena_init(&scratch, &index->arena.allocator);
    rs_paper_hit *papers = arena_alloc(&scratch, top, sizeof *papers);
    rs_person_hit *people = arena_alloc(&scratch, top, sizeof *people);
    float *scores = arena_alloc(&scratch, index->info.papers, sizeof *scores);
    cJSON *answer = cJSON_CreateObject();
    rs_status status = papers && people && scores && answer
                           ? RS_OK
                           : rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for the results");
    if (!status)
        status = rs_final_scores(index, parts, options->score, options->weight, scores, error);
    if (!status && query->in_corpus != RS_NO_PAPER) scores[query->in_corpus] = -INFINITY;
    if (!status) leave_out_years(index, options->year_from, options->year_to, scores);
    if (!status) status = add_query(answer, index, query, options, error);
    if (!status) status = add_papers(answer, index, scores, top, papers, error);
    if (!status) status = add_people(answer, index, scores, options, top, people, error);
    if (!status && !(*json = cJSON_PrintUnformatted(answer)))
        status = rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for the results");
    cJSON_Delete(answer);
    arena_free(&scratch);
    return status;
}

void rs_string_free(char *string) { cJSON_free(string); }
