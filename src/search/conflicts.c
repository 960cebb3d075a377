/* Conflicts of interest: the manuscript's authors and people who may be them by name, their
 * co-authors, people of the same institutions, and blocked people. */
#include "search/conflicts.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "people/institutions.h"
#include "people/names.h"
#include "search/search.h"

/* In order of precedence: of several reasons the first is reported. */
typedef enum reason { NONE, AUTHOR, MAYBE_AUTHOR, COAUTHOR, INSTITUTION, BLOCKED } reason;

static const char *const reason_names[] = {"",         "author",      "maybe_author",
                                           "coauthor", "institution", "blocked"};

/* The strings of a person's record that are compared; "" if unknown. */
typedef struct person_text {
    const char *name, *orcid;
    const char *institutions; /* concatenated with their NULs, terminated by "" */
} person_text;

/* A name or ORCID that was typed, and the people it matches. */
typedef struct typed {
    const char *text;
    person_name name;
    cJSON *people; /* in the answer */
} typed;

typedef struct typed_list {
    typed *items;
    size_t count;
} typed_list;

/* An institution whose people have a conflict of interest. */
typedef struct listed {
    const char *text;
    institution *name;
    cJSON *people; /* in the answer; NULL for one that was not typed */
    size_t latest; /* the last person added to it, or RS_NO_PAPER */
} listed;

/* Cache of is_listed, keyed by the text: hundreds of people have the same institution string. */
enum { SEEN = 4096 };
typedef struct seen {
    const char *text;
    bool is_listed;
} seen;

typedef struct search {
    const rs_index *index;
    arena arena;
    const cJSON *request;
    cJSON *answer;
    typed_list authors, blocked;
    listed *institutions;
    size_t institutions_count, institutions_cap;
    person_text *people;  /* [people] */
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

/* Excludes a person. Of several reasons the one of higher precedence is kept. */
static rs_status exclude(search *s, size_t person, reason why, const char *detail) {
    if (s->reasons[person] && s->reasons[person] <= why) return RS_OK;
    const char *copy = keep(s, detail);
    if (!copy) return out_of_memory(s);
    s->reasons[person] = (uint8_t)why;
    s->details[person] = copy;
    return RS_OK;
}

/* ---- The request ------------------------------------------------------------------------- */

/* Reads a member that is an array of strings; *out is NULL, and RS_OK returned, when it is
 * absent. */
static rs_status strings_of(search *s, const char *key, const cJSON **out) {
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(s->request, key);
    *out = list;
    if (!list) return RS_OK;
    if (!cJSON_IsArray(list))
        return rs_fail(s->error, RS_ERR_ARGUMENT, 0, "%s: expected an array of strings", key);
    cJSON_ArrayForEach(item, list) if (!cJSON_IsString(item)) return rs_fail(
        s->error, RS_ERR_ARGUMENT, 0, "%s: expected an array of strings", key);
    return RS_OK;
}

/* Adds an entry to the answer for a typed text; *people is the entry's list of people. */
static rs_status add_entry(search *s, cJSON *entries, const char *text, cJSON **people) {
    cJSON *entry = cJSON_CreateObject();
    *people = NULL;
    if (!json_add(entries, NULL, entry) || !cJSON_AddStringToObject(entry, "typed", text))
        return out_of_memory(s);
    *people = cJSON_AddArrayToObject(entry, "people");
    return *people ? RS_OK : out_of_memory(s);
}

static rs_status read_typed(search *s, const char *key, typed_list *out) {
    const cJSON *list, *item;
    rs_status status = strings_of(s, key, &list);
    if (status) return status;
    cJSON *entries = cJSON_AddArrayToObject(s->answer, key);
    if (!entries) return out_of_memory(s);
    out->items = arena_alloc(&s->arena, (size_t)cJSON_GetArraySize(list), sizeof *out->items);
    if (!out->items) return out_of_memory(s);
    cJSON_ArrayForEach(item, list) {
        typed *t = &out->items[out->count++];
        t->text = item->valuestring;
        names_read(t->text, strlen(t->text), &t->name);
        if ((status = add_entry(s, entries, t->text, &t->people))) return status;
    }
    return RS_OK;
}

static rs_status add_person(search *s, cJSON *people, size_t person) {
    return json_add(people, NULL, cJSON_CreateNumber((double)person)) ? RS_OK
                                                                      : out_of_memory(s);
}

/* ---- The people of the index ------------------------------------------------------------- */

/* Copies a string with its NUL to *at, advances *at, and returns the copy. */
static const char *put(char **at, const char *text) {
    char *begin = *at;
    const size_t bytes = text ? strlen(text) : 0;
    if (bytes) memcpy(begin, text, bytes);
    begin[bytes] = 0;
    *at = begin + bytes + 1;
    return begin;
}

/* Parses every person's record once and keeps the strings that are compared. */
static rs_status read_people(search *s) {
    const size_t count = s->index->info.people;
    /* A string with its NUL is shorter than the same string quoted in JSON; each person needs
     * at most three more NULs, for missing strings and the end of the institutions. */
    const size_t bytes = (size_t)s->index->people.offsets[count];
    s->people = arena_alloc(&s->arena, count, sizeof *s->people);
    char *at = arena_alloc(&s->arena, bytes + 3 * count, 1);
    if (!s->people || !at) return out_of_memory(s);
    for (size_t p = 0; p < count; p++) {
        cJSON *record;
        const cJSON *item;
        rs_status status = search_read_person(s->index, p, &record, s->error);
        if (status) return status;
        person_text *person = &s->people[p];
        person->name = put(&at, json_string(record, "name"));
        person->orcid = put(&at, json_string(record, "orcid"));
        person->institutions = at;
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(record, "institutions")) {
            if (cJSON_IsString(item) && *item->valuestring) put(&at, item->valuestring);
        }
        put(&at, NULL);
        cJSON_Delete(record);
    }
    return RS_OK;
}

