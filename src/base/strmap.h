/* A map from strings to numbers: which paper has this DOI, which person this name. */
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

/* The slot of key, made with value STRMAP_NONE when there is none yet. The key is borrowed
 * until strmap_free; the slot is good until the next call. NULL when memory is out. */
strmap_slot *strmap_slot_of(strmap *map, const char *key);

/* The value of key, or STRMAP_NONE. */
size_t strmap_get(const strmap *map, const char *key);

void strmap_free(strmap *map);

#endif
