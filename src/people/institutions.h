/* Decides whether two affiliations, as papers print them, name the same institution.
 *
 * The rule in short: they do when a university, institute, hospital or company that one of them
 * names is named by the other as well, exactly or as a prefix. Departments, streets, cities and
 * countries do not count, and if a university has several campuses the campus must not differ.
 * When in doubt the affiliations match (recall is preferred to precision): "University of
 * California" alone matches each of its campuses.
 *
 * docs/conflicts.md reports how well that works. */
#ifndef RS_INSTITUTIONS_H
#define RS_INSTITUTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INSTITUTION_MAX_BYTES = 1024, INSTITUTION_MAX_NAMES = 16 };

/* One part of an affiliation: the text between two separators, commas for instance. */
typedef struct institution_name {
    uint8_t kind;     /* PLACE to UNIVERSITY, in institutions.c */
    bool generic;     /* a name that many institutes have: "Institute of Physics" */
    bool numbered;    /* had words with digits, which are ignored: postcodes, units */
    bool has_of;      /* has "of" after its type: "Nanjing University of Technology" */
    int system;       /* index of the system of campuses, or -1 */
    int campus;       /* index of the campus in the system, or -1 */
    const char *head; /* folded words before the type word ("university"); "" if none */
    const char *full; /* all folded words except articles, prepositions and the like */
    const char *rest; /* of a university: the folded words after "University of" */
} institution_name;

/* Do not copy: contains pointers into itself. */
typedef struct institution {
    char text[INSTITUTION_MAX_BYTES];
    size_t used;
    institution_name names[INSTITUTION_MAX_NAMES];
    size_t count;
    bool begins_with_unit; /* the first part is a department, which has no name of its own */
} institution;

/* Parses an affiliation. Text beyond the size of *out is truncated. */
void institutions_read(const char *text, institution *out);

/* Whether two affiliations name the same institution. Symmetric. False if one of them names no
 * institution: "", "N/A", a department alone. */
bool institutions_same(const institution *a, const institution *b);

/* Whether the affiliation names only a funder or umbrella organisation, whose people work in
 * many institutions: it is weak evidence for a person who has another affiliation as well. */
bool institutions_is_umbrella(const institution *i);

#endif
