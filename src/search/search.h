/* Scores -> the answer, as JSON: rs_report of refscout.h, and what conflicts.c shares with it. */
#ifndef RS_SEARCH_H
#define RS_SEARCH_H

#include <cJSON.h>

#include "search/index.h"

/* A record of the index, parsed; the caller's to cJSON_Delete. RS_ERR_FORMAT naming it when it is
 * not a JSON object; RS_ERR_MEMORY. */
RS_MUST_USE rs_status search_read_paper(const rs_index *index, size_t paper, cJSON **out,
                                        rs_error *error);
RS_MUST_USE rs_status search_read_person(const rs_index *index, size_t person, cJSON **out,
                                         rs_error *error);

#endif
