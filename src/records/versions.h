/* Records that are versions of one paper -> one paper.
 *
 * Versions have one DOI, or DOIs that differ only in what names a version (text_doi_base). Data
 * sets also give one DOI to different papers, by mistake or because it is that of the
 * proceedings. So two records of one DOI stay apart when both name authors, none of them in
 * common by surname, and their titles have less than half of the words in common; and records
 * whose DOIs differ in the version are merged only when they agree in an author or in the
 * title.
 *
 * Kept is the newest: the later date as far as both tell one, else the higher version, else the
 * later record. What it lacks (title, year, address, source, authors) is taken from the others.
 * It stands where the first of them stood. */
#ifndef VERSIONS_H
#define VERSIONS_H

#include "records/corpus.h"

typedef struct versions_report {
    size_t removed;         /* records that went because a newer version stayed */
    corpus_note merged;     /* papers with several versions: "10.5555/1 (3 records)" */
    corpus_note kept_apart; /* records that have the DOI of another paper */
} versions_report;

/* RS_ERR_MEMORY; the corpus can then only be freed. */
RS_MUST_USE rs_status versions_merge(corpus *c, versions_report *report, rs_error *error);

#endif
