/* Conflicts of interest as a JSON tree: rs_conflicts of refscout.h prints it, and the command
 * shows it. */
#ifndef RS_CONFLICTS_H
#define RS_CONFLICTS_H

#include <cJSON.h>

#include "search/index.h"

/* request: an object as rs_conflicts describes it. The caller frees *answer with cJSON_Delete;
 * it is NULL on failure. Fails as rs_conflicts does. */
RS_MUST_USE rs_status conflicts_answer(const rs_index *index, const cJSON *request,
                                       cJSON **answer, rs_error *error);

#endif
