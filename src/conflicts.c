/* Who should not review: the manuscript's authors and those who may be them, their co-authors, the
 * people of the same institutions, and whoever is blocked. */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "names.h"
#include "search.h"

/* In the order in which a reason wins. */
typedef enum reason { NONE, AUTHOR, MAYBE_AUTHOR, COAUTHOR, INSTITUTION, BLOCKED } reason;

static const char *const reason_names[] = {"",         "author",      "maybe_author",
                                           "coauthor", "institution", "blocked"};

/* A typed name, and the people it is. */
typedef struct typed {
    const char *text;
    person_name name;
    cJSON *people; /* in the answer */
} typed;

typedef struct typed_list {
    typed *items;
    size_t count;
} typed_list;

typedef struct search {
    const rs_index *index;
    arena arena;
    const cJSON *request;
    cJSON *answer;
    typed_list authors, blocked;
    const char **institutions;
    size_t institutions_count;
    uint8_t *reasons;     /* [people] */
    const char **details; /* [people], in the arena */
    rs_error *error;
} search;

static rs_status out_of_memory(search *s) {
    return rs_fail(s->error, RS_ERR_MEMORY, 0, "out of memory for the conflicts");
}

static char *keep(search *s, const char *text) {
    const size_t bytes = strlen(text) + 1;
    char *copy = arena_alloc(&s->arena, bytes, 1);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

/* Notes the first reason; a later one only when it comes earlier in the order. */
static rs_status exclude(search *s, size_t person, reason why, const char *detail) {
    if (s->reasons[person] && s->reasons[person] <= why) return RS_OK;
    const char *copy = keep(s, detail);
    if (!copy) return out_of_memory(s);
    s->reasons[person] = (uint8_t)why;
    s->details[person] = copy;
    return RS_OK;
}

/* ---- The request ------------------------------------------------------------------------- */

/* The member's array of strings; NULL, and RS_OK, when there is none. */
static rs_status strings_of(search *s, const char *key, const cJSON **out) {
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(s->request, key);
    *out = list;
    if (!list) return RS_OK;
    if (!cJSON_IsArray(list))
        return rs_fail(s->error, RS_ERR_ARGUMENT, 0, "%s: expected a list of texts", key);
    cJSON_ArrayForEach(item, list) if (!cJSON_IsString(item)) return rs_fail(
        s->error, RS_ERR_ARGUMENT, 0, "%s: expected a list of texts", key);
    return RS_OK;
}

static rs_status read_typed(search *s, const char *key, typed_list *out) {
    const cJSON *list, *item;
    rs_status status = strings_of(s, key, &list);
    cJSON *entries = status ? NULL : cJSON_AddArrayToObject(s->answer, key);
    if (status || !list) return status;
    out->items = arena_alloc(&s->arena, (size_t)cJSON_GetArraySize(list), sizeof *out->items);
    if (!out->items || !entries) return out_of_memory(s);
    cJSON_ArrayForEach(item, list) {
        typed *t = &out->items[out->count++];
        t->text = item->valuestring;
        names_read(t->text, strlen(t->text), &t->name);
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(entries, entry);
        cJSON_AddStringToObject(entry, "typed", t->text);
        t->people = cJSON_AddArrayToObject(entry, "people");
        if (!t->people) return out_of_memory(s);
    }
    return RS_OK;
}

/* ---- Names ------------------------------------------------------------------------------- */

/* Whether what was typed is this ORCID: its 16 signs, however they are written. */
static bool is_orcid(const char *text, const char *orcid) {
    const char *slash = strrchr(text, '/');
    if (slash) text = slash + 1;
    return orcid && !strcmp(text, orcid);
}

static rs_status compare_person(search *s, size_t person, const cJSON *record,
                                const typed_list *list, reason sure, reason maybe) {
    const char *name = json_string(record, "name"), *orcid = json_string(record, "orcid");
    person_name read;
    names_read(name ? name : "", name ? strlen(name) : 0, &read);
    for (size_t i = 0; i < list->count; i++) {
        const typed *t = &list->items[i];
        rs_status status = RS_OK;
        if (is_orcid(t->text, orcid) || names_equal(&t->name, &read)) {
            status = exclude(s, person, sure, t->text);
            if (!cJSON_AddItemToArray(t->people, cJSON_CreateNumber((double)person)))
                status = out_of_memory(s);
        } else if (names_may_be(&t->name, &read)) {
            status = exclude(s, person, maybe, t->text);
        }
        if (status) return status;
    }
    return RS_OK;
}

static rs_status find_names(search *s) {
    for (size_t p = 0; p < s->index->info.people; p++) {
        cJSON *record;
        rs_status status = search_read_person(s->index, p, &record, s->error);
        if (status) return status;
        status = compare_person(s, p, record, &s->authors, AUTHOR, MAYBE_AUTHOR);
        if (!status) status = compare_person(s, p, record, &s->blocked, BLOCKED, BLOCKED);
        cJSON_Delete(record);
        if (status) return status;
    }
    return RS_OK;
}

/* ---- Co-authors -------------------------------------------------------------------------- */

static rs_status exclude_authors_of(search *s, size_t author, size_t paper) {
    cJSON *person = NULL, *record = NULL;
    char detail[600];
    rs_status status = search_read_person(s->index, author, &person, s->error);
    if (!status) status = search_read_paper(s->index, paper, &record, s->error);
    if (!status) {
        const char *name = json_string(person, "name"), *title = json_string(record, "title");
        snprintf(detail, sizeof detail, "%s: %s", name ? name : "", title ? title : "");
        if (s->index->years[paper])
            snprintf(detail, sizeof detail, "%s, %d: %s", name ? name : "",
                     (int)s->index->years[paper], title ? title : "");
        size_t count;
        const int32_t *people = rs_index_authors(s->index, paper, &count);
        for (size_t i = 0; i < count && !status; i++)
            status = exclude(s, (size_t)people[i], COAUTHOR, detail);
    }
    cJSON_Delete(person);
    cJSON_Delete(record);
    return status;
}

static rs_status find_coauthors(search *s) {
    const cJSON *since = cJSON_GetObjectItemCaseSensitive(s->request, "coauthors_since");
    uint64_t first;
    if (!since || cJSON_IsNull(since)) return RS_OK;
    if (!json_item_u64(since, &first))
        return rs_fail(s->error, RS_ERR_ARGUMENT, 0, "coauthors_since: expected a year or 0");
    for (size_t p = 0; p < s->index->info.people; p++) {
        if (s->reasons[p] != AUTHOR) continue;
        for (size_t j = s->index->person_offsets[p]; j < s->index->person_offsets[p + 1]; j++) {
            const size_t paper = (size_t)s->index->person_papers[j];
            const int32_t year = s->index->years[paper];
            if (year && (uint64_t)year < first) continue;
            rs_status status = exclude_authors_of(s, p, paper);
            if (status) return status;
        }
    }
    return RS_OK;
}

/* ---- Institutions ------------------------------------------------------------------------ */

static bool is_listed(const search *s, const char *institution) {
    for (size_t i = 0; i < s->institutions_count; i++)
        if (names_same_institution(s->institutions[i], institution)) return true;
    return false;
}

/* Grows by one allocation an entry: lists are short, and the arena frees all at once. */
static rs_status add_institution(search *s, const char *text) {
    if (is_listed(s, text)) return RS_OK;
    const char **larger = arena_alloc(&s->arena, s->institutions_count + 1, sizeof *larger);
    char *copy = keep(s, text);
    if (!larger || !copy) return out_of_memory(s);
    if (s->institutions_count)
        memcpy(larger, s->institutions, s->institutions_count * sizeof *larger);
    larger[s->institutions_count++] = copy;
    s->institutions = larger;
    return RS_OK;
}

static rs_status list_institutions(search *s) {
    const cJSON *typed_ones, *item;
    rs_status status = strings_of(s, "institutions", &typed_ones);
    if (status) return status;
    cJSON_ArrayForEach(
        item, typed_ones) if (*item->valuestring &&
                              (status = add_institution(s, item->valuestring))) return status;
    if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(s->request, "author_institutions")))
        return RS_OK;
    for (size_t p = 0; p < s->index->info.people && !status; p++) {
        if (s->reasons[p] != AUTHOR) continue;
        cJSON *record;
        if ((status = search_read_person(s->index, p, &record, s->error))) return status;
        cJSON_ArrayForEach(item,
                           cJSON_GetObjectItemCaseSensitive(
                               record, "institutions")) if (!status && cJSON_IsString(item))
            status = add_institution(s, item->valuestring);
        cJSON_Delete(record);
    }
    return status;
}

