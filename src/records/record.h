/* Reads one JSON record into a paper. */
#ifndef RECORD_H
#define RECORD_H

#include <cJSON.h>

#include "records/corpus.h"

/* Problems found in a record. */
typedef struct record_remarks {
    unsigned repairs;        /* TEXT_… of text.h */
    size_t nameless_authors; /* entries of authors without a name */
    size_t bad_orcids; /* invalid ORCIDs, and those that several authors of the paper have */
} record_remarks;

/* Reads the members of a record, which is an object; strings of `record` may be modified. All
 * text is stored in the pool. out->abstract is NULL if there is none, and only the title is
 * read then; out->record is set by the caller. Returns RS_ERR_MEMORY. */
RS_MUST_USE rs_status record_read(textpool *pool, cJSON *record, paper *out,
                                  record_remarks *remarks);

#endif
