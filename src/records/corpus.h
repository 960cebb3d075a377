/* A corpus as people have it -> papers: a JSON array of records, or JSON Lines, told apart by
 * their first character. One record is parsed at a time, so memory stays near the size of the
 * input.
 *
 * A record is {title, abstract, doi, url, year or date, source, version, authors}; names of
 * members are read without regard to case, and everything but the abstract may be missing.
 * Records without an abstract are dropped and counted; what is repaired is counted (text.h says
 * what that is); a record that is not a JSON object is an error that names the line. Authors:
 * authors.h. */
#ifndef CORPUS_H
#define CORPUS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/textpool.h"

typedef struct author {
    const char *name;  /* as written, blanks apart; never "" */
    const char *orcid; /* normalised, or NULL */
    const char *const *institutions;
    size_t institutions_count;
    const char *const *countries; /* as written */
    size_t countries_count;
} author;

typedef struct paper {
    const char *abstract;                   /* never "" */
    const char *title, *doi, *url, *source; /* NULL when not known; doi normalised */
    const author *authors;
    size_t authors_count;
    int year;        /* 0 when not known */
    int32_t date;    /* text_date; at least the year when that is known */
    int32_t version; /* 0 when not known */
    size_t record;   /* its number among all records with an abstract, before merging */
} paper;

/* More papers are refused: their numbers must fit the index's I32 with room to spare. */
enum { CORPUS_MAX_PAPERS = 1 << 24 };

/* A kind of thing that happened to records, and the first few it happened to. */
enum { CORPUS_EXAMPLES = 3, CORPUS_EXAMPLE_BYTES = 200 };
typedef struct corpus_note {
    size_t count;
    char examples[CORPUS_EXAMPLES][CORPUS_EXAMPLE_BYTES]; /* "papers.jsonl, line 17: Title…" */
} corpus_note;

/* Zeroed means empty. */
typedef struct corpus {
    paper *papers;
    size_t count, capacity;
    size_t records;       /* read, dropped ones included */
    size_t with_abstract; /* records that have one: what paper.record counts */
    corpus_note no_abstract, ill_formed, lone_escapes, stray_blanks;
    corpus_note nameless_authors; /* entries of authors without a name; left out */
    corpus_note
        bad_orcids; /* with a wrong check digit, or given to several authors; left out */
    textpool pool;
} corpus;

/* Adds the papers of one file. name is for messages only; bytes are those of the file (packed
 * files are unpacked here, decompress.h) and not needed afterwards.
 *
 * RS_ERR_FORMAT with line and byte of what is wrong, RS_ERR_MEMORY; the corpus then holds what
 * came before and can only be freed. */
RS_MUST_USE rs_status corpus_read(corpus *c, const char *name, const uint8_t *bytes,
                                  size_t size, rs_error *error);

/* Counts one more, and keeps it as an example while there is room. */
void corpus_note_add(corpus_note *note, const char *format, ...) RS_PRINTF(2, 3);

/* Frees everything; the corpus is then empty. */
void corpus_free(corpus *c);

#endif
