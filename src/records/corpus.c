#include "records/corpus.h"

#include <cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "records/decompress.h"
#include "records/record.h"
#include "records/text.h"

/* State of reading one file. */
typedef struct reader {
    corpus *c;
    const char *name;
    const uint8_t *bytes;
    size_t size;
    bool list;     /* a JSON array, otherwise JSON Lines */
    size_t record; /* number of the current record in this file, from 1 */
    size_t line;   /* line where the record begins, from 1 */
    char *scratch; /* a copy of the record, if escapes in it must be repaired */
    size_t scratch_bytes;
} reader;

/* ---- Notes ------------------------------------------------------------------------------- */

void corpus_note_add(corpus_note *note, const char *format, ...) {
    if (note->count++ >= CORPUS_EXAMPLES) return;
    char *example = note->examples[note->count - 1];
    va_list args;
    va_start(args, format);
    vsnprintf(example, CORPUS_EXAMPLE_BYTES, format, args);
    va_end(args);
    /* vsnprintf may have cut a character in two. */
    example[utf8_check((const uint8_t *)example, strlen(example))] = 0;
}

/* The number of bytes of a title that are shown in a message. */
static int short_title(const char *title) {
    enum { SHORT_BYTES = 60 };
    size_t bytes = strlen(title);
    return (int)utf8_check((const uint8_t *)title, bytes < SHORT_BYTES ? bytes : SHORT_BYTES);
}

static void note(const reader *r, corpus_note *n, const paper *p) {
    const char *unit = r->list ? "record" : "line";
    size_t number = r->list ? r->record : r->line;
    if (!p->title) {
        corpus_note_add(n, "%s, %s %zu", r->name, unit, number);
        return;
    }
    int bytes = short_title(p->title);
    corpus_note_add(n, "%s, %s %zu: %.*s%s", r->name, unit, number, bytes, p->title,
                    p->title[bytes] ? "…" : "");
}

static void note_remarks(reader *r, const paper *p, const record_remarks *remarks) {
    corpus *c = r->c;
    if (remarks->repairs & TEXT_ILL_FORMED) note(r, &c->ill_formed, p);
    if (remarks->repairs & TEXT_LONE_ESCAPE) note(r, &c->lone_escapes, p);
    if (remarks->repairs & TEXT_STRAY_BLANKS) note(r, &c->stray_blanks, p);
    for (size_t i = 0; i < remarks->nameless_authors; i++) note(r, &c->nameless_authors, p);
    for (size_t i = 0; i < remarks->bad_orcids; i++) note(r, &c->bad_orcids, p);
}

/* ---- Errors ------------------------------------------------------------------------------ */

static size_t count_lines(const uint8_t *bytes, size_t size) {
    size_t lines = 0;
    for (const uint8_t *p = bytes, *end = bytes + size; p < end; p++, lines++) {
        p = memchr(p, '\n', (size_t)(end - p));
        if (!p) break;
    }
    return lines;
}

/* Fails with the place in front of the sentence; `at` is a byte of the file. */
static rs_status fail_at(const reader *r, size_t at, rs_error *error, const char *sentence) {
    size_t line = count_lines(r->bytes, at) + 1;
    if (r->list)
        return rs_fail(error, RS_ERR_FORMAT, at, "line %zu, record %zu: %s", line, r->record,
                       sentence);
    return rs_fail(error, RS_ERR_FORMAT, at, "line %zu: %s", line, sentence);
}

static const char *type_name(const cJSON *item) {
    return cJSON_IsArray(item)    ? "a list"
           : cJSON_IsString(item) ? "a string"
           : cJSON_IsNumber(item) ? "a number"
           : cJSON_IsNull(item)   ? "null"
                                  : "true or false";
}

/* ---- One record -------------------------------------------------------------------------- */

static rs_status keep(reader *r, const paper *p, rs_error *error) {
    corpus *c = r->c;
    if (c->count == CORPUS_MAX_PAPERS)
        return rs_fail(error, RS_ERR_FORMAT, 0,
                       "line %zu: more than %d papers, which is the limit", r->line,
                       CORPUS_MAX_PAPERS);
    if (c->count == c->capacity) {
        size_t capacity = c->capacity ? c->capacity * 2 : 1024;
        paper *papers = realloc(c->papers, capacity * sizeof *papers);
        if (!papers)
            return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for %zu papers", capacity);
        c->papers = papers;
        c->capacity = capacity;
    }
    c->papers[c->count] = *p;
    c->papers[c->count++].record = c->with_abstract++;
    return RS_OK;
}

static rs_status take(reader *r, cJSON *record, bool repaired, rs_error *error) {
    paper p;
    record_remarks remarks;
    rs_status status = record_read(&r->c->pool, record, &p, &remarks);
    if (status) return rs_fail(error, status, 0, "out of memory in line %zu", r->line);
    r->c->records++;
    if (!p.abstract) {
        note(r, &r->c->no_abstract, &p);
        return RS_OK;
    }
    if (repaired) remarks.repairs |= TEXT_LONE_ESCAPE;
    note_remarks(r, &p, &remarks);
    return keep(r, &p, error);
}

/* Returns the record's bytes; they are a copy in r->scratch if an escape had to be repaired.
 * NULL on failure, with *status set. */
