/* Pickles as torch.save writes them for a state dict, protocols 2 to 5. Reading is bookkeeping:
 * of the opcodes and globals only those that a state dict needs are known, each global stands
 * for itself and for no code, and whatever else occurs is an error that names it.
 *
 * Values refer to each other by index into one pool, and containers are chains of cells, so a
 * container may hold itself without harm: nothing here walks deeper than one level.
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

/* Items of a container: a chain of cells; in a dict keys and values take turns. */
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
            int global;   /* says the element type */
            size_t elements;
        } storage;
        struct {
            size_t offset;                   /* in elements */
            uint32_t storage, shape, stride; /* shape and stride: TUPLEs of as many INTs >= 0 */
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
    uint32_t root; /* what the pickle stands for */
} pickle;

/* Reads the pickle that begins at bytes[*at], up to and with its STOP, and moves *at behind it.
 * bytes must outlive *out, whose pools live in the arena. RS_ERR_FORMAT names the opcode or
 * global and its byte; RS_ERR_MEMORY. */
RS_MUST_USE rs_status pickle_read(arena *a, const uint8_t *bytes, size_t size, size_t *at,
                                  pickle *out, rs_error *error);

/* The element type of a storage, its class's name in PyTorch, and its bytes; TENSOR_OTHER has
 * bytes too. */
tensor_type pickle_storage_type(const pickle_value *storage, const char **name,
                                size_t *element_bytes);

/* The value of that key in a dict, or PICKLE_NO_INDEX. When it stands there twice, the last, as
 * in Python. */
uint32_t pickle_get(const pickle *p, uint32_t dict, const char *key);

/* Copies the n items of a TUPLE of INTs >= 0. */
void pickle_sizes(const pickle *p, uint32_t tuple, size_t *out);

bool pickle_text_is(const pickle *p, uint32_t value, const char *text);

#endif
