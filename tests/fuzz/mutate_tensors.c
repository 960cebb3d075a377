/* For targets whose input is a safetensors file: its header is changed as JSON, the data of a tensor as what
 * it holds, and offsets, sizes and padding are made to fit again. Where "X" is text and "X.offsets" says
 * where its records begin, as in an index, a record is changed and what follows moves. */
#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "fuzz/mutate.h"
#include "tensors/tensors.h"

enum { MAX_TENSORS = 256, MAX_NAME = 128, MORE = 4096 /* that a tensor may grow */ };

typedef struct part {
    cJSON *entry; /* of the header, which owns it */
    size_t element;
    uint8_t *bytes;
    size_t size, room; /* of them there are; there is space for */
} part;

typedef struct file {
    cJSON *header;
    arena arena; /* of the parts' bytes */
    part parts[MAX_TENSORS];
    size_t count, cap;
} file;

static size_t element_bytes(const cJSON *entry) {
    const char *dtype = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "dtype"));
    for (int t = TENSOR_U8; t < TENSOR_OTHER; t++)
        if (dtype && !strcmp(dtype, tensor_type_name((tensor_type)t)))
            return tensor_type_size((tensor_type)t);
    return 1;
}

/* new takes the member's place, if there is one. */
static void replace_member(cJSON *object, const char *name, cJSON *new) {
    if (!new) abort();
    if (!cJSON_ReplaceItemInObjectCaseSensitive(object, name, new)) cJSON_Delete(new);
}

static size_t whole(const cJSON *item) {
    const double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
    return value >= 0 && value < 1e9 ? (size_t)value : SIZE_MAX;
}

/* false when it is no such file, or one that is of no use here: nothing is then to be freed. */
static bool open_file(file *f, const uint8_t *bytes, size_t size, size_t cap) {
    *f = (file){.cap = cap};
    if (size < 8 || load_u64(bytes) > size - 8) return false;
    const size_t data_at = 8 + (size_t)load_u64(bytes), data_bytes = size - data_at;
    char *text = malloc(data_at);
    if (!text) abort();
    memcpy(text, bytes + 8, data_at - 8);
    text[data_at - 8] = 0;
    f->header = cJSON_ParseWithOpts(text, NULL, 1);
    free(text);
    if (!cJSON_IsObject(f->header)) {
        cJSON_Delete(f->header);
        return false;
    }
    cJSON *entry;
    arena_init(&f->arena, NULL);
    cJSON_ArrayForEach(entry, f->header) {
        const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
        if (!offsets || f->count == MAX_TENSORS || !strcmp(entry->string, "__metadata__"))
            continue;
        size_t from = whole(cJSON_GetArrayItem(offsets, 0)),
               to = whole(cJSON_GetArrayItem(offsets, 1));
        if (from > to || to > data_bytes) from = to = 0;
        part *p = &f->parts[f->count++];
        *p = (part){entry, element_bytes(entry), arena_alloc(&f->arena, to - from + MORE, 1),
                    to - from, to - from + MORE};
        if (!p->bytes) abort();
        memcpy(p->bytes, bytes + data_at + from, p->size);
    }
    return true;
}

static void close_file(file *f) {
    arena_free(&f->arena);
    cJSON_Delete(f->header);
}

/* ---- What is changed ---------------------------------------------------------------------- */

/* A shape's product; more than most counts as 0. */
static size_t elements(const cJSON *shape, size_t most) {
    size_t count = 1;
    const cJSON *length;
    cJSON_ArrayForEach(length, shape) {
        const size_t n = whole(length);
        if (n > most || !size_mul(count, n, &count) || count > most) return 0;
    }
    return count;
}

static cJSON *shape_of(const part *p) {
    return cJSON_GetObjectItemCaseSensitive(p->entry, "shape");
}

/* The data fits type and shape again: it is cut, or zeros follow. */
static void fit(part *p) {
    const size_t size = elements(shape_of(p), p->room / p->element) * p->element;
    if (size > p->size) memset(p->bytes + p->size, 0, size - p->size);
    p->size = size;
}

/* A list of bytes has become longer or shorter. */
static void set_length(part *p, size_t size) {
    const size_t count = size / p->element;
    p->size = size;
    cJSON_SetNumberValue(cJSON_GetArrayItem(shape_of(p), 0), (double)count);
}

