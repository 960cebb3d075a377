#define _GNU_SOURCE /* memmem */

#include "convert/model_write.h"

#include <cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sha256.h"
#include "kernels/fast.h"
#include "kernels/packed.h"
#include "kernels/quantize.h"
#include "refscout.h"
#include "system/cli.h"
#include "tensors/safetensors_write.h"

/* How a tensor of the model file is computed from its sources. */
typedef enum part_kind {
    PART_VOCAB,
    PART_F32,
    PART_SCALE,
    PART_INT8,
    PART_INPUT_SCALE
} part_kind;

typedef struct part {
    tensor_spec spec;
    part_kind kind;
    const weight *from[3]; /* sources; query, key and value are concatenated by rows */
    size_t from_count;
    size_t rows;        /* rows of each source */
    bool packed;        /* in packed order (kernels/packed.h), or the scales of such a matrix */
    const weight *norm; /* gain (γ) of the layer normalisation whose output an int8 matrix is
                         * multiplied by; else NULL */
} part;

typedef struct plan {
    checkpoint *c;
    const model_options *options;
    part *parts;
    size_t count, cap;
    rs_error *error;
} plan;

/* ---- The list of tensors ----------------------------------------------------------------- */

static part *add(plan *p, const char *name, part_kind kind, int rank, size_t rows,
                 size_t columns) {
    static const tensor_type types[] = {[PART_VOCAB] = TENSOR_U8,
                                        [PART_F32] = TENSOR_F32,
                                        [PART_SCALE] = TENSOR_F32,
                                        [PART_INT8] = TENSOR_I8,
                                        [PART_INPUT_SCALE] = TENSOR_F32};
    part *q = &p->parts[p->count++];
    snprintf(q->spec.name, sizeof q->spec.name, "%s", name);
    q->kind = kind;
    q->spec.type = types[kind];
    q->spec.rank = rank;
    q->spec.shape[0] = rows;
    q->spec.shape[1] = columns;
    return q;
}

static part *add_from(plan *p, const char *name, part_kind kind, int rank, size_t columns,
                      const weight *const *from, size_t from_count, size_t rows_each) {
    size_t rows = rank == 1 && kind != PART_SCALE ? columns : rows_each;
    part *q = add(p, name, kind, rank, from_count * rows, columns);
    memcpy(q->from, from, from_count * sizeof *from);
    q->from_count = from_count;
    q->rows = rows_each;
    return q;
}

static void set_packed_shape(tensor_spec *s) {
    const size_t panels = packed_panels(s->shape[0]), quads = packed_quads(s->shape[1]);
    s->rank = 4;
    s->shape[0] = panels;
    s->shape[1] = quads;
    s->shape[2] = PACKED_ROWS;
    s->shape[3] = PACKED_QUAD;
}

/* Adds a matrix in the weight type, from one or several tensors; with int8 also its scales.
 * table: rows are looked up, the matrix is never multiplied. norm: the name of the gain of the
 * normalisation before it, or NULL. */
static rs_status add_matrix(plan *p, const char *name, size_t rows, size_t columns,
                            const char *const *sources, size_t source_count, bool table,
                            const char *norm) {
    const weight *from[3], *gain = NULL;
    for (size_t i = 0; i < source_count; i++) {
        rs_status status =
            checkpoint_take(p->c, sources[i], 2, (size_t[]){rows, columns}, &from[i], p->error);
        if (status) return status;
    }
    if (p->options->f32) {
        add_from(p, name, PART_F32, 2, columns, from, source_count, rows);
        return RS_OK;
    }
    char scale[sizeof p->parts->spec.name];
    if (norm) { /* layer.0.qkv.weight -> layer.0.qkv.input_scale */
        rs_status status = checkpoint_take(p->c, norm, 1, &columns, &gain, p->error);
        if (status) return status;
        snprintf(scale, sizeof scale, "%.*s.input_scale", (int)(strrchr(name, '.') - name),
                 name);
        add_from(p, scale, PART_INPUT_SCALE, 1, columns, &gain, 1, 1);
    }
    snprintf(scale, sizeof scale, "%s_scale", name);
    part *s = add_from(p, scale, PART_SCALE, 1, columns, from, source_count, rows);
    part *q = add_from(p, name, PART_INT8, 2, columns, from, source_count, rows);
    s->norm = q->norm = gain;
    s->packed = q->packed = !table;
    if (!table) set_packed_shape(&q->spec);
    return RS_OK;
}

