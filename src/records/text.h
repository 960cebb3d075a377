/* Text of a record as it comes -> text as it is kept. What is repaired here changes no token:
 * the tokenizer drops control characters and splits at every kind of blank anyway. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/textpool.h"

/* What was wrong with a text; sums up over the fields of a record. */
enum {
    TEXT_ILL_FORMED = 1,  /* bytes that are no UTF-8; each maximal part became U+FFFD */
    TEXT_LONE_ESCAPE = 2, /* \u0000 or half of a surrogate pair; became U+FFFD */
    TEXT_STRAY_BLANKS = 4 /* blanks around or in a row, line breaks, control characters */
};

/* A copy of `bytes` bytes in the pool: well-formed UTF-8, no control characters, every run of
 * blanks one U+0020, none at the ends; "" when nothing is left. Adds to *repairs.
 * NULL when memory is out. */
char *text_clean(textpool *pool, const char *text, size_t bytes, unsigned *repairs);

/* Checks the \u escapes of a JSON value: those without four hexadecimal digits and \u0000 cJSON
 * would read as a NUL, which ends a string, and halves of a surrogate pair it refuses.
 * Returns the offset of the first escape without four digits, or size when there is none.
 * repair: whether there are others of these, before it. */
size_t text_check_escapes(const char *json, size_t size, bool *repair);

/* Overwrites those others by \ufffd, as long as what it replaces. */
void text_repair_escapes(char *json, size_t size);

/* The text in lower case without regard to language, for comparing; in the pool.
 * NULL when memory is out. */
char *text_fold(textpool *pool, const char *text);

/* A DOI in its one spelling, made in place: lower case, without "https://doi.org/", "doi:" and
 * blanks; of several only the first. Returns where it begins in text, or NULL when there is none
 * ("10.", digits, "/", something); text is then as it was. */
char *text_doi(char *text);

/* Splits what names a version from a normalised DOI: bytes of the part that all versions share.
 * *version is 0, and the whole length returned, when it names none. Read are "…v2", "….v2",
 * "…/v2" behind a digit, and ".2" at F1000's journals (10.12688/) and eLife
 * (10.7554/elife.12345.2). */
size_t text_doi_base(const char *doi, int *version);

/* The 16 digits of an ORCID as 0000-0001-2345-6789 in out, from "https://orcid.org/…" or any
 * spelling with or without hyphens. false when they are not 16 or the check digit is wrong.
 * Source: ISO 7064 MOD 11-2, as in "Structure of the ORCID Identifier", support.orcid.org. */
enum { TEXT_ORCID_BYTES = 20 };
bool text_orcid(const char *text, char out[TEXT_ORCID_BYTES]);

/* A day as year * 10000 + month * 100 + day, with 0 for what is not told:
 * "2016-08-06T13:13:26Z", "2016/12/15", "31 Mar 2016", "November 8 2016", "2016-08", "2016". 0
 * when there is no year from 1000 to 2999 in it. */
int32_t text_date(const char *text);

#endif
