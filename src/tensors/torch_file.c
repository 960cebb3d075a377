#include "tensors/torch_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/printable.h"
#include "tensors/pickle.h"
#include "tensors/zip.h"

/* A storage that the state dict refers to, and its location in the file. */
typedef struct storage {
    const uint8_t *key;
    size_t key_bytes;
    tensor_type type;
    const char *dtype;
    size_t element_bytes, elements;
    const uint8_t *bytes;
} storage;

typedef struct torch_file {
    arena *arena;
    const uint8_t *bytes;
    size_t size;
    pickle state;
    storage *storages; /* sorted by key */
    size_t storage_count;
    rs_error *error;
} torch_file;

static rs_status out_of_memory(torch_file *f) {
    return rs_fail(f->error, RS_ERR_MEMORY, 0, "out of memory for a checkpoint");
}

static const char *show_key(char *shown, size_t cap, const storage *s) {
    return printable(shown, cap, s->key, s->key_bytes);
}

/* ---- The storages that the state dict names -------------------------------------------------
 */

static int by_key(const void *a, const void *b) {
    const storage *x = a, *y = b;
    size_t shorter = x->key_bytes < y->key_bytes ? x->key_bytes : y->key_bytes;
    int order = memcmp(x->key, y->key, shorter);
    return order ? order : (x->key_bytes > y->key_bytes) - (x->key_bytes < y->key_bytes);
}

static storage *find_storage(const torch_file *f, const uint8_t *key, size_t key_bytes) {
    if (f->storage_count == 0) return NULL;
    storage wanted = {.key = key, .key_bytes = key_bytes};
    return bsearch(&wanted, f->storages, f->storage_count, sizeof wanted, by_key);
}

/* Lists each storage once; all references to it must agree. */
static rs_status list_storages(torch_file *f) {
    const pickle *p = &f->state;
    size_t mentions = 0, kept = 0;
    for (size_t i = 0; i < p->count; i++) mentions += p->values[i].kind == PICKLE_STORAGE;
    f->storages = arena_alloc(f->arena, mentions, sizeof *f->storages);
    if (!f->storages) return out_of_memory(f);
    for (size_t i = 0; i < p->count; i++) {
        const pickle_value *v = &p->values[i];
        if (v->kind != PICKLE_STORAGE) continue;
        storage *s = &f->storages[kept++];
        const pickle_value *key = &p->values[v->as.storage.key];
        s->key = key->as.text.bytes;
        s->key_bytes = key->as.text.size;
        s->type = pickle_storage_type(v, &s->dtype, &s->element_bytes);
        s->elements = v->as.storage.elements;
    }
    qsort(f->storages, kept, sizeof *f->storages, by_key);
    for (size_t i = 0; i < kept; i++) {
        const storage *s = &f->storages[i];
        storage *last = f->storage_count ? &f->storages[f->storage_count - 1] : NULL;
        if (!last || by_key(last, s)) {
            f->storages[f->storage_count++] = *s;
        } else if (last->type != s->type || last->element_bytes != s->element_bytes ||
                   last->elements != s->elements) {
            char shown[40];
            return rs_fail(f->error, RS_ERR_FORMAT, 0,
                           "pickle: storage %s has two types or lengths",
                           show_key(shown, sizeof shown, s));
        }
    }
    return RS_OK;
}

/* ---- Tensors --------------------------------------------------------------------------------
 */

/* Whether every element is inside the storage; checks offset and products for overflow. */
static bool lies_inside(const storage *s, size_t offset, int rank, const size_t *shape,
                        const size_t *stride) {
    size_t last = offset;
    for (int d = 0; d < rank; d++)
        if (shape[d] == 0) return offset <= s->elements;
    for (int d = 0; d < rank; d++) {
        size_t reach;
        if (!size_mul(shape[d] - 1, stride[d], &reach) || !size_add(last, reach, &last))
            return false;
    }
    return last < s->elements;
}

