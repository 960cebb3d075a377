#define _XOPEN_SOURCE 700 /* nftw */

#include "fuzz/scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at) {
    (void)info;
    (void)kind;
    return at->level ? remove(path) : 0;
}

void scratch_clear(void) {
    if (*folder) nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void remove_all(void) {
    scratch_clear();
    rmdir(folder);
}

/* libFuzzer kills its target only when that is at fault; then the folder stays. */
static void make_folder(void) {
    const bool in_memory = !access("/dev/shm", W_OK);
    snprintf(folder, sizeof folder, "%s/refscout-fuzz-XXXXXX", in_memory ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder) || atexit(remove_all)) abort();
}

void scratch_path(char path[SCRATCH_PATH], const char *name) {
    if (!*folder) make_folder();
    const int bytes = snprintf(path, SCRATCH_PATH, "%s%s%s", folder, *name ? "/" : "", name);
    if (bytes < 0 || bytes >= SCRATCH_PATH) abort();
}

void scratch_write(const char *name, const void *bytes, size_t size) {
    char path[SCRATCH_PATH];
    scratch_path(path, name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/'));
         *slash++ = '/') {
        *slash = 0;
        mkdir(path, 0700);
    }
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || (size && write(fd, bytes, size) != (ssize_t)size) || close(fd)) abort();
}
