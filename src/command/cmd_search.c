#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/printable.h"
#include "command/commands.h"
#include "command/load.h"
#include "search/conflicts.h"
#include "search/options.h"
#include "search/search.h"

static const char help[] =
    "usage: refscout search --model MODEL --index INDEX [options] < TEXT\n\n"
    "Ranks the papers of an index by their similarity to a text, and the authors by their papers.\n"
    "Beside each score is its percentile rank: the percentage of papers, or people, that score lower.\n\n"
    "  --text TEXT            the query, instead of standard input\n"
    "  --by papers|people     what to list (both)\n"
    "  --top N                how many (10)\n"
    "  --score cosine|centred|lexical|hybrid  the similarity: cosine of the embeddings; cosine after\n"
    "                         subtracting the corpus's mean; BM25 of the tokens; or a weighted sum of\n"
    "                         the last two (the index's default)\n"
    "  --weight W             of the embeddings in the hybrid, above 0 to 1 (the index's default)\n"
    "  --aggregate mean3|best|weighted  a person's score: the mean of the three best papers, the best\n"
    "                         one, or the best + 1/2 the second + 1/3 the third (mean3)\n"
    "  --min-papers N         only people with at least that many papers in the index (1)\n"
    "  --from-year, --to-year N  only papers of these years\n"
    "  --threads N            threads for the query (1)\n"
    "  --no-self-test         start without comparing a text's vector with the model file\n"
    "  --json                 one JSON object: {\"query\", \"papers\", \"people\"}\n\n"
    "People with a conflict of interest are excluded, and listed with the reason (in JSON as \"conflicts\");\n"
    "lists are separated by semicolons:\n\n"
    "  --authors NAMES        the manuscript's authors, and people who may be them by name\n"
    "  --coauthors-since YEAR  and their co-authors since that year (0: any year)\n"
    "  --institutions NAMES   people of these institutions\n"
    "  --same-institutions    and of all institutions of the authors in the index\n"
    "  --block NAMES          other people, by name or ORCID\n";

static const char *text_of(const cJSON *object, const char *key) {
    const char *text = json_string(object, key);
    return text ? text : "";
}

/* Prints " (2014)", or nothing if the year is unknown. */
static void print_year(const cJSON *paper) {
    const cJSON *year = cJSON_GetObjectItemCaseSensitive(paper, "year");
    if (cJSON_IsNumber(year)) printf(" (%d)", year->valueint);
}

static void print_list(const cJSON *list) {
    const cJSON *item;
    const char *separator = "";
    cJSON_ArrayForEach(item, list) {
        if (cJSON_IsString(item)) printf("%s%s", separator, item->valuestring);
        separator = "; ";
    }
}

/* Prints rank, score, and percentile rank. */
static void print_place(const cJSON *entry) {
    printf("%3d  %7.4f  %6.2f %%  ", cJSON_GetObjectItem(entry, "rank")->valueint,
           cJSON_GetObjectItem(entry, "score")->valuedouble,
           100 * cJSON_GetObjectItem(entry, "closer_than")->valuedouble);
}

static void print_papers(const cJSON *papers) {
    const cJSON *paper;
    cJSON_ArrayForEach(paper, papers) {
        print_place(paper);
        printf("%s", text_of(paper, "title"));
        print_year(paper);
        printf("\n                      ");
        print_list(cJSON_GetObjectItem(paper, "authors"));
        printf("\n");
    }
}

static void print_people(const cJSON *people) {
    const cJSON *person, *paper;
    cJSON_ArrayForEach(person, people) {
        print_place(person);
        printf("%s", text_of(person, "name"));
        const cJSON *institutions = cJSON_GetObjectItem(person, "institutions");
        if (cJSON_GetArraySize(institutions)) {
            printf(" (");
            print_list(institutions);
            printf(")");
        }
        printf("\n");
        cJSON_ArrayForEach(paper, cJSON_GetObjectItem(person, "papers")) {
            printf("             %7.4f  %s", cJSON_GetObjectItem(paper, "score")->valuedouble,
                   text_of(paper, "title"));
            print_year(paper);
            printf("\n");
        }
    }
}

