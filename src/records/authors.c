#include "records/authors.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "records/text.h"

enum {
    MAX_TEXTS = 16
}; /* maximum of institutions, and of countries, of one author of one paper; further ones are dropped */

/* Authors collected for one record. */
typedef struct gathering {
    textpool *pool;
    record_remarks *remarks;
    author *authors;
    double *numbers; /* the number on the paper; never NaN, valid if `numbered` */
    size_t count, capacity;
    bool numbered; /* every entry so far had a number */
} gathering;

static cJSON *first_member(const cJSON *object, const char *const *names) {
    for (; *names; names++) {
        cJSON *item = cJSON_GetObjectItem(object, *names);
        if (item && !cJSON_IsNull(item)) return item;
    }
    return NULL;
}

static const char *first_string(const cJSON *object, const char *const *names) {
    for (; *names; names++) {
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, *names));
        if (text && *text) return text;
    }
    return NULL;
}

/* ---- Institutions ------------------------------------------------------------------------ */

typedef struct text_list {
    const char *items[MAX_TEXTS];
    size_t count;
} text_list;

static rs_status add_distinct(text_list *list, const char *text) {
    if (list->count == MAX_TEXTS) return RS_OK;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0) return RS_OK;
    list->items[list->count++] = text;
    return RS_OK;
}

/* Copies the list into the pool; *copy is NULL for an empty list. */
static rs_status keep_list(gathering *g, const text_list *list, const char *const **copy,
                           size_t *count) {
    if (!list->count) return RS_OK;
    const char **items = textpool_alloc(g->pool, list->count * sizeof *items);
    if (!items) return RS_ERR_MEMORY;
    memcpy(items, list->items, list->count * sizeof *items);
    *copy = items;
    *count = list->count;
    return RS_OK;
}

/* Removes the words with "@", and punctuation that is then left at the end. Returns the new
 * length. */
static size_t drop_addresses(char *text) {
    char *cut = strstr(text, "Electronic address:");
    if (cut) *cut = 0;
    size_t kept = 0;
    for (const char *word = text; *word;) {
        size_t bytes = strcspn(word, " ");
        size_t blanks = strspn(word + bytes, " ");
        if (!memchr(word, '@', bytes)) {
            memmove(text + kept, word, bytes + blanks);
            kept += bytes + blanks;
        }
        word += bytes + blanks;
    }
    while (kept && strchr(" ,;:", text[kept - 1])) kept--;
    text[kept] = 0;
    return kept;
}

static rs_status add_institution(gathering *g, text_list *list, const char *text,
                                 size_t bytes) {
    char *clean = text_clean(g->pool, text, bytes, &g->remarks->repairs);
    if (!clean) return RS_ERR_MEMORY;
    return drop_addresses(clean) ? add_distinct(list, clean) : RS_OK;
}

/* Whether the ";" ends an HTML entity such as "&amp;", and so does not separate institutions. */
static bool ends_entity(const char *text, const char *semicolon) {
    const char *s = semicolon;
    while (s > text && semicolon - s < 8 && (isalnum((unsigned char)s[-1]) || s[-1] == '#'))
        s--;
    return s < semicolon && s > text && s[-1] == '&';
}

static rs_status add_institution_text(gathering *g, text_list *list, const char *text) {
    const char *from = text;
    for (const char *s = text;; s++) {
        if (*s && (*s != ';' || ends_entity(text, s))) continue;
        size_t bytes = (size_t)(s - from);
        while (bytes && isspace((unsigned char)*from)) from++, bytes--;
        while (bytes && isspace((unsigned char)from[bytes - 1])) bytes--;
        if (add_institution(g, list, from, bytes)) return RS_ERR_MEMORY;
        if (!*s) return RS_OK;
        from = s + 1;
    }
}