static rs_status find_colleagues(search *s) {
    if (!s->institutions_count) return RS_OK;
    for (size_t p = 0; p < s->index->info.people; p++) {
        if (s->reasons[p] && s->reasons[p] <= INSTITUTION) continue;
        cJSON *record;
        const cJSON *item;
        rs_status status = search_read_person(s->index, p, &record, s->error);
        if (status) return status;
        cJSON_ArrayForEach(item,
                           cJSON_GetObjectItemCaseSensitive(
                               record, "institutions")) if (!status && cJSON_IsString(item) &&
                                                            is_listed(s, item->valuestring))
            status = exclude(s, p, INSTITUTION, item->valuestring);
        cJSON_Delete(record);
        if (status) return status;
    }
    return RS_OK;
}

/* ---- The answer -------------------------------------------------------------------------- */

static rs_status list_excluded(search *s) {
    cJSON *list = cJSON_AddArrayToObject(s->answer, "excluded");
    for (size_t p = 0; p < s->index->info.people; p++) {
        if (!s->reasons[p]) continue;
        cJSON *record;
        rs_status status = search_read_person(s->index, p, &record, s->error);
        if (status) return status;
        const char *name = json_string(record, "name");
        cJSON *entry = cJSON_CreateObject();
        bool ok = cJSON_AddItemToArray(list, entry);
        ok = cJSON_AddNumberToObject(entry, "person", (double)p) && ok;
        ok = cJSON_AddStringToObject(entry, "name", name ? name : "") && ok;
        ok = cJSON_AddStringToObject(entry, "reason", reason_names[s->reasons[p]]) && ok;
        ok = cJSON_AddStringToObject(entry, "detail", s->details[p]) && ok;
        cJSON_Delete(record);
        if (!ok) return out_of_memory(s);
    }
    return RS_OK;
}