static rs_status add_vector(plan *p, const char *name, size_t columns,
                            const char *const *sources, size_t source_count) {
    const weight *from[3];
    for (size_t i = 0; i < source_count; i++) {
        rs_status status = checkpoint_take(p->c, sources[i], 1, &columns, &from[i], p->error);
        if (status) return status;
    }
    add_from(p, name, PART_F32, 1, columns, from, source_count, 1);
    return RS_OK;
}

static rs_status add_embeddings(plan *p) {
    const bert_config *g = &p->c->config;
    const size_t H = g->hidden_size, P = g->max_position_embeddings;
    static const char *const word = "embeddings.word_embeddings.weight";
    static const char *const gain = "embeddings.LayerNorm.weight",
                             *const bias = "embeddings.LayerNorm.bias";
    const weight *position, *type;
    rs_status s;
    if ((s = add_matrix(p, "embeddings.word", g->vocab_size, H, &word, 1, true, NULL)) ||
        (s = checkpoint_take(p->c, "embeddings.position_embeddings.weight", 2, (size_t[]){P, H},
                             &position, p->error)) ||
        (s = checkpoint_take(p->c, "embeddings.token_type_embeddings.weight", 2,
                             (size_t[]){g->type_vocab_size, H}, &type, p->error)))
        return s;
    /* The word embeddings may have more rows than the vocabulary (some are padded to a round
     * number); no text can use the additional rows. */
    for (size_t i = 0; i < p->count; i++)
        p->parts[i].spec.shape[0] = p->parts[i].rows = p->c->vocab.count;
    add_from(p, "embeddings.position", PART_F32, 2, H, &position, 1, P);
    add_from(p, "embeddings.type", PART_F32, 1, H, &type, 1, 1); /* every token is of type 0 */
    if ((s = add_vector(p, "embeddings.norm.gain", H, &gain, 1))) return s;
    return add_vector(p, "embeddings.norm.bias", H, &bias, 1);
}

/* One row of the table of layer tensors in docs/formats.md; names are those within a layer. */
typedef struct layer_row {
    const char *name;
    enum { MATRIX, VECTOR } kind;
    enum { HIDDEN, FFN } rows, columns; /* of each source */
    const char *sources[3];
} layer_row;

/* clang-format off */
static const layer_row layer_rows[] = {
    {"qkv.weight", MATRIX, HIDDEN, HIDDEN,
        {"attention.self.query.weight", "attention.self.key.weight", "attention.self.value.weight"}},
    {"qkv.bias", VECTOR, HIDDEN, HIDDEN,
        {"attention.self.query.bias", "attention.self.key.bias", "attention.self.value.bias"}},
    {"attention.weight", MATRIX, HIDDEN, HIDDEN, {"attention.output.dense.weight"}},
    {"attention.bias", VECTOR, HIDDEN, HIDDEN, {"attention.output.dense.bias"}},
    {"attention_norm.gain", VECTOR, HIDDEN, HIDDEN, {"attention.output.LayerNorm.weight"}},
    {"attention_norm.bias", VECTOR, HIDDEN, HIDDEN, {"attention.output.LayerNorm.bias"}},
    {"up.weight", MATRIX, FFN, HIDDEN, {"intermediate.dense.weight"}},
    {"up.bias", VECTOR, FFN, FFN, {"intermediate.dense.bias"}},
    {"down.weight", MATRIX, HIDDEN, FFN, {"output.dense.weight"}},
    {"down.bias", VECTOR, HIDDEN, HIDDEN, {"output.dense.bias"}},
    {"output_norm.gain", VECTOR, HIDDEN, HIDDEN, {"output.LayerNorm.weight"}},
    {"output_norm.bias", VECTOR, HIDDEN, HIDDEN, {"output.LayerNorm.bias"}},
};
/* clang-format on */
enum { LAYER_ROWS = sizeof layer_rows / sizeof *layer_rows };

/* The name of the gain of the normalisation whose output a matrix is multiplied by; NULL for
 * the two matrices with another input. */
static const char *norm_read_by(const layer_row *r, size_t layer, char *out, size_t cap) {
    if (!strcmp(r->name, "up.weight"))
        snprintf(out, cap, "encoder.layer.%zu.attention.output.LayerNorm.weight", layer);
    else if (strcmp(r->name, "qkv.weight") != 0)
        return NULL;
    else if (layer == 0)
        snprintf(out, cap, "embeddings.LayerNorm.weight");
    else
        snprintf(out, cap, "encoder.layer.%zu.output.LayerNorm.weight", layer - 1);
    return out;
}

