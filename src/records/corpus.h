/* Reads a corpus file into papers: a JSON array of records, or JSON Lines, distinguished by the
 * first non-blank character. One record is parsed at a time, so memory stays near the size of
 * the input.
 *
 * A record is {title, abstract, doi, url, year or date, source, version, authors}; names of
 * members are read without regard to case, and all but the abstract are optional. Records
 * without an abstract are dropped and counted; repairs (text.h) are counted; a record that is
 * not a JSON object is an error that names the line. Authors: authors.h. */
#ifndef CORPUS_H
#define CORPUS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/textpool.h"

typedef struct author {
    const char *name;  /* as written, with white space normalised; never "" */
    const char *orcid; /* normalised, or NULL */
    const char *const *institutions;
    size_t institutions_count;
    const char *const *countries; /* as written */
    size_t countries_count;
} author;

typedef struct paper {
    const char *abstract;                   /* never "" */
    const char *title, *doi, *url, *source; /* NULL if unknown; doi normalised */
    const author *authors;
    size_t authors_count;
    int year;        /* 0 when not known */
    int32_t date;    /* as of text_date; has at least the year if that is known */
    int32_t version; /* 0 when not known */
    size_t record; /* number of its record among all records with an abstract, before merging */
} paper;

/* Maximum number of papers. Far below INT32_MAX, since the index stores the numbers of papers
 * and people as I32, and papers have several authors. */
enum { CORPUS_MAX_PAPERS = 1 << 24 };

/* A counter of one kind of problem, with the first examples. */
enum { CORPUS_EXAMPLES = 3, CORPUS_EXAMPLE_BYTES = 200 };
typedef struct corpus_note {
    size_t count;
    char examples[CORPUS_EXAMPLES][CORPUS_EXAMPLE_BYTES]; /* "papers.jsonl, line 17: Title…" */
} corpus_note;

/* A corpus. A zeroed struct is empty. */
typedef struct corpus {
    paper *papers;
    size_t count, capacity;
    size_t records;       /* records read, including those dropped */
    size_t with_abstract; /* records with an abstract: paper.record counts them */
    corpus_note no_abstract, ill_formed, lone_escapes, stray_blanks;
    corpus_note nameless_authors; /* entries of authors without a name; skipped */
    corpus_note bad_orcids; /* with a wrong check digit, or given to several authors; dropped */
    textpool pool;
} corpus;

/* Adds the papers of one file. name is used in messages only. bytes are those of the file;
 * compressed files are decompressed (decompress.h). bytes are not needed afterwards.
 *
 * Returns RS_ERR_FORMAT, naming line and byte, or RS_ERR_MEMORY; the corpus then holds the
 * papers read so far and can only be freed. */
RS_MUST_USE rs_status corpus_read(corpus *c, const char *name, const uint8_t *bytes,
                                  size_t size, rs_error *error);

/* Increments the count, and stores the example if there are fewer than CORPUS_EXAMPLES. */
void corpus_note_add(corpus_note *note, const char *format, ...) RS_PRINTF(2, 3);

/* Frees everything; the corpus is then empty. */
void corpus_free(corpus *c);

#endif
