#include "people/institutions.h"

#include <string.h>

#include "people/institutions_tables.h"
#include "people/institutions_words.h"
#include "people/names.h"

/* ---- Reading ----------------------------------------------------------------------------- */

/* Starts a list of words, which is stored in the institution's own buffer after the lists
 * before it. */
static const char *begin_words(const institution *i) {
    if (i->used < sizeof i->text) return i->text + i->used;
    return ""; /* no space left */
}

static void add_word(institution *i, const char *start, const char *word) {
    const size_t bytes = strlen(word), blank = i->text + i->used > start;
    if (!*word || i->used + blank + bytes + 2 > sizeof i->text) return;
    if (blank) i->text[i->used++] = ' ';
    memcpy(i->text + i->used, word, bytes);
    i->used += bytes;
}

static void end_words(institution *i) {
    if (i->used + 1 < sizeof i->text) i->text[i->used++] = 0;
}

/* Copies a part with its abbreviations replaced by their full forms. out: [NAMES_MAX_BYTES] */
static void write_out(const char *folded, char *out) {
    size_t used = 0;
    while (*folded) {
        const char *put = NULL;
        size_t bytes = strcspn(folded, " "), put_bytes = bytes;
        for (size_t i = 0; i < COUNT(spellings) && !put; i++)
            if (begins_with_words(folded, spellings[i][0])) {
                put = spellings[i][1];
                bytes = strlen(spellings[i][0]);
                put_bytes = strlen(put);
            }
        if (!put) put = folded;
        if (used + put_bytes + 2 > NAMES_MAX_BYTES) break;
        if (used) out[used++] = ' ';
        memcpy(out + used, put, put_bytes);
        used += put_bytes;
        folded += bytes;
        folded += *folded == ' ';
    }
    out[used] = 0;
}

/* Whether the part is a school of a university: "X School of Medicine", "X Medical School",
 * where the university's name is X. */
static bool is_medical_school(const char *full) {
    static const char *const list[] = {"school medicine", "medical school",
                                       "school public health", "law school"};
    for (size_t i = 0; i < COUNT(list); i++)
        if (find_words(full, list[i])) return true;
    return false;
}

/* Whether the part is only a department, "Physics Department": the institution it belongs to is
 * in another part. */
static bool is_unit_part(const char *text) {
    static const char *const first[] = {"school",   "laboratory", "laboratories", "lab",
                                        "unit",     "group",      "program",      "programme",
                                        "graduate", "chair",      "service"};
    if (find_words(text, "united states"))
        return false; /* not a department of a university:
                                                          * "United States Department of
                                                          * Agriculture" */
    char word[NAMES_MAX_BYTES];
    for (bool at_start = true; next_word(&text, word); at_start = false)
        if (is_unit(word) || (at_start && is_one_of(word, first, COUNT(first)))) return true;
    return false;
}

static bool is_key(const institution_name *n, const char *word) {
    return n->kind == UNIVERSITY ? is_university(word) : institute_word(word) != NULL;
}

/* Sets head: the words before the type word; empty for "Department of Physics University of …"
 * and "Institute at the University of …". */
static void read_head(institution *i, institution_name *n, const char *text) {
    char word[NAMES_MAX_BYTES];
    bool unit = false, school = n->kind == SCHOOL;
    n->head = begin_words(i);
    for (const char *at = text; next_word(&at, word) && !is_key(n, word);) {
        unit = unit || is_unit(word) || institute_word(word);
        if (is_connector(word)) {
            if (n->kind == UNIVERSITY) i->used = (size_t)(n->head - i->text);
        } else if (!(school && !strcmp(word, "medical"))) {
            add_word(i, n->head, word);
        }
    }
    end_words(i);
    if (n->kind == UNIVERSITY && unit && n->has_of) n->head = "";
}

/* Sets rest: a university's words after the type word, up to a unit: "University of Geneva
 * Medical School". */
static void read_rest(institution *i, institution_name *n, const char *text) {
    static const char *const part[] = {"medical", "medicine", "clinical"};
    char word[NAMES_MAX_BYTES];
    bool named = false;
    n->rest = begin_words(i);
    const char *at = text;
    while (next_word(&at, word) && !is_key(n, word)) {}
    while (next_word(&at, word)) {
        const char *institute = institute_word(word);
        if (is_connector(word) || strpbrk(word, "0123456789")) continue;
        if (named && n->kind == UNIVERSITY &&
            (institute || is_unit(word) || is_one_of(word, part, COUNT(part))))
            break;
        add_word(i, n->rest, institute ? institute : word);
        named = named || !is_common(word);
    }
    end_words(i);
}

