/* What a target says of its reader beyond "no fault": a sanitizer would not notice a wrong answer. */
#ifndef FUZZ_REQUIRE_H
#define FUZZ_REQUIRE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"

#define REQUIRE(so)                                                                            \
    do                                                                                         \
        if (!(so)) {                                                                           \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #so);                   \
            abort();                                                                           \
        }                                                                                      \
    while (0)

/* A sentence when, and only when, it failed, and one that is fit for a terminal. error was zeroed. */
static inline bool is_told(rs_status status, const rs_error *error) {
    for (const char *c = error->message; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) return false;
    return !status == !error->message[0];
}

#endif
