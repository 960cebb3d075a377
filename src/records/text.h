/* Normalises text fields of a record. The repairs change no token: the tokenizer drops control
 * characters and splits at every kind of white space anyway. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/textpool.h"

/* Defects of a text: flags, combined with | over the fields of a record. */
enum {
    TEXT_ILL_FORMED = 1,  /* ill-formed UTF-8; each maximal subpart was replaced by U+FFFD */
    TEXT_LONE_ESCAPE = 2, /* \u0000 or an unpaired surrogate; replaced by U+FFFD */
    TEXT_STRAY_BLANKS = 4 /* leading, trailing or repeated white space, line breaks, control
                           * characters */
};

/* Copies `bytes` bytes of text into the pool as well-formed UTF-8 without control characters;
 * every run of white space becomes one U+0020, none at the ends; "" when nothing is left. Adds
 * to *repairs. Returns NULL when memory is out. */
char *text_clean(textpool *pool, const char *text, size_t bytes, unsigned *repairs);

/* Checks the \u escapes of a JSON value. cJSON would read escapes without four hexadecimal
 * digits and \u0000 as a NUL, which ends a string, and rejects unpaired surrogates. Returns the
 * offset of the first escape without four digits, or size when there is none. *repair: set to
 * true if repairable escapes (\u0000, unpaired surrogates) occur before it, else to false. */
size_t text_check_escapes(const char *json, size_t size, bool *repair);

/* Overwrites \u0000 and unpaired surrogates by \ufffd, which has the same length. */
void text_repair_escapes(char *json, size_t size);

/* Copies the text into the pool in lower case, by the mapping that does not depend on a
 * language, for comparison. Returns NULL when memory is out. */
char *text_fold(textpool *pool, const char *text);

/* Converts a DOI in place to its canonical form: lower case, without "https://doi.org/", "doi:"
 * and white space; of several DOIs only the first. Returns its beginning in text, or NULL when
 * there is none ("10.", digits, "/", something); text is then unchanged. */
char *text_doi(char *text);

/* Returns the length of a normalised DOI without its version suffix. *version is 0, and the
 * complete length is returned, when there is none. Supported suffixes are "…v2", "….v2", "…/v2"
 * after a digit, and ".2" of F1000's journals (10.12688/) and eLife (10.7554/elife.12345.2). */
size_t text_doi_base(const char *doi, int *version);

/* Writes an ORCID as 0000-0001-2345-6789 to out, from "https://orcid.org/…" or the digits with
 * or without hyphens. Returns false unless there are 16 digits and the check digit is right.
 * Source: ISO 7064 MOD 11-2, as in "Structure of the ORCID Identifier", support.orcid.org. */
enum { TEXT_ORCID_BYTES = 20 };
bool text_orcid(const char *text, char out[TEXT_ORCID_BYTES]);

/* Parses a date as year * 10000 + month * 100 + day, with 0 for missing parts:
 * "2016-08-06T13:13:26Z", "2016/12/15", "31 Mar 2016", "November 8 2016", "2016-08", "2016".
 * Returns 0 when the text has no year from 1000 to 2999. */
int32_t text_date(const char *text);

#endif