/* Adds the institutions of a string, an object with a name, or a list of these. */
static rs_status add_institutions(gathering *g, text_list *list, const cJSON *item) {
    static const char *const names[] = {"name", "display_name", "institution", NULL};
    const cJSON *entry;
    if (cJSON_IsString(item)) return add_institution_text(g, list, item->valuestring);
    if (cJSON_IsObject(item)) {
        const char *name = first_string(item, names);
        return name ? add_institution_text(g, list, name) : RS_OK;
    }
    if (!cJSON_IsArray(item)) return RS_OK;
    cJSON_ArrayForEach(entry, item) {
        if (!cJSON_IsArray(entry) && add_institutions(g, list, entry)) return RS_ERR_MEMORY;
    }
    return RS_OK;
}

static const char *const institution_names[] = {"institutions", "institution", "affiliations",
                                                "affiliation", NULL};

static rs_status read_institutions(gathering *g, const cJSON *entry, author *a) {
    text_list list = {.count = 0};
    for (const char *const *name = institution_names; *name; name++)
        if (add_institutions(g, &list, cJSON_GetObjectItem(entry, *name))) return RS_ERR_MEMORY;
    return keep_list(g, &list, &a->institutions, &a->institutions_count);
}

/* ---- Countries --------------------------------------------------------------------------- */

static const char *const country_names[] = {"country", "countries", "country_code", NULL};

static rs_status add_country(gathering *g, text_list *list, const cJSON *item) {
    const cJSON *entry;
    if (cJSON_IsArray(item)) {
        cJSON_ArrayForEach(entry, item) {
            if (cJSON_IsString(entry) && add_country(g, list, entry)) return RS_ERR_MEMORY;
        }
    }
    if (!cJSON_IsString(item)) return RS_OK;
    const char *clean =
        text_clean(g->pool, item->valuestring, strlen(item->valuestring), &g->remarks->repairs);
    if (!clean) return RS_ERR_MEMORY;
    return *clean ? add_distinct(list, clean) : RS_OK;
}

static rs_status add_countries(gathering *g, text_list *list, const cJSON *object) {
    for (const char *const *name = country_names; *name; name++)
        if (add_country(g, list, cJSON_GetObjectItem(object, *name))) return RS_ERR_MEMORY;
    return RS_OK;
}

/* Reads the countries of the author and of the institutions that are objects. */
static rs_status read_countries(gathering *g, const cJSON *entry, author *a) {
    text_list list = {.count = 0};
    const cJSON *institution;
    if (add_countries(g, &list, entry)) return RS_ERR_MEMORY;
    for (const char *const *name = institution_names; *name; name++) {
        const cJSON *item = cJSON_GetObjectItem(entry, *name);
        if (cJSON_IsObject(item) && add_countries(g, &list, item)) return RS_ERR_MEMORY;
        if (!cJSON_IsArray(item)) continue;
        cJSON_ArrayForEach(institution, item) {
            if (cJSON_IsObject(institution) && add_countries(g, &list, institution))
                return RS_ERR_MEMORY;
        }
    }
    return keep_list(g, &list, &a->countries, &a->countries_count);
}

/* ---- Names ------------------------------------------------------------------------------- */

/* Adds an author; a NULL or blank name is only counted. *added is the new author, or NULL. */
static rs_status add_author(gathering *g, const char *name, size_t bytes, author **added) {
    *added = NULL;
    const char *clean = text_clean(g->pool, name, bytes, &g->remarks->repairs);
    if (!clean) return RS_ERR_MEMORY;
    if (!*clean) {
        g->remarks->nameless_authors++;
        return RS_OK;
    }
    if (g->count == g->capacity) {
        size_t capacity = g->capacity ? g->capacity * 2 : 16;
        author *authors = realloc(g->authors, capacity * sizeof *authors);
        if (authors) g->authors = authors;
        double *numbers = realloc(g->numbers, capacity * sizeof *numbers);
        if (numbers) g->numbers = numbers;
        if (!authors || !numbers) return RS_ERR_MEMORY;
        g->capacity = capacity;
    }
    g->numbers[g->count] = 0;
    *added = &g->authors[g->count++];
    **added = (author){.name = clean};
    return RS_OK;
}

