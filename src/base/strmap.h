/* A hash table from string to size_t, used for DOIs and names. */
#ifndef STRMAP_H
#define STRMAP_H

#include <stddef.h>

#define STRMAP_NONE ((size_t)-1)

typedef struct strmap_slot {
    const char *key; /* NULL when free */
    size_t value;
} strmap_slot;

/* Zeroed means empty. */
typedef struct strmap {
    strmap_slot *slots;
    size_t capacity, count; /* capacity is a power of two, at most three quarters full */
} strmap;

/* Finds or inserts key; a new slot has the value STRMAP_NONE. The key is borrowed until
 * strmap_free; the next insertion invalidates the pointer. Returns NULL when there is no memory. */
strmap_slot *strmap_slot_of(strmap *map, const char *key);

/* The value of key, or STRMAP_NONE. */
size_t strmap_get(const strmap *map, const char *key);

void strmap_free(strmap *map);

#endif
