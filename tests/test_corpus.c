/* Corpora in every shape, repairs, and what is refused. */
#include <stdlib.h>

#include "check.h"
#include "records/corpus.h"
#include "records/text.h"
#include "records/versions.h"

/* Reads text from a buffer of exactly its size, so that a sanitizer sees the end. */
static rs_status read_bytes(corpus *c, const void *text, size_t bytes, rs_error *error) {
    uint8_t *copy = malloc(bytes ? bytes : 1);
    memcpy(copy, text, bytes);
    *error = (rs_error){0};
    rs_status status = corpus_read(c, "x.json", copy, bytes, error);
    free(copy);
    return status;
}

static rs_status read_text(corpus *c, const char *text, rs_error *error) {
    *c = (corpus){0};
    return read_bytes(c, text, strlen(text), error);
}

/* ---- Shapes ------------------------------------------------------------------------------ */

static void test_files(void) {
    static const char *const texts[] = {
        "[{\"abstract\":\"One\"},{\"abstract\":\"Two\"}]",
        " [ {\"abstract\": \"One\"} ,\n\n {\"abstract\": \"Two\"} ] \r\n",
        "{\"abstract\":\"One\"}\n{\"abstract\":\"Two\"}\n",
        "{\"abstract\":\"One\"}\r\n\r\n  {\"abstract\":\"Two\"}",
        "\xEF\xBB\xBF[{\"abstract\":\"One\"},{\"abstract\":\"Two\"}]",
        "\xEF\xBB\xBF{\"abstract\":\"One\"}\n{\"Abstract\":[\"Two\",null]}",
        "[{\"abstract\":\"One\", \"x\": [\"],{\", {\"y\": \"\\\"]\"}]},{\"abstract\":\"Two\"}]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        corpus c;
        rs_error error;
        check_in("text %zu", i);
        CHECK_STATUS(read_text(&c, texts[i], &error), RS_OK);
        CHECK_EQ(c.count, 2);
        CHECK_EQ(c.records, 2);
        if (c.count == 2) {
            CHECK_STR(c.papers[0].abstract, "One");
            CHECK_STR(c.papers[1].abstract, "Two");
            CHECK_EQ(c.papers[1].record, 1);
            CHECK(!c.papers[0].title && !c.papers[0].doi && !c.papers[0].authors_count);
        }
        corpus_free(&c);
    }
    check_in("%s", "");
}

static void test_members(void) {
    corpus c;
    rs_error error;
    CHECK_STATUS(
        read_text(
            &c,
            "[{\"Title\": \" A\\n title \", \"abstract\": \"Text\", \"DOI\": "
            "\"https://doi.org/10.5555/ABC.v2\", \"url\": \"https://example.org/1\", \"year\": "
            "\"2019\", \"source\": \"s\"},"
            "{\"abstract\": \"T\", \"doi\": null, \"date\": \"31 Mar 2016\", \"version\": "
            "\"v3\", "
            "\"url\": \"javascript:alert(1)\", \"title\": 7},"
            "{\"abstract\": \"T\", \"doi\": \"none\", \"year\": 20190, \"version\": 2}]",
            &error),
        RS_OK);
    CHECK_EQ(c.count, 3);
    const paper *p = c.papers;
    CHECK_STR(p[0].title, "A title");
    CHECK_STR(p[0].doi, "10.5555/abc.v2");
    CHECK_STR(p[0].url, "https://example.org/1");
    CHECK_STR(p[0].source, "s");
    CHECK_EQ(p[0].year, 2019);
    CHECK_EQ(p[0].version, 0); /* "abc.v2": not behind a digit */
    CHECK_EQ(p[1].year, 2016);
    CHECK_EQ(p[1].date, 20160331);
    CHECK_EQ(p[1].version, 3);
    CHECK(!p[1].url && !p[1].doi && !p[1].title);
    CHECK(!p[2].doi);
    CHECK_EQ(p[2].year, 0);
    CHECK_EQ(p[2].version, 2);
    CHECK_EQ(c.stray_blanks.count, 1);
    corpus_free(&c);
}

