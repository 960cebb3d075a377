/* What a target says of its reader beyond "no fault": a sanitizer would not notice a wrong answer. */
#ifndef FUZZ_REQUIRE_H
#define FUZZ_REQUIRE_H

#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(so)                                                                            \
    do                                                                                         \
        if (!(so)) {                                                                           \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #so);                   \
            abort();                                                                           \
        }                                                                                      \
    while (0)

#endif
