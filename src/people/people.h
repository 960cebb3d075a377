/* Author name disambiguation: authors of papers -> people. The rule, also in docs/conflicts.md:
 *
 * 1. Authors with the same ORCID are one person.
 *
 * 2. Otherwise authors with exactly the same name are one person. Names are compared without
 * regard to case, white space and the full stops of initials, and "Family, Given" is read as
 * "Given Family". A surname alone is not enough: without ORCID it is another person on every
 * paper.
 *
 * 3. A name without ORCID joins the person of exactly that name who has an ORCID, if there is
 * only one; if there are several it becomes a separate person. If the given names are initials
 * it joins only if that person has no other name, which might be a fuller one.
 *
 * So nobody is ever merged on a surname, nor initials with a full name. Known errors: some
 * people are split in two, and namesakes without ORCID are merged; the data has nothing to
 * decide these cases. */
#ifndef RS_PEOPLE_H
#define RS_PEOPLE_H

#include "records/corpus.h"

enum { PEOPLE_MAX_INSTITUTIONS = 8 };

typedef struct person {
    const char *name;                /* the fullest spelling */
    const char *orcid;               /* or NULL */
    const char *const *institutions; /* distinct, those of the newest paper first */
    size_t institutions_count;       /* at most PEOPLE_MAX_INSTITUTIONS */
    const char *const *countries;    /* distinct, those of the newest paper first */
    size_t countries_count;
} person;

/* The people of a corpus. A zeroed struct is empty. */
typedef struct people {
    person *items; /* in the order of their first occurrence in the corpus */
    size_t count;
    int32_t
        *authorship; /* the people of each paper, in its order of authors, without duplicates */
    size_t *offsets; /* [papers + 1] into authorship */
    textpool pool;
} people;

/* Finds the people of the papers. Borrows the strings of the papers until people_free. Returns
 * RS_ERR_MEMORY, or RS_ERR_FORMAT for more than 2^31 - 1 authors in all. */
RS_MUST_USE rs_status people_build(const paper *papers, size_t count, people *out,
                                   rs_error *error);
void people_free(people *p);

#endif