/* The authors of one record as "name|institution,institution@country,country|orcid;…". */
static void check_authors(const char *authors, const char *want) {
    char text[4096], got[1024] = "";
    corpus c;
    rs_error error;
    check_in("%s", authors);
    snprintf(text, sizeof text, "{\"abstract\":\"T\",\"authors\":%s}", authors);
    CHECK_STATUS(read_text(&c, text, &error), RS_OK);
    for (size_t i = 0; c.count && i < c.papers[0].authors_count; i++) {
        const author *a = &c.papers[0].authors[i];
        strcat(strcat(got, i ? ";" : ""), a->name);
        for (size_t k = 0; k < a->institutions_count; k++)
            strcat(strcat(got, k ? "," : "|"), a->institutions[k]);
        for (size_t k = 0; k < a->countries_count; k++)
            strcat(strcat(got, k ? "," : "@"), a->countries[k]);
        if (a->orcid) strcat(strcat(got, "|"), a->orcid);
    }
    CHECK_STR(got, want);
    corpus_free(&c);
    check_in("%s", "");
}

static void test_authors(void) {
    check_authors(
        "[{\"author\": \"Kannape, O. A.\", \"number on Paper\": 1, \"institution\": \"EPFL\"}]",
        "Kannape, O. A.|EPFL");
    check_authors("[{\"author\":\" B.  C.\",\"number_on_paper\":2,\"affiliation\":null},"
                  "{\"author\":\"A\",\"number_on_paper\":1}]",
                  "A;B. C.");
    check_authors("[{\"name\":\"A\",\"number_on_paper\":\"2\"},{\"name\":\"B\",\"number_on_"
                  "paper\":\"1\"}]",
                  "B;A");
    /* One entry without a number: the list's own order. */
    check_authors("[{\"name\":\"A\",\"number_on_paper\":2},{\"name\":\"B\"}]", "A;B");
    check_authors("[{\"name\":\"A\",\"institutions\":[\"X\",\"Y; X\",{\"name\":\"Z\"}]}]",
                  "A|X,Y,Z");
    check_authors("[{\"name\":\"A\",\"institution\":\"X\",\"country\":\" United  States\"},"
                  "{\"name\":\"B\",\"country\":[\"FR\",\"FR\",\"\",3,\"DE\"]},"
                  "{\"name\":\"C\",\"country\":7,\"country_code\":null}]",
                  "A|X@United States;B@FR,DE;C");
    check_authors(
        "[{\"name\":\"A\",\"institutions\":[{\"name\":\"X\",\"country\":\"FR\"},\"Y\",{\"name\":"
        "\"Z\",\"country_code\":\"CH\"}],\"affiliation\":{\"country\":\"IT\"}}]",
        "A|X,Y,Z@FR,CH,IT");
    check_authors(
        "[{\"name\":\"A\",\"affiliation\":\"R&amp;D; X. Electronic address: a@b.c.\"}]",
        "A|R&amp;D,X.");
    check_authors("[{\"name\":\"A\",\"affiliation\":[\"X, Japan. a@b.c.\",\" \"]}]",
                  "A|X, Japan.");
    check_authors("[{\"name\":\"A\",\"orcid\":\"https://orcid.org/0000-0002-1825-0097\"}]",
                  "A|0000-0002-1825-0097");
    check_authors("[{\"name\":\"A\",\"orcid\":\"0000-0002-1825-0098\"}]", "A");
    check_authors("[{\"lastname\":\"L\",\"forename\":\"F\",\"initials\":\"I\",\"identifier\":"
                  "\"0000000218250097\"}]",
                  "F L|0000-0002-1825-0097");
    check_authors("[{\"given\":\"G\",\"family\":\"F\",\"affiliation\":[{\"name\":\"X\"}]}]",
                  "G F|X");
    check_authors(
        "[{\"author\":{\"display_name\":\"A\"},\"institutions\":[{\"display_name\":\"X\"}]}]",
        "A|X");
    check_authors("[\"A. B.\",\"C. D.\"]", "A. B.;C. D.");
    check_authors("\"A. B.; C. D.;\"", "A. B.;C. D.");
    check_authors("\"Kannape, O. A.\"", "Kannape, O. A.");
    check_authors("\"Ada Lovelace, Alan Turing\"", "Ada Lovelace;Alan Turing");
    check_authors("\"Lovelace, A. and Turing, A. M.\"", "Lovelace, A.;Turing, A. M.");
    check_authors("[{\"name\":\"\"},{\"name\":null},7,null,[],\" \",{\"name\":\"A\"}]", "A");
    check_authors("null", "");
    check_authors("7", "");
    check_authors("{\"name\":\"A\"}", "A");
    /* One ORCID for two names is the submitter's, not theirs. */
    check_authors("[{\"name\":\"A\",\"orcid\":\"0000-0002-1825-0097\"},{\"name\":\"B\","
                  "\"orcid\":\"0000000218250097\"}]",
                  "A;B");
}

