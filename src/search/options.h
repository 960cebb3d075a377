/* Options of a ranking: names, ranges and defaults in one table. Derived from it are the JSON
 * that the page sends (options_read), the command's choices and checks, and what the JavaScript
 * library validates and an editor shows (web/shared/options.js, which tests/test_options.c
 * generates and compares). */
#ifndef RS_OPTIONS_H
#define RS_OPTIONS_H

#include <cJSON.h>
#include <stdbool.h>

#include "refscout.h"

typedef enum option_kind {
    OPTION_WORD,   /* a string, one of `words` */
    OPTION_NUMBER, /* an integer from min to max */
    OPTION_SHARE,  /* a number above 0, at most 1 */
    OPTION_PEOPLE  /* an array of people's numbers */
} option_kind;

typedef struct option {
    const char *name; /* in JSON; as an argument of the command with dashes */
    option_kind kind;
    const char *const *words; /* NULL-terminated */
    size_t min, max;
    const char *otherwise; /* the default, in words for users */
    const char *meaning;   /* for users */
} option;

/* All options; terminated by a zeroed entry. */
extern const option options_table[];

/* Returns the option of that name; NULL when there is none. */
const option *options_find(const char *name);

/* Words of "aggregate", indexed by rs_aggregate, and of "score", where words[i] is
 * rs_score_kind i + 1. Both arrays are NULL-terminated. */
extern const char *const options_aggregates[], *const options_scores[];

enum { OPTIONS_TOP = 10 }; /* default of "top" */

typedef struct options_request {
    rs_rank_options rank;
    size_t top;
} options_request;

/* Reads an object of options. An absent or null option keeps the default, as in a zeroed
 * rs_rank_options; the default of top is OPTIONS_TOP. left_out: [people], zeroed; set to 1 for
 * each person to exclude, and rank.left_out then points to it. Members that are not options are
 * ignored. Returns RS_ERR_ARGUMENT, naming the option. */
RS_MUST_USE rs_status options_read(const cJSON *object, size_t people, uint8_t *left_out,
                                   options_request *out, rs_error *error);

#endif
