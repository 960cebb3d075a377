/* Error reporting. The codes and their meanings are in refscout.h. */
#ifndef RS_STATUS_H
#define RS_STATUS_H

#include "refscout.h"

#if defined(__GNUC__)
#define RS_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#else
#define RS_PRINTF(format_at, args_at)
#endif

/* Fills *error (when not NULL) and returns status, so that a failing line reads
 * `return rs_fail(error, RS_ERR_FORMAT, at, "tensor %s: …", name);`. Long messages are truncated, and
 * control characters, which may come from files, are replaced by '?' (printable.h). */
rs_status rs_fail(rs_error *error, rs_status status, size_t offset, const char *format, ...)
    RS_PRINTF(4, 5);

#endif
