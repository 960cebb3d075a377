#include "base/threads.h"

#include <stdlib.h>

#if REFSCOUT_WITH_XNNPACK

#include <pthreadpool.h>

struct threads {
    pthreadpool_t pool; /* NULL for one thread, which needs no synchronisation */
};

threads *threads_open(size_t count) {
    threads *t = calloc(1, sizeof *t);
    /* NULL also where threads do not exist, as in a WebAssembly module without them: the calling thread
     * then does the work, and threads_count returns 1. */
    if (t && count > 1) t->pool = pthreadpool_create(count);
    return t;
}

void threads_close(threads *t) {
    if (!t) return;
    if (t->pool) pthreadpool_destroy(t->pool);
    free(t);
}

size_t threads_count(const threads *t) {
    return t && t->pool ? pthreadpool_get_threads_count(t->pool) : 1;
}

typedef struct job {
    void (*task)(void *ctx, size_t from, size_t to);
    void *ctx;
} job;

static void run_stretch(void *context, size_t from, size_t count) {
    job *j = context;
    j->task(j->ctx, from, from + count);
}

void threads_rows(threads *t, size_t rows, void (*task)(void *ctx, size_t from, size_t to),
                  void *ctx) {
    size_t n = threads_count(t);
    if (n == 1) {
        task(ctx, 0, rows);
        return;
    }
    job j = {task, ctx};
    pthreadpool_parallelize_1d_tile_1d(t->pool, run_stretch, &j, rows, (rows + n - 1) / n, 0);
}

struct pthreadpool *threads_pool(threads *t) { return t ? t->pool : NULL; }

#else

struct threads {
    char unused;
};

threads *threads_open(size_t count) {
    (void)count;
    return calloc(1, sizeof(threads));
}

void threads_close(threads *t) { free(t); }

size_t threads_count(const threads *t) {
    (void)t;
    return 1;
}

void threads_rows(threads *t, size_t rows, void (*task)(void *ctx, size_t from, size_t to),
                  void *ctx) {
    (void)t;
    task(ctx, 0, rows);
}

struct pthreadpool *threads_pool(threads *t) {
    (void)t;
    return NULL;
}

#endif
