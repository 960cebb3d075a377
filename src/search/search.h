/* The search answer as a JSON tree: rs_report of refscout.h prints it, and the command shows
 * it. */
#ifndef RS_SEARCH_H
#define RS_SEARCH_H

#include <cJSON.h>

#include "search/index.h"

/* Makes the tree that rs_report prints; the parameters are those of rs_report. The caller frees
 * *answer with cJSON_Delete; it is NULL on failure. */
RS_MUST_USE rs_status search_answer(const rs_index *index, const rs_query *query,
                                    const float *parts, const rs_rank_options *options,
                                    size_t top, cJSON **answer, rs_error *error);

/* Prints a tree and deletes it. The caller frees *json with rs_string_free. Returns
 * RS_ERR_MEMORY. */
RS_MUST_USE rs_status search_print(cJSON *answer, char **json, rs_error *error);

/* Parses the record of a paper or person of the index; the caller frees it with cJSON_Delete.
 * Returns RS_ERR_FORMAT, naming the record, when it is not a JSON object, or RS_ERR_MEMORY. */
RS_MUST_USE rs_status search_read_paper(const rs_index *index, size_t paper, cJSON **out,
                                        rs_error *error);
RS_MUST_USE rs_status search_read_person(const rs_index *index, size_t person, cJSON **out,
                                         rs_error *error);

#endif
