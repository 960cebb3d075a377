/* How every function says that it failed: see refscout.h for the codes and what they mean. */
#ifndef RS_STATUS_H
#define RS_STATUS_H

#include "refscout.h"

#if defined(__GNUC__)
#define RS_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#else
#define RS_PRINTF(format_at, args_at)
#endif

/* Fills *error (when not NULL) and returns status, so that a failing line reads
 * `return rs_fail(error, RS_ERR_FORMAT, at, "tensor %s: …", name);`. Long messages are cut, and control
 * characters in them, which come from files and would reach a terminal, become '?'. */
rs_status rs_fail(rs_error *error, rs_status status, size_t offset, const char *format, ...)
    RS_PRINTF(4, 5);

#endif
