/* How a ranking is asked for: the names, ranges and defaults of its options, in one table. From it come the
 * JSON that the page sends (options_read), the command's choices and checks, and what the JavaScript library
 * checks and an editor shows (web/shared/options.js, which tests/test_options.c writes and compares). */
#ifndef RS_OPTIONS_H
#define RS_OPTIONS_H

#include <cJSON.h>
#include <stdbool.h>

#include "refscout.h"

typedef enum option_kind {
    OPTION_WORD,   /* one of words */
    OPTION_NUMBER, /* an integer from least to most */
    OPTION_SHARE,  /* a number above 0, at most 1 */
    OPTION_PEOPLE  /* an array of people's numbers */
} option_kind;

typedef struct option {
    const char *name; /* in JSON; the command has dashes */
    option_kind kind;
    const char *const *words; /* ends with NULL */
    size_t least, most;
    const char *otherwise; /* what holds when it is not given, for people */
    const char *meaning;   /* for people */
} option;

/* Ends with a zeroed entry. */
extern const option options_table[];

/* The one of that name; NULL when there is none. */
const option *options_find(const char *name);

/* Words of "aggregate" by rs_aggregate, and of "score": words[i] is rs_score_kind i + 1. Both end with NULL. */
extern const char *const options_aggregates[], *const options_scores[];

enum { OPTIONS_TOP = 10 }; /* how many are listed unless asked for otherwise */

typedef struct options_request {
    rs_rank_options rank;
    size_t top;
} options_request;

/* Reads an object of options: what is absent or null is as in a request that was zeroed, top OPTIONS_TOP.
 * left_out: [people], zeroed; those to be left out are set to 1, and rank.left_out is it then. RS_ERR_ARGUMENT with a
 * sentence that names the option. Members that are no options are not looked at. */
RS_MUST_USE rs_status options_read(const cJSON *object, size_t people, uint8_t *left_out,
                                   options_request *out, rs_error *error);

#endif