/* Adds an author whose given and family names are separate members, as "Given Family". */
static rs_status add_split_name(gathering *g, const cJSON *entry, author **added) {
    static const char *const given_names[] = {"given", "forename", "firstname", "first_name",
                                              "first", "initials", NULL};
    static const char *const family_names[] = {"family", "lastname", "last_name",
                                               "last",   "surname",  NULL};
    const char *given = first_string(entry, given_names);
    const char *family = first_string(entry, family_names);
    size_t given_bytes = given ? strlen(given) : 0, family_bytes = family ? strlen(family) : 0;
    char *whole = malloc(given_bytes + family_bytes + 2);
    if (!whole) return RS_ERR_MEMORY;
    size_t used = 0;
    if (given) memcpy(whole, given, used = given_bytes);
    if (given && family) whole[used++] = ' ';
    if (family) memcpy(whole + used, family, family_bytes);
    rs_status status = add_author(g, whole, used + family_bytes, added);
    free(whole);
    return status;
}

static rs_status read_orcid(gathering *g, const cJSON *entry, author *a) {
    static const char *const names[] = {"orcid", "orcid_id", NULL};
    char orcid[TEXT_ORCID_BYTES];
    const char *text = first_string(entry, names);
    if (text && text_orcid(text, orcid)) {
        a->orcid = textpool_copy(g->pool, orcid, strlen(orcid));
    } else {
        if (text) g->remarks->bad_orcids++;
        text = cJSON_GetStringValue(cJSON_GetObjectItem(entry, "identifier"));
        if (!text || !text_orcid(text, orcid)) return RS_OK; /* another kind of identifier */
        a->orcid = textpool_copy(g->pool, orcid, strlen(orcid));
    }
    return a->orcid ? RS_OK : RS_ERR_MEMORY;
}

/* Reads the number on the paper, a number or a string. */
static bool read_position(const cJSON *entry, double *number) {
    static const char *const names[] = {"number on paper", "number_on_paper", "number",
                                        "position",        "order",           NULL};
    const cJSON *item = first_member(entry, names);
    const char *text = cJSON_GetStringValue(item);
    char *end = NULL;
    if (cJSON_IsNumber(item))
        *number = item->valuedouble;
    else if (text)
        *number = strtod(text, &end);
    if (text && (end == text || *end)) return false;
    return item && (text || cJSON_IsNumber(item)) && *number == *number;
}

static rs_status add_object(gathering *g, const cJSON *entry) {
    static const char *const names[] = {"name",     "author",       "full_name",
                                        "fullname", "display_name", NULL};
    const cJSON *inner = cJSON_GetObjectItem(entry, "author"); /* {"author": {"name": …}, …} */
    const cJSON *who = cJSON_IsObject(inner) ? inner : entry;
    const char *name = first_string(who, names);
    author *a;
    rs_status status =
        name ? add_author(g, name, strlen(name), &a) : add_split_name(g, who, &a);
    if (status || !a) return status;
    if (!read_position(entry, &g->numbers[g->count - 1])) g->numbered = false;
    if (read_orcid(g, who, a)) return RS_ERR_MEMORY;
    if (read_institutions(g, entry, a)) return RS_ERR_MEMORY;
    return read_countries(g, entry, a);
}

/* ---- One string with all names
 * -------------------------------------------------------------- */

/* Whether a part of "A, B, C" looks like a full name: two words, one of them longer than
 * initials. The parts of "Kannape, O. A." do not. */
static bool is_full_name(const char *part, size_t bytes) {
    size_t words = 0;
    bool long_word = false;
    for (size_t at = 0; at < bytes;) {
        while (at < bytes && part[at] == ' ') at++;
        size_t from = at, letters = 0;
        for (; at < bytes && part[at] != ' '; at++)
            letters += part[at] != '.' && part[at] != '-';
        if (at > from) words++;
        if (letters > 2) long_word = true;
    }
    return words >= 2 && long_word;
}

