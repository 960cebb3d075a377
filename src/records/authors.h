/* The authors of a record, in the shapes that data sets have:
 *
 *   [{"author": "Kannape, O. A.", "number on Paper": 1, "institution": "…"}]
 *   [{"name": "…", "institution" or "affiliation": "…", a list, or null, "orcid": "…"}]
 *   [{"given" or "forename" or "first": "…", "family" or "lastname" or "last": "…"}]
 *   ["A. B.", "C. D."]      "A. B.; C. D."      "A. B. and C. D."
 *
 * Order is that of the number on the paper where every entry has one, else that of the list. A
 * "country" of an author, or of an institution that is an object, is kept as it is written. An
 * "identifier" counts as ORCID when it is one. Institutions: at ";" they are several; what is
 * behind "Electronic address:" and every word with "@" is left out, because an index is
 * published and addresses in it would be collected. */
#ifndef AUTHORS_H
#define AUTHORS_H

#include <cJSON.h>

#include "records/record.h"

/* Sets out->authors and authors_count from the member, which may be NULL or of any type: what
 * holds no name gives no author and is counted in remarks. RS_ERR_MEMORY. */
RS_MUST_USE rs_status authors_read(textpool *pool, const cJSON *item, paper *out,
                                   record_remarks *remarks);

#endif
