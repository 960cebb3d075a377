/* Deduplication: records that are versions of one paper become one paper.
 *
 * Versions have one DOI, or DOIs that differ only in a version suffix (text_doi_base). Data
 * sets also assign one DOI to different papers, by mistake or because it is that of the
 * proceedings. So two records of one DOI are kept as separate papers when both have authors but
 * no surname in common, and their titles have less than half of the words in common; and
 * records whose DOIs differ in the version are merged only when they agree in an author or in
 * the title.
 *
 * The newest version is kept: the later date, as far as both dates are given, else the higher
 * version, else the later record. Missing fields (title, year, address, source, authors) are
 * taken from the other versions. The paper takes the position of its first version in the
 * corpus. */
#ifndef VERSIONS_H
#define VERSIONS_H

#include "records/corpus.h"

typedef struct versions_report {
    size_t removed;         /* records merged into another version */
    corpus_note merged;     /* papers with several versions: "10.5555/1 (3 records)" */
    corpus_note kept_apart; /* records that have the DOI of another paper */
} versions_report;

/* Merges the versions in the corpus. Returns RS_ERR_MEMORY; the corpus can then only be
 * freed. */
RS_MUST_USE rs_status versions_merge(corpus *c, versions_report *report, rs_error *error);

#endif
