/* Whether two affiliations, as papers print them, name the same institution.
 *
 * The rule in a sentence: they do when a university, institute, hospital or company that one of them
 * names is named by the other as well, in full or by its beginning; departments, streets, cities
 * and countries do not count, and of a university of several campuses the campus must not differ.
 * In doubt they do: "University of California" alone is every campus of it.
 *
 * docs/conflicts.md says how well that works. */
#ifndef RS_INSTITUTIONS_H
#define RS_INSTITUTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INSTITUTION_MAX_BYTES = 1024, INSTITUTION_MAX_NAMES = 16 };

/* One part of an affiliation: what stands between its commas. */
typedef struct institution_name {
    uint8_t kind;     /* institutions.c lists them */
    bool generic;     /* "Institute of Physics": there is one in every town */
    bool numbered;    /* had words with digits, which are left out: postcodes, units */
    bool has_of;      /* a university of something: "Nanjing University of Technology" */
    int system;       /* of several campuses, or -1 */
    int campus;       /* of the system, or -1 */
    const char *head; /* folded words before the one that says what it is; "" for none */
    const char *full; /* all folded words, without articles and the like */
    const char *rest; /* a university's words behind "University of" */
} institution_name;

/* Not to be copied: the names point inside. */
typedef struct institution {
    char text[INSTITUTION_MAX_BYTES];
    size_t used;
    institution_name names[INSTITUTION_MAX_NAMES];
    size_t count;
    bool begins_with_unit; /* a department, which has no name of its own */
} institution;

/* What does not fit is cut. */
void institutions_read(const char *text, institution *out);

/* Either way round the same. False for what names no institution: "", "N/A", a bare department. */
bool institutions_same(const institution *a, const institution *b);

/* Whether it names nothing but an organisation that pays people in many institutions: it says little
 * of a person who has another affiliation as well. */
bool institutions_is_umbrella(const institution *i);

#endif