static rs_status add_layer(plan *p, size_t layer) {
    const size_t widths[] = {
        [HIDDEN] = p->c->config.hidden_size, [FFN] = p->c->config.intermediate_size};
    for (size_t i = 0; i < LAYER_ROWS; i++) {
        const layer_row *r = &layer_rows[i];
        char name[64], norm[96], names[3][96];
        const char *sources[3];
        size_t count = 0;
        for (; count < 3 && r->sources[count]; count++) {
            snprintf(names[count], sizeof names[count], "encoder.layer.%zu.%s", layer,
                     r->sources[count]);
            sources[count] = names[count];
        }
        snprintf(name, sizeof name, "layer.%zu.%s", layer, r->name);
        rs_status status =
            r->kind == MATRIX
                ? add_matrix(p, name, widths[r->rows], widths[r->columns], sources, count,
                             false, norm_read_by(r, layer, norm, sizeof norm))
                : add_vector(p, name, widths[r->columns], sources, count);
        if (status) return status;
    }
    return RS_OK;
}

/* Sorts the parts in the order in which safetensors_writer expects them. */
static rs_status sort_parts(plan *p) {
    part *sorted = calloc(p->count, sizeof *sorted);
    if (!sorted) return rs_fail(p->error, RS_ERR_MEMORY, 0, "out of memory");
    size_t at = 0;
    for (int group = 0; group < SAFETENSORS_GROUPS; group++)
        for (size_t i = 0; i < p->count; i++)
            if (safetensors_group(&p->parts[i].spec) == group) sorted[at++] = p->parts[i];
    free(p->parts);
    p->parts = sorted;
    return RS_OK;
}

static rs_status make_plan(plan *p) {
    /* Capacity: word, word_scale, position, type, norm gain and bias, vocab; in a layer four
     * matrices and eight vectors, and with int8 six scales. */
    p->cap = 7 + p->c->config.num_hidden_layers * 2 * LAYER_ROWS;
    p->parts = calloc(p->cap, sizeof *p->parts);
    if (!p->parts) return rs_fail(p->error, RS_ERR_MEMORY, 0, "out of memory");
    rs_status status = add_embeddings(p);
    if (!status) add(p, "vocab", PART_VOCAB, 1, p->c->vocab.size, 0);
    for (size_t i = 0; !status && i < p->c->config.num_hidden_layers; i++)
        status = add_layer(p, i);
    if (status) return status;
    status = checkpoint_check_taken(p->c, p->error);
    return status ? status : sort_parts(p);
}

/* ---- Bytes ------------------------------------------------------------------------------- */

/* Buffers for one row; each has the size of the widest. */
typedef struct row_room {
    float *f32, *input_scale;
    int8_t *int8, *panel;
} row_room;

static rs_status read_input_scale(const weight *gain, float *out, rs_error *error) {
    rs_status status = weight_row(gain, 0, out, error);
    if (!status) quantize_input_scale(out, weight_columns(gain), out);
    return status;
}

/* Reads a row as f32, with its columns divided by the input scale if the part has one. */
static rs_status read_row(const part *q, const weight *from, size_t row, row_room room,
                          rs_error *error) {
    rs_status status = weight_row(from, row, room.f32, error);
    if (status || !q->norm) return status;
    for (size_t i = 0; i < weight_columns(from); i++) {
        room.f32[i] /= room.input_scale[i];
        if (!isfinite(room.f32[i]))
            return rs_fail(error, RS_ERR_FORMAT, 0, "tensor %.100s: too large to quantize",
                           from->name);
    }
    return RS_OK;
}

/* Copies row `number` of `rows` to its place in the panel; writes the panel after its last
 * row. */
static rs_status pack_row(safetensors_writer *w, size_t number, size_t rows, size_t columns,
                          row_room room, rs_error *error) {
    const size_t bytes = packed_bytes(PACKED_ROWS, columns), at = number % PACKED_ROWS;
    if (at == 0) memset(room.panel, 0, bytes);
    for (size_t k = 0; k < columns; k++) room.panel[packed_at(columns, at, k)] = room.int8[k];
    const bool last = at + 1 == PACKED_ROWS || number + 1 == rows;
    return last ? safetensors_write(w, room.panel, bytes, error) : RS_OK;
}

