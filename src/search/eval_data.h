/* Ground truth for evaluation: queries with their relevant papers, suitable reviewers or
 * ratings, as JSON (docs/evaluation.md). Papers and people are given by names and addresses,
 * which are looked up in an index. */
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
    eval_rating *ratings; /* [ratings_count], grouped by person */
    size_t ratings_count;
} eval_data;

/* Reads and looks up everything. Returns RS_ERR_FORMAT, naming the query and what is wrong with
 * it, or RS_ERR_MEMORY. *out may be given to eval_data_free in either case. */
RS_MUST_USE rs_status eval_data_read(const rs_index *index, const uint8_t *bytes, size_t size,
                                     eval_data *out, rs_error *error);
void eval_data_free(eval_data *data);

#endif
