#include "search/eval_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/strmap.h"
#include "base/textpool.h"
#include "people/names.h"
#include "search/search.h"

/* Maps DOIs, addresses and titles to papers, and ORCIDs and names to people. `folded` has the
 * names without case, accents and full stops, for names that the index spells differently. */
typedef struct lookup {
    textpool pool;
    strmap papers, people, folded;
} lookup;

/* Value of a key that several papers or people have. */
#define AMBIGUOUS (STRMAP_NONE - 1)

static bool add_key(lookup *l, strmap *map, const char *key, size_t value) {
    if (!key || !*key) return true;
    const char *kept = textpool_copy(&l->pool, key, strlen(key));
    strmap_slot *slot = kept ? strmap_slot_of(map, kept) : NULL;
    if (!slot) return false;
    slot->value = slot->value == STRMAP_NONE || slot->value == value ? value : AMBIGUOUS;
    return true;
}

/* The folded words of a name, separated by spaces. */
static void fold_name(const char *name, char key[NAMES_MAX_BYTES]) {
    person_name n;
    names_read(name, strlen(name), &n);
    key[0] = 0;
    for (size_t i = 0, used = 0; i < n.count; i++)
        used += (size_t)snprintf(key + used, NAMES_MAX_BYTES - used, "%s%s", i ? " " : "",
                                 n.words[i]);
}

static bool add_person(lookup *l, const cJSON *record, size_t number) {
    char folded[NAMES_MAX_BYTES];
    const char *name = json_string(record, "name");
    fold_name(name ? name : "", folded);
    return add_key(l, &l->people, json_string(record, "orcid"), number) &&
           add_key(l, &l->people, name, number) && add_key(l, &l->folded, folded, number);
}

static rs_status fill_lookup(lookup *l, const rs_index *index, rs_error *error) {
    static const char *const paper_keys[] = {"doi", "url", "title"};
    const rs_index_info *info = rs_index_describe(index);
    bool good = true;
    cJSON *record;
    for (size_t i = 0; i < info->papers && good; i++) {
        rs_status status = search_read_paper(index, i, &record, error);
        if (status) return status;
        for (int k = 0; k < 3; k++)
            good = good && add_key(l, &l->papers, json_string(record, paper_keys[k]), i);
        cJSON_Delete(record);
    }
    for (size_t i = 0; i < info->people && good; i++) {
        rs_status status = search_read_person(index, i, &record, error);
        if (status) return status;
        good = add_person(l, record, i);
        cJSON_Delete(record);
    }
    return good ? RS_OK : rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
}

static size_t find_person(const lookup *l, const char *key) {
    char folded[NAMES_MAX_BYTES];
    const size_t found = strmap_get(&l->people, key);
    if (found != STRMAP_NONE) return found;
    fold_name(key, folded);
    return strmap_get(&l->folded, folded);
}

static rs_status find(const lookup *l, const cJSON *item, size_t query, const char *member,
                      size_t *out, rs_error *error) {
    const bool paper = !strcmp(member, "relevant");
    const char *key = cJSON_GetStringValue(item);
    if (!key)
        return rs_fail(error, RS_ERR_FORMAT, 0, "query %zu: %s holds something other than text",
                       query + 1, member);
    *out = paper ? strmap_get(&l->papers, key) : find_person(l, key);
    if (*out == AMBIGUOUS)
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "query %zu: %s: several %s of the index are called %.80s; give the %s",
                       query + 1, member, paper ? "papers" : "people", key,
                       paper ? "DOI or address" : "ORCID");
    if (*out == STRMAP_NONE)
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "query %zu: %s: no %s of the index has the %s %.80s", query + 1, member,
                       paper ? "paper" : "person",
                       paper ? "DOI, address or title" : "ORCID or name", key);
    return RS_OK;
}

/* Reads a list of papers or people; *out [*count], empty when the query has no such member. */
static rs_status read_list(const lookup *l, const cJSON *query, size_t number,
                           const char *member, size_t **out, size_t *count, rs_error *error) {
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(query, member);
    if (!list) return RS_OK;
    if (!cJSON_IsArray(list) || !cJSON_GetArraySize(list))
        return rs_fail(error, RS_ERR_FORMAT, 0, "query %zu: %s is not a list with entries",
                       number + 1, member);
    *out = calloc((size_t)cJSON_GetArraySize(list), sizeof **out);
    if (!*out) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    cJSON_ArrayForEach(item, list) {
        size_t found;
        rs_status status = find(l, item, number, member, &found, error);
        if (status) return status;
        for (size_t i = 0; i < *count; i++)
            if ((*out)[i] == found)
                return rs_fail(error, RS_ERR_FORMAT, 0, "query %zu: %s names %.80s twice",
                               number + 1, member, item->valuestring);
        (*out)[(*count)++] = found;
    }
    return RS_OK;
}