static rs_status read_tensor(torch_file *f, uint32_t name, uint32_t value, weight *w) {
    const pickle *p = &f->state;
    const pickle_value *text = &p->values[name], *v = &p->values[value];
    char shown[100];
    if (text->kind != PICKLE_TEXT)
        return rs_fail(f->error, RS_ERR_FORMAT, 0,
                       "pickle: the state dict has a key that is no text");
    printable(shown, sizeof shown, text->as.text.bytes, text->as.text.size);
    if (v->kind != PICKLE_TENSOR)
        return rs_fail(f->error, RS_ERR_FORMAT, 0,
                       "pickle: %s is not a tensor, so this is no plain state dict; save "
                       "model.state_dict() alone",
                       shown);
    char *copy = arena_alloc(f->arena, text->as.text.size + 1, 1);
    if (!copy) return out_of_memory(f);
    memcpy(copy, text->as.text.bytes, text->as.text.size);
    if (memchr(copy, 0, text->as.text.size))
        return rs_fail(f->error, RS_ERR_FORMAT, 0, "pickle: tensor %s: a NUL in its name",
                       shown);
    w->name = copy;

    const pickle_value *of = &p->values[v->as.tensor.storage];
    const pickle_value *key = &p->values[of->as.storage.key];
    const storage *s = find_storage(f, key->as.text.bytes, key->as.text.size);
    size_t shape[PICKLE_MAX_SHAPE], stride[PICKLE_MAX_SHAPE];
    int rank = (int)p->values[v->as.tensor.shape].as.items.count;
    pickle_sizes(p, v->as.tensor.shape, shape);
    pickle_sizes(p, v->as.tensor.stride, stride);
    if (!lies_inside(s, v->as.tensor.offset, rank, shape, stride)) {
        char shown_key[40];
        return rs_fail(f->error, RS_ERR_FORMAT, 0,
                       "pickle: tensor %s reaches beyond its storage %s of %zu elements", shown,
                       show_key(shown_key, sizeof shown_key, s), s->elements);
    }
    w->type = s->type;
    w->dtype = s->dtype;
    w->bytes = s->bytes + v->as.tensor.offset * s->element_bytes;
    if (rank > TENSORS_MAX_RANK) {
        w->type = TENSOR_OTHER;
        w->dtype = "of more than 4 dimensions";
        return RS_OK;
    }
    w->rank = rank;
    memcpy(w->shape, shape, (size_t)rank * sizeof *shape);
    memcpy(w->stride, stride, (size_t)rank * sizeof *stride);
    return RS_OK;
}

static rs_status read_state(torch_file *f, weights *out) {
    const pickle *p = &f->state;
    const pickle_value *root = &p->values[p->root];
    size_t count = root->as.items.count / 2;
    if (count > TENSORS_MAX_COUNT)
        return rs_fail(f->error, RS_ERR_FORMAT, 0, "%zu tensors; at most %d are read", count,
                       TENSORS_MAX_COUNT);
    out->items = arena_alloc(f->arena, count, sizeof *out->items);
    if (!out->items) return out_of_memory(f);
    uint32_t cell = root->as.items.first;
    for (; out->count < count; out->count++) {
        uint32_t name = p->cells[cell].value, next = p->cells[cell].next;
        rs_status status = read_tensor(f, name, p->cells[next].value, &out->items[out->count]);
        if (status) return status;
        cell = p->cells[next].next;
    }
    return weights_sort(out, f->error);
}

static rs_status read_state_pickle(torch_file *f, const uint8_t *bytes, size_t size,
                                   size_t *at) {
    rs_status status = pickle_read(f->arena, bytes, size, at, &f->state, f->error);
    if (status) return status;
    if (f->state.values[f->state.root].kind != PICKLE_DICT)
        return rs_fail(f->error, RS_ERR_FORMAT, *at,
                       "pickle: not a state dict but something else");
    return list_storages(f);
}

/* ---- Zip ------------------------------------------------------------------------------------
 */

