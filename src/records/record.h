/* One JSON record -> one paper. */
#ifndef RECORD_H
#define RECORD_H

#include <cJSON.h>

#include "records/corpus.h"

/* What was noticed in a record besides the paper itself. */
typedef struct record_remarks {
    unsigned repairs;        /* TEXT_… of text.h */
    size_t nameless_authors; /* entries of authors without a name */
    size_t bad_orcids;       /* no ORCID, or one that several authors of the paper have */
} record_remarks;

/* Reads the members of a record, which is an object; strings may be changed in it. All text
 * goes to the pool. out->abstract is NULL when there is none, and only the title is read then;
 * out->record is left to the caller. RS_ERR_MEMORY. */
RS_MUST_USE rs_status record_read(textpool *pool, cJSON *record, paper *out,
                                  record_remarks *remarks);

#endif
