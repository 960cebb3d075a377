/* Who should not review a manuscript, and why, as a tree: what rs_conflicts of refscout.h prints, and the command
 * shows. */
#ifndef RS_CONFLICTS_H
#define RS_CONFLICTS_H

#include <cJSON.h>

#include "search/index.h"

/* request: an object as rs_conflicts says. *answer: the caller's to cJSON_Delete; NULL when it fails, as
 * rs_conflicts does. */
RS_MUST_USE rs_status conflicts_answer(const rs_index *index, const cJSON *request,
                                       cJSON **answer, rs_error *error);

#endif
