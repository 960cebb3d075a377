/* Atomic file writes: a temporary file in the same folder is written, flushed to disk and renamed. On
 * any failure an existing file of that name is unchanged. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stddef.h>

#include "base/status.h"

typedef struct output output;

/* Creates a temporary file in the folder of path. Returns RS_ERR_IO, with the system's reason, or
 * RS_ERR_MEMORY. */
RS_MUST_USE rs_status output_open(const char *path, output **out, rs_error *error);

/* Appends bytes. Returns RS_ERR_IO, for instance when the disk is full; the output can then only be
 * abandoned. */
RS_MUST_USE rs_status output_write(output *o, const void *bytes, size_t size, rs_error *error);

/* Flushes the file to disk and renames it to its final name; frees o in any case. Returns
 * RS_ERR_IO; the temporary file is then removed. */
RS_MUST_USE rs_status output_commit(output *o, rs_error *error);

/* Removes the temporary file and frees o; NULL is allowed. */
void output_abandon(output *o);

#endif
