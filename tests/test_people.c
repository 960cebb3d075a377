/* Who is who: the rule of import/people.h, case by case. */
#include "check.h"
#include "people/people.h"

enum { MAX_PAPERS = 8, MAX_AUTHORS = 4 };

static author authors[MAX_PAPERS][MAX_AUTHORS];
static paper papers[MAX_PAPERS];
static size_t papers_count;

static void begin(void) {
    papers_count = 0;
    memset(papers, 0, sizeof papers);
    memset(authors, 0, sizeof authors);
}

static paper *add_paper(int year) {
    paper *p = &papers[papers_count];
    *p = (paper){
        .abstract = "T", .authors = authors[papers_count], .year = year, .date = year * 10000};
    papers_count++;
    return p;
}

static author *add_author(paper *p, const char *name, const char *orcid) {
    author *a = &authors[p - papers][p->authors_count++];
    *a = (author){.name = name, .orcid = orcid};
    return a;
}

/* One author a paper; the person of each as digits, and how many people there are. */
static void check_people(const char *const *names, const char *const *orcids,
                         const char *want) {
    char got[MAX_PAPERS + 1] = "";
    people p;
    rs_error error;
    begin();
    for (size_t i = 0; names[i]; i++)
        add_author(add_paper(2000), names[i], orcids ? orcids[i] : NULL);
    check_in("%s, %s", names[0], names[1]);
    CHECK_STATUS(people_build(papers, papers_count, &p, &error), RS_OK);
    for (size_t i = 0; i < papers_count; i++) {
        CHECK_EQ(p.offsets[i + 1] - p.offsets[i], 1);
        got[i] = (char)('0' + p.authorship[p.offsets[i]]);
    }
    CHECK_STR(got, want);
    people_free(&p);
    check_in("%s", "");
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_names(void) {
    check_people(NAMES("Ada Lovelace", "ADA  LOVELACE", "ada lovelace"), NULL, "000");
    check_people(NAMES("J. J. Arenzon", "J.J. Arenzon", "Arenzon, J. J.", "J J Arenzon"), NULL,
                 "0000");
    check_people(NAMES("Kannape, O. A.", "Kannape, O.", "Oliver A. Kannape", "Kannape"), NULL,
                 "0123");
    check_people(NAMES("Ærø Ångström", "ærø ångström", "Aero Angstrom"), NULL, "001");
    /* Two commas are no "Family, Given". */
    check_people(NAMES("Smith, Jr., John", "Jr., John Smith"), NULL, "01");
    check_people(NAMES(".", ". ."), NULL, "01");
    /* A surname alone is nobody's second mention; a name of one word may be a whole one. */
    check_people(NAMES("Kannape", "KANNAPE", "kannape."), NULL, "012");
    check_people(NAMES("田中太郎", "田中太郎", "田中 太郎"), NULL, "001");
    check_people(NAMES("Li Wei", "Wei Li", "Li, Wei"), NULL, "011");
    check_people(NAMES("J. Smith", "John Smith", "J. A. Smith", "J. Smith"), NULL, "0120");
}

#define X "0000-0000-0000-0028"
#define Y "0000-0000-0000-0036"

static void test_orcids(void) {
    check_people(NAMES("Ada Lovelace", "A. King"), NAMES(X, X), "00");
    check_people(NAMES("Ada Lovelace", "Ada Lovelace"), NAMES(X, Y), "01");
    /* Without ORCID: joins the only one of that name, wherever it stands. */
    check_people(NAMES("Ada Lovelace", "Ada Lovelace"), ((const char *const[]){NULL, X}), "00");
    check_people(NAMES("Ada Lovelace", "Ada Lovelace", "A. Lovelace"),
                 ((const char *const[]){X, NULL, NULL}), "001");
    check_people(NAMES("Lovelace", "Lovelace"), ((const char *const[]){X, NULL}), "01");
    check_people(NAMES("Lovelace", "Lovelace"), NAMES(X, X), "00");
    /* Initials: of one who is known by them only, or may be somebody else's. */
    check_people(NAMES("A. Lovelace", "A. Lovelace"), ((const char *const[]){X, NULL}), "00");
    check_people(NAMES("A. Lovelace", "Ada Lovelace", "A. Lovelace", "Ada Lovelace"),
                 ((const char *const[]){X, X, NULL, NULL}), "0010");
    check_people(NAMES("Ö. Yilmaz", "Özgür Yilmaz", "Ö. Yilmaz", "özgür yilmaz"),
                 ((const char *const[]){X, X, NULL, NULL}), "0010");
    /* Two of that name: neither. */
    check_people(NAMES("Ada Lovelace", "Ada Lovelace", "Ada Lovelace", "Ada Lovelace"),
                 ((const char *const[]){X, NULL, Y, NULL}), "0121");
}

static void test_shown(void) {
    static const char *const first[] = {"Old Place", "Both"}, *const second[] = {"BOTH.",
                                                                                 "New Place"};
    static const char *const many[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};
    people p;
    rs_error error;
    begin();
    author *a = add_author(add_paper(2001), "Lovelace, Ada", NULL);
    a->institutions = first;
    a->institutions_count = 2;
    a->countries = first;
    a->countries_count = 1;
    paper *newer = add_paper(2011);
    a = add_author(newer, "Ada Lovelace", X);
    a->institutions = second;
    a->institutions_count = 2;
    a->countries = second;
    a->countries_count = 2;
    a = add_author(newer, "C. Babbage", NULL);
    a->institutions = many;
    a->institutions_count = 9;
    add_author(newer, "ada lovelace", NULL); /* named twice on one paper */
    add_paper(2012);                         /* by nobody */
    CHECK_STATUS(people_build(papers, papers_count, &p, &error), RS_OK);
    CHECK_EQ(p.count, 2);
    CHECK_STR(p.items[0].name, "Ada Lovelace");
    CHECK_STR(p.items[0].orcid, X);
    CHECK_EQ(p.items[0].institutions_count, 3);
    CHECK_STR(p.items[0].institutions[0], "BOTH.");
    CHECK_STR(p.items[0].institutions[1], "New Place");
    CHECK_STR(p.items[0].institutions[2], "Old Place");
    CHECK_EQ(p.items[0].countries_count, 3);
    CHECK_STR(p.items[0].countries[0], "BOTH.");
    CHECK_STR(p.items[0].countries[2], "Old Place");
    CHECK_EQ(p.items[1].countries_count, 0);
    CHECK_EQ(p.items[1].institutions_count, PEOPLE_MAX_INSTITUTIONS);
    CHECK(p.items[1].orcid == NULL);
    CHECK_EQ(p.offsets[1], 1);
    CHECK_EQ(p.offsets[2], 3);
    CHECK_EQ(p.offsets[3], 3);
    CHECK_EQ(p.authorship[1], 0);
    CHECK_EQ(p.authorship[2], 1);
    people_free(&p);
}

static void test_none(void) {
    people p;
    rs_error error;
    CHECK_STATUS(people_build(NULL, 0, &p, &error), RS_OK);
    CHECK_EQ(p.count, 0);
    CHECK_EQ(p.offsets[0], 0);
    people_free(&p);
}

int main(void) {
    test_names();
    test_orcids();
    test_shown();
    test_none();
    return check_result();
}
