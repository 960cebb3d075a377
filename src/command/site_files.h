/* Paths and files of a site, for site.c: what fails is recorded with the path it concerns. */
#ifndef SITE_FILES_H
#define SITE_FILES_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "command/site.h"
#include "system/output.h"

/* Records the path that a failure concerns. */
static rs_status blame(site *s, const char *path, rs_status status) {
    snprintf(s->blamed, sizeof s->blamed, "%s", path);
    return status;
}

static rs_status fail_errno(site *s, const char *path, const char *what, rs_error *error) {
    rs_status status = rs_fail(error, RS_ERR_IO, 0, "%s: %s", what, strerror(errno));
    return blame(s, path, status);
}

static rs_status join(char path[SITE_PATH_BYTES], const char *folder, const char *name,
                      rs_error *error) {
    int bytes = snprintf(path, SITE_PATH_BYTES, "%s/%s", folder, name);
    if (bytes > 0 && bytes < SITE_PATH_BYTES) return RS_OK;
    return rs_fail(error, RS_ERR_IO, 0, "the path of %s is too long", name);
}

static rs_status make_folder(site *s, const char *path, rs_error *error) {
    struct stat st;
    if (!mkdir(path, 0777) || (errno == EEXIST && !stat(path, &st) && S_ISDIR(st.st_mode)))
        return RS_OK;
    return fail_errno(s, path, "the folder cannot be made", error);
}

static bool holds(const char *path, const void *bytes, size_t size) {
    struct stat st;
    cli_file file;
    if (stat(path, &st) || !S_ISREG(st.st_mode) || (size_t)st.st_size != size) return false;
    if (cli_read(path, &file, NULL)) return false;
    bool same = file.size == size && (size == 0 || !memcmp(file.bytes, bytes, size));
    cli_close(&file);
    return same;
}

/* Writes a file of the site unless it exists with the same bytes. */
static rs_status put(site *s, const char *path, const void *bytes, size_t size,
                     rs_error *error) {
    s->files++;
    s->bytes += size;
    if (cli_interrupted())
        return rs_fail(error, RS_ERR_IO, 0,
                       "interrupted; run the same command again to resume");
    if (holds(path, bytes, size)) return RS_OK;
    output *o;
    if (output_open(path, &o, error)) return blame(s, path, error->status);
    if (output_write(o, bytes, size, error)) {
        output_abandon(o);
        return blame(s, path, error->status);
    }
    if (output_commit(o, error)) return blame(s, path, error->status);
    s->written++;
    return RS_OK;
}

#endif
