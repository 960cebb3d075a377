/* Normalisation and comparison of people's names. */
#ifndef RS_NAMES_H
#define RS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { NAMES_MAX_BYTES = 256, NAMES_MAX_WORDS = 16 };

/* Folds a name: lower case without accents; every run of white space and punctuation becomes
 * one space, none at the ends; apostrophes are removed; letters without canonical decomposition
 * (ø, ł, ß, æ …) are transliterated. out: [NAMES_MAX_BYTES], NUL-terminated; longer names are
 * truncated. Returns the length. */
size_t names_fold(const char *text, size_t bytes, char *out);

/* A person's name as folded words, given names first: "Kannape, O. A." and "O. A. Kannape" are
 * equal. Suffixes such as "Jr." are dropped. */
typedef struct person_name {
    char folded[NAMES_MAX_BYTES];
    const char *words[NAMES_MAX_WORDS]; /* pointers into folded; the last is the family name */
    size_t count;
} person_name;

/* Parses a name. count is 0 for a name without letters. Do not copy *out: it contains pointers
 * into itself. */
void names_read(const char *text, size_t bytes, person_name *out);

/* Whether the names are equal after folding. Names without letters equal none. */
bool names_equal(const person_name *a, const person_name *b);

/* Whether two names that are not equal may be one person's: the same family name, and given
 * names that do not contradict each other. An initial matches every name that begins with it,
 * and given names that only one of the two has are ignored. "J. A. Smith" may be "John Smith",
 * but "John Smith" cannot be "Jane Smith". */
bool names_may_be(const person_name *a, const person_name *b);

#endif
