#include "base/textpool.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* 0 under a sanitizer: every string is then a block of its own, so that it detects reads past the
 * end. */
#if !defined TEXTPOOL_CHUNK_BYTES
#define TEXTPOOL_CHUNK_BYTES (1 << 20)
#endif
enum { CHUNK_BYTES = TEXTPOOL_CHUNK_BYTES, ALIGNMENT = 8 };

struct textpool_chunk {
    textpool_chunk *next;
    size_t used, capacity;
    char bytes[];
};

/* An allocation larger than a chunk gets a chunk of its own. */
static textpool_chunk *add_chunk(textpool *pool, size_t size) {
    size_t capacity = size > CHUNK_BYTES ? size : CHUNK_BYTES, bytes;
    if (!size_add(capacity, sizeof(textpool_chunk), &bytes)) return NULL;
    textpool_chunk *chunk = malloc(bytes);
    if (!chunk) return NULL;
    *chunk = (textpool_chunk){.next = pool->chunks, .capacity = capacity};
    pool->chunks = chunk;
    return chunk;
}

void *textpool_alloc(textpool *pool, size_t size) {
    size_t rounded;
    if (!size_add(size, ALIGNMENT - 1, &rounded)) return NULL;
    rounded -= rounded % ALIGNMENT;
    textpool_chunk *chunk = pool->chunks;
    if (!chunk || rounded > chunk->capacity - chunk->used) chunk = add_chunk(pool, rounded);
    if (!chunk) return NULL;
    void *p = chunk->bytes + chunk->used;
    chunk->used += rounded;
    return p;
}

const char *textpool_copy(textpool *pool, const char *bytes, size_t size) {
    size_t with_nul;
    char *copy = size_add(size, 1, &with_nul) ? textpool_alloc(pool, with_nul) : NULL;
    if (!copy) return NULL;
    if (size) memcpy(copy, bytes, size);
    copy[size] = 0;
    return copy;
}

void textpool_free(textpool *pool) {
    while (pool->chunks) {
        textpool_chunk *next = pool->chunks->next;
        free(pool->chunks);
        pool->chunks = next;
    }
}
