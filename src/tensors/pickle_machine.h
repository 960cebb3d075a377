/* The stack machine of pickle.c: its values, its stack and memo, and its containers. */
#ifndef RS_PICKLE_MACHINE_H
#define RS_PICKLE_MACHINE_H

#include <string.h>

#include "base/arena.h"
#include "tensors/pickle.h"

#define MARK PICKLE_NO_INDEX /* a mark on the stack; no value has this index */

typedef struct index_list {
    uint32_t *items;
    size_t count, cap;
} index_list;

typedef struct machine {
    arena *arena;
    const uint8_t *bytes;
    size_t size, at, op_at;
    pickle *p;
    index_list stack, memo; /* memo: PICKLE_NO_INDEX in empty slots */
    rs_error *error;
} machine;

static rs_status out_of_memory(machine *m) {
    return rs_fail(m->error, RS_ERR_MEMORY, m->op_at, "out of memory for a pickle");
}

static rs_status broken(machine *m, const char *what) {
    return rs_fail(m->error, RS_ERR_FORMAT, m->op_at, "pickle: %s at byte %zu", what, m->op_at);
}

/* Grows the array that *items points to if it has no room for one more element. The old block stays in
 * the arena until that is freed, which at most doubles the memory. */
static rs_status reserve(machine *m, void *items, size_t count, size_t *cap, size_t size) {
    if (count < *cap) return RS_OK;
    if (count >= PICKLE_MAX_VALUES) return broken(m, "more values than a state dict has");
    size_t more = *cap ? *cap * 2 : 256;
    void *grown = arena_alloc(m->arena, more, size);
    if (!grown) return out_of_memory(m);
    void *old;
    memcpy(&old, items, sizeof old);
    if (count) memcpy(grown, old, count * size);
    memcpy(items, &grown, sizeof grown);
    *cap = more;
    return RS_OK;
}

static rs_status list_push(machine *m, index_list *list, uint32_t index) {
    rs_status status = reserve(m, &list->items, list->count, &list->cap, sizeof *list->items);
    if (!status) list->items[list->count++] = index;
    return status;
}

static rs_status new_value(machine *m, pickle_value value, uint32_t *index) {
    pickle *p = m->p;
    rs_status status = reserve(m, &p->values, p->count, &p->values_cap, sizeof *p->values);
    if (status) return status;
    *index = (uint32_t)p->count;
    p->values[p->count++] = value;
    return RS_OK;
}

static rs_status push(machine *m, pickle_value value) {
    uint32_t index = 0;
    rs_status status = new_value(m, value, &index);
    return status ? status : list_push(m, &m->stack, index);
}

static rs_status push_whole(machine *m, pickle_kind kind, int64_t whole) {
    return push(m, (pickle_value){.kind = kind, .as.whole = whole});
}

static rs_status push_text(machine *m, pickle_kind kind, const uint8_t *bytes, size_t size) {
    return push(m, (pickle_value){.kind = kind, .as.text = {bytes, size}});
}

static pickle_value empty(pickle_kind kind) {
    return (pickle_value){.kind = kind, .as.items = {PICKLE_NO_INDEX, PICKLE_NO_INDEX, 0}};
}

/* The value n places below the top of the stack; PICKLE_NO_INDEX when there is none, or a mark
 * above it. */
static uint32_t peek(const machine *m, size_t n) {
    if (n >= m->stack.count) return PICKLE_NO_INDEX;
    for (size_t i = 0; i <= n; i++)
        if (m->stack.items[m->stack.count - 1 - i] == MARK) return PICKLE_NO_INDEX;
    return m->stack.items[m->stack.count - 1 - n];
}

static pickle_value *value_of(const machine *m, uint32_t index) { return &m->p->values[index]; }

static bool is(const machine *m, uint32_t index, pickle_kind kind) {
    return index != PICKLE_NO_INDEX && value_of(m, index)->kind == kind;
}

/* Consumes n bytes of the input; NULL when fewer are left. */
static const uint8_t *take(machine *m, size_t n) {
    if (n > m->size - m->at) return NULL;
    const uint8_t *p = m->bytes + m->at;
    m->at += n;
    return p;
}

/* ---- Containers -------------------------------------------------------------------------- */

static rs_status append(machine *m, pickle_chain *chain, uint32_t index) {
    pickle *p = m->p;
    rs_status status = reserve(m, &p->cells, p->cell_count, &p->cells_cap, sizeof *p->cells);
    if (status) return status;
    uint32_t cell = (uint32_t)p->cell_count++;
    p->cells[cell] = (pickle_cell){index, PICKLE_NO_INDEX};
    if (chain->count++)
        p->cells[chain->last].next = cell;
    else
        chain->first = cell;
    chain->last = cell;
    return RS_OK;
}

/* Appends the `count` values on top of the stack to the container below them (and below a mark when
 * there is one), and pops them. */
static rs_status append_top(machine *m, pickle_kind kind, size_t count, bool marked) {
    size_t under = count + (marked ? 1 : 0);
    if (m->stack.count <= under) return broken(m, "no container to add to");
    size_t container_at = m->stack.count - under - 1;
    uint32_t container = m->stack.items[container_at];
    if (!is(m, container, kind)) return broken(m, "items added to what cannot hold them");
    if (kind == PICKLE_DICT && count % 2) return broken(m, "a key without a value");
    pickle_chain chain = value_of(m, container)->as.items;
    for (size_t i = m->stack.count - count; i < m->stack.count; i++) {
        if (m->stack.items[i] == MARK) return broken(m, "a mark among items");
        rs_status status = append(m, &chain, m->stack.items[i]);
        if (status) return status;
    }
    value_of(m, container)->as.items = chain;
    m->stack.count = container_at + 1;
    return RS_OK;
}

/* The number of values above the topmost mark. */
static rs_status above_mark(machine *m, size_t *count) {
    for (size_t i = m->stack.count; i > 0; i--) {
        if (m->stack.items[i - 1] != MARK) continue;
        *count = m->stack.count - i;
        return RS_OK;
    }
    return broken(m, "no mark on the stack");
}

static rs_status append_marked(machine *m, pickle_kind kind) {
    size_t count = 0;
    rs_status status = above_mark(m, &count);
    return status ? status : append_top(m, kind, count, true);
}

/* Replaces the top `count` values, and a mark under them when there is one, by a tuple. */
static rs_status make_tuple(machine *m, size_t count, bool marked) {
    if (m->stack.count < count) return broken(m, "too few values for a tuple");
    pickle_value tuple = empty(PICKLE_TUPLE);
    for (size_t i = m->stack.count - count; i < m->stack.count; i++) {
        if (m->stack.items[i] == MARK) return broken(m, "a mark among items");
        rs_status status = append(m, &tuple.as.items, m->stack.items[i]);
        if (status) return status;
    }
    m->stack.count -= count + (marked ? 1 : 0);
    return push(m, tuple);
}

static rs_status make_marked_tuple(machine *m) {
    size_t count = 0;
    rs_status status = above_mark(m, &count);
    return status ? status : make_tuple(m, count, true);
}

/* Copies the first `cap` items of a container; PICKLE_NO_INDEX where there are fewer. */
static void first_items(const machine *m, uint32_t container, uint32_t *out, size_t cap) {
    uint32_t cell = value_of(m, container)->as.items.first;
    for (size_t i = 0; i < cap; i++) {
        out[i] = cell == PICKLE_NO_INDEX ? PICKLE_NO_INDEX : m->p->cells[cell].value;
        if (cell != PICKLE_NO_INDEX) cell = m->p->cells[cell].next;
    }
}

#endif
