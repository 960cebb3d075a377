#include "tensors/tensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/json.h"

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [TENSOR_U8] = {"U8", 1},     [TENSOR_I8] = {"I8", 1},   [TENSOR_F16] = {"F16", 2},
    [TENSOR_BF16] = {"BF16", 2}, [TENSOR_F32] = {"F32", 4}, [TENSOR_I32] = {"I32", 4},
    [TENSOR_F64] = {"F64", 8},   [TENSOR_I64] = {"I64", 8}, [TENSOR_OTHER] = {"?", 0},
};

const char *tensor_type_name(tensor_type type) { return types[type].name; }

size_t tensor_type_size(tensor_type type) { return types[type].size; }

static tensor_type type_of(const char *dtype) {
    for (tensor_type t = TENSOR_U8; t < TENSOR_OTHER; t++)
        if (!strcmp(types[t].name, dtype)) return t;
    return TENSOR_OTHER;
}

static const char *copy_string(arena *a, const char *s) {
    size_t bytes = strlen(s) + 1;
    char *copy = arena_alloc(a, bytes, 1);
    return copy ? memcpy(copy, s, bytes) : NULL;
}

/* Formats a shape for messages: "[768, 3072]". */
static void shape_text(char *out, size_t cap, int rank, const size_t *shape) {
    size_t at = 0;
    at += (size_t)snprintf(out, cap, "[");
    for (int i = 0; i < rank && at < cap; i++) {
        const char *comma = i ? ", " : "";
        if (shape[i] == TENSORS_ANY)
            at += (size_t)snprintf(out + at, cap - at, "%sany", comma);
        else
            at += (size_t)snprintf(out + at, cap - at, "%s%zu", comma, shape[i]);
    }
    if (at < cap) snprintf(out + at, cap - at, "]");
}

/* Reads one entry's dtype, shape and offsets, and checks that they agree with each other. */
static rs_status read_tensor(arena *a, const cJSON *entry, const uint8_t *data,
                             size_t data_bytes, tensor *out, rs_error *error) {
    const char *name = out->name;
    const char *dtype = json_string(entry, "dtype");
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(entry, "shape");
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
    if (!dtype || !cJSON_IsArray(shape) || !cJSON_IsArray(offsets) ||
        cJSON_GetArraySize(offsets) != 2)
        return rs_fail(error, RS_ERR_FORMAT, 8,
                       "tensor %.100s: dtype, shape or data_offsets is missing or ill-formed",
                       name);

    uint64_t from, to;
    if (!json_item_u64(cJSON_GetArrayItem(offsets, 0), &from) ||
        !json_item_u64(cJSON_GetArrayItem(offsets, 1), &to) || from > to || to > data_bytes)
        return rs_fail(error, RS_ERR_FORMAT, 8,
                       "tensor %.100s: its data_offsets lie outside the file's %zu data bytes; "
                       "the file is cut off, or its header is wrong",
                       name, data_bytes);
    out->bytes = data + from;
    out->size = (size_t)(to - from);

    out->type = type_of(dtype);
    out->dtype = out->type == TENSOR_OTHER ? copy_string(a, dtype) : types[out->type].name;
    if (!out->dtype) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for a file header");
    if (out->type == TENSOR_OTHER)
        return RS_OK; /* an unused tensor of an unsupported type is no error */
    size_t want = types[out->type].size;
    const cJSON *length;
    cJSON_ArrayForEach(length, shape) {
        uint64_t n;
        if (out->rank == TENSORS_MAX_RANK || !json_item_u64(length, &n) || n > SIZE_MAX ||
            !size_mul(want, (size_t)n, &want))
            return rs_fail(error, RS_ERR_FORMAT, 8,
                           "tensor %.100s: more than %d dimensions, or a size that overflows",
                           name, TENSORS_MAX_RANK);
        out->shape[out->rank++] = (size_t)n;
    }
    if (want != out->size)
        return rs_fail(error, RS_ERR_FORMAT, 8,
                       "tensor %.100s: shape and dtype need %zu bytes, has %zu", name, want,
                       out->size);
    return RS_OK;
}

static rs_status read_metadata(arena *a, const cJSON *object, tensors *out, rs_error *error) {
    if (!cJSON_IsObject(object))
        return rs_fail(error, RS_ERR_FORMAT, 8, "__metadata__ is not an object");
    out->metadata = arena_alloc(a, (size_t)cJSON_GetArraySize(object), sizeof *out->metadata);
    if (!out->metadata)
        return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for a file header");
    const cJSON *item;
    cJSON_ArrayForEach(item, object) {
        if (!cJSON_IsString(item))
            return rs_fail(error, RS_ERR_FORMAT, 8, "__metadata__.%.100s is not a string",
                           item->string);
        tensors_metadata *m = &out->metadata[out->metadata_count++];
        m->key = copy_string(a, item->string);
        m->value = copy_string(a, item->valuestring);
        if (!m->key || !m->value)
            return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for a file header");
    }
    return RS_OK;
}

static int by_place(const void *a, const void *b) {
    const tensor *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? -1 : 1;
    return (x->size > y->size) - (x->size < y->size); /* empty tensors first */
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const tensor *)a)->name, ((const tensor *)b)->name);
}