/* ---- Conflicts of interest --------------------------------------------------------------- */

typedef struct search_options {
    const char *model_path, *index_path, *text;
    size_t top, threads, min_papers, from_year, to_year;
    int by, aggregate, score;
    const char *weight_text;
    double weight;
    bool json, untested;
    const char *authors, *institutions, *block;
    size_t coauthors_since; /* SIZE_MAX if unspecified */
    bool same_institutions;
} search_options;

/* Adds "Ada Lovelace; Charles Babbage" as a list of strings. */
static void add_list(cJSON *request, const char *key, const char *text) {
    if (!text) return;
    cJSON *list = cJSON_AddArrayToObject(request, key);
    while (*text) {
        char item[1024];
        text += strspn(text, " \t");
        const size_t bytes = strcspn(text, ";");
        const size_t kept = bytes < sizeof item ? bytes : sizeof item - 1;
        snprintf(item, sizeof item, "%.*s", (int)kept, text);
        if (*item) cJSON_AddItemToArray(list, cJSON_CreateString(item));
        text += bytes + (text[bytes] != 0);
    }
}

static cJSON *conflicts_request(const search_options *o) {
    cJSON *request = cJSON_CreateObject();
    add_list(request, "authors", o->authors);
    add_list(request, "institutions", o->institutions);
    add_list(request, "blocked", o->block);
    cJSON_AddBoolToObject(request, "author_institutions", o->same_institutions);
    if (o->coauthors_since != SIZE_MAX)
        cJSON_AddNumberToObject(request, "coauthors_since", (double)o->coauthors_since);
    return request;
}

/* Finds the conflicts of interest, and sets left_out [people] for the excluded people. */
static rs_status find_conflicts(const rs_index *index, const search_options *o,
                                uint8_t *left_out, cJSON **answer, rs_error *error) {
    cJSON *request = conflicts_request(o);
    rs_status status = request ? conflicts_answer(index, request, answer, error)
                               : rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    cJSON_Delete(request);
    if (status) return status;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItem(*answer, "excluded"))
        left_out[cJSON_GetObjectItem(entry, "person")->valueint] = 1;
    return RS_OK;
}

/* Whether the typed name possibly belongs to an excluded person, so that it is not reported as
 * unknown. */
static bool may_be_somebody(const cJSON *excluded, const char *typed) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, excluded) {
        const char *reason = text_of(entry, "reason");
        if ((!strcmp(reason, "maybe_author") || !strcmp(reason, "blocked")) &&
            !strcmp(text_of(entry, "detail"), typed))
            return true;
    }
    return false;
}

static void print_conflicts(const cJSON *conflicts) {
    static const char *const lists[][2] = {{"authors", "nobody in the index is called"},
                                           {"blocked", "nobody in the index is called"},
                                           {"institutions", "nobody in the index is at"}};
    const cJSON *entry, *excluded = cJSON_GetObjectItem(conflicts, "excluded");
    for (int i = 0; i < 3; i++)
        cJSON_ArrayForEach(entry, cJSON_GetObjectItem(conflicts, lists[i][0])) {
            const char *typed = text_of(entry, "typed");
            if (!cJSON_GetArraySize(cJSON_GetObjectItem(entry, "people")) &&
                !may_be_somebody(excluded, typed))
                cli_note("%s %s", lists[i][1], typed);
        }
    if (!cJSON_GetArraySize(excluded)) return;
    printf("\nLeft out\n");
    cJSON_ArrayForEach(entry, excluded)
        printf("                      %s (%s: %s)\n", text_of(entry, "name"),
               text_of(entry, "reason"), text_of(entry, "detail"));
}

/* ---- The answer -------------------------------------------------------------------------- */

