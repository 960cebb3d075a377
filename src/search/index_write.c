#include "search/index_write.h"

#include <cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/json.h"
#include "kernels/quantize.h"
#include "refscout.h"
#include "tensors/safetensors_write.h"

/* Concatenated JSON objects, and the offset of each. */
typedef struct records {
    char *bytes;
    size_t used, capacity;
    int64_t *offsets; /* [count + 1] */
    size_t count;
} records;

static void records_free(records *r) {
    free(r->bytes);
    free(r->offsets);
}

/* Appends the object and deletes it. complete: false, or object NULL, when memory was out. */
static rs_status records_add(records *r, cJSON *object, bool complete) {
    char *text = object && complete ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    if (!text) return RS_ERR_MEMORY;
    size_t bytes = strlen(text);
    if (bytes > r->capacity - r->used) {
        size_t capacity = r->capacity * 2 + bytes + 4096;
        char *larger = capacity > bytes ? realloc(r->bytes, capacity) : NULL;
        if (!larger) {
            cJSON_free(text);
            return RS_ERR_MEMORY;
        }
        r->bytes = larger;
        r->capacity = capacity;
    }
    memcpy(r->bytes + r->used, text, bytes);
    cJSON_free(text);
    r->used += bytes;
    r->offsets[++r->count] = (int64_t)r->used;
    return RS_OK;
}

static bool add_string(cJSON *object, const char *name, const char *value) {
    return !value || cJSON_AddStringToObject(object, name, value);
}

static bool add_strings(cJSON *object, const char *name, const char *const *values,
                        size_t count) {
    return !count || json_add(object, name, cJSON_CreateStringArray(values, (int)count));
}

static rs_status paper_records(const index_content *c, records *out) {
    out->offsets = calloc(c->papers_count + 1, sizeof *out->offsets);
    if (!out->offsets) return RS_ERR_MEMORY;
    for (size_t i = 0; i < c->papers_count; i++) {
        const paper *p = &c->papers[i];
        cJSON *object = cJSON_CreateObject();
        bool complete = add_string(object, "title", p->title) &&
                        add_string(object, "doi", p->doi) &&
                        add_string(object, "url", p->url) &&
                        (!p->year || cJSON_AddNumberToObject(object, "year", p->year)) &&
                        add_string(object, "source", p->source);
        if (records_add(out, object, complete)) return RS_ERR_MEMORY;
    }
    return RS_OK;
}

static rs_status person_records(const index_content *c, records *out) {
    out->offsets = calloc(c->people->count + 1, sizeof *out->offsets);
    if (!out->offsets) return RS_ERR_MEMORY;
    for (size_t i = 0; i < c->people->count; i++) {
        const person *p = &c->people->items[i];
        cJSON *object = cJSON_CreateObject();
        bool complete =
            add_string(object, "name", p->name) &&
            add_strings(object, "institutions", p->institutions, p->institutions_count) &&
            add_strings(object, "countries", p->countries, p->countries_count) &&
            add_string(object, "orcid", p->orcid);
        if (records_add(out, object, complete)) return RS_ERR_MEMORY;
    }
    return RS_OK;
}

/* ---- Vectors ----------------------------------------------------------------------------- */

static float cosine(const float *a, const float *b, size_t n) {
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return aa > 0 && bb > 0 ? (float)(ab / sqrt(aa * bb)) : 1;
}

static rs_status make_mean(const index_content *c, float **out) {
    const size_t H = c->hidden_size, N = c->papers_count;
    *out = calloc(H + 1, sizeof **out);
    if (!*out) return RS_ERR_MEMORY;
    for (size_t h = 0; h < H; h++) {
        double sum = 0;
        for (size_t i = 0; i < N; i++) sum += (double)c->vectors[i * H + h];
        (*out)[h] = N ? (float)(sum / (double)N) : 0;
    }
    return RS_OK;
}

/* ---- The file ---------------------------------------------------------------------------- */

/* The parts of the file that must be built from the content. */
typedef struct parts {
    records papers, people;
    float *mean; /* [H] */
    int8_t *vectors;
    float *scales;
    int32_t *years;
    int64_t *authorship_offsets;
    float worst_cosine;
} parts;

static rs_status quantize(const index_content *c, parts *p) {
    size_t bytes, H = c->hidden_size;
    if (!size_mul(c->papers_count, H, &bytes)) return RS_ERR_MEMORY;
    p->vectors = malloc(bytes + 1);
    p->scales = calloc(c->papers_count + 1, sizeof *p->scales);
    float *row = malloc((H + 1) * sizeof *row);
    if (!p->vectors || !p->scales || !row) {
        free(row);
        return RS_ERR_MEMORY;
    }
    for (size_t i = 0; i < c->papers_count; i++) {
        const float *v = c->vectors + i * H;
        int8_t *q = p->vectors + i * H;
        for (size_t h = 0; h < H; h++) row[h] = v[h] - p->mean[h];
        p->scales[i] = quantize_scale(row, H);
        quantize_row(row, H, p->scales[i], q);
        for (size_t h = 0; h < H; h++) row[h] = p->mean[h] + (float)q[h] * p->scales[i];
        const float kept = cosine(v, row, H);
        if (kept < p->worst_cosine) p->worst_cosine = kept;
    }
    free(row);
    return RS_OK;
}