static void test_repairs(void) {
    corpus c;
    rs_error error;
    CHECK_STATUS(read_text(&c,
                           "{\"abstract\":\"a\\ud800b\\u0000c\\udc00\\ud83d\\ude00\"}\n"
                           "{\"abstract\":\"a\xC3(b\xFF\"}\n"
                           "{\"abstract\":\" a\\n\\tb\\u00a0c \"}\n"
                           "{\"abstract\":\"fine\"}\n"
                           "{\"abstract\":\" \\n\", \"title\":\"Blank\"}\n"
                           "{\"abstract\":null}\n{\"title\":\"None\"}\n{\"abstract\":7}\n",
                           &error),
                 RS_OK);
    CHECK_EQ(c.count, 4);
    CHECK_STR(c.papers[0].abstract, "a\xEF\xBF\xBD"
                                    "b\xEF\xBF\xBD"
                                    "c\xEF\xBF\xBD\xF0\x9F\x98\x80");
    CHECK_STR(c.papers[1].abstract, "a\xEF\xBF\xBD(b\xEF\xBF\xBD");
    CHECK_STR(c.papers[2].abstract, "a b c");
    CHECK_EQ(c.lone_escapes.count, 1);
    CHECK_EQ(c.ill_formed.count, 1);
    CHECK_EQ(c.stray_blanks.count, 1);
    CHECK_EQ(c.no_abstract.count, 4);
    CHECK_STR(c.no_abstract.examples[0], "x.json, line 5: Blank");
    CHECK_STR(c.no_abstract.examples[1], "x.json, line 6");
    CHECK_EQ(c.with_abstract, 4);
    corpus_free(&c);
}

/* ---- What is refused --------------------------------------------------------------------- */

static void check_refused(const char *text, const char *want) {
    corpus c;
    rs_error error;
    check_in("%s", text);
    CHECK_STATUS(read_text(&c, text, &error), RS_ERR_FORMAT);
    if (!strstr(error.message, want)) CHECK_STR(error.message, want);
    corpus_free(&c);
    check_in("%s", "");
}

static void test_refused(void) {
    check_refused("", "is empty");
    check_refused(" \n", "is empty");
    check_refused("title,abstract\n", "begins with neither [ nor {");
    check_refused("BZh91AY", "is packed by bzip2");
    check_refused("\xFF\xFE{", "UTF-16");
    check_refused("{\"abstract\":\"One\"}\n{\"abstract\":\"Two}\n{\"abstract\":\"Three\"}\n",
                  "line 2: not valid JSON at byte ");
    check_refused("{\"abstract\":\"One\"}\n[1]\n",
                  "line 2: a list where a paper {…} is expected");
    check_refused("{\"abstract\":\"One\"} {\"abstract\":\"Two\"}\n",
                  "line 1: not valid JSON at byte 19");
    check_refused("{\n  \"abstract\": \"One\"\n}\n", "each line must hold one paper");
    check_refused("{\"abstract\":\"\\uZZZZ\"}\n",
                  "line 1: a \\u escape needs four hexadecimal digits");
    check_refused("{\"abstract\":\"\\u12", "line 1: a \\u escape needs four");
    check_refused("[{\"abstract\":\"One\"},\n\n{\"abstract\" \"Two\"}]",
                  "line 3, record 2: not valid JSON at byte 12");
    check_refused("[{\"abstract\":\"One\"},\n {\"abstract\":\"Two]",
                  "line 2, record 2: the file ends inside");
    check_refused("[{\"abstract\":\"One\"}", "line 1, record 1: the file ends inside");
    check_refused("[{\"abstract\":\"One\"},", "ends before the list does");
    check_refused("[", "ends before the list does");
    check_refused("[{\"abstract\":\"One\"},]", "record 2: not valid JSON");
    check_refused("[,]", "record 1: not valid JSON");
    check_refused("[{\"abstract\":\"One\"}] x", "something follows the list");
    check_refused("[null]", "null where a paper");
    check_refused("[\"text\"]", "a string where a paper");
}

