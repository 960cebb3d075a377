#include "records/versions.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strmap.h"
#include "records/text.h"

enum {
    MAX_TITLE_WORDS = 64, /* words of a title that are compared */
    MAX_PAPERS_OF_A_DOI =
        16 /* papers of one DOI that a record is compared with; a DOI of more papers is an error
            * of the source, and comparing all would take quadratic time */
};

/* ---- Two records ------------------------------------------------------------------------- */

typedef struct word {
    const char *text;
    size_t bytes;
} word;

static size_t split_words(const char *text, word *words) {
    static const char between[] = " .,:;!?()[]\"'-/";
    size_t count = 0;
    for (const char *s = text + strspn(text, between); *s && count < MAX_TITLE_WORDS;) {
        words[count++] = (word){s, strcspn(s, between)};
        s += words[count - 1].bytes;
        s += strspn(s, between);
    }
    return count;
}

static bool similar_titles(textpool *scratch, const char *a, const char *b) {
    const char *fold_a = a ? text_fold(scratch, a) : NULL,
               *fold_b = b ? text_fold(scratch, b) : NULL;
    if (!fold_a || !fold_b) return false;
    word words_a[MAX_TITLE_WORDS], words_b[MAX_TITLE_WORDS];
    size_t count_a = split_words(fold_a, words_a), count_b = split_words(fold_b, words_b),
           common = 0;
    for (size_t i = 0; i < count_a; i++)
        for (size_t j = 0; j < count_b; j++) {
            if (words_a[i].bytes != words_b[j].bytes) continue;
            if (memcmp(words_a[i].text, words_b[j].text, words_a[i].bytes) != 0) continue;
            common++;
            words_b[j].bytes = 0; /* each word is matched once */
            break;
        }
    size_t longer = count_a > count_b ? count_a : count_b;
    return longer && common * 2 >= longer;
}

/* Returns the folded surname: "kannape" of "Kannape, O. A." and of "O. A. Kannape". */
static const char *surname(textpool *scratch, const char *name) {
    const char *comma = strchr(name, ','), *blank = strrchr(name, ' ');
    const char *from = comma || !blank ? name : blank + 1;
    const char *copy =
        textpool_copy(scratch, from, comma ? (size_t)(comma - name) : strlen(from));
    return copy ? text_fold(scratch, copy) : NULL;
}

static bool share_author(textpool *scratch, const paper *a, const paper *b) {
    for (size_t i = 0; i < a->authors_count; i++) {
        const char *one = surname(scratch, a->authors[i].name);
        for (size_t j = 0; one && j < b->authors_count; j++) {
            const char *other = surname(scratch, b->authors[j].name);
            if (other && strcmp(one, other) == 0) return true;
        }
    }
    return false;
}

static bool same_paper(const paper *a, const paper *b) {
    if (strcmp(a->doi, b->doi) == 0 && (!a->authors_count || !b->authors_count)) return true;
    textpool scratch = {0};
    bool same = similar_titles(&scratch, a->title, b->title) || share_author(&scratch, a, b);
    textpool_free(&scratch);
    return same;
}

/* Compares years, then months, then days, as far as both dates have them; negative, zero or
 * positive. */
static int compare_dates(int32_t a, int32_t b) {
    const int32_t parts_a[] = {a / 10000, a / 100 % 100, a % 100};
    const int32_t parts_b[] = {b / 10000, b / 100 % 100, b % 100};
    for (int i = 0; i < 3 && parts_a[i] && parts_b[i]; i++)
        if (parts_a[i] != parts_b[i]) return parts_a[i] < parts_b[i] ? -1 : 1;
    return 0;
}

/* Whether `later`, which came after `earlier`, is the newer version. */
static bool is_newer(const paper *later, const paper *earlier) {
    int order = compare_dates(later->date, earlier->date);
    if (order) return order > 0;
    if (later->version && earlier->version) return later->version >= earlier->version;
    return true;
}

static void fill_in(paper *p, const paper *from) {
    if (!p->title) p->title = from->title;
    if (!p->url) p->url = from->url;
    if (!p->source) p->source = from->source;
    if (!p->year) {
        p->year = from->year;
        p->date = from->date;
    }
    if (!p->authors_count) {
        p->authors = from->authors;
        p->authors_count = from->authors_count;
    }
}

/* ---- All --------------------------------------------------------------------------------- */

/* State of merging. Papers of one DOI form a linked list: next_of[i] is the next kept paper
 * with the DOI of paper i. */
typedef struct merging {
    corpus *c;
    versions_report *report;
    strmap first_of; /* DOI without version -> first kept paper */
    size_t *next_of, *records_of;
    size_t kept;
} merging;

static void keep(merging *m, const paper *p) {
    m->next_of[m->kept] = STRMAP_NONE;
    m->records_of[m->kept] = 1;
    m->c->papers[m->kept++] = *p; /* kept never exceeds the number of the paper being read */
}

static void merge_into(merging *m, size_t at, paper p) {
    paper *held = &m->c->papers[at];
    bool newer = is_newer(&p, held);
    paper best = newer ? p : *held;
    fill_in(&best, newer ? held : &p);
    *held = best;
    m->records_of[at]++;
    m->report->removed++;
}

static rs_status place(merging *m, paper p) {
    int version;
    const char *key = textpool_copy(&m->c->pool, p.doi, text_doi_base(p.doi, &version));
    strmap_slot *slot = key ? strmap_slot_of(&m->first_of, key) : NULL;
    if (!slot) return RS_ERR_MEMORY;
    size_t *link = &slot->value, tried = 0;
    bool same_doi = false;
    for (; *link != STRMAP_NONE && tried < MAX_PAPERS_OF_A_DOI;
         link = &m->next_of[*link], tried++) {
        const paper *held = &m->c->papers[*link];
        if (same_paper(&p, held)) {
            merge_into(m, *link, p);
            return RS_OK;
        }
        if (strcmp(p.doi, held->doi) == 0) same_doi = true;
    }
    if (same_doi)
        corpus_note_add(&m->report->kept_apart, "%s \"%s\"", p.doi, p.title ? p.title : "");
    if (*link == STRMAP_NONE)
        *link = m->kept; /* otherwise the list is too long: the paper is
                                                * kept without being linked */
    keep(m, &p);
    return RS_OK;
}

static void note_merged(merging *m) {
    for (size_t i = 0; i < m->kept; i++)
        if (m->records_of[i] > 1)
            corpus_note_add(&m->report->merged, "%s (%zu records)", m->c->papers[i].doi,
                            m->records_of[i]);
}

rs_status versions_merge(corpus *c, versions_report *report, rs_error *error) {
    *report = (versions_report){0};
    merging m = {.c = c, .report = report};
    rs_status status = RS_OK;
    m.next_of = calloc(c->count + 1, sizeof *m.next_of);
    m.records_of = calloc(c->count + 1, sizeof *m.records_of);
    if (!m.next_of || !m.records_of) status = RS_ERR_MEMORY;
    for (size_t i = 0; !status && i < c->count; i++) {
        if (c->papers[i].doi)
            status = place(&m, c->papers[i]);
        else
            keep(&m, &c->papers[i]);
    }
    if (!status) {
        note_merged(&m);
        c->count = m.kept;
    } else {
        rs_fail(error, status, 0, "out of memory for merging %zu papers", c->count);
    }
    strmap_free(&m.first_of);
    free(m.next_of);
    free(m.records_of);
    return status;
}