/* Quantizes and writes row `number` of the part, which is row `row` of `from`. */
static rs_status write_row(safetensors_writer *w, const part *q, const weight *from, size_t row,
                           size_t number, row_room room, bool *path_failed, rs_error *error) {
    size_t columns = weight_columns(from);
    rs_status status = q->kind == PART_INPUT_SCALE ? read_input_scale(from, room.f32, error)
                                                   : read_row(q, from, row, room, error);
    if (status) return status;
    if (q->kind == PART_F32 || q->kind == PART_INPUT_SCALE) {
        status = safetensors_write(w, room.f32, columns * sizeof(float), error);
    } else {
        float scale = q->packed ? quantize_packed_scale(room.f32, columns)
                                : quantize_scale(room.f32, columns);
        quantize_row(room.f32, columns, scale, room.int8);
        status = q->kind == PART_SCALE ? safetensors_write(w, &scale, sizeof scale, error)
                 : q->packed
                     ? pack_row(w, number, q->from_count * q->rows, columns, room, error)
                     : safetensors_write(w, room.int8, columns, error);
    }
    *path_failed = status != RS_OK;
    return status;
}

static rs_status write_parts(const plan *p, safetensors_writer *w, row_room room,
                             bool *path_failed) {
    for (size_t i = 0; i < p->count; i++) {
        const part *q = &p->parts[i];
        rs_status status = RS_OK;
        if (q->kind == PART_VOCAB) {
            status = safetensors_write(w, p->c->vocab.bytes, p->c->vocab.size, p->error);
            *path_failed = status != RS_OK;
        }
        if (q->norm) status = read_input_scale(q->norm, room.input_scale, p->error);
        for (size_t f = 0; !status && f < q->from_count; f++)
            for (size_t row = 0; !status && row < q->rows; row++)
                status = write_row(w, q, q->from[f], row, f * q->rows + row, room, path_failed,
                                   p->error);
        if (status) return status;
    }
    return RS_OK;
}

/* Makes the "config" of the metadata; NULL when out of memory. */
static char *config_text(const checkpoint *c, const model_options *o) {
    const bert_config *g = &c->config;
    const struct {
        const char *key;
        size_t value;
    } sizes[] = {
        {"hidden_size", g->hidden_size},
        {"intermediate_size", g->intermediate_size},
        {"num_hidden_layers", g->num_hidden_layers},
        {"num_attention_heads", g->num_attention_heads},
        {"max_position_embeddings", g->max_position_embeddings},
        {"vocab_size", c->vocab.count},
        {"max_tokens", o->max_tokens},
    };
    cJSON *root = cJSON_CreateObject();
    bool ok = root;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        ok = ok && cJSON_AddNumberToObject(root, sizes[i].key, (double)sizes[i].value);
    ok = ok && cJSON_AddStringToObject(root, "hidden_act", g->hidden_act) &&
         cJSON_AddNumberToObject(root, "layer_norm_eps", g->layer_norm_eps) &&
         cJSON_AddStringToObject(root, "weights", o->f32 ? "f32" : "int8") &&
         cJSON_AddStringToObject(root, "pool", o->mean ? "mean" : "cls") &&
         cJSON_AddBoolToObject(root, "lower_case", g->lower_case) &&
         cJSON_AddBoolToObject(root, "strip_accents", g->strip_accents) &&
         cJSON_AddBoolToObject(root, "chinese_chars", g->chinese_chars);
    char *text = ok ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    return text;
}

/* The text of the self-test of rs_session_open: words of every kind, with an accent, Greek and a digit, and more
 * tokens than one tile of a kernel has rows. The SHA-256 can be computed only from the finished model file, so a
 * placeholder of as many zeros is written first. */
static const char test_text[] = "Who can review a naïve 3D model of α-synuclein?";
static const char no_sha256[] =
    "0000000000000000000000000000000000000000000000000000000000000000";