static const uint8_t *repair(reader *r, size_t from, size_t bytes, bool *repaired,
                             rs_status *status, rs_error *error) {
    const char *json = (const char *)r->bytes + from;
    size_t bad = text_check_escapes(json, bytes, repaired);
    if (bad < bytes) {
        *status = fail_at(r, from + bad, error, "a \\u escape needs four hexadecimal digits");
        return NULL;
    }
    if (!*repaired) return r->bytes + from;
    if (bytes > r->scratch_bytes) {
        char *scratch = realloc(r->scratch, bytes);
        if (!scratch) {
            *status = rs_fail(error, RS_ERR_MEMORY, 0,
                              "out of memory for a record of %zu bytes", bytes);
            return NULL;
        }
        r->scratch = scratch;
        r->scratch_bytes = bytes;
    }
    memcpy(r->scratch, json, bytes);
    text_repair_escapes(r->scratch, bytes);
    return (const uint8_t *)r->scratch;
}

static rs_status read_record(reader *r, size_t from, size_t to, rs_error *error) {
    rs_error inner;
    char sentence[sizeof inner.message + 64];
    bool repaired;
    cJSON *record;
    rs_status status = RS_OK;
    const uint8_t *json = repair(r, from, to - from, &repaired, &status, error);
    if (!json) return status;
    status = json_parse(json, to - from, &record, &inner);
    if (status == RS_ERR_FORMAT) {
        snprintf(sentence, sizeof sentence, "%s%s", inner.message,
                 r->list ? "" : "; each line must hold one paper as a JSON object");
        return fail_at(r, from + inner.offset, error, sentence);
    }
    if (status) return rs_fail(error, status, 0, "%s", inner.message);
    if (cJSON_IsObject(record)) {
        status = take(r, record, repaired, error);
    } else {
        snprintf(sentence, sizeof sentence, "%s where a paper {…} is expected",
                 type_name(record));
        status = fail_at(r, from, error, sentence);
    }
    cJSON_Delete(record);
    return status;
}

/* ---- Records of a file ------------------------------------------------------------------- */

static bool is_blank(uint8_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static size_t skip_blanks(const reader *r, size_t at) {
    while (at < r->size && is_blank(r->bytes[at])) at++;
    return at;
}

static rs_status read_lines(reader *r, rs_error *error) {
    for (size_t from = 0; from < r->size; r->line++) {
        const uint8_t *newline = memchr(r->bytes + from, '\n', r->size - from);
        size_t end = newline ? (size_t)(newline - r->bytes) : r->size;
        size_t first = from;
        while (first < end && is_blank(r->bytes[first])) first++;
        r->record++;
        rs_status status = first < end ? read_record(r, from, end, error) : RS_OK;
        if (status) return status;
        from = end + 1;
    }
    return RS_OK;
}

/* Returns the end of the list's element that begins at `at`: the comma or bracket after it, or
 * size. */
static size_t element_end(const reader *r, size_t at) {
    size_t depth = 0;
    bool in_string = false;
    for (; at < r->size; at++) {
        uint8_t c = r->bytes[at];
        if (in_string) {
            if (c == '\\')
                at++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (depth ? c == '}' || c == ']' : c == ',' || c == ']') {
            if (!depth) return at;
            depth--;
        }
    }
    return r->size;
}

/* Reads a JSON array. at: the byte after the opening bracket. */
static rs_status read_list(reader *r, size_t at, rs_error *error) {
    size_t counted = 0; /* line breaks before this byte are in r->line */
    at = skip_blanks(r, at);
    for (bool more = at < r->size && r->bytes[at] != ']'; more;) {
        size_t end = element_end(r, at);
        r->line += count_lines(r->bytes + counted, at - counted);
        counted = at;
        r->record++;
        if (end == r->size)
            return fail_at(r, at, error,
                           "the file ends inside the record that begins here: it is cut "
                           "off, or a quote or a bracket is missing");
        rs_status status = read_record(r, at, end, error);
        if (status) return status;
        more = r->bytes[end] == ',';
        at = more ? skip_blanks(r, end + 1) : end;
        if (at == r->size) break;
    }
    if (at == r->size) return fail_at(r, at, error, "the file ends before the list does");
    at = skip_blanks(r, at + 1);
    if (at < r->size) return fail_at(r, at, error, "something follows the list");
    return RS_OK;
}

static rs_status read_plain(reader *r, rs_error *error) {
    static const char expected[] =
        "a corpus is a JSON array of papers, or JSON Lines: one a line";
    if (r->size >= 2 &&
        (memcmp(r->bytes, "\xFF\xFE", 2) == 0 || memcmp(r->bytes, "\xFE\xFF", 2) == 0))
        return rs_fail(error, RS_ERR_FORMAT, 0, "is UTF-16 text; save it as UTF-8");
    if (r->size >= 3 && memcmp(r->bytes, "\xEF\xBB\xBF", 3) == 0) {
        r->bytes += 3;
        r->size -= 3;
    }
    size_t first = skip_blanks(r, 0);
    if (first == r->size) return rs_fail(error, RS_ERR_FORMAT, 0, "is empty; %s", expected);
    r->list = r->bytes[first] == '[';
    if (!r->list && r->bytes[first] != '{')
        return rs_fail(error, RS_ERR_FORMAT, first, "begins with neither [ nor {; %s",
                       expected);
    return r->list ? read_list(r, first + 1, error) : read_lines(r, error);
}

rs_status corpus_read(corpus *c, const char *name, const uint8_t *bytes, size_t size,
                      rs_error *error) {
    plain_bytes plain;
    rs_status status = decompress(bytes, size, DECOMPRESS_MAX_BYTES, &plain, error);
    if (status) return status;
    reader r = {.c = c, .name = name, .bytes = plain.bytes, .size = plain.size, .line = 1};
    status = read_plain(&r, error);
    free(r.scratch);
    plain_bytes_free(&plain);
    return status;
}

void corpus_free(corpus *c) {
    free(c->papers);
    textpool_free(&c->pool);
    *c = (corpus){0};
}
