/* The threads that work on one text, a pthreadpool where that is built in; otherwise one thread. */
#ifndef RS_THREADS_H
#define RS_THREADS_H

#include <stddef.h>

typedef struct threads threads;

/* Creates count threads, 0 meaning 1. Returns NULL when there is no memory. If no thread can be
 * created, the calling thread does all the work. */
threads *threads_open(size_t count);
void threads_close(threads *t);

/* Number of threads, the calling thread included; 1 when t is NULL. */
size_t threads_count(const threads *t);

/* Calls task(ctx, from, to) on all threads for disjoint ranges from … to - 1 that cover 0 … rows -
 * 1, and returns when all are done. Rows must not depend on each other. t may be NULL: one thread. */
void threads_rows(threads *t, size_t rows, void (*task)(void *ctx, size_t from, size_t to),
                  void *ctx);

/* The pthreadpool_t for XNNPACK's operators; NULL for one thread. */
struct pthreadpool *threads_pool(threads *t);

#endif