static void change_shape(part *p, unsigned *state) {
    cJSON *shape = shape_of(p);
    const int rank = cJSON_GetArraySize(shape);
    if (!rank) return;
    cJSON *length = cJSON_GetArrayItem(shape, (int)mutate_random(state, (unsigned)rank));
    const double was = cJSON_IsNumber(length) ? length->valuedouble : 0;
    switch (mutate_random(state, 5)) {
    case 0: cJSON_SetNumberValue(length, was + 1); break;
    case 1: cJSON_SetNumberValue(length, was > 0 ? was - 1 : 0); break;
    case 2: cJSON_SetNumberValue(length, mutate_random(state, 20)); break;
    case 3: cJSON_AddItemToArray(shape, cJSON_CreateNumber(1)); break;
    default: cJSON_DeleteItemFromArray(shape, rank - 1);
    }
    fit(p);
}

static void change_type(part *p, unsigned *state) {
    const tensor_type type = (tensor_type)mutate_random(state, TENSOR_OTHER + 1);
    cJSON *name = cJSON_CreateString(type == TENSOR_OTHER ? "F8_E4M3" : tensor_type_name(type));
    replace_member(p->entry, "dtype", name);
    p->element = element_bytes(p->entry);
    fit(p);
}

/* One element becomes one of those that arithmetic goes wrong with. */
static void change_element(part *p, unsigned *state) {
    static const uint64_t f32[] = {0,          0x7f800000, 0xff800000, 0x7fc00000, 0x7f7fffff,
                                   0xff7fffff, 0x00000001, 0x80000000, 0x3f800000, 0x5f000000};
    static const uint64_t f64[] = {0x7ff0000000000000, 0x7ff8000000000000, 1};
    static const uint64_t integers[] = {0,   1,     2,          3,          127,       128,
                                        255, 65535, 2147483647, 0x80000000, UINT64_MAX};
    if (p->size < p->element) return;
    uint8_t *at =
        p->bytes + p->element * mutate_random(state, (unsigned)(p->size / p->element));
    uint8_t value[8];
    const unsigned kind = mutate_random(state, 3);
    store_u64(value, kind == 0 ? f32[mutate_random(state, sizeof f32 / sizeof *f32)]
                     : kind == 1
                         ? integers[mutate_random(state, sizeof integers / sizeof *integers)]
                         : f64[mutate_random(state, sizeof f64 / sizeof *f64)]);
    memcpy(at, value, p->element);
}

/* The part that says where the records of p begin, or NULL. */
static part *offsets_of(file *f, const part *p) {
    char name[MAX_NAME + sizeof ".offsets"];
    const int bytes = snprintf(name, sizeof name, "%s.offsets", p->entry->string);
    if (p->element != 1 || bytes >= (int)sizeof name) return NULL;
    for (size_t i = 0; i < f->count; i++)
        if (!strcmp(f->parts[i].entry->string, name) && f->parts[i].size >= 16 &&
            f->parts[i].element == 8)
            return &f->parts[i];
    return NULL;
}

static void change_record(part *p, part *offsets, unsigned *state) {
    const size_t rows = offsets->size / 8 - 1, row = mutate_random(state, (unsigned)rows);
    const size_t from = (size_t)load_u64(offsets->bytes + row * 8),
                 to = (size_t)load_u64(offsets->bytes + row * 8 + 8);
    if (from > to || to > p->size) return;
    const size_t behind = p->size - to;
    uint8_t *record = malloc(p->room), *tail = malloc(behind + 1);
    if (!record || !tail) abort();
    memcpy(record, p->bytes + from, to - from);
    memcpy(tail, p->bytes + to, behind);
    const size_t bytes = mutate_json(record, to - from, p->room - from - behind, state);
    memcpy(p->bytes + from, record, bytes);
    memcpy(p->bytes + from + bytes, tail, behind);
    for (size_t i = row + 1; i <= rows; i++)
        store_u64(offsets->bytes + i * 8,
                  load_u64(offsets->bytes + i * 8) + bytes - (to - from));
    set_length(p, p->size + bytes - (to - from));
    free(record);
    free(tail);
}

static void change_data(file *f, part *p, unsigned *state) {
    part *offsets = offsets_of(f, p);
    if (offsets && mutate_random(state, 8)) {
        change_record(p, offsets, state);
    } else if (p->element == 1 && cJSON_GetArraySize(shape_of(p)) == 1) {
        set_length(p, LLVMFuzzerMutate(p->bytes, p->size, p->room));
    } else if (mutate_random(state, 2)) {
        change_element(p, state);
    } else if (p->size) {
        uint8_t *copy = malloc(p->size);
        if (!copy) abort();
        memcpy(copy, p->bytes, p->size);
        const size_t size = LLVMFuzzerMutate(copy, p->size, p->size);
        memcpy(p->bytes, copy, size);
        free(copy);
    }
}

