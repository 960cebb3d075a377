#include "base/strmap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, with a final multiplication because the table uses the low bits. */
static size_t hash(const char *key) {
    uint64_t h = 0xcbf29ce484222325u;
    for (; *key; key++) h = (h ^ (uint8_t)*key) * 0x100000001b3u;
    return (size_t)((h ^ h >> 32) * 0x9e3779b97f4a7c15u >> 24);
}

/* The slot that holds key, or the free slot where it would be inserted. */
static strmap_slot *probe(strmap_slot *slots, size_t capacity, const char *key) {
    size_t i = hash(key) & (capacity - 1);
    while (slots[i].key && strcmp(slots[i].key, key) != 0) i = (i + 1) & (capacity - 1);
    return &slots[i];
}

static int grow(strmap *map) {
    size_t capacity = map->capacity ? map->capacity * 2 : 64;
    strmap_slot *slots = capacity > map->capacity ? calloc(capacity, sizeof *slots) : NULL;
    if (!slots) return 0;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].key) *probe(slots, capacity, map->slots[i].key) = map->slots[i];
    free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return 1;
}

strmap_slot *strmap_slot_of(strmap *map, const char *key) {
    if (map->count >= map->capacity / 4 * 3 && !grow(map)) return NULL;
    strmap_slot *slot = probe(map->slots, map->capacity, key);
    if (!slot->key) {
        *slot = (strmap_slot){key, STRMAP_NONE};
        map->count++;
    }
    return slot;
}

size_t strmap_get(const strmap *map, const char *key) {
    if (!map->capacity) return STRMAP_NONE;
    const strmap_slot *slot = probe(map->slots, map->capacity, key);
    return slot->key ? slot->value : STRMAP_NONE;
}

void strmap_free(strmap *map) {
    free(map->slots);
    *map = (strmap){0};
}
