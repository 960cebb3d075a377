/* Names of people, made comparable. */
#ifndef RS_NAMES_H
#define RS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { NAMES_MAX_BYTES = 256, NAMES_MAX_WORDS = 16 };

/* Lower case without accents, every run of blanks and punctuation one blank, none at the ends;
 * apostrophes vanish, letters that no accent makes (ø, ł, ß, æ …) become their usual spelling.
 * out: [NAMES_MAX_BYTES], with a NUL; what does not fit is cut. Returns its length. */
size_t names_fold(const char *text, size_t bytes, char *out);

/* A person's name as folded words, given names first: "Kannape, O. A." and "O. A. Kannape" are the
 * same. Suffixes such as "Jr." are dropped. */
typedef struct person_name {
    char folded[NAMES_MAX_BYTES];
    const char *words[NAMES_MAX_WORDS]; /* into folded; the last is the family name */
    size_t count;
} person_name;

/* count is 0 for a name of no letters. Not to be copied: words point inside. */
void names_read(const char *text, size_t bytes, person_name *out);

/* Word for word the same. */
bool names_equal(const person_name *a, const person_name *b);

/* Not equal, but the same family name and given names that do not contradict each other: an initial
 * fits every name that begins with it, and what only one of them writes out fits too. "J. A. Smith"
 * may be "John Smith", and "John Smith" cannot be "Jane Smith". */
bool names_may_be(const person_name *a, const person_name *b);

#endif
