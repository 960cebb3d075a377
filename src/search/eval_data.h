/* What a ranking is measured against: queries with the papers, people or ratings that are right for them,
 * as JSON (docs/evaluation.md), with names and addresses looked up in an index. */
#ifndef EVAL_DATA_H
#define EVAL_DATA_H

#include <cJSON.h>

#include "refscout.h"

typedef struct eval_query {
    const char *text; /* borrowed from the JSON */
    size_t *relevant; /* [relevant_count] papers */
    size_t relevant_count;
    size_t *reviewers; /* [reviewers_count] people */
    size_t reviewers_count;
} eval_query;

typedef struct eval_rating {
    size_t query, person;
    double rating;
} eval_rating;

typedef struct eval_data {
    cJSON *json;
    eval_query *queries; /* [queries_count] */
    size_t queries_count;
    eval_rating *ratings; /* [ratings_count], those of one person together */
    size_t ratings_count;
} eval_data;

/* RS_ERR_FORMAT with a sentence that names the query and what is wrong with it; RS_ERR_MEMORY. Afterwards
 * eval_data_free is right in any case. */
RS_MUST_USE rs_status eval_data_read(const rs_index *index, const uint8_t *bytes, size_t size,
                                     eval_data *out, rs_error *error);
void eval_data_free(eval_data *data);

#endif
