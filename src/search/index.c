/* Opens and validates an index file (docs/formats.md). */
#include "search/index.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/sha256.h"
#include "kernels/kernels.h"
#include "tensors/tensors.h"

/* Paper and person numbers are stored as I32. */
enum { MAX_RECORDS = INT32_MAX - 1 };

static rs_status out_of_memory(rs_error *error) {
    return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for the index");
}

/* Offsets must start at 0, never descend, and end at the tensor's size. */
static rs_status check_offsets(const char *name, const int64_t *offsets, size_t count,
                               size_t end, rs_error *error) {
    bool good = offsets[0] == 0 && (uint64_t)offsets[count] == end;
    for (size_t i = 0; good && i < count; i++) good = offsets[i] <= offsets[i + 1];
    return good ? RS_OK
                : rs_fail(error, RS_ERR_FORMAT, 8, "tensor %s: not ascending from 0 to %zu",
                          name, end);
}

/* Reads the offsets tensor `name` of a table; *count is the number of rows, or SIZE_MAX to
 * accept any. */
static rs_status read_offsets(const tensors *file, const char *name, size_t *count, size_t end,
                              const int64_t **offsets, rs_error *error) {
    size_t shape = *count == SIZE_MAX ? TENSORS_ANY : *count + 1;
    const tensor *t;
    rs_status status = tensors_view(file, name, TENSOR_I64, 1, &shape, &t, error);
    if (status) return status;
    if (t->shape[0] < 1 || t->shape[0] > MAX_RECORDS)
        return rs_fail(error, RS_ERR_FORMAT, 8, "tensor %s: %zu entries", name, t->shape[0]);
    *offsets = (const int64_t *)(const void *)t->bytes;
    *count = t->shape[0] - 1;
    return check_offsets(name, *offsets, *count, end, error);
}

static rs_status read_records(const tensors *file, const char *name, const char *offsets_name,
                              index_records *out, rs_error *error) {
    const tensor *t;
    rs_status status =
        tensors_view(file, name, TENSOR_U8, 1, (size_t[]){TENSORS_ANY}, &t, error);
    if (status) return status;
    out->bytes = (const char *)t->bytes;
    return read_offsets(file, offsets_name, &out->count, t->size, &out->offsets, error);
}

static rs_status read_f32(const tensors *file, const char *name, size_t count,
                          const float **out, rs_error *error) {
    const tensor *t;
    rs_status status = tensors_view(file, name, TENSOR_F32, 1, &count, &t, error);
    if (!status) *out = (const float *)(const void *)t->bytes;
    return status;
}

/* Squared norm of row i; with int8, (mean + q8 * scale)^2 expanded. *centred: squared norm of
 * the row minus the mean. Sets along_mean[i] with int8. */
static float square_of_row(rs_index *x, size_t i, float mean_square, float *centred) {
    const size_t H = x->info.hidden_size;
    if (x->f32) {
        const float *row = x->f32 + i * H;
        double square = 0;
        for (size_t j = 0; j < H; j++) {
            const double difference = (double)row[j] - (double)x->mean[j];
            square += difference * difference;
        }
        *centred = (float)square;
        return kernels_dot(row, row, H);
    }
    const int8_t *row = x->q8 + i * H;
    int64_t square = 0;
    for (size_t j = 0; j < H; j++) square += row[j] * row[j];
    x->along_mean[i] = x->scale[i] * kernels_dot_i8(x->mean, row, H);
    *centred = x->scale[i] * (x->scale[i] * (float)square);
    return mean_square + 2 * x->along_mean[i] + *centred;
}