/* ---- Names ------------------------------------------------------------------------------- */

/* Whether the typed text is this ORCID: with or without the address before it. */
static bool is_orcid(const char *text, const char *orcid) {
    const char *slash = strrchr(text, '/');
    if (slash) text = slash + 1;
    return *orcid && !strcmp(text, orcid);
}

static rs_status compare_person(search *s, size_t person, const person_name *name,
                                const typed_list *list, reason sure, reason maybe) {
    for (size_t i = 0; i < list->count; i++) {
        const typed *t = &list->items[i];
        rs_status status = RS_OK;
        if (is_orcid(t->text, s->people[person].orcid) || names_equal(&t->name, name)) {
            status = exclude(s, person, sure, t->text);
            if (!status) status = add_person(s, t->people, person);
        } else if (names_may_be(&t->name, name)) {
            status = exclude(s, person, maybe, t->text);
        }
        if (status) return status;
    }
    return RS_OK;
}

static rs_status find_names(search *s) {
    if (!s->authors.count && !s->blocked.count) return RS_OK;
    for (size_t p = 0; p < s->index->info.people; p++) {
        person_name name;
        names_read(s->people[p].name, strlen(s->people[p].name), &name);
        rs_status status = compare_person(s, p, &name, &s->authors, AUTHOR, MAYBE_AUTHOR);
        if (!status) status = compare_person(s, p, &name, &s->blocked, BLOCKED, BLOCKED);
        if (status) return status;
    }
    return RS_OK;
}

/* ---- Co-authors -------------------------------------------------------------------------- */

static rs_status exclude_authors_of(search *s, size_t author, size_t paper) {
    cJSON *record;
    char detail[600];
    rs_status status = search_read_paper(s->index, paper, &record, s->error);
    if (status) return status;
    const char *name = s->people[author].name, *title = json_string(record, "title");
    if (s->index->years[paper])
        snprintf(detail, sizeof detail, "%s, %d: %s", name, (int)s->index->years[paper],
                 title ? title : "");
    else
        snprintf(detail, sizeof detail, "%s: %s", name, title ? title : "");
    detail[utf8_check((const uint8_t *)detail, strlen(detail))] = 0; /* a character truncated by
                                                                      * snprintf is removed */
    cJSON_Delete(record);
    size_t count;
    const int32_t *people = rs_index_authors(s->index, paper, &count);
    for (size_t i = 0; i < count && !status; i++)
        status = exclude(s, (size_t)people[i], COAUTHOR, detail);
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

/* Adds an institution to compare with. people: its list of people in the answer, or NULL. */
static rs_status add_institution(search *s, const char *text, cJSON *people) {
    for (size_t i = 0; !people && i < s->institutions_count; i++)
        if (!strcmp(s->institutions[i].text, text)) return RS_OK;
    if (s->institutions_count == s->institutions_cap) {
        const size_t cap = s->institutions_cap * 2 + 16;
        listed *larger = arena_alloc(&s->arena, cap, sizeof *larger);
        if (!larger) return out_of_memory(s);
        if (s->institutions_count)
            memcpy(larger, s->institutions, s->institutions_count * sizeof *larger);
        s->institutions = larger;
        s->institutions_cap = cap;
    }
    institution *name = arena_alloc(&s->arena, 1, sizeof *name);
    if (!name) return out_of_memory(s);
    institutions_read(text, name);
    s->institutions[s->institutions_count++] = (listed){text, name, people, RS_NO_PAPER};
    return RS_OK;
}

/* Adds all institutions of an author, except umbrella organisations when there are several
 * institutions: a funder's other people are not colleagues. */
static rs_status add_author_institutions(search *s, size_t author) {
    const char *first = s->people[author].institutions;
    const bool several = *first && first[strlen(first) + 1];
    for (const char *at = first; *at; at += strlen(at) + 1) {
        institution name;
        institutions_read(at, &name);
        if (several && institutions_is_umbrella(&name)) continue;
        rs_status status = add_institution(s, at, NULL);
        if (status) return status;
    }
    return RS_OK;
}

static rs_status list_institutions(search *s) {
    const cJSON *typed_ones, *item;
    rs_status status = strings_of(s, "institutions", &typed_ones);
    if (status) return status;
    cJSON *people, *entries = cJSON_AddArrayToObject(s->answer, "institutions");
    if (!entries) return out_of_memory(s);
    cJSON_ArrayForEach(item, typed_ones) {
        if (!*item->valuestring) continue;
        status = add_entry(s, entries, item->valuestring, &people);
        if (!status) status = add_institution(s, item->valuestring, people);
        if (status) return status;
    }
    if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(s->request, "author_institutions")))
        return RS_OK;
    for (size_t p = 0; p < s->index->info.people; p++) {
        if (s->reasons[p] != AUTHOR) continue;
        if ((status = add_author_institutions(s, p))) return status;
    }
    return RS_OK;
}

