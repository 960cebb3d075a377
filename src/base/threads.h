/* The threads that work on one text. Over pthreadpool where XNNPACK is built in; one thread else. */
#ifndef RS_THREADS_H
#define RS_THREADS_H

#include <stddef.h>

typedef struct threads threads;

/* NULL when memory is out. count 0 means 1. Where the system gives no threads, one does the work. */
threads *threads_open(size_t count);
void threads_close(threads *t);

/* The calling thread included; 1 when t is NULL. */
size_t threads_count(const threads *t);

/* Calls task(ctx, from, to) for stretches of rows that together are 0 … rows - 1, on all threads,
 * and returns when all are done. Rows must not depend on each other. t may be NULL. */
void threads_rows(threads *t, size_t rows, void (*task)(void *ctx, size_t from, size_t to),
                  void *ctx);

/* The pthreadpool_t for XNNPACK's operators; NULL for one thread. */
struct pthreadpool *threads_pool(threads *t);

#endif
