#include "records/record.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "records/authors.h"
#include "records/text.h"

/* Finds a member without regard to case: Crossref writes "DOI", spreadsheets "Title". */
static cJSON *member(const cJSON *object, const char *name) {
    cJSON *item = cJSON_GetObjectItem(object, name);
    return cJSON_IsNull(item) ? NULL : item;
}

/* Joins a list of strings: some data sets have an abstract as a list of sentences, Crossref the
 * title as a list of one. */
static char *join_strings(const cJSON *list) {
    size_t bytes = 1;
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        if (cJSON_IsString(item)) bytes += strlen(item->valuestring) + 1;
    }
    char *joined = malloc(bytes), *end = joined;
    if (!joined) return NULL;
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item)) continue;
        size_t length = strlen(item->valuestring);
        memcpy(end, item->valuestring, length);
        end += length;
        *end++ = ' ';
    }
    *end = 0;
    return joined;
}

/* Reads a member as cleaned text; *out is NULL when it is missing, blank, or not a string. */
static rs_status read_text(textpool *pool, const cJSON *record, const char *name,
                           const char **out, unsigned *repairs) {
    *out = NULL;
    const cJSON *item = member(record, name);
    const char *text = cJSON_GetStringValue(item);
    char *joined = NULL;
    if (cJSON_IsArray(item)) {
        text = joined = join_strings(item);
        if (!joined) return RS_ERR_MEMORY;
    }
    if (!text) return RS_OK;
    unsigned found = 0;
    const char *clean = text_clean(pool, text, strlen(text), &found);
    if (joined)
        found &= ~(unsigned)TEXT_STRAY_BLANKS; /* white space where strings were joined
                                                        * is not a defect of the source */
    free(joined);
    if (!clean) return RS_ERR_MEMORY;
    *repairs |= found;
    if (*clean) *out = clean;
    return RS_OK;
}

static rs_status read_doi(textpool *pool, const cJSON *record, const char **out) {
    char *text = cJSON_GetStringValue(member(record, "doi"));
    char *doi = text ? text_doi(text) : NULL;
    *out = NULL;
    if (!doi) return RS_OK;
    unsigned ignored = 0; /* the strings have been cleaned and counted; only joining is left */
    *out = text_clean(pool, doi, strlen(doi), &ignored);
    return *out ? RS_OK : RS_ERR_MEMORY;
}

/* Whether a string is a web address. The page makes a link of it, so nothing else may pass
 * ("javascript:…"). */
static bool is_web_address(const char *url) {
    return strncasecmp(url, "https://", 8) == 0 || strncasecmp(url, "http://", 7) == 0;
}

/* Reads a non-negative integer, also written as a string; 0 otherwise. "v2" is read as 2. */
static int32_t read_number(const cJSON *item) {
    if (cJSON_IsNumber(item)) {
        double d = item->valuedouble;
        return d >= 0 && d <= INT32_MAX && floor(d) == d ? (int32_t)d : 0;
    }
    const char *text = cJSON_GetStringValue(item);
    if (!text) return 0;
    text += strspn(text, " ");
    if (*text == 'v' || *text == 'V') text++;
    long value = strtol(text, NULL, 10);
    return value >= 0 && value <= INT32_MAX ? (int32_t)value : 0;
}

/* Reads the date from the first member that contains a year. A member that is a number is read
 * as a year. */
static int32_t read_date(const cJSON *record) {
    static const char *const names[] = {"date",           "published", "publication_date",
                                        "published_date", "posted",    "pub_date",
                                        "publishedAt",    "year",      "created"};
    int32_t date = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names && !date; i++) {
        const cJSON *item = member(record, names[i]);
        if (cJSON_IsString(item)) date = text_date(item->valuestring);
        int32_t year = cJSON_IsNumber(item) ? read_number(item) : 0;
        if (year >= 1000 && year < 3000) date = year * 10000;
    }
    return date;
}

/* Reads the version from the member, else from the DOI, else from the URL
 * ("…/articles/5-420/v1"). */
static int32_t read_version(const cJSON *record, const paper *p) {
    int version = read_number(member(record, "version"));
    if (!version && p->doi) text_doi_base(p->doi, &version);
    if (!version && p->url) text_doi_base(p->url, &version);
    return version;
}

rs_status record_read(textpool *pool, cJSON *record, paper *out, record_remarks *remarks) {
    *out = (paper){0};
    *remarks = (record_remarks){0};
    unsigned *repairs = &remarks->repairs;
    if (read_text(pool, record, "title", &out->title, repairs)) return RS_ERR_MEMORY;
    if (read_text(pool, record, "abstract", &out->abstract, repairs)) return RS_ERR_MEMORY;
    if (!out->abstract) return RS_OK;

    if (read_text(pool, record, "url", &out->url, repairs)) return RS_ERR_MEMORY;
    if (out->url && !is_web_address(out->url)) out->url = NULL;
    if (read_text(pool, record, "source", &out->source, repairs)) return RS_ERR_MEMORY;
    if (read_doi(pool, record, &out->doi)) return RS_ERR_MEMORY;
    out->date = read_date(record);
    int32_t year = read_number(member(record, "year"));
    out->year = year >= 1000 && year < 3000 ? year : out->date / 10000;
    if (!out->date) out->date = out->year * 10000;
    out->version = read_version(record, out);
    return authors_read(pool, member(record, "authors"), out, remarks);
}
