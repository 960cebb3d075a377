#include "system/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
    FILE *file;
    char *path;
    char *temporary;
};

/* The mode of a file created by open(): mkstemp sets 0600, which a web server of another user could not
 * read. */
static mode_t default_mode(void) {
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static void output_free(output *o) {
    if (o->file) fclose(o->file);
    free(o->path);
    free(o->temporary);
    free(o);
}

rs_status output_open(const char *path, output **out, rs_error *error) {
    *out = NULL;
    output *o = calloc(1, sizeof *o);
    size_t bytes = strlen(path) + sizeof ".tmp-XXXXXX";
    if (o) {
        o->path = strdup(path);
        o->temporary = malloc(bytes);
    }
    if (!o || !o->path || !o->temporary) {
        if (o) output_free(o);
        return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    }
    snprintf(o->temporary, bytes, "%s.tmp-XXXXXX", path);
    int fd = mkstemp(o->temporary);
    if (fd >= 0) {
        fchmod(fd, default_mode());
        o->file = fdopen(fd, "wb");
    }
    if (!o->file) {
        int reason = errno;
        if (fd >= 0) {
            close(fd);
            unlink(o->temporary);
        }
        output_free(o);
        return rs_fail(error, RS_ERR_IO, 0, "cannot be written: %s", strerror(reason));
    }
    *out = o;
    return RS_OK;
}

rs_status output_write(output *o, const void *bytes, size_t size, rs_error *error) {
    if (size && fwrite(bytes, 1, size, o->file) != size)
        return rs_fail(error, RS_ERR_IO, 0, "writing failed: %s", strerror(errno));
    return RS_OK;
}

/* Flushes the folder, since a rename is on disk only when the folder is. Failure is ignored: some file
 * systems cannot flush folders, and the file itself has been flushed. */
static void sync_folder_of(const char *path) {
    char *copy = strdup(path);
    if (!copy) return;
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(copy);
}

rs_status output_commit(output *o, rs_error *error) {
    rs_status status = RS_OK;
    if (fflush(o->file) || fsync(fileno(o->file)) || rename(o->temporary, o->path))
        status = rs_fail(error, RS_ERR_IO, 0, "writing failed: %s", strerror(errno));
    if (status)
        unlink(o->temporary);
    else
        sync_folder_of(o->path);
    output_free(o);
    return status;
}

void output_abandon(output *o) {
    if (!o) return;
    unlink(o->temporary);
    output_free(o);
}