/* A hole could hide other data and an overlap lets one tensor be read as another. */
static rs_status check_layout(tensors *t, const uint8_t *data, size_t data_bytes,
                              rs_error *error) {
    qsort(t->items, t->count, sizeof *t->items, by_place);
    size_t at = 0;
    for (size_t i = 0; i < t->count; i++) {
        size_t from = (size_t)(t->items[i].bytes - data);
        if (from != at)
            return rs_fail(error, RS_ERR_FORMAT, 8, "tensor %.100s: %s before it",
                           t->items[i].name, from > at ? "a hole" : "it overlaps the one");
        at += t->items[i].size;
    }
    if (at != data_bytes)
        return rs_fail(
            error, RS_ERR_FORMAT, 8,
            "%zu data bytes, but the tensors fill %zu: the file is cut off or has a tail",
            data_bytes, at);
    qsort(t->items, t->count, sizeof *t->items, by_name);
    for (size_t i = 1; i < t->count; i++)
        if (!strcmp(t->items[i - 1].name, t->items[i].name))
            return rs_fail(error, RS_ERR_FORMAT, 8, "tensor %.100s: named twice",
                           t->items[i].name);
    return RS_OK;
}

static rs_status read_header(arena *a, const cJSON *root, const uint8_t *data,
                             size_t data_bytes, tensors *out, rs_error *error) {
    if (!cJSON_IsObject(root))
        return rs_fail(error, RS_ERR_FORMAT, 8, "the header is not an object");
    size_t entries = (size_t)cJSON_GetArraySize(root);
    if (entries > TENSORS_MAX_COUNT)
        return rs_fail(error, RS_ERR_FORMAT, 8, "%zu tensors; at most %d are read", entries,
                       TENSORS_MAX_COUNT);
    out->items = arena_alloc(a, entries, sizeof *out->items);
    if (!out->items) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for a file header");
    const cJSON *entry;
    cJSON_ArrayForEach(entry, root) {
        rs_status status;
        if (!strcmp(entry->string, "__metadata__")) {
            if (out->metadata)
                return rs_fail(error, RS_ERR_FORMAT, 8, "__metadata__ occurs twice");
            status = read_metadata(a, entry, out, error);
        } else {
            tensor *t = &out->items[out->count++];
            t->name = copy_string(a, entry->string);
            if (!t->name)
                return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for a file header");
            status = read_tensor(a, entry, data, data_bytes, t, error);
        }
        if (status) return status;
    }
    return check_layout(out, data, data_bytes, error);
}

rs_status tensors_open(arena *a, const uint8_t *bytes, size_t size, tensors *out,
                       rs_error *error) {
    memset(out, 0, sizeof *out);
    if (size < 8)
        return rs_fail(error, RS_ERR_FORMAT, size, "%zu bytes are no safetensors file", size);
    uint64_t header_bytes = load_u64(bytes);
    if (header_bytes > JSON_MAX_BYTES)
        return rs_fail(
            error, RS_ERR_FORMAT, 0,
            "not a safetensors file, as models and indexes are: its header would have %llu bytes",
            (unsigned long long)header_bytes);
    if (header_bytes > size - 8)
        return rs_fail(error, RS_ERR_FORMAT, size,
                       "the file is cut off in its header: %zu bytes of %llu", size - 8,
                       (unsigned long long)header_bytes);
    cJSON *root;
    rs_status status = json_parse(bytes + 8, (size_t)header_bytes, &root, error);
    if (status) {
        if (error) error->offset += 8;
        return status;
    }
    size_t data_at = 8 + (size_t)header_bytes;
    status = read_header(a, root, bytes + data_at, size - data_at, out, error);
    cJSON_Delete(root);
    return status;
}

const tensor *tensors_find(const tensors *t, const char *name) {
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, t->items[middle].name);
        if (order == 0) return &t->items[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *tensors_metadata_get(const tensors *t, const char *key) {
    for (size_t i = 0; i < t->metadata_count; i++)
        if (!strcmp(t->metadata[i].key, key)) return t->metadata[i].value;
    return NULL;
}

rs_status tensors_view(const tensors *t, const char *name, tensor_type type, int rank,
                       const size_t *shape, const tensor **out, rs_error *error) {
    const tensor *found = tensors_find(t, name);
    if (!found) return rs_fail(error, RS_ERR_FORMAT, 8, "tensor %s: missing", name);
    if (found->type != type)
        return rs_fail(error, RS_ERR_FORMAT, 8, "tensor %s: dtype %.20s, expected %s", name,
                       found->dtype, tensor_type_name(type));
    bool same = found->rank == rank;
    for (int i = 0; same && i < rank; i++)
        same = shape[i] == TENSORS_ANY || shape[i] == found->shape[i];
    if (!same) {
        char got[100], want[100];
        shape_text(got, sizeof got, found->rank, found->shape);
        shape_text(want, sizeof want, rank, shape);
        return rs_fail(error, RS_ERR_FORMAT, 8, "tensor %s: shape %s, expected %s", name, got,
                       want);
    }
    if ((uintptr_t)found->bytes % types[type].size)
        return rs_fail(error, RS_ERR_FORMAT, 8, "tensor %s: not aligned for its dtype", name);
    *out = found;
    return RS_OK;
}

rs_status tensors_check_kind(const tensors *t, const char *kind, rs_error *error) {
    const char *is = tensors_metadata_get(t, "refscout");
    const char *version = tensors_metadata_get(t, "format_version");
    if (!is)
        return rs_fail(
            error, RS_ERR_FORMAT, 8, "a safetensors file, but not a refscout %s; %s", kind,
            !strcmp(kind, "model") ? "make one from a checkpoint with `refscout convert`"
                                   : "make one from a corpus with `refscout embed`");
    if (strcmp(is, kind))
        return rs_fail(error, RS_ERR_FORMAT, 8,
                       "a refscout %.20s where a refscout %s is expected", is, kind);
    const char *read = !strcmp(kind, "model") ? "2" : "1";
    if (!version || strcmp(version, read))
        return rs_fail(
            error, RS_ERR_VERSION, 8,
            "%s format version %.20s; this program reads version %s: make it again with "
            "`refscout %s`",
            kind, version ? version : "?", read, !strcmp(kind, "model") ? "convert" : "embed");
    return RS_OK;
}
