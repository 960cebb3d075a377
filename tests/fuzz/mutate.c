#include "fuzz/mutate.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NODES = 4096 };

typedef struct node {
    cJSON *item, *parent; /* parent: NULL for the root */
} node;

typedef struct tree {
    cJSON *root;
    node nodes[MAX_NODES];
    size_t count;
} tree;

/* Numerical Recipes' generator; its upper bits. */
unsigned mutate_random(unsigned *state, unsigned below) {
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

static void list_nodes(tree *t, cJSON *item, cJSON *parent) {
    if (t->count == MAX_NODES) return;
    t->nodes[t->count++] = (node){item, parent};
    for (cJSON *child = item->child; child; child = child->next) list_nodes(t, child, item);
}

char *mutate_copy(const char *text) {
    const size_t bytes = strlen(text) + 1;
    char *copy = malloc(bytes);
    if (!copy) abort();
    return memcpy(copy, text, bytes);
}

/* new takes the place of an item, under its name. */
static void replace(tree *t, node n, cJSON *new) {
    if (!new) abort();
    if (!n.parent) {
        cJSON_Delete(t->root);
        t->root = new;
        return;
    }
    free(new->string);
    new->string = n.item->string ? mutate_copy(n.item->string) : NULL;
    if (!cJSON_ReplaceItemViaPointer(n.parent, n.item, new)) cJSON_Delete(new);
}

/* A copy of text, changed; a NUL would end it. */
static char *changed_text(const char *text, unsigned *state) {
    enum { MORE = 64 };
    const size_t bytes = strlen(text);
    uint8_t *copy = malloc(bytes + MORE + 1);
    if (!copy) abort();
    memcpy(copy, text, bytes);
    const bool json = (*text == '{' || *text == '[') && mutate_random(state, 4);
    const size_t size = json ? mutate_json(copy, bytes, bytes + MORE, state)
                             : LLVMFuzzerMutate(copy, bytes, bytes + MORE);
    for (size_t i = 0; i < size; i++)
        if (!copy[i]) copy[i] = ' ';
    copy[size] = 0;
    return (char *)copy;
}

static double changed_number(double value, unsigned *state) {
    static const double special[] = {0,          1,          2,
                                     3,          16,         64,
                                     -1,         0.5,        1e-12,
                                     1e300,      -1e300,     2147483647,
                                     2147483648, 4294967296, 9007199254740992.0,
                                     2010,       1e9,        9007199254740994.0};
    switch (mutate_random(state, 4)) {
    case 0: return value + 1;
    case 1: return value - 1;
    case 2: return value * (1 + mutate_random(state, 3)) / 2;
    default: return special[mutate_random(state, sizeof special / sizeof *special)];
    }
}

static cJSON *other_value(unsigned *state) {
    static const char *const values[] = {"null",   "true", "false", "0",
                                         "\"\"",   "[]",   "{}",    "\"a\"",
                                         "[null]", "1e99", "[[]]",  "{\"a\":[{}]}"};
    return cJSON_Parse(values[mutate_random(state, sizeof values / sizeof *values)]);
}

static void change_value(tree *t, node n, unsigned *state) {
    if (cJSON_IsString(n.item)) {
        char *text = changed_text(n.item->valuestring, state);
        replace(t, n, cJSON_CreateString(text));
        free(text);
    } else if (cJSON_IsNumber(n.item)) {
        replace(t, n, cJSON_CreateNumber(changed_number(n.item->valuedouble, state)));
    } else {
        replace(t, n, other_value(state));
    }
}

static void rename_item(node n, node from, unsigned *state) {
    if (!n.item->string) return;
    char *name = from.item->string && mutate_random(state, 2)
                     ? mutate_copy(from.item->string)
                     : changed_text(n.item->string, state);
    free(n.item->string);
    n.item->string = name;
}

/* Once more, behind its brothers; in an object this makes a name stand twice. */
static void repeat(node n, unsigned *state) {
    cJSON *copy = cJSON_Duplicate(n.item, 1);
    if (!copy || !n.parent) {
        cJSON_Delete(copy);
    } else if (cJSON_IsArray(n.parent)) {
        if (!cJSON_AddItemToArray(n.parent, copy)) abort();
    } else {
        char *name = mutate_random(state, 2) ? mutate_copy(n.item->string)
                                             : changed_text(n.item->string, state);
        if (!cJSON_AddItemToObject(n.parent, name, copy)) abort();
        free(name);
    }
}

static void wrap(tree *t, node n) {
    cJSON *list = cJSON_CreateArray(), *copy = cJSON_Duplicate(n.item, 1);
    if (!list || !copy) abort();
    free(copy->string);
    copy->string = NULL;
    cJSON_AddItemToArray(list, copy);
    replace(t, n, list);
}

static void change_tree(tree *t, unsigned *state) {
    const node n = t->nodes[mutate_random(state, (unsigned)t->count)];
    const node from = t->nodes[mutate_random(state, (unsigned)t->count)];
    switch (mutate_random(state, 10)) {
    case 0:
        if (n.parent) cJSON_Delete(cJSON_DetachItemViaPointer(n.parent, n.item));
        break;
    case 1: repeat(n, state); break;
    case 2: rename_item(n, from, state); break;
    case 3: replace(t, n, cJSON_Duplicate(from.item, 1)); break;
    case 4: replace(t, n, other_value(state)); break;
    case 5: wrap(t, n); break;
    default: change_value(t, n, state);
    }
}

size_t mutate_json(uint8_t *text, size_t size, size_t cap, unsigned *state) {
    tree *t = calloc(1, sizeof *t);
    char *copy = malloc(size + 1);
    if (!t || !copy) abort();
    memcpy(copy, text, size);
    copy[size] = 0;
    t->root = cJSON_ParseWithOpts(copy, NULL, 1);
    free(copy);
    size_t bytes = cap + 1;
    if (t->root) {
        list_nodes(t, t->root, NULL);
        change_tree(t, state);
        char *printed = cJSON_PrintUnformatted(t->root);
        bytes = printed ? strlen(printed) : cap + 1;
        if (bytes <= cap) memcpy(text, printed, bytes);
        free(printed);
        cJSON_Delete(t->root);
    }
    free(t);
    return bytes <= cap ? bytes : LLVMFuzzerMutate(text, size, cap);
}

size_t mutate_json_line(uint8_t *text, size_t size, size_t cap, unsigned *state) {
    size_t lines = 1, from = 0;
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
    for (unsigned skip = mutate_random(state, (unsigned)lines); skip; from++)
        skip -= text[from] == '\n';
    while (from < size && text[from] != '\n' && text[from] != '{' && text[from] != '[') from++;
    const uint8_t *newline = from < size ? memchr(text + from, '\n', size - from) : NULL;
    const size_t end = newline ? (size_t)(newline - text) : size, tail = size - end;
    if (from == end) return LLVMFuzzerMutate(text, size, cap);
    uint8_t *behind = malloc(tail + 1);
    if (!behind) abort();
    memcpy(behind, text + end, tail);
    const size_t bytes = mutate_json(text + from, end - from, cap - from - tail, state);
    memcpy(text + from + bytes, behind, tail);
    free(behind);
    return from + bytes + tail;
}
