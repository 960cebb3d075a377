#include "search/lexical_write.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "search/lexical.h"

struct lexical_posting {
    int32_t id;
    uint32_t paper, times;
};

static int compare_ids(const void *a, const void *b) {
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static int compare_postings(const void *a, const void *b) {
    const struct lexical_posting *x = a, *y = b;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return (x->paper > y->paper) - (x->paper < y->paper);
}

static bool contains(const int32_t *list, size_t count, int32_t id) {
    for (size_t i = 0; i < count; i++)
        if (list[i] == id) return true;
    return false;
}

static rs_status make_room(lexical_writer *w, size_t more) {
    if (more <= w->capacity - w->count) return RS_OK;
    const size_t capacity = w->capacity * 2 + more;
    struct lexical_posting *larger = capacity <= SIZE_MAX / sizeof *larger && capacity >= more
                                         ? realloc(w->postings, capacity * sizeof *larger)
                                         : NULL;
    if (!larger) return RS_ERR_MEMORY;
    w->postings = larger;
    w->capacity = capacity;
    return RS_OK;
}

rs_status lexical_writer_add(lexical_writer *w, const int32_t *ids, size_t count,
                             const int32_t *skip, size_t skip_count) {
    int32_t *sorted = malloc((count + 1) * sizeof *sorted);
    if (!sorted || make_room(w, count)) {
        free(sorted);
        return RS_ERR_MEMORY;
    }
    if (count) memcpy(sorted, ids, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_ids);
    rs_status status = count && sorted[0] < 0 ? RS_ERR_ARGUMENT : RS_OK;
    const size_t begin = w->count;
    for (size_t i = 0; i < count && !status; i++) {
        struct lexical_posting *last = w->count > begin ? &w->postings[w->count - 1] : NULL;
        if (contains(skip, skip_count, sorted[i])) continue;
        if (last && last->id == sorted[i])
            last->times += last->times < LEXICAL_MAX_COUNT;
        else
            w->postings[w->count++] =
                (struct lexical_posting){sorted[i], (uint32_t)w->papers, 1};
    }
    free(sorted);
    if (!status) w->papers++;
    return status;
}

/* Writes a variable byte code: seven bits a byte, the lowest first; returns the position after
 * it. */
static uint8_t *put_number(uint8_t *p, uint64_t v) {
    for (; v >= 0x80; v >>= 7) *p++ = (uint8_t)(v | 0x80);
    *p++ = (uint8_t)v;
    return p;
}

static size_t same_id(const lexical_writer *w, size_t from) {
    size_t to = from;
    while (to < w->count && w->postings[to].id == w->postings[from].id) to++;
    return to;
}

rs_status lexical_writer_finish(lexical_writer *w, uint8_t **bytes, size_t *size) {
    enum { NUMBER = 5 }; /* maximum bytes of one number */
    size_t terms = 0;
    if (w->count) qsort(w->postings, w->count, sizeof *w->postings, compare_postings);
    for (size_t i = 0; i < w->count; i = same_id(w, i)) terms++;
    *bytes = malloc((2 * w->count + 2 * terms + 1) * NUMBER);
    if (!*bytes) return RS_ERR_MEMORY;
    uint8_t *p = put_number(*bytes, terms);
    int64_t id = -1;
    for (size_t i = 0; i < w->count;) {
        const size_t end = same_id(w, i);
        p = put_number(p, (uint64_t)(w->postings[i].id - id - 1));
        p = put_number(p, end - i);
        id = w->postings[i].id;
        int64_t paper = -1;
        for (; i < end; i++) {
            const struct lexical_posting *q = &w->postings[i];
            p = put_number(p, (uint64_t)(q->paper - paper - 1) << 1 | (q->times > 1));
            if (q->times > 1) p = put_number(p, q->times - 2);
            paper = q->paper;
        }
    }
    *size = (size_t)(p - *bytes);
    return RS_OK;
}

void lexical_writer_free(lexical_writer *w) {
    free(w->postings);
    *w = (lexical_writer){0};
}
