/* Scores -> the answer, as a tree: what rs_report of refscout.h prints, and the command shows. */
#ifndef RS_SEARCH_H
#define RS_SEARCH_H

#include <cJSON.h>

#include "search/index.h"

/* The tree that rs_report prints, by its rules; the caller's to cJSON_Delete. NULL when it fails. */
RS_MUST_USE rs_status search_answer(const rs_index *index, const rs_query *query,
                                    const float *parts, const rs_rank_options *options,
                                    size_t top, cJSON **answer, rs_error *error);

/* Prints a tree and deletes it. *json: to be given to rs_string_free. RS_ERR_MEMORY. */
RS_MUST_USE rs_status search_print(cJSON *answer, char **json, rs_error *error);

/* A record of the index, parsed; the caller's to cJSON_Delete. RS_ERR_FORMAT naming it when it is
 * not a JSON object; RS_ERR_MEMORY. */
RS_MUST_USE rs_status search_read_paper(const rs_index *index, size_t paper, cJSON **out,
                                        rs_error *error);
RS_MUST_USE rs_status search_read_person(const rs_index *index, size_t person, cJSON **out,
                                         rs_error *error);

#endif
