/* Writes the static site: the files of the web folder, model and index divided into pieces
 * named by their SHA-256, the manifest that lists the pieces, and last the service worker,
 * which begins with the list of the page's files (docs/formats.md, Site).
 * Visitors during an update see either the old or the new version completely. */
#ifndef SITE_H
#define SITE_H

#include <stdbool.h>

#include "system/cli.h"

enum { SITE_PATH_BYTES = 4096 };

typedef struct site {
    const char *dir, *web;    /* output folder; folder of the page's files */
    cli_file model, index;    /* validated, the index made with the model; not empty */
    const char *model_sha256; /* 64 hexadecimal digits */
    bool forced_progress;
    /* Results of site_write: */
    size_t files, bytes, written; /* of the site; written: files that are new or changed */
    size_t removed;               /* removed files of an older version of the site */
    size_t pieces_done;
    struct shell_file *shell; /* the page's files; set only while writing */
    size_t shell_count;
    cli_progress progress;
    char blamed[SITE_PATH_BYTES]; /* path for error messages */
} site;

/* Writes the files that are missing or changed in dir. dir is created if it does not exist, and
 * rejected if it contains anything but a refscout site. Removes pieces and page files of an
 * older version that the site no longer has, and nothing else. Returns RS_ERR_IO or
 * RS_ERR_MEMORY; s->blamed is the path concerned. */
RS_MUST_USE rs_status site_write(site *s, rs_error *error);

#endif
