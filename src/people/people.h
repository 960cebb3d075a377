/* Authors of papers -> people. The rule, which the documentation repeats:
 *
 * 1. Authors with the same ORCID are one person.
 *
 * 2. Otherwise those with exactly the same name are, compared without regard to case, blanks
 * and the full stops of initials, and with "Family, Given" read as "Given Family". A surname
 * alone is not enough: without ORCID it is another person on every paper.
 *
 * 3. A name without ORCID joins the person of exactly that name who has one, when there is only
 * one such person; with two of them it stays a person of its own. Where the given names are
 * initials it does so only when that person has no other name, which might be a fuller one.
 *
 * So nobody is ever merged on a surname, nor initials with a full name. That leaves some people
 * in two entries and puts namesakes without ORCID into one; nothing in the data could tell
 * better. */
#ifndef PEOPLE_IMPORT_H
#define PEOPLE_IMPORT_H

#include "records/corpus.h"

enum { PEOPLE_MAX_INSTITUTIONS = 8 };

typedef struct person {
    const char *name;                /* the fullest spelling */
    const char *orcid;               /* or NULL */
    const char *const *institutions; /* distinct, those of the newest paper first */
    size_t institutions_count;       /* at most PEOPLE_MAX_INSTITUTIONS */
    const char *const *countries;    /* the same of countries */
    size_t countries_count;
} person;

/* Zeroed means empty. */
typedef struct people {
    person *items; /* in the order in which the corpus first names them */
    size_t count;
    int32_t *authorship; /* the people of each paper, in its order, each once a paper */
    size_t *offsets;     /* [papers + 1] into authorship */
    textpool pool;
} people;

/* Borrows the strings of the papers until people_free. RS_ERR_MEMORY; RS_ERR_FORMAT for more
 * than 2^31 - 1 authors in all. */
RS_MUST_USE rs_status people_build(const paper *papers, size_t count, people *out,
                                   rs_error *error);
void people_free(people *p);

#endif