static rs_status read_vectors(rs_index *x, const tensors *file, rs_error *error) {
    const tensor *stored = tensors_find(file, "vectors"), *t;
    x->info.int8 = stored && stored->type == TENSOR_I8;
    size_t shape[2] = {x->info.papers, TENSORS_ANY};
    const tensor_type type = x->info.int8 ? TENSOR_I8 : TENSOR_F32;
    rs_status status = tensors_view(file, "vectors", type, 2, shape, &t, error);
    if (status) return status;
    const size_t N = x->info.papers, H = x->info.hidden_size = t->shape[1];
    if (x->info.int8) {
        x->q8 = (const int8_t *)t->bytes;
        status = read_f32(file, "vectors_scale", N, &x->scale, error);
    } else {
        x->f32 = (const float *)(const void *)t->bytes;
    }
    if (!status) status = read_f32(file, "vectors_mean", H, &x->mean, error);
    if (status) return status;

    x->norms = arena_alloc(&x->arena, N, sizeof *x->norms);
    x->centred_norms = arena_alloc(&x->arena, N, sizeof *x->centred_norms);
    if (x->q8) x->along_mean = arena_alloc(&x->arena, N, sizeof *x->along_mean);
    if (!x->norms || !x->centred_norms || (x->q8 && !x->along_mean))
        return out_of_memory(error);
    const float mean_square = kernels_dot(x->mean, x->mean, H);
    for (size_t i = 0; i < N; i++) {
        float centred;
        const float square = square_of_row(x, i, mean_square, &centred);
        if (!isfinite(square) || !isfinite(centred))
            return rs_fail(error, RS_ERR_FORMAT, 8, "tensor vectors: row %zu is not finite", i);
        x->norms[i] = sqrtf(square > 0 ? square : 0);
        x->centred_norms[i] = sqrtf(centred);
    }
    return RS_OK;
}

static rs_status read_authorship(rs_index *x, const tensors *file, rs_error *error) {
    const tensor *t;
    size_t papers = x->info.papers;
    rs_status status =
        tensors_view(file, "authorship", TENSOR_I32, 1, (size_t[]){TENSORS_ANY}, &t, error);
    if (status) return status;
    const size_t count = t->shape[0];
    x->authorship = (const int32_t *)(const void *)t->bytes;
    status =
        read_offsets(file, "authorship.offsets", &papers, count, &x->authorship_offsets, error);
    if (status) return status;
    for (size_t i = 0; i < count; i++)
        if (x->authorship[i] < 0 || (size_t)x->authorship[i] >= x->info.people)
            return rs_fail(error, RS_ERR_FORMAT, 8, "tensor authorship: no person %d",
                           (int)x->authorship[i]);
    return RS_OK;
}

/* Inverts authorship (people of each paper) to papers of each person by a counting sort; the
 * papers of a person are in ascending order. */
static rs_status turn_authorship(rs_index *x, rs_error *error) {
    const size_t N = x->info.papers, Q = x->info.people;
    const size_t count = (size_t)x->authorship_offsets[N];
    x->person_offsets = arena_alloc(&x->arena, Q + 2, sizeof *x->person_offsets);
    x->person_papers = arena_alloc(&x->arena, count, sizeof *x->person_papers);
    if (!x->person_offsets || !x->person_papers) return out_of_memory(error);

    /* While filling, [p + 1] is the position of person p's next paper; at the end it is the end
     * of p's papers. */
    size_t *at = x->person_offsets + 1;
    for (size_t i = 0; i < count; i++) at[x->authorship[i] + 1]++;
    for (size_t p = 1; p <= Q; p++) at[p] += at[p - 1];
    for (size_t i = 0; i < N; i++)
        for (int64_t j = x->authorship_offsets[i]; j < x->authorship_offsets[i + 1]; j++)
            x->person_papers[at[x->authorship[j]]++] = (int32_t)i;
    return RS_OK;
}

/* ---- Scoring parameters ----------------------------------------------------------------- */

/* Reads a member of `ranking`, a number from 0 to max. */
static rs_status read_ranking_number(const cJSON *ranking, const char *key, double max,
                                     float *out, rs_error *error) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(ranking, key);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= max))
        return rs_fail(error, RS_ERR_FORMAT, 8,
                       "metadata ranking.%s: expected a number from 0 to %g", key, max);
    *out = (float)item->valuedouble;
    return RS_OK;
}