static bool is_listed(const search *s, const char *text) {
    institution name;
    institutions_read(text, &name);
    for (size_t i = 0; i < s->institutions_count; i++)
        if (institutions_same(s->institutions[i].name, &name)) return true;
    return false;
}

static bool is_listed_as_seen(const search *s, seen *table, const char *text) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *c = text; *c; c++) hash = (hash ^ (uint8_t)*c) * 16777619u;
    seen *entry = &table[(hash ^ hash >> 16) % SEEN];
    if (!entry->text || strcmp(entry->text, text) != 0)
        *entry = (seen){text, is_listed(s, text)};
    return entry->is_listed;
}

/* Excludes a person whose institution `text` is listed, and adds the person to the answer's
 * entries. */
static rs_status exclude_colleague(search *s, size_t person, const char *text) {
    institution name;
    institutions_read(text, &name);
    for (size_t i = 0; i < s->institutions_count; i++) {
        listed *l = &s->institutions[i];
        if (!l->people || l->latest == person || !institutions_same(l->name, &name)) continue;
        l->latest = person;
        rs_status status = add_person(s, l->people, person);
        if (status) return status;
    }
    return exclude(s, person, INSTITUTION, text);
}

static rs_status find_colleagues(search *s) {
    if (!s->institutions_count) return RS_OK;
    seen *table = arena_alloc(&s->arena, SEEN, sizeof *table);
    if (!table) return out_of_memory(s);
    for (size_t p = 0; p < s->index->info.people; p++)
        for (const char *at = s->people[p].institutions; *at; at += strlen(at) + 1) {
            if (!is_listed_as_seen(s, table, at)) continue;
            rs_status status = exclude_colleague(s, p, at);
            if (status) return status;
        }
    return RS_OK;
}

/* ---- The answer -------------------------------------------------------------------------- */

static rs_status list_excluded(search *s) {
    cJSON *list = cJSON_AddArrayToObject(s->answer, "excluded");
    if (!list) return out_of_memory(s);
    for (size_t p = 0; p < s->index->info.people; p++) {
        if (!s->reasons[p]) continue;
        cJSON *entry = cJSON_CreateObject();
        if (!json_add(list, NULL, entry) ||
            !cJSON_AddNumberToObject(entry, "person", (double)p) ||
            !cJSON_AddStringToObject(entry, "name", s->people[p].name) ||
            !cJSON_AddStringToObject(entry, "reason", reason_names[s->reasons[p]]) ||
            !cJSON_AddStringToObject(entry, "detail", s->details[p]))
            return out_of_memory(s);
    }
    return RS_OK;
}

static rs_status run(search *s) {
    const size_t people = s->index->info.people;
    s->reasons = arena_alloc(&s->arena, people, 1);
    s->details = arena_alloc(&s->arena, people, sizeof *s->details);
    if (!s->answer || !s->reasons || !s->details) return out_of_memory(s);
    if (!cJSON_IsObject(s->request))
        return rs_fail(s->error, RS_ERR_ARGUMENT, 0, "expected an object with authors");
    rs_status status;
    if ((status = read_typed(s, "authors", &s->authors)) ||
        (status = read_typed(s, "blocked", &s->blocked)) || (status = read_people(s)) ||
        (status = find_names(s)) || (status = find_coauthors(s)) ||
        (status = list_institutions(s)) || (status = find_colleagues(s)))
        return status;
    return list_excluded(s);
}

rs_status conflicts_answer(const rs_index *index, const cJSON *request, cJSON **answer,
                           rs_error *error) {
    search s = {
        .index = index, .request = request, .answer = cJSON_CreateObject(), .error = error};
    arena_init(&s.arena, &index->arena.allocator);
    const rs_status status = run(&s);
    arena_free(&s.arena);
    if (status) cJSON_Delete(s.answer);
    *answer = status ? NULL : s.answer;
    return status;
}

rs_status rs_conflicts(const rs_index *index, const char *request, size_t request_bytes,
                       char **json, rs_error *error) {
    if (!index || !request || !json)
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "an argument is NULL");
    *json = NULL;
    cJSON *parsed, *answer;
    rs_status status = json_parse((const uint8_t *)request, request_bytes, &parsed, error);
    if (status) return status == RS_ERR_FORMAT ? RS_ERR_ARGUMENT : status;
    status = conflicts_answer(index, parsed, &answer, error);
    cJSON_Delete(parsed);
    return status ? status : search_print(answer, json, error);
}