/* A NUL, and nesting deeper than the JSON reader takes. */
static void test_hostile(void) {
    corpus c = {0};
    rs_error error;
    static const char nul[] = "{\"abstract\":\"a\0b\"}";
    CHECK_STATUS(read_bytes(&c, nul, sizeof nul - 1, &error), RS_ERR_FORMAT);
    CHECK(strstr(error.message, "line 1: ") != NULL);
    corpus_free(&c);
    char deep[2000];
    memset(deep, '[', sizeof deep);
    CHECK_STATUS(read_bytes(&c, deep, sizeof deep, &error), RS_ERR_FORMAT);
    corpus_free(&c);
    memset(deep + 1000, ']', 1000);
    CHECK_STATUS(read_bytes(&c, deep, sizeof deep, &error), RS_ERR_FORMAT);
    CHECK(strstr(error.message, "nested deeper") != NULL);
    corpus_free(&c);
}

/* A corpus cut at every byte is refused or, between lines, shorter; never more than it was. */
static void test_truncated(void) {
    static const char list[] =
        "[{\"title\":\"T\\u00e9\",\"abstract\":\"\xC3\xA9\",\"authors\":[{\"name\":\"A\"}]},\n"
        "{\"abstract\":\"b\",\"doi\":\"10.5555/1\",\"authors\":\"A; B\"}]";
    static const char lines[] =
        "{\"title\":\"T\\u00e9\",\"abstract\":\"\xC3\xA9\",\"authors\":[{\"name\":\"A\"}]}\n"
        "{\"abstract\":\"b\",\"doi\":\"10.5555/1\",\"authors\":\"A; B\"}\n";
    corpus c = {0};
    rs_error error;
    for (size_t i = 0; i < sizeof list - 1; i++) {
        CHECK_STATUS(read_bytes(&c, list, i, &error), RS_ERR_FORMAT);
        corpus_free(&c);
    }
    const size_t first = (size_t)(strchr(lines, '\n') - lines);
    for (size_t i = 0; i < sizeof lines - 1; i++) {
        const bool whole = i == first || i == first + 1 || i == sizeof lines - 2;
        check_in("cut at %zu", i);
        CHECK_STATUS(read_bytes(&c, lines, i, &error), whole ? RS_OK : RS_ERR_FORMAT);
        if (whole) CHECK_EQ(c.count, i > first + 1 ? 2 : 1);
        corpus_free(&c);
    }
    check_in("%s", "");
}

/* ---- Text -------------------------------------------------------------------------------- */

static void check_doi(const char *text, const char *want, const char *base, int version) {
    char copy[128];
    int got_version;
    check_in("%s", text);
    snprintf(copy, sizeof copy, "%s", text);
    const char *doi = text_doi(copy);
    if (!want) {
        CHECK(doi == NULL);
        CHECK_STR(copy, text);
    } else {
        CHECK_STR(doi, want);
        if (!doi) return;
        CHECK_EQ(text_doi_base(doi, &got_version), strlen(base));
        CHECK(strncmp(doi, base, strlen(base)) == 0);
        CHECK_EQ(got_version, version);
    }
    check_in("%s", "");
}

