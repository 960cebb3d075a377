/* The words of which institutions.c makes out what kind of institution a name is. */
#ifndef RS_INSTITUTIONS_WORDS_H
#define RS_INSTITUTIONS_WORDS_H

#include <stdbool.h>
#include <string.h>

#include "people/institutions_tables.h"
#include "people/names.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

enum { PLACE, INSTITUTE, SCHOOL, UNIVERSITY };

static bool is_one_of(const char *word, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (*word == *list[i] && !strcmp(word, list[i])) return true;
    return false;
}

static bool begins_one_of(const char *word, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (*word == *list[i] && !strncmp(word, list[i], strlen(list[i]))) return true;
    return false;
}

static bool is_connector(const char *word) {
    static const char *const list[] = {"of",  "the", "for",  "at",  "in",  "and", "de",    "du",
                                       "des", "der", "di",   "do",  "da",  "del", "della", "la",
                                       "le",  "les", "el",   "fur", "und", "et",  "e",     "y",
                                       "van", "von", "voor", "zu",  "d",   "l",   "on"};
    return is_one_of(word, list, COUNT(list));
}

static bool is_university(const char *word) {
    static const char *const list[] = {"hochschule", "uniwersytet", "yliopisto"};
    /* Words with the same prefix that do not mean a university: university hospitals, and the
     * universe. */
    static const char *const not[] = {"universal",    "universe",      "universitair",
                                      "universitari", "universitatsk", "universitatsm"};
    return (!strncmp(word, "univ", 4) && !begins_one_of(word, not, COUNT(not))) ||
           begins_one_of(word, list, COUNT(list));
}

/* Whether the word names a part of an institution that has no name of its own. */
static bool is_unit(const char *word) {
    static const char *const list[] = {"depart",  "dept",       "dipartiment", "departament",
                                       "divisi",  "facult",     "fakult",      "facolta",
                                       "section", "fachbereich"};
    return begins_one_of(word, list, COUNT(list));
}

/* The canonical form of a word for an institute; NULL for other words. */
static const char *institute_word(const char *word) {
    static const char *const list[][2] = {
        {"institut", "institute"},    {"instytut", "institute"}, {"istitut", "institute"},
        {"colleg", "college"},        {"hospital", "hospital"},  {"hopital", "hospital"},
        {"ospedale", "hospital"},     {"klinik", "clinic"},      {"clinic", "clinic"},
        {"centr", "center"},          {"center", "center"},      {"zentrum", "center"},
        {"laborator", "laboratory"},  {"academ", "academy"},     {"akadem", "academy"},
        {"school", "school"},         {"ecole", "school"},       {"council", "council"},
        {"foundation", "foundation"}, {"campus", "campus"},      {"museum", "museum"},
        {"librar", "library"},        {"bibliot", "library"}};
    /* "Clinical" and "central" are adjectives: they name no clinic and no centre. */
    if (!strncmp(word, "clinical", 8) || !strcmp(word, "central") || !strcmp(word, "centrale"))
        return NULL;
    for (size_t i = 0; i < COUNT(list); i++)
        if (*word == *list[i][0] && !strncmp(word, list[i][0], strlen(list[i][0])))
            return list[i][1];
    return NULL;
}

/* Words in the names of many institutions, so that they identify none. */
static bool is_common(const char *word) {
    static const char *const list[] = {
        "research",      "medical",      "medicine",  "state",        "national",
        "general",       "technical",    "graduate",  "key",          "regional",
        "central",       "childrens",    "city",      "federal",      "cancer",
        "health",        "science",      "sciences",  "technology",   "advanced",
        "international", "veterans",     "affairs",   "va",           "clinical",
        "teaching",      "business",     "law",       "high",         "polytechnic",
        "normal",        "open",         "education", "management",   "applied",
        "free",          "autonomous",   "catholic",  "pontifical",   "chinese",
        "islamic",       "american",     "baptist",   "agricultural", "european",
        "german",        "polytechnical"};
    return is_connector(word) || institute_word(word) || is_university(word) ||
           is_one_of(word, list, COUNT(list));
}

/* Whether the text begins with a subject: "Nanjing University of Technology" is not Nanjing
 * University. */
static bool is_subject(const char *word) {
    static const char *const list[] = {
        "aeronautics", "agricult", "applied",  "architect", "art",    "business", "chemical",
        "chinese",     "commerc",  "econom",   "educat",    "electr", "engineer", "finance",
        "foreign",     "forest",   "geoscien", "health",    "inform", "internat", "law",
        "medic",       "mining",   "petrol",   "pharm",     "post",   "scien",    "techn",
        "tradition",   "transp",   "veterin",  "life"};
    return begins_one_of(word, list, COUNT(list));
}

/* Legal forms and similar words after a company's name. */
static bool is_company_tail(const char *word) {
    static const char *const list[] = {
        "inc",         "ltd",     "llc",     "gmbh",     "co",   "corp", "ag",    "ai", "plc",
        "corporation", "company", "limited", "research", "labs", "lab",  "group", "sa", "bv"};
    return is_one_of(word, list, COUNT(list));
}

/* Copies the next word and advances *at; false at the end. */
static bool next_word(const char **at, char word[NAMES_MAX_BYTES]) {
    while (**at == ' ') (*at)++;
    const size_t bytes = strcspn(*at, " ");
    if (!bytes) return false;
    memcpy(word, *at, bytes);
    word[bytes] = 0;
    *at += bytes;
    return true;
}

/* Finds the words in the text, as complete words; NULL if they do not occur. */
static const char *find_words(const char *text, const char *words) {
    const size_t bytes = strlen(words);
    for (const char *at = text; (at = strstr(at, words)); at++)
        if ((at == text || at[-1] == ' ') && (at[bytes] == ' ' || !at[bytes])) return at;
    return NULL;
}

static bool begins_with_words(const char *text, const char *words) {
    if (*text != *words) return false;
    const size_t bytes = strlen(words);
    return !strncmp(text, words, bytes) && (!text[bytes] || text[bytes] == ' ');
}

static bool ends_with_words(const char *text, const char *words) {
    const size_t n = strlen(text), m = strlen(words);
    return m < n && text[n - m - 1] == ' ' && !strcmp(text + n - m, words);
}

static size_t count_words(const char *text) {
    size_t count = 0;
    for (; *text; text++) count += *text != ' ' && (text[1] == ' ' || !text[1]);
    return count;
}

/* Whether both texts have the same words in any order: "Institut Pasteur", "Pasteur
 * Institute". */
static bool same_words(const char *a, const char *b) {
    char word[NAMES_MAX_BYTES];
    if (strlen(a) != strlen(b)) return false;
    for (const char *at = a; next_word(&at, word);)
        if (!find_words(b, word)) return false;
    for (const char *at = b; next_word(&at, word);)
        if (!find_words(a, word)) return false;
    return true;
}

static bool only_common(const char *text) {
    char word[NAMES_MAX_BYTES];
    while (next_word(&text, word))
        if (!is_common(word)) return false;
    return true;
}

#endif
