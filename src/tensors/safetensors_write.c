#include "tensors/safetensors_write.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "system/output.h"

struct safetensors_writer {
    output *file;
    size_t count, written, total; /* tensors; data bytes */
};

static size_t spec_bytes(const tensor_spec *s) {
    size_t bytes = tensor_type_size(s->type);
    for (int i = 0; i < s->rank; i++)
        if (!size_mul(bytes, s->shape[i], &bytes)) return SIZE_MAX;
    return bytes;
}

int safetensors_group(const tensor_spec *s) {
    if (spec_bytes(s) % 64 == 0) return 0;
    switch (tensor_type_size(s->type)) {
    case 8: return 1;
    case 4: return 2;
    case 2: return 3;
    default: return 4;
    }
}

/* Insertion sort: stable, and a model has some two hundred tensors. */
static void sort_specs(tensor_spec *specs, size_t count) {
    for (size_t i = 1; i < count; i++) {
        tensor_spec s = specs[i];
        size_t at = i;
        for (; at && safetensors_group(&specs[at - 1]) > safetensors_group(&s); at--)
            specs[at] = specs[at - 1];
        specs[at] = s;
    }
}

/* cJSON's functions accept the NULL of a failed call and fail too, so results are checked once, at the
 * end. */
static bool add_entry(cJSON *root, const tensor_spec *s, size_t from, size_t to) {
    cJSON *entry = cJSON_AddObjectToObject(root, s->name);
    bool ok = cJSON_AddStringToObject(entry, "dtype", tensor_type_name(s->type)) != NULL;
    cJSON *shape = cJSON_AddArrayToObject(entry, "shape");
    for (int i = 0; i < s->rank; i++)
        ok = cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)s->shape[i])) && ok;
    cJSON *offsets = cJSON_AddArrayToObject(entry, "data_offsets");
    ok = cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)from)) && ok;
    return cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)to)) && ok;
}

/* The header as text, without its length; NULL when out of memory. Fills w->total. */
static char *header_text(safetensors_writer *w, const tensor_spec *specs,
                         const tensors_metadata *metadata, size_t metadata_count) {
    cJSON *root = cJSON_CreateObject();
    cJSON *extra = cJSON_AddObjectToObject(root, "__metadata__");
    bool ok = extra != NULL;
    for (size_t i = 0; i < metadata_count; i++)
        if (metadata[i].value)
            ok = cJSON_AddStringToObject(extra, metadata[i].key, metadata[i].value) && ok;
    for (size_t i = 0; i < w->count; i++) {
        const size_t from = w->total;
        w->total += spec_bytes(&specs[i]);
        ok = add_entry(root, &specs[i], from, w->total) && ok;
    }
    char *text = ok ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    return text;
}

static rs_status write_header(safetensors_writer *w, const char *text, rs_error *error) {
    static const char blanks[64] =
        "                                                               ";
    size_t bytes = strlen(text);
    size_t padding = (64 - (8 + bytes) % 64) % 64;
    uint8_t length[8];
    store_u64(length, bytes + padding);
    rs_status status = output_write(w->file, length, sizeof length, error);
    if (!status) status = output_write(w->file, text, bytes, error);
    for (; !status && padding; padding--) status = output_write(w->file, blanks, 1, error);
    return status;
}

rs_status safetensors_write_open(const char *path, tensor_spec *specs, size_t count,
                                 const tensors_metadata *metadata, size_t metadata_count,
                                 safetensors_writer **out, rs_error *error) {
    *out = NULL;
    sort_specs(specs, count);
    safetensors_writer *w = calloc(1, sizeof *w);
    if (!w) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    w->count = count;
    char *text = header_text(w, specs, metadata, metadata_count);
    rs_status status = text ? output_open(path, &w->file, error)
                            : rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    if (!status) status = write_header(w, text, error);
    cJSON_free(text);
    if (status) {
        safetensors_write_abandon(w);
        return status;
    }
    *out = w;
    return RS_OK;
}

rs_status safetensors_write(safetensors_writer *w, const void *bytes, size_t size,
                            rs_error *error) {
    if (size > w->total - w->written)
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "more tensor bytes than declared");
    rs_status status = output_write(w->file, bytes, size, error);
    if (status) return status;
    w->written += size;
    return RS_OK;
}

rs_status safetensors_write_commit(safetensors_writer *w, rs_error *error) {
    rs_status status = RS_OK;
    if (w->written != w->total) {
        status = rs_fail(error, RS_ERR_ARGUMENT, 0, "%zu tensor bytes written of %zu",
                         w->written, w->total);
        output_abandon(w->file);
    } else {
        status = output_commit(w->file, error);
    }
    free(w);
    return status;
}

void safetensors_write_abandon(safetensors_writer *w) {
    if (!w) return;
    output_abandon(w->file);
    free(w);
}