static const char *find_separator(const char *text, const char *separator) {
    const char *found = strstr(text, separator);
    return found ? found : text + strlen(text);
}

/* The separator: ";" if the text has one, else " and ", else "," if every part is a full
 * name. */
static const char *separator_of(const char *text) {
    if (strchr(text, ';')) return ";";
    if (strstr(text, " and ")) return " and ";
    for (const char *from = text;;) {
        const char *end = find_separator(from, ",");
        if (!is_full_name(from, (size_t)(end - from))) return ";";
        if (!*end) return ",";
        from = end + 1;
    }
}

static rs_status add_list_text(gathering *g, const char *text) {
    const char *separator = separator_of(text);
    author *ignored;
    for (const char *from = text;;) {
        const char *end = find_separator(from, separator);
        size_t bytes = (size_t)(end - from);
        while (bytes && isspace((unsigned char)*from)) from++, bytes--;
        while (bytes && isspace((unsigned char)from[bytes - 1])) bytes--;
        /* "A; B;" has no third author. */
        if (bytes && add_author(g, from, bytes, &ignored)) return RS_ERR_MEMORY;
        if (!*end) return RS_OK;
        from = end + strlen(separator);
    }
}

/* Removes an ORCID that differently named authors of one paper share. It is a mistake of the
 * source, usually the submitter's own given to all, and would merge them into one person. */
static void drop_shared_orcids(gathering *g) {
    for (size_t i = 0; i < g->count; i++) {
        const char *orcid = g->authors[i].orcid;
        bool shared = false;
        for (size_t j = i + 1; orcid && j < g->count; j++) {
            author *other = &g->authors[j];
            if (!other->orcid || strcmp(other->orcid, orcid) != 0) continue;
            if (strcmp(other->name, g->authors[i].name) == 0) continue;
            other->orcid = NULL;
            shared = true;
            g->remarks->bad_orcids++;
        }
        if (!shared) continue;
        g->authors[i].orcid = NULL;
        g->remarks->bad_orcids++;
    }
}

/* ---- All --------------------------------------------------------------------------------- */

static rs_status gather(gathering *g, const cJSON *item) {
    const cJSON *entry;
    author *ignored;
    if (cJSON_IsString(item)) {
        g->numbered = false;
        return add_list_text(g, item->valuestring);
    }
    if (cJSON_IsObject(item)) return add_object(g, item); /* a single author without a list */
    cJSON_ArrayForEach(entry, item) {
        rs_status status = RS_OK;
        if (cJSON_IsObject(entry)) {
            status = add_object(g, entry);
        } else {
            g->numbered = false;
            if (cJSON_IsString(entry))
                status =
                    add_author(g, entry->valuestring, strlen(entry->valuestring), &ignored);
            else
                g->remarks->nameless_authors++;
        }
        if (status) return status;
    }
    return RS_OK;
}

/* Insertion sort: stable, and fast since the lists are nearly always in order. */
static void sort_by_number(gathering *g) {
    for (size_t i = 1; i < g->count; i++) {
        author a = g->authors[i];
        double number = g->numbers[i];
        size_t at = i;
        for (; at && g->numbers[at - 1] > number; at--) {
            g->authors[at] = g->authors[at - 1];
            g->numbers[at] = g->numbers[at - 1];
        }
        g->authors[at] = a;
        g->numbers[at] = number;
    }
}

rs_status authors_read(textpool *pool, const cJSON *item, paper *out, record_remarks *remarks) {
    gathering g = {.pool = pool, .remarks = remarks, .numbered = true};
    rs_status status = gather(&g, item);
    if (!status && g.numbered) sort_by_number(&g);
    drop_shared_orcids(&g);
    if (!status && g.count) {
        author *copy = textpool_alloc(pool, g.count * sizeof *copy);
        if (copy)
            memcpy(copy, g.authors, g.count * sizeof *copy);
        else
            status = RS_ERR_MEMORY;
        out->authors = copy;
        out->authors_count = copy ? g.count : 0;
    }
    free(g.authors);
    free(g.numbers);
    return status;
}