static rs_status run(search *s, char **json) {
    const size_t people = s->index->info.people;
    s->reasons = arena_alloc(&s->arena, people, 1);
    s->details = arena_alloc(&s->arena, people, sizeof *s->details);
    if (!s->answer || !s->reasons || !s->details) return out_of_memory(s);
    if (!cJSON_IsObject(s->request))
        return rs_fail(s->error, RS_ERR_ARGUMENT, 0, "expected an object with authors");
    rs_status status;
    if ((status = read_typed(s, "authors", &s->authors)) ||
        (status = read_typed(s, "blocked", &s->blocked)) || (status = find_names(s)) ||
        (status = find_coauthors(s)) || (status = list_institutions(s)) ||
        (status = find_colleagues(s)) || (status = list_excluded(s)))
        return status;
    *json = cJSON_PrintUnformatted(s->answer);
    return *json ? RS_OK : out_of_memory(s);
}

rs_status rs_conflicts(const rs_index *index, const char *request, size_t request_bytes,
                       char **json, rs_error *error) {
    if (!index || !request || !json)
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "an argument is NULL");
    *json = NULL;
    cJSON *parsed;
    rs_status status = json_parse((const uint8_t *)request, request_bytes, &parsed, error);
    if (status) return status == RS_ERR_FORMAT ? RS_ERR_ARGUMENT : status;
    search s = {
        .index = index, .request = parsed, .answer = cJSON_CreateObject(), .error = error};
    arena_init(&s.arena, &index->arena.allocator);
    status = run(&s, json);
    arena_free(&s.arena);
    cJSON_Delete(s.answer);
    cJSON_Delete(parsed);
    return status;
}
