/* Pickles as torch.save writes them for a state dict, protocols 2 to 5. The reader executes nothing: it
 * supports only the opcodes and globals that a state dict needs, a global is only a tag for which no
 * code is looked up or called, and everything else is an error that names the opcode or global.
 *
 * Values refer to each other by index into one pool, and containers are linked lists of cells. A
 * container may contain itself without harm, since nothing here descends more than one level.
 * Source: CPython 3.11 Lib/pickletools.py; PyTorch 1.13 torch/serialization.py,
 * torch/_utils.py. */
#ifndef PICKLE_H
#define PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "tensors/tensors.h"

enum { PICKLE_MAX_VALUES = 1 << 20, PICKLE_MAX_SHAPE = 32 };
#define PICKLE_NONE_INDEX 0u /* the value None, in every pickle */
#define PICKLE_NO_INDEX UINT32_MAX

typedef enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INT,
    PICKLE_LONG, /* an integer of more than 8 bytes: only the magic number is one */
    PICKLE_TEXT,
    PICKLE_TUPLE,
    PICKLE_LIST,
    PICKLE_DICT, /* also an OrderedDict */
    PICKLE_GLOBAL,
    PICKLE_STORAGE,
    PICKLE_TENSOR
} pickle_kind;

/* Items of a container: a linked list of cells; in a dict keys and values alternate. */
typedef struct pickle_chain {
    uint32_t first, last, count;
} pickle_chain;

typedef struct pickle_value {
    pickle_kind kind;
    union {
        int64_t whole; /* BOOL, INT */
        struct {
            const uint8_t
                *bytes; /* borrowed; TEXT is UTF-8, LONG little-endian two's complement */
            size_t size;
        } text;
        pickle_chain items; /* TUPLE, LIST, DICT */
        int global;         /* GLOBAL: a row of pickle.c's table */
        struct {
            uint32_t key; /* a TEXT */
            int global;   /* row of pickle.c's table, which has the element type */
            size_t elements;
        } storage;
        struct {
            size_t offset; /* in elements */
            uint32_t storage, shape,
                stride; /* shape, stride: TUPLEs of INTs >= 0, of one length */
        } tensor;
    } as;
} pickle_value;

typedef struct pickle_cell {
    uint32_t value, next;
} pickle_cell;

typedef struct pickle {
    pickle_value *values;
    size_t count, values_cap;
    pickle_cell *cells;
    size_t cell_count, cells_cap;
    uint32_t root; /* index of the top-level value */
} pickle;

/* Reads the pickle that begins at bytes[*at], up to and including its STOP, and advances *at past it.
 * bytes must outlive *out, whose pools are in the arena. Returns RS_ERR_FORMAT, whose message names the
 * opcode or global and its byte, or RS_ERR_MEMORY. */
RS_MUST_USE rs_status pickle_read(arena *a, const uint8_t *bytes, size_t size, size_t *at,
                                  pickle *out, rs_error *error);

/* The element type of a storage, the name of its class in PyTorch, and the size of an element, also for
 * TENSOR_OTHER. */
tensor_type pickle_storage_type(const pickle_value *storage, const char **name,
                                size_t *element_bytes);

/* The value of a key in a dict, or PICKLE_NO_INDEX. For duplicate keys the last one, as in Python. */
uint32_t pickle_get(const pickle *p, uint32_t dict, const char *key);

/* Copies the items of a TUPLE of INTs >= 0. */
void pickle_sizes(const pickle *p, uint32_t tuple, size_t *out);

bool pickle_text_is(const pickle *p, uint32_t value, const char *text);

#endif
