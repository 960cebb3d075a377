/* How every function of the core says that it failed. See refscout.h for the meaning of the codes. */
#ifndef RS_STATUS_H
#define RS_STATUS_H

#include <stddef.h>

#if defined(__GNUC__) || defined(__clang__)
#define RS_MUST_USE __attribute__((warn_unused_result))
#define RS_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#else
#define RS_MUST_USE
#define RS_PRINTF(format_at, args_at)
#endif

/* Numbers are part of the interface: JavaScript and scripts see them. */
typedef enum rs_status {
    RS_OK = 0,           /* all outputs now hold valid data */
    RS_ERR_ARGUMENT = 1, /* the caller broke the contract in the header */
    RS_ERR_MEMORY = 2,   /* the allocator returned NULL; nothing leaked, nothing changed */
    RS_ERR_FORMAT = 3,   /* the bytes are not a well-formed file of this kind */
    RS_ERR_VERSION = 4,  /* well formed, of a version or kind that is not read here */
    RS_ERR_MISMATCH = 5, /* two valid things that do not belong together */
    RS_ERR_SPACE = 6,    /* the caller's buffer is too small; the needed size is reported */
    RS_ERR_IO = 7, /* the operating system refused; never from the core, which asks it nothing */
    RS_ERR_KERNEL = 8 /* this processor or engine computes other numbers than it should */
} rs_status;

/* What went wrong, for a person. Functions that take one fill it only when they fail; it may be
 * NULL. `message` is one sentence without the file's name, which only the caller knows. */
typedef struct rs_error {
    rs_status status;
    size_t offset; /* byte of the input where it was noticed; 0 when there is no such place */
    char message[256];
} rs_error;

/* "RS_ERR_FORMAT" and so on; "unknown status" for a number that is none of them. */
const char *rs_status_name(rs_status status);

/* Fills *error (when not NULL) and returns status, so that a failing line reads
 * `return rs_fail(error, RS_ERR_FORMAT, at, "tensor %s: …", name);`. Long messages are cut, and control
 * characters in them, which come from files and would reach a terminal, become '?'. */
rs_status rs_fail(rs_error *error, rs_status status, size_t offset, const char *format, ...)
    RS_PRINTF(4, 5);

#endif
