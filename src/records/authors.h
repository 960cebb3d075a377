/* Reads the authors of a record, in the formats found in data sets:
 *
 *   [{"author": "Kannape, O. A.", "number on Paper": 1, "institution": "…"}]
 *   [{"name": "…", "institution" or "affiliation": "…", a list, or null, "orcid": "…"}]
 *   [{"given" or "forename" or "first": "…", "family" or "lastname" or "last": "…"}]
 *   ["A. B.", "C. D."]      "A. B.; C. D."      "A. B. and C. D."
 *
 * The order is that of the number on the paper if every entry has one, else that of the list. A
 * "country" of an author, or of an institution that is an object, is kept as written. An
 * "identifier" is used as ORCID if it is one. Institutions: ";" separates several. The text
 * after "Electronic address:" and every word with "@" are removed, since an index is published
 * and e-mail addresses in it could be harvested. */
#ifndef AUTHORS_H
#define AUTHORS_H

#include <cJSON.h>

#include "records/record.h"

/* Sets out->authors and authors_count from the member, which may be NULL or of any type.
 * Entries without a name are skipped and counted in remarks. Returns RS_ERR_MEMORY. */
RS_MUST_USE rs_status authors_read(textpool *pool, const cJSON *item, paper *out,
                                   record_remarks *remarks);

#endif