static rs_status open_writer(const char *path, const plan *p, safetensors_writer **w) {
    char *config = config_text(p->c, p->options);
    tensor_spec *specs = calloc(p->count, sizeof *specs);
    rs_status status = RS_ERR_MEMORY;
    if (config && specs) {
        const tensors_metadata metadata[] = {
            {"refscout", "model"},
            {"format_version", "2"},
            {"created_by", "refscout " RS_VERSION},
            {"name", p->options->name},
            {"config", config},
            {"note", p->options->note},
            {"self_test_text", p->options->f32 ? NULL : test_text},
            {"self_test_sha256", p->options->f32 ? NULL : no_sha256},
        };
        for (size_t i = 0; i < p->count; i++) specs[i] = p->parts[i].spec;
        status = safetensors_write_open(path, specs, p->count, metadata,
                                        sizeof metadata / sizeof *metadata, w, p->error);
    } else {
        rs_fail(p->error, RS_ERR_MEMORY, 0, "out of memory");
    }
    free(specs);
    cJSON_free(config);
    return status;
}

static rs_status write_file(const char *path, const plan *p, row_room room, bool *path_failed) {
    safetensors_writer *w = NULL;
    *path_failed = true;
    rs_status status = open_writer(path, p, &w);
    if (status) return status;
    *path_failed = false;
    status = write_parts(p, w, room, path_failed);
    if (status) {
        safetensors_write_abandon(w);
        return status;
    }
    *path_failed = true;
    return safetensors_write_commit(w, p->error);
}

/* rs_self_test_sha256 of the test text by the reference implementation of the kernels. */
static rs_status compute_sha256(const cli_file *file, char hex[SHA256_HEX_BYTES],
                                rs_error *error) {
    const rs_session_options untested = {.untested = true};
    rs_model *model;
    rs_session *session = NULL;
    rs_status status = rs_model_open(file->bytes, file->size, NULL, &model, error);
    if (status) return status;
    fast_force(fast_plain());
    status = rs_session_open(model, &untested, &session, error);
    if (!status &&
        (status = rs_self_test_sha256(session, test_text, sizeof test_text - 1, hex)))
        rs_fail(error, status, 0, "out of memory for the self-test");
    fast_force(NULL);
    rs_session_close(session);
    rs_model_close(model);
    return status;
}

/* Replaces the zeros in the file's header by the SHA-256. The file still has a temporary
 * name. */
static rs_status fill_self_test(const char *path, rs_error *error) {
    cli_file file;
    char hex[SHA256_HEX_BYTES];
    rs_status status = cli_read(path, &file, error);
    if (status) return status;
    const uint8_t *zeros = memmem(file.bytes, file.size, no_sha256, sizeof no_sha256 - 1);
    const off_t at = zeros - file.bytes;
    status = compute_sha256(&file, hex, error);
    cli_close(&file);
    if (status) return status;
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || pwrite(fd, hex, RS_SHA256_HEX, at) != RS_SHA256_HEX || fsync(fd))
        status = rs_fail(error, RS_ERR_IO, 0, "writing failed: %s", strerror(errno));
    if (fd >= 0) close(fd);
    return status;
}

/* Writes the model file; with int8 weights under a temporary name until the self-test is in the
 * file. */
static rs_status write_tested(const char *path, const plan *p, row_room room,
                              bool *path_failed) {
    if (p->options->f32) return write_file(path, p, room, path_failed);
    const size_t bytes = strlen(path) + sizeof ".untested";
    char *untested = malloc(bytes);
    if (!untested) return rs_fail(p->error, RS_ERR_MEMORY, 0, "out of memory");
    snprintf(untested, bytes, "%s.untested", path);
    rs_status status = write_file(untested, p, room, path_failed);
    if (!status) {
        *path_failed = true;
        status = fill_self_test(untested, p->error);
        if (!status && rename(untested, path))
            status = rs_fail(p->error, RS_ERR_IO, 0, "writing failed: %s", strerror(errno));
        if (status) unlink(untested);
    }
    free(untested);
    return status;
}

rs_status model_write(const char *path, checkpoint *c, const model_options *options,
                      bool *path_failed, rs_error *error) {
    bool unused;
    if (!path_failed) path_failed = &unused;
    *path_failed = false;
    plan p = {.c = c, .options = options, .error = error};
    size_t H = c->config.hidden_size, F = c->config.intermediate_size, widest = F > H ? F : H;
    row_room room = {calloc(widest, sizeof(float)), calloc(widest, sizeof(float)),
                     calloc(widest, 1), calloc(packed_bytes(PACKED_ROWS, widest), 1)};
    rs_status status = room.f32 && room.input_scale && room.int8 && room.panel
                           ? make_plan(&p)
                           : rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    if (!status) status = write_tested(path, &p, room, path_failed);
    free(p.parts);
    free(room.f32);
    free(room.input_scale);
    free(room.int8);
    free(room.panel);
    return status;
}
