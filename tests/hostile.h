/* What every reader of files must stand: a file cut at each byte, each byte changed, and memory
 * refused at each allocation. Inputs are copied into blocks of exactly their size, so that a
 * sanitizer sees the first byte read behind them. */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "check.h"

typedef struct blob {
    uint8_t *bytes;
    size_t size;
} blob;

/* A whole file; the test ends when there is none. */
static inline blob blob_read(const char *path) {
    FILE *file = fopen(path, "rb");
    blob b = {malloc(1 << 20), 0};
    if (!file || !b.bytes) {
        fprintf(stderr, "%s cannot be read; tests run in tests/\n", path);
        exit(1);
    }
    b.size = fread(b.bytes, 1, 1 << 20, file);
    fclose(file);
    return b;
}

static inline blob blob_copy(const void *bytes, size_t size) {
    blob b = {malloc(size ? size : 1), size};
    if (!b.bytes) abort();
    if (size) memcpy(b.bytes, bytes, size);
    return b;
}

/* A reader of bytes; what it makes lives in the arena. */
typedef rs_status hostile_reader(arena *a, const uint8_t *bytes, size_t size, rs_error *error);

static inline rs_status hostile_read(hostile_reader *read, const void *bytes, size_t size,
                                     rs_error *error) {
    blob b = blob_copy(bytes, size);
    arena a;
    arena_init(&a, NULL);
    memset(error, 0, sizeof *error);
    rs_status status = read(&a, b.bytes, size, error);
    CHECK_EQ(status != RS_OK,
             error->message[0] != 0); /* a sentence when, and only when, it fails */
    arena_free(&a);
    free(b.bytes);
    return status;
}

/* No prefix of a valid file is valid. */
static inline void hostile_cuts(hostile_reader *read, blob whole) {
    rs_error error;
    CHECK_STATUS(hostile_read(read, whole.bytes, whole.size, &error), RS_OK);
    for (size_t size = 0; size < whole.size; size++)
        if (hostile_read(read, whole.bytes, size, &error) == RS_OK)
            check_failed(__FILE__, __LINE__,
                         "the first %zu of %zu bytes are read as a whole file", size,
                         whole.size);
}

/* Whatever one changed byte does, nothing is read out of bounds. */
static inline void hostile_changes(hostile_reader *read, blob whole) {
    static const uint8_t with[] = {0x01, 0x80, 0xff, 0x10};
    rs_error error;
    for (size_t at = 0; at < whole.size; at++)
        for (size_t i = 0; i < sizeof with; i++) {
            whole.bytes[at] ^= with[i];
            (void)hostile_read(read, whole.bytes, whole.size, &error);
            whole.bytes[at] ^= with[i];
        }
}

typedef struct scarce_memory {
    size_t left, live;
} scarce_memory;

static inline void *scarce_alloc(void *ctx, size_t bytes) {
    scarce_memory *m = ctx;
    if (m->left == 0) return NULL;
    m->left--;
    m->live++;
    return malloc(bytes);
}

static inline void scarce_free(void *ctx, void *p) {
    ((scarce_memory *)ctx)->live--;
    free(p);
}

/* The allocator fails at call n, for every n: RS_ERR_MEMORY each time, and nothing leaks. */
static inline void hostile_memory(hostile_reader *read, blob whole) {
    for (size_t n = 0;; n++) {
        scarce_memory memory = {n, 0};
        const rs_allocator allocator = {scarce_alloc, scarce_free, &memory};
        arena a;
        rs_error error;
        arena_init(&a, &allocator);
        rs_status status = read(&a, whole.bytes, whole.size, &error);
        arena_free(&a);
        CHECK_EQ(memory.live, 0);
        if (status == RS_OK) break;
        CHECK_STATUS(status, RS_ERR_MEMORY);
    }
}

/* One named bad input: refused with a sentence that has `says` in it. */
static inline void hostile_case(hostile_reader *read, const char *name, const void *bytes,
                                size_t size, const char *says) {
    rs_error error;
    check_in("%s", name);
    CHECK(hostile_read(read, bytes, size, &error) != RS_OK);
    if (!strstr(error.message, says))
        check_failed(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", error.message, says);
    check_in("%s", "");
}

/* Bad inputs that are text, each refused by the sentence beside it. */
typedef struct text_case {
    const char *text, *says;
} text_case;

static inline void refuse_all(hostile_reader *read, const text_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++)
        hostile_case(read, cases[i].text, cases[i].text, strlen(cases[i].text), cases[i].says);
}
#define REFUSE_ALL(read, cases) refuse_all(read, cases, sizeof(cases) / sizeof *(cases))

#endif