/* Whether "of" or its like follows the type word: "University of …", "Institut für …"; not
 * "University and …". */
static bool says_of(const institution_name *n, const char *text) {
    char word[NAMES_MAX_BYTES];
    while (next_word(&text, word))
        if (is_key(n, word))
            return next_word(&text, word) && is_connector(word) && strcmp(word, "and") != 0 &&
                   strcmp(word, "et") != 0 && strcmp(word, "und") != 0;
    return false;
}

static void read_words(institution *i, institution_name *n, const char *text) {
    char word[NAMES_MAX_BYTES];
    const char *at = text;
    /* Sets full: all words but those with digits, which are postcodes and street numbers. */
    n->full = begin_words(i);
    while (next_word(&at, word)) {
        const char *institute = is_university(word) ? "university" : institute_word(word);
        const bool digits = strpbrk(word, "0123456789") != NULL;
        n->numbered = n->numbered || digits;
        if (!is_connector(word) && !digits) add_word(i, n->full, institute ? institute : word);
    }
    end_words(i);
    n->has_of = says_of(n, text);
    read_head(i, n, text);
    read_rest(i, n, text);
}

static void find_system(institution_name *n) {
    n->system = n->campus = -1;
    if (n->kind == PLACE) return;
    for (size_t s = 0; s < COUNT(systems); s++)
        if (find_words(n->full, systems[s].name)) n->system = (int)s;
    if (n->system < 0) return;
    /* "Southern University of California" is another university than that of California. */
    const char *name = systems[n->system].name;
    if (n->kind == UNIVERSITY && *n->head && !begins_with_words(name, n->head)) n->system = -1;
}

static void add_part(institution *i, const char *folded) {
    char text[NAMES_MAX_BYTES], word[NAMES_MAX_BYTES];
    write_out(folded, text);
    if (!*text || i->count == INSTITUTION_MAX_NAMES) return;
    if (is_one_of(text, nobody, COUNT(nobody))) return;
    institution_name n = {.kind = PLACE};
    for (const char *at = text; next_word(&at, word);) {
        if (is_university(word)) n.kind = UNIVERSITY;
        if (institute_word(word) && n.kind == PLACE) n.kind = INSTITUTE;
    }
    if (n.kind != UNIVERSITY && is_unit_part(text)) {
        if (!i->count) i->begins_with_unit = true;
        return;
    }
    const size_t used = i->used;
    read_words(i, &n, text);
    if (n.kind == INSTITUTE && is_medical_school(n.full)) {
        n.kind = SCHOOL;
        i->used = used;
        read_words(i, &n, text);
    }
    if (n.kind != PLACE && only_common(n.full) &&
        (count_words(n.full) < 3 || begins_with_words(n.full, "university")))
        return; /* no name of its own: "Medical School", "Research Centre" */
    if (n.kind == INSTITUTE)
        n.generic = *n.head ? only_common(n.head) && only_common(n.rest) &&
                                  !begins_with_words(n.head, "national")
                            : n.has_of || !*n.rest;
    find_system(&n);
    if (*n.full) i->names[i->count++] = n;
}

static bool has_key(const char *folded) {
    char word[NAMES_MAX_BYTES];
    while (next_word(&folded, word))
        if (is_university(word) || institute_word(word)) return true;
    return false;
}

/* Splits at "and" only if both sides have a type word: "Harvard University and Broad Institute"
 * are two institutions, "Institute of Cytology and Genetics" is one. */
static void add_joined(institution *i, char *folded) {
    for (char *and = strstr(folded, " and "); and; and = strstr(and+1, " and ")) {
        *and = 0;
        if (has_key(folded) && has_key(and+5)) {
            add_part(i, folded);
            add_joined(i, and+5);
            return;
        }
        *and = ' ';
    }
    add_part(i, folded);
}

