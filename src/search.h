/* Scores -> the answer, as JSON. */
#ifndef RS_SEARCH_H
#define RS_SEARCH_H

#include "index.h"

/* What is known of the query besides its scores. */
typedef struct search_query {
    size_t tokens, cut, cut_byte;
    size_t in_corpus; /* the paper that is the query itself, or RS_NO_PAPER */
} search_query;

/* The JSON of rs_search (refscout.h), for rs_string_free. scores: [N]; the entry of the query's own
 * paper is overwritten to leave it out. */
RS_MUST_USE rs_status search_report(const rs_index *index, const search_query *query,
                                    float *scores, size_t top, char **json, rs_error *error);

#endif