/* Appends the query's ratings to those read before; memory for them is already allocated. */
static rs_status read_ratings(const lookup *l, const cJSON *query, size_t number,
                              eval_data *out, rs_error *error) {
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(query, "ratings");
    const size_t begin = out->ratings_count;
    if (list && !cJSON_IsArray(list))
        return rs_fail(error, RS_ERR_FORMAT, 0, "query %zu: ratings is not a list", number + 1);
    cJSON_ArrayForEach(item, list) {
        const cJSON *rating = cJSON_GetObjectItemCaseSensitive(item, "rating");
        eval_rating *r = &out->ratings[out->ratings_count];
        rs_status status = find(l, cJSON_GetObjectItemCaseSensitive(item, "person"), number,
                                "ratings", &r->person, error);
        if (status) return status;
        if (!cJSON_IsNumber(rating) || !isfinite(rating->valuedouble))
            return rs_fail(error, RS_ERR_FORMAT, 0,
                           "query %zu: ratings: the \"rating\" of an entry is not a number",
                           number + 1);
        r->query = number;
        r->rating = rating->valuedouble;
        for (size_t i = begin; i < out->ratings_count; i++)
            if (out->ratings[i].person == r->person)
                return rs_fail(error, RS_ERR_FORMAT, 0,
                               "query %zu: ratings: one person rates it twice", number + 1);
        out->ratings_count++;
    }
    return RS_OK;
}

static rs_status read_query(const lookup *l, const cJSON *query, size_t number, eval_data *out,
                            rs_error *error) {
    eval_query *q = &out->queries[number];
    q->text = json_string(query, "text");
    if (!q->text || !*q->text)
        return rs_fail(error, RS_ERR_FORMAT, 0, "query %zu: has no \"text\"", number + 1);
    rs_status status =
        read_list(l, query, number, "relevant", &q->relevant, &q->relevant_count, error);
    if (!status)
        status =
            read_list(l, query, number, "reviewers", &q->reviewers, &q->reviewers_count, error);
    const size_t before = out->ratings_count;
    if (!status) status = read_ratings(l, query, number, out, error);
    if (!status && !q->relevant_count && !q->reviewers_count && out->ratings_count == before)
        status = rs_fail(error, RS_ERR_FORMAT, 0,
                         "query %zu: has neither \"relevant\" papers nor \"reviewers\" nor "
                         "\"ratings\"",
                         number + 1);
    return status;
}

static int compare_ratings(const void *a, const void *b) {
    const eval_rating *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    return (x->query > y->query) - (x->query < y->query);
}

static rs_status read_queries(const lookup *l, eval_data *out, rs_error *error) {
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(out->json, "queries");
    if (!cJSON_IsArray(list) || !cJSON_GetArraySize(list))
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "has no list \"queries\"; docs/evaluation.md shows the form");
    size_t ratings = 0;
    cJSON_ArrayForEach(item, list) ratings +=
        (size_t)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(item, "ratings"));
    out->queries = calloc((size_t)cJSON_GetArraySize(list), sizeof *out->queries);
    out->ratings = calloc(ratings + 1, sizeof *out->ratings);
    if (!out->queries || !out->ratings)
        return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    cJSON_ArrayForEach(item, list) {
        rs_status status = read_query(l, item, out->queries_count++, out, error);
        if (status) return status;
    }
    qsort(out->ratings, out->ratings_count, sizeof *out->ratings, compare_ratings);
    return RS_OK;
}

rs_status eval_data_read(const rs_index *index, const uint8_t *bytes, size_t size,
                         eval_data *out, rs_error *error) {
    lookup l = {0};
    *out = (eval_data){0};
    rs_status status = json_parse(bytes, size, &out->json, error);
    if (!status) status = fill_lookup(&l, index, error);
    if (!status) status = read_queries(&l, out, error);
    strmap_free(&l.papers);
    strmap_free(&l.people);
    strmap_free(&l.folded);
    textpool_free(&l.pool);
    return status;
}

void eval_data_free(eval_data *data) {
    for (size_t i = 0; i < data->queries_count; i++) {
        free(data->queries[i].relevant);
        free(data->queries[i].reviewers);
    }
    free(data->queries);
    free(data->ratings);
    cJSON_Delete(data->json);
    *data = (eval_data){0};
}