enum { BY_PAPERS, BY_PEOPLE, BY_BOTH };

/* Prints what the two numbers before each name mean. */
static void print_ranking(const cJSON *query) {
    const cJSON *weight = cJSON_GetObjectItem(query, "weight");
    if (cJSON_IsNumber(weight))
        printf("Score: hybrid, %g x centred cosine + %g x lexical, as z-scores; then the "
               "percentage that scores lower\n",
               weight->valuedouble, 1 - weight->valuedouble);
    else
        printf("Score: %s; then the percentage that scores lower\n", text_of(query, "score"));
}

/* Makes the strings of the answer safe for a terminal: names and titles may contain any
 * characters. */
static void make_printable(const cJSON *item) {
    if (cJSON_IsString(item)) printable_bytes(item->valuestring, strlen(item->valuestring));
    for (const cJSON *child = item->child; child; child = child->next) make_printable(child);
}

static void print_answer(const cJSON *answer, int by, const char *model_note,
                         const char *index_note) {
    const cJSON *query = cJSON_GetObjectItem(answer, "query");
    const cJSON *cut = cJSON_GetObjectItem(query, "cut");
    const cJSON *self = cJSON_GetObjectItem(query, "in_corpus");
    make_printable(answer);
    if (*model_note) cli_note("%s", model_note);
    if (*index_note) cli_note("%s", index_note);
    if (cut->valueint)
        cli_note(
            "the text is longer than the model's maximum: its last %d tokens were not used",
            cut->valueint);
    if (cJSON_IsObject(self))
        cli_note("the text itself is in the corpus and is excluded: %s",
                 text_of(self, "title"));
    print_ranking(query);
    if (by != BY_PEOPLE) {
        if (by == BY_BOTH) printf("Papers\n");
        print_papers(cJSON_GetObjectItem(answer, "papers"));
    }
    if (by != BY_PAPERS) {
        if (by == BY_BOTH) printf("\nPeople\n");
        print_people(cJSON_GetObjectItem(answer, "people"));
    }
    print_conflicts(cJSON_GetObjectItem(answer, "conflicts"));
}

static bool wants_conflicts(const search_options *o) {
    return o->authors || o->institutions || o->block;
}

/* Makes the complete answer of rs_report, with "conflicts" if any were requested. */
static rs_status answer(const search_options *o, rs_session *session, const rs_index *index,
                        const char *text, size_t text_bytes, cJSON **out, rs_error *error) {
    const rs_index_info *info = rs_index_describe(index);
    float *parts = calloc(info->papers + 1, RS_PARTS * sizeof *parts);
    uint8_t *left_out = calloc(info->people + 1, 1);
    cJSON *conflicts = NULL;
    rs_query query;
    rs_status status = RS_OK;
    if (!parts || !left_out) status = rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    if (!status && wants_conflicts(o))
        status = find_conflicts(index, o, left_out, &conflicts, error);
    if (!status) status = rs_query_text(session, index, text, text_bytes, &query, parts, error);
    const rs_rank_options options = {.aggregate = (rs_aggregate)o->aggregate,
                                     .min_papers = o->min_papers,
                                     .year_from = (int32_t)o->from_year,
                                     .year_to = (int32_t)o->to_year,
                                     .left_out = left_out,
                                     .score = (rs_score_kind)(o->score + 1),
                                     .weight = (float)o->weight};
    if (!status) status = search_answer(index, &query, parts, &options, o->top, out, error);
    if (!status && conflicts) {
        cJSON_AddItemToObject(*out, "conflicts", conflicts);
        conflicts = NULL;
    }
    cJSON_Delete(conflicts);
    free(left_out);
    free(parts);
    return status;
}