static rs_status make_parts(const index_content *c, parts *p) {
    rs_status status = paper_records(c, &p->papers);
    if (!status) status = person_records(c, &p->people);
    if (!status) status = make_mean(c, &p->mean);
    if (!status && c->int8) status = quantize(c, p);
    if (status) return status;
    p->years = calloc(c->papers_count + 1, sizeof *p->years);
    if (!p->years) return RS_ERR_MEMORY;
    for (size_t i = 0; i < c->papers_count; i++) p->years[i] = c->papers[i].year;
    p->authorship_offsets = calloc(c->papers_count + 1, sizeof *p->authorship_offsets);
    if (!p->authorship_offsets) return RS_ERR_MEMORY;
    for (size_t i = 0; i <= c->papers_count; i++)
        p->authorship_offsets[i] = (int64_t)c->people->offsets[i];
    return RS_OK;
}

/* A tensor and its bytes. */
typedef struct part {
    tensor_spec spec;
    const void *bytes;
    size_t size;
} part;

/* columns 0: the tensor has rank 1. */
static part make_part(const char *name, tensor_type type, size_t rows, size_t columns,
                      const void *bytes) {
    part p = {.spec = {.type = type, .rank = columns ? 2 : 1, .shape = {rows, columns}},
              .bytes = bytes,
              .size = rows * (columns ? columns : 1) * tensor_type_size(type)};
    snprintf(p.spec.name, sizeof p.spec.name, "%s", name);
    return p;
}

enum { MAX_PARTS = 12 };

static size_t list_parts(const index_content *c, const parts *p, part *out) {
    size_t N = c->papers_count, Q = c->people->count, H = c->hidden_size, count = 0;
    out[count++] = make_part("papers.offsets", TENSOR_I64, N + 1, 0, p->papers.offsets);
    out[count++] = make_part("people.offsets", TENSOR_I64, Q + 1, 0, p->people.offsets);
    out[count++] = make_part("authorship.offsets", TENSOR_I64, N + 1, 0, p->authorship_offsets);
    out[count++] =
        make_part("authorship", TENSOR_I32, c->people->offsets[N], 0, c->people->authorship);
    out[count++] = make_part("papers.year", TENSOR_I32, N, 0, p->years);
    out[count++] = make_part("vectors_mean", TENSOR_F32, H, 0, p->mean);
    if (c->int8) {
        out[count++] = make_part("vectors_scale", TENSOR_F32, N, 0, p->scales);
        out[count++] = make_part("vectors", TENSOR_I8, N, H, p->vectors);
    } else {
        out[count++] = make_part("vectors", TENSOR_F32, N, H, c->vectors);
    }
    out[count++] = make_part("papers", TENSOR_U8, p->papers.used, 0, p->papers.bytes);
    out[count++] = make_part("papers.text_id", TENSOR_U8, N, 8, c->text_ids);
    out[count++] = make_part("people", TENSOR_U8, p->people.used, 0, p->people.bytes);
    if (c->lexical)
        out[count++] = make_part("lexical", TENSOR_U8, c->lexical_bytes, 0, c->lexical);
    return count;
}

static rs_status write_parts(const char *path, const index_content *c, const part *list,
                             size_t count, rs_error *error) {
    char ranking[256];
    snprintf(ranking, sizeof ranking, "{\"score\":\"%s\",\"weight\":%g,\"k1\":%g,\"b\":%g}",
             c->score, c->weight, c->k1, c->b);
    const tensors_metadata metadata[] = {{"refscout", "index"},
                                         {"format_version", "1"},
                                         {"created_by", "refscout " RS_VERSION},
                                         {"model_sha256", c->model_sha256},
                                         {"model_name", c->model_name},
                                         {"text", c->text},
                                         {"ranking", ranking},
                                         {"note", c->note}};
    const size_t metadata_count = sizeof metadata / sizeof *metadata - (c->note ? 0 : 1);
    tensor_spec specs[MAX_PARTS];
    for (size_t i = 0; i < count; i++) specs[i] = list[i].spec;
    safetensors_writer *w;
    rs_status status =
        safetensors_write_open(path, specs, count, metadata, metadata_count, &w, error);
    if (status) return status;
    for (size_t i = 0; !status && i < count; i++) {
        size_t at = 0; /* `specs` are in the order of the file */
        while (strcmp(list[at].spec.name, specs[i].name) != 0) at++;
        if (list[at].size) status = safetensors_write(w, list[at].bytes, list[at].size, error);
    }
    if (!status) return safetensors_write_commit(w, error);
    safetensors_write_abandon(w);
    return status;
}

rs_status index_write(const char *path, const index_content *content, float *worst_cosine,
                      rs_error *error) {
    parts p = {.worst_cosine = 1};
    part list[MAX_PARTS];
    rs_status status = make_parts(content, &p);
    if (status)
        rs_fail(error, status, 0, "out of memory for an index of %zu papers",
                content->papers_count);
    else
        status = write_parts(path, content, list, list_parts(content, &p, list), error);
    *worst_cosine = p.worst_cosine;
    records_free(&p.papers);
    records_free(&p.people);
    free(p.mean);
    free(p.vectors);
    free(p.scales);
    free(p.years);
    free(p.authorship_offsets);
    return status;
}