/* The folder of data.pkl: "archive", in older versions the name of the file. */
static const zip_entry *find_state(const zip *z, size_t *folder_bytes) {
    for (size_t i = 0; i < z->count; i++) {
        const char *slash = strchr(z->items[i].name, '/');
        if (!slash || strcmp(slash, "/data.pkl")) continue;
        *folder_bytes = (size_t)(slash - z->items[i].name) + 1;
        return &z->items[i];
    }
    return NULL;
}

/* The entry named by folder, "/", prefix and key; NULL when there is none. scratch: for that name. */
static const zip_entry *find_beside(const zip *z, const zip_entry *state, size_t folder_bytes,
                                    const char *prefix, const storage *s, char *scratch) {
    size_t prefix_bytes = strlen(prefix), at = folder_bytes;
    memcpy(scratch, state->name, folder_bytes);
    memcpy(scratch + at, prefix, prefix_bytes);
    at += prefix_bytes;
    if (s) {
        memcpy(scratch + at, s->key, s->key_bytes);
        at += s->key_bytes;
        if (memchr(s->key, 0, s->key_bytes)) return NULL;
    }
    scratch[at] = 0;
    return zip_find(z, scratch);
}

static rs_status place_in_zip(torch_file *f, const zip *z, const zip_entry *state,
                              size_t folder_bytes) {
    size_t longest = 0;
    for (size_t i = 0; i < f->storage_count; i++)
        if (f->storages[i].key_bytes > longest) longest = f->storages[i].key_bytes;
    char *scratch = arena_alloc(f->arena, folder_bytes + sizeof "byteorder" + longest, 1);
    if (!scratch) return out_of_memory(f);

    const zip_entry *order = find_beside(z, state, folder_bytes, "byteorder", NULL, scratch);
    if (order && (order->size != 6 || memcmp(order->bytes, "little", 6)))
        return rs_fail(f->error, RS_ERR_VERSION, order->local_at,
                       "written on a big-endian machine");
    for (size_t i = 0; i < f->storage_count; i++) {
        storage *s = &f->storages[i];
        char shown[40];
        show_key(shown, sizeof shown, s);
        const zip_entry *e = find_beside(z, state, folder_bytes, "data/", s, scratch);
        if (!e) return rs_fail(f->error, RS_ERR_FORMAT, 0, "zip: storage %s is missing", shown);
        size_t want;
        if (!size_mul(s->elements, s->element_bytes, &want) || want != e->size)
            return rs_fail(f->error, RS_ERR_FORMAT, e->local_at,
                           "zip: storage %s has %zu bytes, not %zu elements of %zu", shown,
                           e->size, s->elements, s->element_bytes);
        rs_status status = zip_check(e, f->error);
        if (status) return status;
        s->bytes = e->bytes;
    }
    return RS_OK;
}

static rs_status open_zip(torch_file *f) {
    zip z;
    rs_status status = zip_open(f->arena, f->bytes, f->size, &z, f->error);
    if (status) return status;
    size_t folder_bytes = 0, at = 0;
    const zip_entry *state = find_state(&z, &folder_bytes);
    if (!state)
        return rs_fail(f->error, RS_ERR_FORMAT, 0,
                       "zip: no data.pkl, so this is no PyTorch checkpoint");
    status = zip_check(state, f->error);
    if (!status) status = read_state_pickle(f, state->bytes, state->size, &at);
    if (!status) status = place_in_zip(f, &z, state, folder_bytes);
    return status;
}

/* ---- Legacy ---------------------------------------------------------------------------------
 */

static bool is_magic(const pickle *p) {
    /* 0x1950a86a20f9469cfc6c */
    static const uint8_t magic[] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
    const pickle_value *v = &p->values[p->root];
    return v->kind == PICKLE_LONG && v->as.text.size == sizeof magic &&
           !memcmp(v->as.text.bytes, magic, sizeof magic);
}

