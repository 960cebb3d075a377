#include "search/options.h"

#include <string.h>

#include "base/json.h"

const char *const options_aggregates[] = {"mean3", "best", "weighted", NULL};
const char *const options_scores[] = {"cosine", "centred", "lexical", "hybrid", NULL};

const option options_table[] = {
    {"top", OPTION_NUMBER, NULL, 1, 1000000, "10", "how many of each list"},
    {"score", OPTION_WORD, options_scores, 0, 0, "as the index says",
     "what papers are ranked by: the cosine of the embeddings; the same less the corpus's mean; BM25 of the tokens; or "
     "the last two together"},
    {"weight", OPTION_SHARE, NULL, 0, 0, "as the index says",
     "of the embeddings in the hybrid"},
    {"aggregate", OPTION_WORD, options_aggregates, 0, 0, "mean3",
     "a person's score: the mean of the three best papers, the best one, or the best + 1/2 the second + 1/3 "
     "the third"},
    {"min_papers", OPTION_NUMBER, NULL, 0, 1000000, "1",
     "only people with that many papers in the index"},
    {"year_from", OPTION_NUMBER, NULL, 0, 9999, "any year",
     "only papers of that year or later; those of unknown year are left out"},
    {"year_to", OPTION_NUMBER, NULL, 0, 9999, "any year",
     "only papers of that year or earlier"},
    {"left_out", OPTION_PEOPLE, NULL, 0, 0, "nobody", "people not to be listed"},
    {0}};

const option *options_find(const char *name) {
    const option *o = options_table;
    while (o->name && strcmp(o->name, name) != 0) o++;
    return o->name ? o : NULL;
}

const char *rs_score_name(rs_score_kind kind) { return kind ? options_scores[kind - 1] : ""; }

rs_score_kind rs_score_named(const char *name) {
    for (int i = 0; name && options_scores[i]; i++)
        if (!strcmp(name, options_scores[i])) return (rs_score_kind)(i + 1);
    return RS_SCORE_STORED;
}

static rs_status wrong(const option *o, rs_error *error) {
    switch (o->kind) {
    case OPTION_NUMBER:
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "%s must be an integer from %zu to %zu",
                       o->name, o->min, o->max);
    case OPTION_SHARE:
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "%s must be a number above 0, at most 1",
                       o->name);
    case OPTION_PEOPLE:
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "%s must be an array of people's numbers",
                       o->name);
    case OPTION_WORD: break;
    }
    const char *const *w = o->words;
    return rs_fail(error, RS_ERR_ARGUMENT, 0, "%s must be one of %s, %s, %s%s%s", o->name, w[0],
                   w[1], w[2], w[3] ? ", " : "", w[3] ? w[3] : "");
}

/* The value as a number; of a word its position in `words`. Returns false when it is not
 * allowed. */
static bool value_of(const option *o, const cJSON *item, double *value) {
    uint64_t number;
    switch (o->kind) {
    case OPTION_NUMBER:
        if (!json_item_u64(item, &number) || number < o->min || number > o->max) return false;
        *value = (double)number;
        return true;
    case OPTION_SHARE:
        *value = item->valuedouble;
        return cJSON_IsNumber(item) && *value > 0 && *value <= 1;
    case OPTION_WORD:
        for (size_t i = 0; cJSON_IsString(item) && o->words[i]; i++)
            if (!strcmp(o->words[i], item->valuestring)) {
                *value = (double)i;
                return true;
            }
        return false;
    case OPTION_PEOPLE: return cJSON_IsArray(item);
    }
    return false;
}

static bool read_people(const cJSON *list, size_t people, uint8_t *left_out) {
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        uint64_t person;
        if (!json_item_u64(item, &person) || person >= people) return false;
        left_out[person] = 1;
    }
    return true;
}

rs_status options_read(const cJSON *object, size_t people, uint8_t *left_out,
                       options_request *out, rs_error *error) {
    *out = (options_request){.top = OPTIONS_TOP};
    for (const option *o = options_table; o->name; o++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, o->name);
        double value = 0;
        if (!item || cJSON_IsNull(item)) continue;
        if (!value_of(o, item, &value)) return wrong(o, error);
        if (!strcmp(o->name, "top"))
            out->top = (size_t)value;
        else if (!strcmp(o->name, "score"))
            out->rank.score = (rs_score_kind)(value + 1);
        else if (!strcmp(o->name, "weight"))
            out->rank.weight = (float)value;
        else if (!strcmp(o->name, "aggregate"))
            out->rank.aggregate = (rs_aggregate)value;
        else if (!strcmp(o->name, "min_papers"))
            out->rank.min_papers = (size_t)value;
        else if (!strcmp(o->name, "year_from"))
            out->rank.year_from = (int32_t)value;
        else if (!strcmp(o->name, "year_to"))
            out->rank.year_to = (int32_t)value;
        else {
            out->rank.left_out = left_out;
            if (!read_people(item, people, left_out)) return wrong(o, error);
        }
    }
    return RS_OK;
}