/* Of the texts in "__metadata__", or of their names. */
static void change_metadata(file *f, unsigned *state) {
    cJSON *old = cJSON_GetObjectItemCaseSensitive(f->header, "__metadata__");
    char *text = cJSON_PrintUnformatted(old);
    if (!text) return;
    uint8_t *room = malloc(f->cap);
    if (!room) abort();
    size_t size = strlen(text);
    cJSON *new = NULL;
    if (size < f->cap) {
        memcpy(room, text, size);
        size = mutate_json(room, size, f->cap - 1, state);
        room[size] = 0;
        new = cJSON_Parse((const char *)room);
    }
    if (new) replace_member(f->header, "__metadata__", new);
    free(room);
    free(text);
}

/* A tensor less, or under another's name. */
static void change_list(file *f, part *p, unsigned *state) {
    if (mutate_random(state, 2)) {
        cJSON_Delete(cJSON_DetachItemViaPointer(f->header, p->entry));
        *p = f->parts[--f->count];
        return;
    }
    const char *name = f->parts[mutate_random(state, (unsigned)f->count)].entry->string;
    char *copy = mutate_copy(name);
    free(p->entry->string);
    p->entry->string = copy;
}

static void change(file *f, unsigned *state) {
    if (!f->count || !mutate_random(state, 3)) {
        change_metadata(f, state);
        return;
    }
    part *p = &f->parts[mutate_random(state, (unsigned)f->count)];
    switch (mutate_random(state, 10)) {
    case 0:
    case 1: change_shape(p, state); break;
    case 2: change_type(p, state); break;
    case 3: change_list(f, p, state); break;
    default: change_data(f, p, state);
    }
}

/* ---- The file again ----------------------------------------------------------------------- */

static int by_element(const void *a, const void *b) {
    const part *x = a, *y = b;
    if (x->element != y->element) return x->element > y->element ? -1 : 1;
    return strcmp(x->entry->string, y->entry->string);
}

/* 0 when it is larger than cap. Large elements first, so that all are aligned. */
static size_t write_file(file *f, uint8_t *out, bool padded) {
    if (f->count) qsort(f->parts, f->count, sizeof *f->parts, by_element);
    size_t at = 0;
    for (size_t i = 0; i < f->count; i++) {
        part *p = &f->parts[i];
        cJSON *offsets = cJSON_CreateArray();
        if (!offsets) abort();
        cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)at));
        at += p->size;
        cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)at));
        replace_member(p->entry, "data_offsets", offsets);
    }
    char *text = cJSON_PrintUnformatted(f->header);
    if (!text) abort();
    size_t bytes = strlen(text), blanks = padded ? (64 - (8 + bytes) % 64) % 64 : 0;
    const size_t size = 8 + bytes + blanks + at;
    if (size <= f->cap) {
        store_u64(out, bytes + blanks);
        memcpy(out + 8, text, bytes);
        memset(out + 8 + bytes, ' ', blanks);
        out += 8 + bytes + blanks;
        for (size_t i = 0; i < f->count; i++) {
            memcpy(out, f->parts[i].bytes, f->parts[i].size);
            out += f->parts[i].size;
        }
    }
    free(text);
    return size <= f->cap ? size : 0;
}

/* The header alone, as JSON: offsets, types and shapes that do not fit. */
static size_t change_header(uint8_t *bytes, size_t size, size_t cap, unsigned *state) {
    const size_t header = (size_t)load_u64(bytes), data = size - 8 - header;
    uint8_t *copy = malloc(data + 1);
    if (!copy) abort();
    memcpy(copy, bytes + 8 + header, data);
    const size_t changed = mutate_json(bytes + 8, header, cap - 8 - data, state);
    store_u64(bytes, changed);
    memcpy(bytes + 8 + changed, copy, data);
    free(copy);
    return 8 + changed + data;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t cap, unsigned seed) {
    unsigned state = seed;
    static file f; /* too large for a small stack */
    if (size > cap || !mutate_random(&state, 8) || !open_file(&f, bytes, size, cap))
        return LLVMFuzzerMutate(bytes, size, cap);
    size_t written = 0;
    if (!mutate_random(&state, 8)) {
        written = change_header(bytes, size, cap, &state);
    } else {
        for (unsigned n = 1 + mutate_random(&state, 3); n; n--) change(&f, &state);
        written = write_file(&f, bytes, mutate_random(&state, 16) != 0);
    }
    close_file(&f);
    return written ? written : LLVMFuzzerMutate(bytes, size, cap);
}