/* Finds the campus, in the name itself or in a part after it; the first occurrence counts. */
static void find_campus(institution *i, size_t name) {
    institution_name *n = &i->names[name];
    if (n->system < 0) return;
    const campus_system *system = &systems[n->system];
    for (size_t p = name; p < i->count && n->campus < 0; p++) {
        if (i->names[p].kind == UNIVERSITY && i->names[p].system != n->system) break;
        const char *from = i->names[p].full, *best = NULL;
        if (p == name) from = find_words(from, system->name) + strlen(system->name);
        from += *from == ' ';
        for (int c = 0; system->campuses[c]; c++)
            for (const char *at = system->campuses[c]; *at;) {
                char words[64];
                const size_t bytes = strcspn(at, "/");
                memcpy(words, at, bytes);
                words[bytes] = 0;
                const char *found = find_words(from, words);
                if (found && (!best || found < best)) {
                    best = found;
                    n->campus = c;
                }
                at += bytes + (at[bytes] == '/');
            }
    }
}

void institutions_read(const char *text, institution *out) {
    out->used = out->count = 0;
    out->begins_with_unit = false;
    char folded[NAMES_MAX_BYTES];
    names_fold(text, strlen(text), folded);
    if (is_one_of(folded, nobody, COUNT(nobody)))
        return; /* before splitting: "N/A" would be
                                                           * two parts */
    for (const char *at = text; *at;) {
        size_t bytes = strcspn(at, ",;/()|");
        const char *dash = strstr(at, " - ");
        if (dash && (size_t)(dash - at) < bytes) bytes = (size_t)(dash - at);
        if (names_fold(at, bytes, folded)) add_joined(out, folded);
        at += bytes;
        at += strspn(at, " -,;/()|");
    }
    for (size_t i = 0; i < out->count; i++) find_campus(out, i);
}

/* ---- Comparing --------------------------------------------------------------------------- */

static bool is_umbrella(const institution_name *n) {
    for (size_t i = 0; i < COUNT(umbrellas); i++)
        if (!strcmp(n->full, umbrellas[i]) ||
            (n->numbered && begins_with_words(n->full, umbrellas[i])))
            return true;
    return false;
}

/* Whether the texts are equal or one is a prefix of the other, in complete words. */
static bool extends(const char *a, const char *b) {
    return *a && *b && (begins_with_words(a, b) || begins_with_words(b, a));
}

/* Compares two universities. A university is identified by the words before the type word,
 * "Stanford University", or by those after it, "University of Geneva", "Technical University of
 * Munich". */
static bool same_university(const institution_name *a, const institution_name *b) {
    const bool a_common = only_common(a->head), b_common = only_common(b->head);
    if (a->system >= 0 && a->system == b->system)
        return a->campus < 0 || b->campus < 0 || a->campus == b->campus;
    if (!strcmp(a->full, b->full)) return true;
    if (a_common && b_common) return !strcmp(a->head, b->head) && extends(a->rest, b->rest);
    if (!a_common && !b_common) {
        if (strcmp(a->head, b->head) != 0) return false;
        const bool subject =
            (a->has_of && is_subject(a->rest)) || (b->has_of && is_subject(b->rest));
        return !subject || (a->has_of && b->has_of && extends(a->rest, b->rest));
    }
    /* Word order: "Cambridge University" and "University of Cambridge". */
    const institution_name *before = a_common ? b : a, *after = a_common ? a : b;
    if (*after->head) return false;
    if (*after->rest && !strcmp(before->rest, after->rest))
        return true; /* "Georg August University Goettingen" */
    return !before->has_of && begins_with_words(after->rest, before->head) &&
           !is_one_of(before->head, two_universities, COUNT(two_universities));
}

/* Compares a school with another institution. The name of a school begins with that of its
 * university: "Harvard T. H. Chan School of Public Health". */
static bool same_school(const institution_name *school, const institution_name *other) {
    if (other->kind == SCHOOL) return extends(school->head, other->head);
    if (only_common(other->head)) return false;
    return !other->has_of && begins_with_words(school->head, other->head);
}

static bool same_institute(const institution_name *a, const institution_name *b) {
    if (a->system >= 0 && a->system == b->system)
        return a->campus < 0 || b->campus < 0 || a->campus == b->campus;
    if (same_words(a->full, b->full)) return true;
    const institution_name *shorter = strlen(a->full) < strlen(b->full) ? a : b;
    const institution_name *longer = shorter == a ? b : a;
    if (shorter->generic || is_one_of(shorter->full, families, COUNT(families))) return false;
    return begins_with_words(longer->full, shorter->full) ||
           ends_with_words(longer->full, shorter->full);
}

/* Whether institutes with a generic name are the same: one affiliation has no other part, or a
 * neighbouring part agrees. */