static void test_dois(void) {
    check_doi("10.1101/006353", "10.1101/006353", "10.1101/006353", 0);
    check_doi(" HTTPS://DX.DOI.ORG/10.1101/006353v2 ", "10.1101/006353v2", "10.1101/006353", 2);
    check_doi("doi: 10.6084/m9.figshare.123.v12", "10.6084/m9.figshare.123.v12",
              "10.6084/m9.figshare.123", 12);
    check_doi("10.21203/rs.3.rs-1234/v1", "10.21203/rs.3.rs-1234/v1", "10.21203/rs.3.rs-1234",
              1);
    check_doi("10.12688/f1000research.8383.2", "10.12688/f1000research.8383.2",
              "10.12688/f1000research.8383", 2);
    check_doi("10.7554/eLife.00003", "10.7554/elife.00003", "10.7554/elife.00003", 0);
    check_doi("10.7554/eLife.00003.2", "10.7554/elife.00003.2", "10.7554/elife.00003", 2);
    /* Not versions: another prefix, no digit before, too many digits. */
    check_doi("10.1103/physreve.48.4060", "10.1103/physreve.48.4060",
              "10.1103/physreve.48.4060", 0);
    check_doi("10.1016/j.rev2", "10.1016/j.rev2", "10.1016/j.rev2", 0);
    check_doi("10.1234/5v123", "10.1234/5v123", "10.1234/5v123", 0);
    check_doi("10.1/A; 10.2/B", "10.1/a", "10.1/a", 0);
    check_doi("10.1", NULL, NULL, 0);
    check_doi("10./x", NULL, NULL, 0);
    check_doi("10.1/", NULL, NULL, 0);
    check_doi("1904.04794", NULL, NULL, 0);
    check_doi("", NULL, NULL, 0);
}

