#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json.h"
#include "load.h"

static const char help[] =
    "usage: refscout search --model MODEL --index INDEX [options] < TEXT\n\n"
    "Ranks the papers of an index by the cosine of their embedding with the text's, and the "
    "people\n"
    "behind them by the mean of their three best papers.\n\n"
    "  --text TEXT         the query, instead of standard input\n"
    "  --by papers|people  what to list (both)\n"
    "  --top N             how many (10)\n"
    "  --threads N         threads working on the query (1)\n"
    "  --json              one JSON object: {\"query\", \"papers\", \"people\"}\n";

static const char *text_of(const cJSON *object, const char *key) {
    const char *text = json_string(object, key);
    return text ? text : "";
}

/* " (2014)", or nothing when the year is not known. */
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

static void print_papers(const cJSON *papers) {
    const cJSON *paper;
    cJSON_ArrayForEach(paper, papers) {
        printf("%3d  %.4f  %s", cJSON_GetObjectItem(paper, "rank")->valueint,
               cJSON_GetObjectItem(paper, "score")->valuedouble, text_of(paper, "title"));
        print_year(paper);
        printf("\n             ");
        print_list(cJSON_GetObjectItem(paper, "authors"));
        printf("\n");
    }
}

static void print_people(const cJSON *people) {
    const cJSON *person, *paper;
    cJSON_ArrayForEach(person, people) {
        printf("%3d  %.4f  %s", cJSON_GetObjectItem(person, "rank")->valueint,
               cJSON_GetObjectItem(person, "score")->valuedouble, text_of(person, "name"));
        const cJSON *institutions = cJSON_GetObjectItem(person, "institutions");
        if (cJSON_GetArraySize(institutions)) {
            printf(" (");
            print_list(institutions);
            printf(")");
        }
        printf("\n");
        cJSON_ArrayForEach(paper, cJSON_GetObjectItem(person, "papers")) {
            printf("             %.4f  %s", cJSON_GetObjectItem(paper, "score")->valuedouble,
                   text_of(paper, "title"));
            print_year(paper);
            printf("\n");
        }
    }
}

enum { BY_PAPERS, BY_PEOPLE, BY_BOTH };

static int print_answer(const char *json, int by, const char *note) {
    cJSON *answer;
    rs_error error;
    if (json_parse((const uint8_t *)json, strlen(json), &answer, &error))
        return cli_failed("the results", &error);
    const cJSON *query = cJSON_GetObjectItem(answer, "query");
    const cJSON *cut = cJSON_GetObjectItem(query, "cut");
    const cJSON *self = cJSON_GetObjectItem(query, "in_corpus");
    if (*note) cli_note("%s", note);
    if (cut->valueint)
        cli_note("the text is longer than the model takes: its last %d tokens were not read",
                 cut->valueint);
    if (cJSON_IsObject(self))
        cli_note("the text is itself in the corpus and left out: %s", text_of(self, "title"));
    if (by != BY_PEOPLE) {
        if (by == BY_BOTH) printf("Papers\n");
        print_papers(cJSON_GetObjectItem(answer, "papers"));
    }
    if (by != BY_PAPERS) {
        if (by == BY_BOTH) printf("\nPeople\n");
        print_people(cJSON_GetObjectItem(answer, "people"));
    }
    cJSON_Delete(answer);
    return CLI_OK;
}

typedef struct search_options {
    const char *model_path, *index_path, *text;
    size_t top, threads;
    int by;
    bool json;
} search_options;

static int search(const search_options *o, loaded_model *loaded, const rs_index *index,
                  const char *text, size_t text_bytes) {
    rs_error error;
    rs_session *session;
    const rs_session_options options = {.threads = o->threads};
    if (rs_session_open(loaded->model, &options, &session, &error))
        return cli_failed(o->model_path, &error);
    char *json;
    int code;
    if (rs_search(session, index, text, text_bytes, o->top, &json, &error)) {
        code = cli_failed(o->index_path, &error);
    } else {
        if (o->json)
            code = puts(json) < 0;
        else
            code = print_answer(json, o->by, rs_model_describe(loaded->model)->note);
        rs_string_free(json);
    }
    rs_session_close(session);
    return code;
}

int cmd_search(int argc, char **argv) {
    static const char *const by_names[] = {"papers", "people", NULL};
    search_options o = {.top = 10, .threads = 1, .by = BY_BOTH};
    size_t rest_count;
    const cli_option options[] = {{.name = "--model", .text = &o.model_path},
                                  {.name = "--index", .text = &o.index_path},
                                  {.name = "--text", .text = &o.text},
                                  {.name = "--by", .choice = &o.by, .choices = by_names},
                                  {.name = "--top", .count = &o.top},
                                  {.name = "--threads", .count = &o.threads},
                                  {.name = "--json", .flag = &o.json},
                                  {0}};
    int code = cli_parse(argc, argv, options, help, &rest_count);
    if (code >= 0) return code;
    if (rest_count)
        return cli_usage("unexpected argument %s: use --text or standard input", argv[1]);
    if (o.top < 1) return cli_usage("--top takes at least 1");
    if (o.threads < 1 || o.threads > 256) return cli_usage("--threads takes 1 to 256");

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