static bool generic_agrees(const institution *a, size_t at, const institution *b, size_t bt) {
    if (a->count == 1 || b->count == 1) return true;
    const size_t next_a = at + 1 < a->count ? at + 1 : at - 1,
                 next_b = bt + 1 < b->count ? bt + 1 : bt - 1;
    for (size_t i = 0; i < b->count; i++)
        if (i != bt && !strcmp(b->names[i].full, a->names[next_a].full)) return true;
    for (size_t i = 0; i < a->count; i++)
        if (i != at && !strcmp(a->names[i].full, b->names[next_b].full)) return true;
    return false;
}

static bool names_university(const institution *i) {
    for (size_t n = 0; n < i->count; n++)
        if (i->names[n].kind >= SCHOOL) return true;
    return false;
}

static bool same_name(const institution *a, size_t at, const institution *b, size_t bt) {
    const institution_name *x = &a->names[at], *y = &b->names[bt];
    if (x->kind == PLACE || y->kind == PLACE) return false;
    if (is_umbrella(x) || is_umbrella(y))
        return !strcmp(x->full, y->full) && !x->numbered && !y->numbered && a->count == 1 &&
               b->count == 1;
    if (x->kind == SCHOOL && y->kind != INSTITUTE) return same_school(x, y);
    if (y->kind == SCHOOL && x->kind != INSTITUTE) return same_school(y, x);
    /* An institute named with its university: "Albert Einstein College of Medicine of Yeshiva
     * University". */
    if (x->kind == INSTITUTE && y->kind == UNIVERSITY)
        return !x->generic && begins_with_words(y->full, x->full);
    if (y->kind == INSTITUTE && x->kind == UNIVERSITY)
        return !y->generic && begins_with_words(x->full, y->full);
    if (x->kind != y->kind) return false;
    if (x->kind == UNIVERSITY) return same_university(x, y);
    if (!same_institute(x, y)) return false;
    /* "Neuroscience Institute, Georgia State University" is not Princeton's Neuroscience
     * Institute. */
    if (!same_words(x->full, y->full) && x->system < 0 && names_university(a) &&
        names_university(b))
        return false;
    return !(x->generic && y->generic) || generic_agrees(a, at, b, bt);
}

/* Reads the name of an institution without a type word: a company, or a university called by
 * the rest of its name. out: [NAMES_MAX_BYTES] */
static bool read_plain(const institution *i, char *out) {
    if (i->begins_with_unit || !i->count || i->names[0].kind != PLACE) return false;
    if (is_umbrella(&i->names[0]) && (i->count > 1 || i->names[0].numbered)) return false;
    char word[NAMES_MAX_BYTES];
    size_t used = 0, kept = 0;
    for (const char *at = i->names[0].full; next_word(&at, word);) {
        const size_t bytes = strlen(word);
        if (used + bytes + 2 > NAMES_MAX_BYTES) break;
        if (used) out[used++] = ' ';
        memcpy(out + used, word, bytes);
        used += bytes;
        if (!kept || !is_company_tail(word)) kept = used;
    }
    out[kept] = 0;
    return kept > 0;
}

/* Whether `plain` is the short name of the other institution: "Harvard" for Harvard University.
 * Only if the affiliation has no other part, since the word may be a town. */
static bool is_called(const institution *whole, const char *plain, const institution *other) {
    if (whole->count > 1 && !is_umbrella(&whole->names[1])) return false;
    for (size_t i = 0; i < other->count; i++) {
        const institution_name *n = &other->names[i];
        if (n->kind == PLACE) continue;
        if (!strcmp(n->head, plain)) return true;
        if (n->kind == UNIVERSITY && !*n->head && !strcmp(n->rest, plain)) return true;
    }
    return false;
}

bool institutions_is_umbrella(const institution *i) {
    return i->count == 1 && is_umbrella(&i->names[0]);
}

bool institutions_same(const institution *a, const institution *b) {
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            if (same_name(a, i, b, j)) return true;
    char plain_a[NAMES_MAX_BYTES], plain_b[NAMES_MAX_BYTES];
    const bool has_a = read_plain(a, plain_a), has_b = read_plain(b, plain_b);
    if (has_a && has_b && !strcmp(plain_a, plain_b)) return true;
    return (has_a && is_called(a, plain_a, b)) || (has_b && is_called(b, plain_b, a));
}