static void test_dates(void) {
    static const struct {
        const char *text;
        int32_t date;
    } cases[] = {{"2016", 20160000},
                 {"2016-08", 20160800},
                 {"2016-08-06T13:13:26Z", 20160806},
                 {"2016/12/15", 20161215},
                 {"31 Mar 2016", 20160331},
                 {"November 8 2016", 20161108},
                 {"8 November, 2016", 20161108},
                 {"in press", 0},
                 {"99999999999999999999", 0},
                 {"", 0},
                 {"0999-01-01", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_in("%s", cases[i].text);
        CHECK_EQ(text_date(cases[i].text), cases[i].date);
    }
    check_in("%s", "");
}

static void test_orcids(void) {
    char orcid[TEXT_ORCID_BYTES];
    CHECK(text_orcid("0000-0002-1694-233X", orcid)); /* of ORCID's own documentation */
    CHECK_STR(orcid, "0000-0002-1694-233X");
    CHECK(text_orcid("http://orcid.org/000000021694233x/", orcid));
    CHECK_STR(orcid, "0000-0002-1694-233X");
    CHECK(!text_orcid("0000-0002-1694-2330", orcid));
    CHECK(!text_orcid("0000-0002-1694-233", orcid));
    CHECK(!text_orcid("0000-0002-1694-233X1", orcid));
    CHECK(!text_orcid("X000-0002-1694-2330", orcid));
    CHECK(!text_orcid("group-author-id1", orcid));
    CHECK(!text_orcid("", orcid));
}

/* ---- Versions ---------------------------------------------------------------------------- */

/* Abstracts of what is left after merging, in order; kept_apart as counted. */
static void check_merged(const char *text, const char *want, size_t kept_apart) {
    char got[256] = "";
    corpus c;
    rs_error error;
    versions_report report;
    check_in("%s", text);
    CHECK_STATUS(read_text(&c, text, &error), RS_OK);
    CHECK_STATUS(versions_merge(&c, &report, &error), RS_OK);
    for (size_t i = 0; i < c.count; i++)
        strcat(strcat(got, i ? " " : ""), c.papers[i].abstract);
    CHECK_STR(got, want);
    CHECK_EQ(report.kept_apart.count, kept_apart);
    CHECK_EQ(report.removed, c.with_abstract - c.count);
    corpus_free(&c);
    check_in("%s", "");
}

static void test_versions(void) {
    check_merged("[{\"abstract\":\"a\",\"doi\":\"10.5/"
                 "1\"},{\"abstract\":\"b\"},{\"abstract\":\"c\",\"doi\":\"10.5/1\"}]",
                 "c b", 0);
    check_merged("[{\"abstract\":\"a\",\"doi\":\"10.5/"
                 "1\",\"year\":2020},{\"abstract\":\"b\",\"doi\":\"10.5/1\",\"year\":2019}]",
                 "a", 0);
    check_merged(
        "[{\"abstract\":\"a\",\"doi\":\"10.5/1\",\"date\":\"2020-03-02\"},"
        "{\"abstract\":\"b\",\"doi\":\"https://doi.org/10.5/1\",\"date\":\"2020-03-01\"}]",
        "a", 0);
    /* The month is told by one of them only: the version decides, then the order. */
    check_merged("[{\"abstract\":\"a\",\"doi\":\"10.5/1\",\"year\":2020,\"version\":3},"
                 "{\"abstract\":\"b\",\"doi\":\"10.5/1\",\"date\":\"2020-03\",\"version\":2}]",
                 "a", 0);
    check_merged("[{\"abstract\":\"a\",\"doi\":\"10.5/"
                 "1\",\"year\":2020},{\"abstract\":\"b\",\"doi\":\"10.5/1\"},"
                 "{\"abstract\":\"c\",\"doi\":\"10.5/1\",\"year\":2021}]",
                 "c", 0);
    /* Versions in the DOI, with an author or a title in common. */
    check_merged("[{\"abstract\":\"b\",\"doi\":\"10.5/1.v2\",\"authors\":\"Doe, J.\"},"
                 "{\"abstract\":\"a\",\"doi\":\"10.5/1.v1\",\"authors\":\"Jane Doe\"}]",
                 "b", 0);
    check_merged("[{\"abstract\":\"a\",\"doi\":\"10.5/1v1\",\"title\":\"On place cells\"},"
                 "{\"abstract\":\"b\",\"doi\":\"10.5/1v2\",\"title\":\"On grid cells\"}]",
                 "b", 0);
    check_merged(
        "[{\"abstract\":\"a\",\"doi\":\"10.5/1v1\"},{\"abstract\":\"b\",\"doi\":\"10.5/1v2\"}]",
        "a b", 0);
    /* The DOI of the proceedings: other authors and another title are another paper. */
    check_merged(
        "[{\"abstract\":\"a\",\"doi\":\"10.5/1\",\"title\":\"Ants\",\"authors\":\"A. B.\"},"
        "{\"abstract\":\"b\",\"doi\":\"10.5/1\",\"title\":\"Bees\",\"authors\":\"C. D.\"},"
        "{\"abstract\":\"c\",\"doi\":\"10.5/1\",\"title\":\"Bees\",\"authors\":\"E. F.\"}]",
        "a c", 1);
    check_merged(
        "[{\"abstract\":\"a\",\"doi\":\"10.5/1\",\"title\":\"Ants\",\"authors\":\"A. B.\"},"
        "{\"abstract\":\"b\",\"doi\":\"10.5/1\",\"title\":\"Bees\"}]",
        "b", 0);
}

/* What the newest lacks comes from the older ones. */
static void test_filled_in(void) {
    corpus c;
    rs_error error;
    versions_report report;
    CHECK_STATUS(read_text(&c,
                           "[{\"abstract\":\"a\",\"doi\":\"10.5/"
                           "1\",\"title\":\"T\",\"year\":2019,\"authors\":\"A. B.\"},"
                           "{\"abstract\":\"b\",\"doi\":\"10.5/1\"}]",
                           &error),
                 RS_OK);
    CHECK_STATUS(versions_merge(&c, &report, &error), RS_OK);
    CHECK_EQ(c.count, 1);
    CHECK_STR(c.papers[0].abstract, "b");
    CHECK_STR(c.papers[0].title, "T");
    CHECK_EQ(c.papers[0].year, 2019);
    CHECK_EQ(c.papers[0].authors_count, 1);
    CHECK_EQ(c.papers[0].record, 1);
    CHECK_STR(report.merged.examples[0], "10.5/1 (2 records)");
    corpus_free(&c);
}

int main(void) {
    test_files();
    test_members();
    test_authors();
    test_repairs();
    test_refused();
    test_hostile();
    test_truncated();
    test_dois();
    test_dates();
    test_orcids();
    test_versions();
    test_filled_in();
    return check_result();
}