static rs_status read_ranking(const cJSON *ranking, rs_index_info *info,
                              lexical_settings *settings, rs_error *error) {
    const char *score = json_string(ranking, "score");
    info->score = rs_score_named(score);
    if (info->score == RS_SCORE_STORED)
        return rs_fail(
            error, RS_ERR_FORMAT, 8,
            "metadata ranking.score: %.40s is not a score that this version supports",
            score ? score : "the value");
    rs_status s = read_ranking_number(ranking, "weight", 1, &info->weight, error);
    if (!s && info->lexical) s = read_ranking_number(ranking, "k1", 100, &settings->k1, error);
    if (!s && info->lexical) s = read_ranking_number(ranking, "b", 1, &settings->b, error);
    if (!s && !info->lexical && info->score >= RS_SCORE_LEXICAL)
        s = rs_fail(error, RS_ERR_FORMAT, 8,
                    "metadata ranking.score is %s, but the tensor lexical is missing", score);
    return s;
}

/* An index with neither `ranking` nor `lexical` is of an older version, or was made without
 * lexical scores: it is ranked by the cosine. */
static rs_status read_scoring(rs_index *x, const tensors *file, rs_error *error) {
    const char *text = tensors_metadata_get(file, "ranking");
    const tensor *stored = tensors_find(file, "lexical"), *t;
    x->info.score = RS_SCORE_COSINE;
    x->info.lexical = stored != NULL;
    if (!text && !stored) return RS_OK;
    if (!text) return rs_fail(error, RS_ERR_FORMAT, 8, "metadata lacks ranking");
    cJSON *ranking;
    lexical_settings settings = {0};
    rs_status status = json_parse((const uint8_t *)text, strlen(text), &ranking, error);
    if (!status) status = read_ranking(ranking, &x->info, &settings, error);
    cJSON_Delete(ranking);
    if (status || !stored) return status;
    status = tensors_view(file, "lexical", TENSOR_U8, 1, (size_t[]){TENSORS_ANY}, &t, error);
    if (status) return status;
    return lexical_open(&x->arena, t->bytes, t->size, x->info.papers, &settings, &x->lexical,
                        error);
}

static rs_status read_index(rs_index *x, const uint8_t *bytes, size_t size, rs_error *error) {
    tensors file;
    rs_status s = tensors_open(&x->arena, bytes, size, &file, error);
    if (!s) s = tensors_check_kind(&file, "index", error);
    if (s) return s;

    const char *text = tensors_metadata_get(&file, "text");
    const char *model_sha256 = tensors_metadata_get(&file, "model_sha256");
    const char *name = tensors_metadata_get(&file, "model_name");
    if (!text || !model_sha256 || strlen(model_sha256) != RS_SHA256_HEX)
        return rs_fail(error, RS_ERR_FORMAT, 8, "metadata lacks text or model_sha256");
    x->info.text = text;
    x->info.model_sha256 = model_sha256;
    x->info.model_name = name ? name : "";
    const char *note = tensors_metadata_get(&file, "note");
    x->info.note = note ? note : "";

    x->papers.count = x->people.count = SIZE_MAX;
    if ((s = read_records(&file, "papers", "papers.offsets", &x->papers, error)) ||
        (s = read_records(&file, "people", "people.offsets", &x->people, error)))
        return s;
    x->info.papers = x->papers.count;
    x->info.people = x->people.count;

    const size_t N = x->info.papers;
    const tensor *ids, *years;
    if ((s = read_vectors(x, &file, error)) || (s = read_authorship(x, &file, error)) ||
        (s = turn_authorship(x, error)) ||
        (s = tensors_view(&file, "papers.year", TENSOR_I32, 1, &N, &years, error)) ||
        (s = tensors_view(&file, "papers.text_id", TENSOR_U8, 2, (size_t[]){N, 8}, &ids,
                          error)))
        return s;
    x->years = (const int32_t *)(const void *)years->bytes;
    x->text_ids = ids->bytes;
    return read_scoring(x, &file, error);
}

