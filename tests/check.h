/* Checks for the C tests. A failed one prints where, what it got and what it wanted, and the
 * test goes on; nothing is printed when all is well. Arguments are evaluated once.
 *
 *     int main(void) {
 *         CHECK(list_is_empty(&list));
 *         CHECK_EQ(count, 3);
 *         CHECK_NEAR(x, 0.25, 1e-6);             a NaN is never near
 *         CHECK_STATUS(rs_open(…), RS_ERR_FORMAT);
 *         CHECK_STR(error.message, "…");
 *         CHECK_BYTES(got, want, size);
 *         for (…) {
 *             check_in("case %zu", i);           stands before the failures that follow
 *             …
 *         }
 *         check_out();
 *         return check_result();                 1 if any check failed
 *     } */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

enum { CHECK_MOST_SHOWN = 50 };

static int check_failures;
static char check_context[200];

/* Names the case at hand, until the next or check_out(). */
RS_PRINTF(1, 2) static inline void check_in(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(check_context, sizeof check_context, format, args);
    va_end(args);
}

static inline void check_out(void) { check_context[0] = '\0'; }

RS_PRINTF(3, 4)
static inline void check_failed(const char *file, int line, const char *format, ...) {
    va_list args;
    if (++check_failures > CHECK_MOST_SHOWN) return;
    fprintf(stderr, "%s:%d: ", file, line);
    if (check_context[0]) fprintf(stderr, "[%s] ", check_context);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static inline int check_result(void) {
    if (check_failures > CHECK_MOST_SHOWN)
        fprintf(stderr, "… %d failures in all\n", check_failures);
    return check_failures != 0;
}

static inline void check_eq(const char *file, int line, const char *text, long long got,
                            long long want) {
    if (got != want) check_failed(file, line, "%s: got %lld, want %lld", text, got, want);
}

static inline void check_near(const char *file, int line, const char *text, double got,
                              double want, double tolerance) {
    if (!(fabs(got - want) <= tolerance))
        check_failed(file, line, "%s: got %.9g, want %.9g, off by %.3g (allowed %.3g)", text,
                     got, want, got - want, tolerance);
}

static inline void check_status(const char *file, int line, const char *text, rs_status got,
                                rs_status want) {
    if (got != want)
        check_failed(file, line, "%s: got %s, want %s", text, rs_status_name(got),
                     rs_status_name(want));
}

static inline void check_str(const char *file, int line, const char *text, const char *got,
                             const char *want) {
    if (!got || strcmp(got, want) != 0)
        check_failed(file, line, "%s: got \"%s\", want \"%s\"", text, got ? got : "(NULL)",
                     want);
}

static inline void check_bytes(const char *file, int line, const char *text, const void *got,
                               const void *want, size_t size) {
    const unsigned char *a = got, *b = want;
    for (size_t i = 0; i < size; i++) {
        if (a[i] == b[i]) continue;
        check_failed(file, line, "%s: byte %zu of %zu: got %02x, want %02x", text, i, size,
                     a[i], b[i]);
        return;
    }
}

#define CHECK(condition)                                                                       \
    ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, "%s is false", #condition))
#define CHECK_EQ(got, want)                                                                    \
    check_eq(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define CHECK_NEAR(got, want, tolerance)                                                       \
    check_near(__FILE__, __LINE__, #got, (double)(got), (double)(want), (double)(tolerance))
#define CHECK_STATUS(got, want) check_status(__FILE__, __LINE__, #got, got, want)
#define CHECK_STR(got, want) check_str(__FILE__, __LINE__, #got, got, want)
#define CHECK_BYTES(got, want, size) check_bytes(__FILE__, __LINE__, #got, got, want, size)

#endif
