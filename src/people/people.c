#include "people/people.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strmap.h"
#include "records/text.h"

/* One author of one paper. */
typedef struct mention {
    const author *who;
    size_t paper;
    size_t person;
} mention;

/* The people who have a certain name. */
typedef struct name_entry {
    size_t with_orcid; /* the person with ORCID, MANY, or STRMAP_NONE */
    size_t without;    /* the person without ORCID, or STRMAP_NONE */
    bool bare;         /* one word: a surname */
    bool written_out;  /* has a given name that is more than an initial */
} name_entry;

#define MANY (STRMAP_NONE - 1)

typedef struct builder {
    const paper *papers;
    size_t papers_count;
    mention *mentions;
    size_t mentions_count;
    name_entry *names; /* at most one per mention */
    size_t names_count;
    size_t *name_of;     /* the name of each mention */
    size_t *orcid_names; /* the name of each person with ORCID, or MANY */
    size_t people_count;
    strmap by_name, by_orcid;
    textpool scratch; /* keys */
    people *out;
} builder;

/* ---- Names ------------------------------------------------------------------------------- */

/* Appends text, with each full stop and run of white space replaced by one space. */
static size_t append_words(char *out, size_t used, const char *text, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        bool gap = text[i] == ' ' || text[i] == '.';
        if (!gap)
            out[used++] = text[i];
        else if (used && out[used - 1] != ' ')
            out[used++] = ' ';
    }
    return used;
}

/* The form of a name that is compared. */
static const char *name_key(textpool *pool, const char *name) {
    const char *fold = text_fold(pool, name);
    char *key = fold ? textpool_alloc(pool, strlen(fold) + 2) : NULL;
    if (!key) return NULL;
    const char *comma = strchr(fold, ',');
    size_t used = 0, family = comma ? (size_t)(comma - fold) : 0;
    if (comma && family && comma[1] && !strchr(comma + 1, ',')) {
        used = append_words(key, used, comma + 1, strlen(comma + 1));
        if (used && key[used - 1] != ' ') key[used++] = ' ';
        used = append_words(key, used, fold, family);
    } else {
        used = append_words(key, used, fold, strlen(fold));
    }
    while (used && key[used - 1] == ' ') used--;
    key[used] = 0;
    return key;
}

/* Whether a name is a surname alone: one word. Names in scripts written without spaces (letters
 * from U+2000 on, lead bytes from 0xE2 on) are complete although they are one word. */
static bool is_bare(const char *key) {
    for (const char *s = key; *s; s++)
        if (*s == ' ' || (unsigned char)*s >= 0xE2) return false;
    return true;
}

/* Whether a given name is more than an initial. Counts letters, not bytes, so that "Ö. Yılmaz"
 * is an initial. The last word is the family name. */
static bool is_written_out(const char *key) {
    size_t letters = 0;
    for (const char *s = key, *last = strrchr(key, ' '); last && s <= last; s++) {
        if (*s == ' ' || *s == '-') {
            if (letters > 1) return true;
            letters = 0;
        } else if (((unsigned char)*s & 0xC0) != 0x80) {
            letters++;
        }
    }
    return false;
}

/* Order of the spellings of a name: first by the number of letters, then given names first
 * before "Family, Given". */
static size_t fullness(const char *name) {
    size_t letters = 0;
    for (const char *s = name; *s; s++) letters += !strchr(" .,", *s);
    return letters * 2 + !strchr(name, ',');
}

/* ---- Disambiguation --------------------------------------------------------------------- */

static rs_status collect_mentions(builder *b) {
    size_t count = 0;
    for (size_t i = 0; i < b->papers_count; i++) count += b->papers[i].authors_count;
    if (count > INT32_MAX) return RS_ERR_FORMAT;
    b->mentions = calloc(count + 1, sizeof *b->mentions);
    b->names = calloc(count + 1, sizeof *b->names);
    b->name_of = calloc(count + 1, sizeof *b->name_of);
    b->orcid_names = calloc(count + 1, sizeof *b->orcid_names);
    if (!b->mentions || !b->names || !b->name_of || !b->orcid_names) return RS_ERR_MEMORY;
    for (size_t i = 0; i < b->papers_count; i++)
        for (size_t a = 0; a < b->papers[i].authors_count; a++)
            b->mentions[b->mentions_count++] =
                (mention){&b->papers[i].authors[a], i, STRMAP_NONE};
    return RS_OK;
}