/* Reads the first three pickles: magic number, protocol, system. */
static rs_status read_legacy_head(torch_file *f, size_t *at) {
    pickle head;
    rs_error ignored; /* the first error in a file of another kind does not help the user */
    rs_status status = pickle_read(f->arena, f->bytes, f->size, at, &head, &ignored);
    if (status == RS_ERR_MEMORY) return out_of_memory(f);
    if (status || !is_magic(&head))
        return rs_fail(f->error, RS_ERR_FORMAT, 0,
                       "not a PyTorch checkpoint: neither a zip archive nor "
                       "the magic number of the older format");
    status = pickle_read(f->arena, f->bytes, f->size, at, &head, f->error);
    if (status) return status;
    const pickle_value *version = &head.values[head.root];
    if (version->kind != PICKLE_INT || version->as.whole != 1001)
        return rs_fail(f->error, RS_ERR_VERSION, *at,
                       "legacy format of another protocol than 1001");
    status = pickle_read(f->arena, f->bytes, f->size, at, &head, f->error);
    if (status) return status;
    uint32_t little = pickle_get(&head, head.root, "little_endian");
    if (little != PICKLE_NO_INDEX && head.values[little].kind == PICKLE_BOOL &&
        head.values[little].as.whole)
        return RS_OK;
    return rs_fail(f->error, RS_ERR_VERSION, *at,
                   "not said to be written on a little-endian machine");
}

static rs_status place_legacy_storage(torch_file *f, const pickle_value *key, size_t *at) {
    storage *s = key->kind == PICKLE_TEXT
                     ? find_storage(f, key->as.text.bytes, key->as.text.size)
                     : NULL;
    if (!s || s->bytes)
        return rs_fail(f->error, RS_ERR_FORMAT, *at,
                       "pickle: the list of storages names one twice or one "
                       "that no tensor has");
    char shown[40];
    show_key(shown, sizeof shown, s);
    size_t bytes;
    if (f->size - *at < 8)
        return rs_fail(f->error, RS_ERR_FORMAT, f->size,
                       "the file is cut off before storage %s", shown);
    if (load_u64(f->bytes + *at) != s->elements ||
        !size_mul(s->elements, s->element_bytes, &bytes))
        return rs_fail(f->error, RS_ERR_FORMAT, *at,
                       "storage %s at byte %zu has not the length that the "
                       "state dict says",
                       shown, *at);
    *at += 8;
    if (bytes > f->size - *at)
        return rs_fail(f->error, RS_ERR_FORMAT, f->size,
                       "the file is cut off in storage %s: %zu bytes of %zu", shown,
                       f->size - *at, bytes);
    s->bytes = f->bytes + *at;
    *at += bytes;
    return RS_OK;
}

static rs_status open_legacy(torch_file *f) {
    size_t at = 0;
    pickle keys;
    rs_status status = read_legacy_head(f, &at);
    if (!status) status = read_state_pickle(f, f->bytes, f->size, &at);
    if (!status) status = pickle_read(f->arena, f->bytes, f->size, &at, &keys, f->error);
    if (status) return status;
    const pickle_value *list = &keys.values[keys.root];
    if (list->kind != PICKLE_LIST || list->as.items.count != f->storage_count)
        return rs_fail(f->error, RS_ERR_FORMAT, at,
                       "pickle: the list of storages does not fit the tensors");
    uint32_t cell = list->as.items.first;
    for (uint32_t i = 0; i < list->as.items.count; i++, cell = keys.cells[cell].next) {
        status = place_legacy_storage(f, &keys.values[keys.cells[cell].value], &at);
        if (status) return status;
    }
    if (at != f->size)
        return rs_fail(f->error, RS_ERR_FORMAT, at, "%zu bytes behind the last storage",
                       f->size - at);
    return RS_OK;
}

rs_status torch_file_open(arena *a, const uint8_t *bytes, size_t size, weights *out,
                          rs_error *error) {
    memset(out, 0, sizeof *out);
    torch_file f = {.arena = a, .bytes = bytes, .size = size, .error = error};
    bool zipped = size >= 4 && load_u32(bytes) == 0x04034b50u;
    rs_status status = zipped ? open_zip(&f) : open_legacy(&f);
    return status ? status : read_state(&f, out);
}
