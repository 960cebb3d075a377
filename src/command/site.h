/* The static site as files: those of the web folder, model and index cut into pieces named by
 * their SHA-256, the manifest that names the pieces, and last the service worker, which begins
 * with the list of the page's files (docs/formats.md, Site).
 * A reader of the site meets either the old manifest with the old pieces or the new one with the
 * new. */
#ifndef SITE_H
#define SITE_H

#include <stdbool.h>

#include "system/cli.h"

enum { SITE_PATH_BYTES = 4096 };

typedef struct site {
    const char *dir, *web;    /* where to, and the page's own files */
    cli_file model, index;    /* valid and belonging together, not empty */
    const char *model_sha256; /* 64 hexadecimal digits */
    bool forced_progress;
    /* Filled by site_write. */
    size_t files, bytes, written; /* of the site; written: files that were new or different */
    size_t removed;               /* files of an older site that this one does not have */
    size_t pieces_done;
    struct shell_file *shell; /* the page's files; only while writing */
    size_t shell_count;
    cli_progress progress;
    char blamed[SITE_PATH_BYTES]; /* the file that a failure is about */
} site;

/* Writes what is missing or different in dir, which is made when it does not exist and refused
 * when it holds anything but a site of ours. Removes what an older site had and this one has
 * not, pieces and files of its page, and nothing else.
 * RS_ERR_IO, RS_ERR_MEMORY with a sentence about s->blamed. */
RS_MUST_USE rs_status site_write(site *s, rs_error *error);

#endif