static rs_status find_names(builder *b) {
    for (size_t i = 0; i < b->mentions_count; i++) {
        const char *key = name_key(&b->scratch, b->mentions[i].who->name);
        strmap_slot *slot = key ? strmap_slot_of(&b->by_name, key) : NULL;
        if (!slot) return RS_ERR_MEMORY;
        if (slot->value == STRMAP_NONE) {
            slot->value = b->names_count;
            b->names[b->names_count++] =
                (name_entry){STRMAP_NONE, STRMAP_NONE, is_bare(key), is_written_out(key)};
        }
        b->name_of[i] = slot->value;
    }
    return RS_OK;
}

static rs_status place_with_orcid(builder *b) {
    for (size_t i = 0; i < b->mentions_count; i++) {
        mention *m = &b->mentions[i];
        if (!m->who->orcid) continue;
        strmap_slot *slot = strmap_slot_of(&b->by_orcid, m->who->orcid);
        if (!slot) return RS_ERR_MEMORY;
        if (slot->value == STRMAP_NONE) {
            b->orcid_names[b->people_count] = b->name_of[i];
            slot->value = b->people_count++;
        }
        m->person = slot->value;
        if (b->orcid_names[m->person] != b->name_of[i]) b->orcid_names[m->person] = MANY;
        size_t *known = &b->names[b->name_of[i]].with_orcid;
        *known = *known == STRMAP_NONE || *known == m->person ? m->person : MANY;
    }
    return RS_OK;
}

/* Whether a name without ORCID joins the person with ORCID. Initials do not join a person who
 * has another name as well: that name may be a fuller one. */
static bool joins(const builder *b, const name_entry *name) {
    return name->with_orcid < MANY &&
           (name->written_out || b->orcid_names[name->with_orcid] != MANY);
}

static void place_without_orcid(builder *b) {
    for (size_t i = 0; i < b->mentions_count; i++) {
        mention *m = &b->mentions[i];
        if (m->who->orcid) continue;
        name_entry *name = &b->names[b->name_of[i]];
        if (name->bare) {
            m->person = b->people_count++;
            continue;
        }
        if (joins(b, name)) {
            m->person = name->with_orcid;
            continue;
        }
        if (name->without == STRMAP_NONE) name->without = b->people_count++;
        m->person = name->without;
    }
}

/* Renumbers people in the order in which they are first mentioned. */
static rs_status number_people(builder *b) {
    size_t *new_number = malloc((b->people_count + 1) * sizeof *new_number);
    b->out->items = calloc(b->people_count + 1, sizeof *b->out->items);
    if (!new_number || !b->out->items) {
        free(new_number);
        return RS_ERR_MEMORY;
    }
    for (size_t i = 0; i < b->people_count; i++) new_number[i] = STRMAP_NONE;
    for (size_t i = 0; i < b->mentions_count; i++) {
        mention *m = &b->mentions[i];
        if (new_number[m->person] == STRMAP_NONE) new_number[m->person] = b->out->count++;
        m->person = new_number[m->person];
        person *p = &b->out->items[m->person];
        if (!p->name || fullness(m->who->name) > fullness(p->name)) p->name = m->who->name;
        if (m->who->orcid) p->orcid = m->who->orcid;
    }
    free(new_number);
    return RS_OK;
}

/* ---- Output ------------------------------------------------------------------------------ */

static rs_status write_authorship(builder *b) {
    people *out = b->out;
    size_t *last_paper = malloc((out->count + 1) * sizeof *last_paper);
    out->authorship = calloc(b->mentions_count + 1, sizeof *out->authorship);
    out->offsets = calloc(b->papers_count + 1, sizeof *out->offsets);
    if (!last_paper || !out->authorship || !out->offsets) {
        free(last_paper);
        return RS_ERR_MEMORY;
    }
    for (size_t i = 0; i < out->count; i++) last_paper[i] = STRMAP_NONE;
    size_t at = 0, written = 0;
    for (size_t i = 0; i < b->papers_count; i++) {
        out->offsets[i] = written;
        for (; at < b->mentions_count && b->mentions[at].paper == i; at++) {
            size_t who = b->mentions[at].person;
            if (last_paper[who] == i) continue;
            last_paper[who] = i;
            out->authorship[written++] = (int32_t)who;
        }
    }
    out->offsets[b->papers_count] = written;
    free(last_paper);
    return RS_OK;
}

