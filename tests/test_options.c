/* The options of a ranking: what is read, what is refused, and that the JavaScript library has the same
 * table. `test_options --write` writes that table, web/shared/options.js. */
#include "search/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "check.h"

static const char path[] = "../web/shared/options.js";

static rs_status read(const char *json, options_request *out, uint8_t left_out[3],
                      rs_error *error) {
    cJSON *object = NULL;
    memset(left_out, 0, 3);
    CHECK_STATUS(json_parse((const uint8_t *)json, strlen(json), &object, error), RS_OK);
    rs_status status = options_read(object, 3, left_out, out, error);
    cJSON_Delete(object);
    return status;
}

static void test_read(void) {
    options_request r;
    uint8_t left_out[3];
    rs_error error;
    CHECK_STATUS(options_read(NULL, 3, left_out, &r, &error), RS_OK);
    CHECK_EQ(r.top, OPTIONS_TOP);
    CHECK(!r.rank.left_out);
    CHECK_STATUS(read("{\"top\":3,\"score\":\"hybrid\",\"weight\":0.25,\"aggregate\":\"best\","
                      "\"min_papers\":2,\"year_from\":1990,\"year_to\":2020,\"left_out\":[2]}",
                      &r, left_out, &error),
                 RS_OK);
    CHECK_EQ(r.top, 3);
    CHECK_EQ(r.rank.score, RS_SCORE_HYBRID);
    CHECK_NEAR(r.rank.weight, 0.25, 0);
    CHECK_EQ(r.rank.aggregate, RS_BEST);
    CHECK_EQ(r.rank.min_papers, 2);
    CHECK_EQ(r.rank.year_from, 1990);
    CHECK_EQ(r.rank.year_to, 2020);
    CHECK(r.rank.left_out == left_out && !left_out[0] && !left_out[1] && left_out[2]);
    CHECK_STATUS(read("{\"top\":null,\"another\":7}", &r, left_out, &error), RS_OK);
    CHECK_EQ(r.top, OPTIONS_TOP);
}

static void test_refused(void) {
    static const struct {
        const char *json, *sentence;
    } cases[] = {
        {"{\"top\":0}", "top must be an integer from 1 to 1000000"},
        {"{\"top\":1.5}", "top must be an integer from 1 to 1000000"},
        {"{\"top\":\"3\"}", "top must be an integer from 1 to 1000000"},
        {"{\"year_from\":10000}", "year_from must be an integer from 0 to 9999"},
        {"{\"min_papers\":-1}", "min_papers must be an integer from 0 to 1000000"},
        {"{\"weight\":0}", "weight must be a number above 0, at most 1"},
        {"{\"weight\":true}", "weight must be a number above 0, at most 1"},
        {"{\"aggregate\":\"worst\"}", "aggregate must be one of mean3, best, weighted"},
        {"{\"aggregate\":1}", "aggregate must be one of mean3, best, weighted"},
        {"{\"score\":\"stored\"}", "score must be one of cosine, centred, lexical, hybrid"},
        {"{\"left_out\":[3]}", "left_out must be an array of people's numbers"},
        {"{\"left_out\":2}", "left_out must be an array of people's numbers"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        options_request r;
        uint8_t left_out[3];
        rs_error error = {0};
        check_in("%s", cases[i].json);
        CHECK_STATUS(read(cases[i].json, &r, left_out, &error), RS_ERR_ARGUMENT);
        CHECK_STR(error.message, cases[i].sentence);
    }
    check_out();
}

static void test_names(void) {
    CHECK_STR(rs_score_name(RS_SCORE_STORED), "");
    for (int kind = RS_SCORE_COSINE; kind <= RS_SCORE_HYBRID; kind++)
        CHECK_EQ(rs_score_named(rs_score_name((rs_score_kind)kind)), kind);
    CHECK_EQ(rs_score_named("stored"), RS_SCORE_STORED);
    CHECK_EQ(rs_score_named(NULL), RS_SCORE_STORED);
}

/* ---- web/shared/options.js ----------------------------------------------------------------- */

static void put_words(FILE *out, const option *o, const char *before, const char *between,
                      const char *after) {
    fprintf(out, "%s", before);
    for (size_t i = 0; o->words[i]; i++) fprintf(out, "%s'%s'", i ? between : "", o->words[i]);
    fprintf(out, "%s", after);
}

static void put_file(FILE *out) {
    fprintf(
        out,
        "/** The options of a ranking, from src/search/options.c: written by tests/test_options.c, "
        "not by hand. */\n\n/**\n * @typedef {object} RankOptions\n");
    for (const option *o = options_table; o->name; o++) {
        fprintf(out, " * @property {");
        if (o->kind == OPTION_WORD)
            put_words(out, o, "", " | ", "");
        else
            fprintf(out, "%s", o->kind == OPTION_PEOPLE ? "number[]" : "number");
        fprintf(out, "} [%s]  %s; default: %s\n", o->name, o->meaning, o->otherwise);
    }
    fprintf(out, " */\n\n");
    for (const option *o = options_table; o->name; o++)
        if (o->kind == OPTION_WORD) {
            char name[16] = "";
            for (size_t i = 0; o->name[i] && i + 1 < sizeof name; i++)
                name[i] = (char)(o->name[i] - 'a' + 'A');
            fprintf(out, "export const %sS = /** @type {const} */ (", name);
            put_words(out, o, "[", ", ", "]");
            fprintf(out, ");\n");
        }
    fprintf(out, "\nexport const DEFAULT_TOP = %d;\n\n", OPTIONS_TOP);
    fprintf(out, "/** @type {Record<string, {words: readonly string[]} | {least: number, most: "
                 "number} | 'share' | 'people'>} */\nexport const OPTIONS = {\n");
    for (const option *o = options_table; o->name; o++) {
        fprintf(out, "  %s: ", o->name);
        if (o->kind == OPTION_WORD)
            put_words(out, o, "{ words: [", ", ", "] },\n");
        else if (o->kind == OPTION_NUMBER)
            fprintf(out, "{ least: %zu, most: %zu },\n", o->min, o->max);
        else
            fprintf(out, "'%s',\n", o->kind == OPTION_SHARE ? "share" : "people");
    }
    fprintf(out, "};\n");
}

static char *text_of(FILE *file) {
    char *text = calloc(1 << 16, 1);
    if (!text) abort();
    if (file) {
        rewind(file);
        size_t bytes = fread(text, 1, (1 << 16) - 1, file);
        text[bytes] = '\0';
        fclose(file);
    }
    return text;
}

static void test_javascript(void) {
    FILE *made = tmpfile();
    CHECK(made != NULL);
    if (!made) return;
    put_file(made);
    char *want = text_of(made), *got = text_of(fopen(path, "rb"));
    if (strcmp(got, want) != 0) {
        fprintf(
            stderr,
            "web/shared/options.js is not what src/search/options.c says: run test_options --write in tests/\n");
        CHECK(!strcmp(got, want));
    }
    free(want);
    free(got);
}

int main(int argc, char **argv) {
    if (argc == 2 && !strcmp(argv[1], "--write")) {
        FILE *out = fopen(path, "wb");
        if (!out) return 1;
        put_file(out);
        return fclose(out) ? 1 : 0;
    }
    test_read();
    test_refused();
    test_names();
    test_javascript();
    return check_result();
}