rs_status rs_index_open(const void *bytes, size_t size, const rs_allocator *allocator,
                        rs_index **index, rs_error *error) {
    if (!index) return rs_fail(error, RS_ERR_ARGUMENT, 0, "index is NULL");
    *index = NULL;
    if (!bytes || (uintptr_t)bytes % ARENA_ALIGNMENT)
        return rs_fail(error, RS_ERR_ARGUMENT, 0,
                       "index bytes are NULL or not 64-byte aligned");
    arena a;
    arena_init(&a, allocator);
    rs_index *x = arena_alloc(&a, 1, sizeof *x);
    if (!x) return out_of_memory(error);
    x->arena = a;
    rs_status status = read_index(x, bytes, size, error);
    if (status) {
        rs_index_close(x);
        return status;
    }
    *index = x;
    return RS_OK;
}

void rs_index_close(rs_index *index) {
    if (!index) return;
    arena a = index->arena; /* the index itself is allocated in it */
    arena_free(&a);
}

const rs_index_info *rs_index_describe(const rs_index *index) { return &index->info; }

rs_status rs_index_check(const rs_index *index, const rs_model *model, const char *model_sha256,
                         rs_error *error) {
    const rs_model_info *m = rs_model_describe(model);
    if (strcmp(index->info.model_sha256, model_sha256))
        return rs_fail(
            error, RS_ERR_MISMATCH, 0,
            "made by another model (%.40s, SHA-256 %.12s…; this one is %.40s, %.12s…): search "
            "with that model, or run `refscout embed` again with this one",
            index->info.model_name, index->info.model_sha256, m->name, model_sha256);
    if (index->info.hidden_size != m->hidden_size)
        return rs_fail(error, RS_ERR_MISMATCH, 0,
                       "vectors of %zu numbers, but the model's have %zu",
                       index->info.hidden_size, m->hidden_size);
    return RS_OK;
}

static const char *record(const index_records *r, size_t i, size_t *bytes) {
    *bytes = (size_t)(r->offsets[i + 1] - r->offsets[i]);
    return r->bytes + r->offsets[i];
}

const char *rs_index_paper(const rs_index *index, size_t paper, size_t *bytes) {
    return record(&index->papers, paper, bytes);
}

const char *rs_index_person(const rs_index *index, size_t person, size_t *bytes) {
    return record(&index->people, person, bytes);
}

const int32_t *rs_index_authors(const rs_index *index, size_t paper, size_t *count) {
    const int64_t *at = index->authorship_offsets + paper;
    *count = (size_t)(at[1] - at[0]);
    return index->authorship + at[0];
}

void rs_text_id(const int32_t *ids, size_t count, uint8_t text_id[8]) {
    sha256 s;
    uint8_t digest[SHA256_BYTES];
    sha256_init(&s);
    for (size_t i = 0; i < count; i++) {
        const uint32_t id = (uint32_t)ids[i];
        const uint8_t bytes[4] = {(uint8_t)id, (uint8_t)(id >> 8), (uint8_t)(id >> 16),
                                  (uint8_t)(id >> 24)};
        sha256_update(&s, bytes, sizeof bytes);
    }
    sha256_final(&s, digest);
    memcpy(text_id, digest, 8);
}

size_t rs_index_find(const rs_index *index, const int32_t *ids, size_t count) {
    uint8_t text_id[8];
    rs_text_id(ids, count, text_id);
    for (size_t i = 0; i < index->info.papers; i++)
        if (!memcmp(index->text_ids + i * 8, text_id, 8)) return i;
    return RS_NO_PAPER;
}