/* Sorted by person, then the newest paper first, then in the order of the corpus. */
typedef struct dated_mention {
    size_t person, position;
    int32_t date;
    const author *who;
} dated_mention;

static int compare_mentions(const void *left, const void *right) {
    const dated_mention *a = left, *b = right;
    if (a->person != b->person) return a->person < b->person ? -1 : 1;
    if (a->date != b->date) return a->date > b->date ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

/* Distinct texts, and the keys by which they are compared. */
typedef struct distinct {
    const char *items[PEOPLE_MAX_INSTITUTIONS], *keys[PEOPLE_MAX_INSTITUTIONS];
    size_t count;
} distinct;

static rs_status add_new(builder *b, const char *const *texts, size_t count, distinct *out) {
    for (size_t i = 0; i < count && out->count < PEOPLE_MAX_INSTITUTIONS; i++) {
        char *key = text_fold(&b->scratch, texts[i]);
        if (!key) return RS_ERR_MEMORY;
        size_t bytes = strlen(key);
        if (bytes && key[bytes - 1] == '.') key[bytes - 1] = 0;
        size_t at = 0;
        while (at < out->count && strcmp(out->keys[at], key) != 0) at++;
        if (at < out->count) continue;
        out->keys[out->count] = key;
        out->items[out->count++] = texts[i];
    }
    return RS_OK;
}

/* Copies the texts into *list, which is unchanged when there are none. */
static rs_status keep_distinct(builder *b, const distinct *d, const char *const **list,
                               size_t *count) {
    if (!d->count) return RS_OK;
    const char **copy = textpool_alloc(&b->out->pool, d->count * sizeof *copy);
    if (!copy) return RS_ERR_MEMORY;
    memcpy(copy, d->items, d->count * sizeof *copy);
    *list = copy;
    *count = d->count;
    return RS_OK;
}

static rs_status find_places(builder *b) {
    dated_mention *sorted = malloc((b->mentions_count + 1) * sizeof *sorted);
    if (!sorted) return RS_ERR_MEMORY;
    for (size_t i = 0; i < b->mentions_count; i++) {
        const mention *m = &b->mentions[i];
        sorted[i] = (dated_mention){m->person, i, b->papers[m->paper].date, m->who};
    }
    qsort(sorted, b->mentions_count, sizeof *sorted, compare_mentions);
    rs_status status = RS_OK;
    for (size_t i = 0; !status && i < b->mentions_count;) {
        distinct institutions = {.count = 0}, countries = {.count = 0};
        const size_t who = sorted[i].person;
        for (; !status && i < b->mentions_count && sorted[i].person == who; i++) {
            const author *a = sorted[i].who;
            status = add_new(b, a->institutions, a->institutions_count, &institutions);
            if (!status) status = add_new(b, a->countries, a->countries_count, &countries);
        }
        person *p = &b->out->items[who];
        if (!status)
            status = keep_distinct(b, &institutions, &p->institutions, &p->institutions_count);
        if (!status) status = keep_distinct(b, &countries, &p->countries, &p->countries_count);
    }
    free(sorted);
    return status;
}

static rs_status build(builder *b) {
    rs_status status = collect_mentions(b);
    if (!status) status = find_names(b);
    if (!status) status = place_with_orcid(b);
    if (status) return status;
    place_without_orcid(b);
    status = number_people(b);
    if (!status) status = write_authorship(b);
    return status ? status : find_places(b);
}

rs_status people_build(const paper *papers, size_t count, people *out, rs_error *error) {
    *out = (people){0};
    builder b = {.papers = papers, .papers_count = count, .out = out};
    rs_status status = build(&b);
    if (status == RS_ERR_MEMORY)
        rs_fail(error, status, 0, "out of memory for the authors of %zu papers", count);
    if (status == RS_ERR_FORMAT)
        rs_fail(error, status, 0, "more than %d authors in all", INT32_MAX);
    free(b.mentions);
    free(b.names);
    free(b.name_of);
    free(b.orcid_names);
    strmap_free(&b.by_name);
    strmap_free(&b.by_orcid);
    textpool_free(&b.scratch);
    if (status) people_free(out);
    return status;
}

void people_free(people *p) {
    free(p->items);
    free(p->authorship);
    free(p->offsets);
    textpool_free(&p->pool);
    *p = (people){0};
}