static int search(const search_options *o, loaded_model *loaded, const rs_index *index,
                  const char *text, size_t text_bytes) {
    rs_error error;
    rs_session *session;
    cJSON *found = NULL;
    int code = open_session(o->model_path, loaded, o->threads, o->untested, &session);
    if (code) return code;
    if (answer(o, session, index, text, text_bytes, &found, &error)) {
        code = cli_failed(o->index_path, &error);
    } else if (o->json) {
        char *json = cJSON_PrintUnformatted(found);
        code = json && puts(json) >= 0 ? CLI_OK : CLI_FAILED;
        cJSON_free(json);
    } else {
        print_answer(found, o->by, rs_model_describe(loaded->model)->note,
                     rs_index_describe(index)->note);
    }
    cJSON_Delete(found);
    rs_session_close(session);
    return code;
}

/* Whether the value is allowed; otherwise prints a usage error. */
static bool in_range(const char *name, size_t value, const char *spelled) {
    const option *o = options_find(name);
    if (value >= o->min && value <= o->max) return true;
    cli_usage("%s takes an integer from %zu to %zu", spelled, o->min, o->max);
    return false;
}

int cmd_search(int argc, char **argv) {
    static const char *const by_names[] = {"papers", "people", NULL};
    search_options o = {.top = OPTIONS_TOP,
                        .score = -1,
                        .threads = 1,
                        .by = BY_BOTH,
                        .coauthors_since = SIZE_MAX};
    size_t rest_count;
    const cli_option options[] = {
        {.name = "--model", .path = &o.model_path},
        {.name = "--index", .path = &o.index_path},
        {.name = "--text", .text = &o.text},
        {.name = "--by", .choice = &o.by, .choices = by_names},
        {.name = "--top", .count = &o.top},
        {.name = "--score", .choice = &o.score, .choices = options_scores},
        {.name = "--weight", .text = &o.weight_text},
        {.name = "--aggregate", .choice = &o.aggregate, .choices = options_aggregates},
        {.name = "--min-papers", .count = &o.min_papers},
        {.name = "--from-year", .count = &o.from_year},
        {.name = "--to-year", .count = &o.to_year},
        {.name = "--threads", .count = &o.threads},
        {.name = "--no-self-test", .flag = &o.untested},
        {.name = "--json", .flag = &o.json},
        {.name = "--authors", .text = &o.authors},
        {.name = "--coauthors-since", .count = &o.coauthors_since},
        {.name = "--institutions", .text = &o.institutions},
        {.name = "--same-institutions", .flag = &o.same_institutions},
        {.name = "--block", .text = &o.block},
        {0}};
    int code = cli_parse(argc, argv, options, help, &rest_count);
    if (code >= 0) return code;
    if (rest_count)
        return cli_usage("unexpected argument %s: use --text or standard input", argv[1]);
    if (o.weight_text && !cli_share(o.weight_text, &o.weight))
        return cli_usage("--weight takes a number above 0, at most 1");
    if (!in_range("top", o.top, "--top") ||
        !in_range("min_papers", o.min_papers, "--min-papers") ||
        !in_range("year_from", o.from_year, "--from-year") ||
        !in_range("year_to", o.to_year, "--to-year"))
        return CLI_USAGE;
    if (o.threads < 1 || o.threads > 256) return cli_usage("--threads takes 1 to 256");
    if (!o.authors && (o.coauthors_since != SIZE_MAX || o.same_institutions))
        return cli_usage("--coauthors-since and --same-institutions need --authors");

    loaded_model loaded;
    cli_file index_file, input = {0};
    rs_index *index;
    if ((code = load_model(o.model_path, &loaded))) return code;
    if (!(code = load_index(o.index_path, &loaded, &index_file, &index))) {
        rs_error error;
        if (!o.text && cli_read("-", &input, &error))
            code = cli_failed("standard input", &error);
        else if (o.text)
            code = search(&o, &loaded, index, o.text, strlen(o.text));
        else
            code = search(&o, &loaded, index, (const char *)input.bytes, input.size);
        cli_close(&input);
        rs_index_close(index);
        cli_close(&index_file);
    }
    unload_model(&loaded);
    return code;
}
