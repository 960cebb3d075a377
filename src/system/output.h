/* A file that appears whole or not at all: written beside its final name, flushed to disk, renamed.
 * Whatever happens in between, the old file of that name stays as it was. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stddef.h>

#include "base/status.h"

typedef struct output output;

/* Creates a temporary file in path's folder. RS_ERR_IO with the system's reason. */
RS_MUST_USE rs_status output_open(const char *path, output **out, rs_error *error);

/* Appends. RS_ERR_IO, for instance when the disk is full; the output can then only be abandoned. */
RS_MUST_USE rs_status output_write(output *o, const void *bytes, size_t size, rs_error *error);

/* Flushes to disk and renames to the final name; frees o in any case. */
RS_MUST_USE rs_status output_commit(output *o, rs_error *error);

/* Removes the temporary file and frees o; NULL is allowed. */
void output_abandon(output *o);

#endif
