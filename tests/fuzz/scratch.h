/* A folder of the target's own, in memory where the system has such, for readers that take a path. It goes
 * when the target ends. */
#ifndef FUZZ_SCRATCH_H
#define FUZZ_SCRATCH_H

#include <stddef.h>

enum { SCRATCH_PATH = 256 };

/* The path of a file or folder in it; name "" is the folder itself. */
void scratch_path(char path[SCRATCH_PATH], const char *name);

/* A file, with the folders before its name. */
void scratch_write(const char *name, const void *bytes, size_t size);

/* Removes all that is in it. */
void scratch_clear(void);

#endif
