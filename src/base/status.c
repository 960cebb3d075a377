#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/printable.h"

const char *rs_status_name(rs_status status) {
    switch (status) {
    case RS_OK: return "RS_OK";
    case RS_ERR_ARGUMENT: return "RS_ERR_ARGUMENT";
    case RS_ERR_MEMORY: return "RS_ERR_MEMORY";
    case RS_ERR_FORMAT: return "RS_ERR_FORMAT";
    case RS_ERR_VERSION: return "RS_ERR_VERSION";
    case RS_ERR_MISMATCH: return "RS_ERR_MISMATCH";
    case RS_ERR_SPACE: return "RS_ERR_SPACE";
    case RS_ERR_IO: return "RS_ERR_IO";
    case RS_ERR_KERNEL: return "RS_ERR_KERNEL";
    }
    return "unknown status";
}

rs_status rs_fail(rs_error *error, rs_status status, size_t offset, const char *format, ...) {
    if (error) {
        error->status = status;
        error->offset = offset;
        va_list args;
        va_start(args, format);
        vsnprintf(error->message, sizeof error->message, format, args);
        va_end(args);
        printable_bytes(error->message, strlen(error->message));
    }
    return status;
}
