#define _POSIX_C_SOURCE 200809L /* posix_memalign */

#include "tiny_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "kernels/packed.h"

const char tiny_index_sha256[] =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static void *allocate(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 64) & ~(size_t)63);
    if (!p) abort();
    return p;
}

uint8_t *tiny_copy(const uint8_t *bytes, size_t size) {
    /* posix_memalign keeps the exact size, which aligned_alloc would have to round up. */
    void *p;
    if (posix_memalign(&p, 64, size ? size : 1)) abort();
    if (size) memcpy(p, bytes, size);
    return p;
}

bool tiny_replace(uint8_t *file, size_t size, const void *from, const void *to, size_t n) {
    for (size_t i = 0; i + n <= size; i++)
        if (!memcmp(file + i, from, n)) {
            memcpy(file + i, to, n);
            return true;
        }
    return false;
}

rs_status tiny_open_copy(tiny_opener *open, const uint8_t *bytes, size_t size,
                         rs_error *error) {
    uint8_t *copy = tiny_copy(bytes, size);
    rs_status status = open(copy, size, error);
    free(copy);
    return status;
}

static size_t element_size(const char *dtype) {
    return !strcmp(dtype, "I64") ? 8 : dtype[0] == 'F' || !strcmp(dtype, "I32") ? 4 : 1;
}

static size_t tensor_size(const tiny_tensor *t) {
    size_t size = element_size(t->dtype);
    if (t->rank == 4) return packed_bytes(t->shape[0], t->shape[1]);
    for (int i = 0; i < t->rank; i++) size *= t->shape[i];
    return size;
}

/* Numerical Recipes' generator: any fixed sequence would do. */
static uint32_t next_random(uint32_t *state) {
    return *state = *state * 1664525u + 1013904223u;
}

static void fill(const tiny_tensor *t, uint8_t *out, uint32_t *state) {
    const size_t size = tensor_size(t);
    if (t->bytes) {
        memcpy(out, t->bytes, size);
    } else if (element_size(t->dtype) == 4) {
        for (size_t i = 0; i < size; i += 4) {
            const float value = (float)(next_random(state) >> 8) / 8388608.0f - 1.0f;
            memcpy(out + i, &value, 4);
        }
    } else {
        const size_t K = t->shape[1], count = t->rank == 4 ? t->shape[0] * K : size;
        const int most = t->rank == 4 ? PACKED_SUM_MAX / 4 : 127;
        memset(out, 0, size);
        for (size_t i = 0; i < count; i++)
            out[t->rank == 4 ? packed_at(K, i / K, i % K) : i] =
                (uint8_t)((int)((next_random(state) >> 16) % (uint32_t)(2 * most + 1)) - most);
    }
}

static size_t write_header(char *out, size_t cap, const char *metadata,
                           const tiny_tensor *tensors, size_t count) {
    size_t n = (size_t)snprintf(out, cap, "{");
    const char *comma = "";
    if (metadata) {
        n += (size_t)snprintf(out + n, cap - n, "\"__metadata__\":%s", metadata);
        comma = ",";
    }
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const tiny_tensor *t = &tensors[i];
        const size_t end = at + tensor_size(t);
        n += (size_t)snprintf(out + n, cap - n, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%zu",
                              comma, t->name, t->dtype,
                              t->rank == 4 ? packed_panels(t->shape[0]) : t->shape[0]);
        if (t->rank == 4)
            n += (size_t)snprintf(out + n, cap - n, ",%zu,%d,%d", packed_quads(t->shape[1]),
                                  PACKED_ROWS, PACKED_QUAD);
        else if (t->rank == 2)
            n += (size_t)snprintf(out + n, cap - n, ",%zu", t->shape[1]);
        n += (size_t)snprintf(out + n, cap - n, "],\"data_offsets\":[%zu,%zu]}", at, end);
        comma = ",";
        at = end;
    }
    n += (size_t)snprintf(out + n, cap - n, "}");
    while ((8 + n) % 64) out[n++] = ' ';
    return n;
}

uint8_t *tiny_file(const char *metadata, const tiny_tensor *tensors, size_t count,
                   size_t *size) {
    enum { HEADER_CAP = 1 << 16 };
    char *header = allocate(HEADER_CAP);
    const size_t header_bytes = write_header(header, HEADER_CAP - 64, metadata, tensors, count);
    size_t data_bytes = 0;
    for (size_t i = 0; i < count; i++) data_bytes += tensor_size(&tensors[i]);
    *size = 8 + header_bytes + data_bytes;
    uint8_t *file = allocate(*size);
    store_u64(file, header_bytes);
    memcpy(file + 8, header, header_bytes);
    uint8_t *at = file + 8 + header_bytes;
    uint32_t state = 1;
    for (size_t i = 0; i < count; i++) {
        fill(&tensors[i], at, &state);
        at += tensor_size(&tensors[i]);
    }
    free(header);
    return file;
}

/* ---- Model ------------------------------------------------------------------------------- */

enum { MODEL_TENSORS_MAX = 64 };

typedef struct tensor_list {
    tiny_tensor items[MODEL_TENSORS_MAX];
    char names[MODEL_TENSORS_MAX][48];
    size_t count;
} tensor_list;

/* layer -1: part is the whole name. */
static void add(tensor_list *l, const char *dtype, int rank, size_t rows, size_t columns,
                const char *part, int layer) {
    if (l->count == MODEL_TENSORS_MAX) abort();
    char *name = l->names[l->count];
    if (layer < 0)
        snprintf(name, sizeof l->names[0], "%s", part);
    else
        snprintf(name, sizeof l->names[0], "layer.%d.%s", layer, part);
    l->items[l->count++] = (tiny_tensor){name, dtype, rank, {rows, columns}, NULL};
}

static void add_layer_f32(tensor_list *l, int i, bool int8) {
    const size_t H = TINY_HIDDEN, F = TINY_FFN;
    static const char *const names[] = {"qkv", "attention", "up", "down"};
    const size_t rows[] = {3 * H, H, F, H}, columns[] = {H, H, H, F};
    char name[40];
    for (int m = 0; m < 4; m++) {
        snprintf(name, sizeof name, "%s.weight%s", names[m], int8 ? "_scale" : "");
        if (int8)
            add(l, "F32", 1, rows[m], 0, name, i);
        else
            add(l, "F32", 2, rows[m], columns[m], name, i);
        snprintf(name, sizeof name, "%s.bias", names[m]);
        add(l, "F32", 1, rows[m], 0, name, i);
        snprintf(name, sizeof name, "%s.input_scale", names[m]);
        if (int8 && m % 2 == 0) add(l, "F32", 1, columns[m], 0, name, i);
    }
    add(l, "F32", 1, H, 0, "attention_norm.gain", i);
    add(l, "F32", 1, H, 0, "attention_norm.bias", i);
    add(l, "F32", 1, H, 0, "output_norm.gain", i);
    add(l, "F32", 1, H, 0, "output_norm.bias", i);
}

/* more: further metadata, with a comma in front. */
static uint8_t *write_model(bool int8, const char *pool, int layers, const char *more,
                            size_t *size) {
    static const char vocab[] =
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncell\nbrain\n##s\nlight\nsound\nand\n.";
    const size_t H = TINY_HIDDEN, F = TINY_FFN;
    static tensor_list l; /* too large for a small stack */
    l.count = 0;
    add(&l, "F32", int8 ? 1 : 2, TINY_VOCAB, H,
        int8 ? "embeddings.word_scale" : "embeddings.word", -1);
    add(&l, "F32", 2, TINY_POSITIONS, H, "embeddings.position", -1);
    add(&l, "F32", 1, H, 0, "embeddings.type", -1);
    add(&l, "F32", 1, H, 0, "embeddings.norm.gain", -1);
    add(&l, "F32", 1, H, 0, "embeddings.norm.bias", -1);
    for (int i = 0; i < layers; i++) add_layer_f32(&l, i, int8);
    if (int8) add(&l, "I8", 2, TINY_VOCAB, H, "embeddings.word", -1);
    l.items[l.count++] = (tiny_tensor){"vocab", "U8", 1, {sizeof vocab - 1, 0}, vocab};
    for (int i = 0; i < layers && int8; i++) {
        add(&l, "I8", 4, 3 * H, H, "qkv.weight", i);
        add(&l, "I8", 4, H, H, "attention.weight", i);
        add(&l, "I8", 4, F, H, "up.weight", i);
        add(&l, "I8", 4, H, F, "down.weight", i);
    }
    char metadata[1024];
    snprintf(metadata, sizeof metadata,
             "{\"refscout\":\"model\",\"format_version\":\"2\",\"name\":\"tiny\",\"config\":\"{"
             "\\\"hidden_size\\\":%d,\\\"intermediate_size\\\":%d,\\\"num_hidden_layers\\\":%d,"
             "\\\"num_attention_heads\\\":2,\\\"max_position_embeddings\\\":%d,\\\"vocab_"
             "size\\\":%d,"
             "\\\"hidden_act\\\":\\\"gelu\\\",\\\"layer_norm_eps\\\":1e-12,\\\"weights\\\":"
             "\\\"%s\\\","
             "\\\"pool\\\":\\\"%s\\\",\\\"max_tokens\\\":%d,\\\"lower_case\\\":true,"
             "\\\"strip_accents\\\":true,\\\"chinese_chars\\\":true}\"%s}",
             TINY_HIDDEN, TINY_FFN, layers, TINY_POSITIONS, TINY_VOCAB, int8 ? "int8" : "f32",
             pool, TINY_POSITIONS, more);
    return tiny_file(metadata, l.items, l.count, size);
}

uint8_t *tiny_model(bool int8, const char *pool, size_t *size) {
    return write_model(int8, pool, TINY_LAYERS, "", size);
}

uint8_t *tiny_model_shallow(bool int8, size_t *size) {
    return write_model(int8, "mean", 1, "", size);
}

uint8_t *tiny_model_tested(const char *text, const char *sha256, size_t *size) {
    char more[256];
    snprintf(more, sizeof more, ",\"self_test_text\":\"%s\",\"self_test_sha256\":\"%s\"", text,
             sha256);
    return write_model(true, "mean", TINY_LAYERS, more, size);
}

/* ---- Index ------------------------------------------------------------------------------- */

#define PAPERS                                                                                 \
    "{\"title\":\"Zero\",\"doi\":\"10.5555/0\",\"year\":2010}"                                 \
    "{\"title\":\"One\"}"                                                                      \
    "{\"title\":\"Two \xC3\xA9\",\"year\":2012}"                                               \
    "{\"title\":\"Three\",\"doi\":\"10.5555/3\"}"                                              \
    "{\"title\":\"Four\",\"url\":\"https://example.org/4\"}"
#define PEOPLE                                                                                 \
    "{\"name\":\"Ada\",\"institutions\":[\"A\",\"B\"]}"                                        \
    "{\"name\":\"Ben\"}"                                                                       \
    "{\"name\":\"Cy\",\"orcid\":\"0000-0000-0000-0000\"}"                                      \
    "{\"name\":\"Dee\"}"

/* Where each JSON object of a run of objects begins, and the end; none of ours are nested in {}. */
static void find_offsets(const char *text, int64_t *offsets) {
    size_t count = 0, at = 0;
    for (; text[at]; at++)
        if (text[at] == '{') offsets[count++] = (int64_t)at;
    offsets[count] = (int64_t)at;
}

/* As written in src/search/lexical.c. */
static const uint8_t tiny_lexical[] = {
    4,                                   /* terms */
    5, 2, 0,          2 << 1 | 1, 4 - 2, /* 5: in paper 0 once, in paper 3 four times */
    0, 2, 1 << 1 | 1, 0,          2 << 1 | 1, 5 - 2, /* 6: in paper 1 twice, in 4 five times */
    0, 1, 2 << 1 | 1, 3 - 2,                         /* 7: in paper 2 three times */
    0, 1, 4 << 1};                                   /* 8: in paper 4 */

static uint8_t *make_index(bool int8, bool with_lexical, size_t *size) {
    static const int32_t authorship[] = {0, 1, 0, 0, 2, 2, 0};
    static const int64_t authorship_offsets[] = {0, 1, 3, 5, 6, 7};
    static const float scales[TINY_PAPERS] = {0.5f, 0.25f, 1, 2, 4}, mean[TINY_HIDDEN] = {0};
    static const int32_t years[TINY_PAPERS] = {2010, 0, 2012, 0, 0};
    int64_t paper_offsets[TINY_PAPERS + 1], people_offsets[TINY_PEOPLE + 1];
    float f32[TINY_PAPERS * TINY_HIDDEN] = {0};
    int8_t q8[TINY_PAPERS * TINY_HIDDEN] = {0};
    uint8_t text_ids[TINY_PAPERS * 8];
    find_offsets(PAPERS, paper_offsets);
    find_offsets(PEOPLE, people_offsets);
    for (int i = 0; i < TINY_PAPERS; i++) {
        f32[i * TINY_HIDDEN + i] = (float)(i + 1);
        q8[i * TINY_HIDDEN + i] = (int8_t)(100 + i);
        memset(text_ids + i * 8, i, 8);
    }
    char metadata[512];
    snprintf(metadata, sizeof metadata,
             "{\"refscout\":\"index\",\"format_version\":\"1\",\"text\":\"abstract\","
             "\"model_name\":\"tiny\",\"model_sha256\":\"%s\"%s}",
             tiny_index_sha256,
             with_lexical ? ",\"ranking\":\"{\\\"score\\\":\\\"hybrid\\\",\\\"weight\\\":0.25,"
                            "\\\"k1\\\":1.2,\\\"b\\\":0.75}\""
                          : "");
    const tiny_tensor all[] = {
        {"papers.offsets", "I64", 1, {TINY_PAPERS + 1, 0}, paper_offsets},
        {"people.offsets", "I64", 1, {TINY_PEOPLE + 1, 0}, people_offsets},
        {"authorship.offsets", "I64", 1, {TINY_PAPERS + 1, 0}, authorship_offsets},
        {"authorship", "I32", 1, {sizeof authorship / sizeof *authorship, 0}, authorship},
        {"papers.year", "I32", 1, {TINY_PAPERS, 0}, years},
        {"vectors_mean", "F32", 1, {TINY_HIDDEN, 0}, mean},
        int8 ? (tiny_tensor){"vectors_scale", "F32", 1, {TINY_PAPERS, 0}, scales}
             : (tiny_tensor){"vectors", "F32", 2, {TINY_PAPERS, TINY_HIDDEN}, f32},
        {"papers", "U8", 1, {sizeof PAPERS - 1, 0}, PAPERS},
        {"people", "U8", 1, {sizeof PEOPLE - 1, 0}, PEOPLE},
        {"papers.text_id", "U8", 2, {TINY_PAPERS, 8}, text_ids},
        {"vectors", "I8", 2, {TINY_PAPERS, TINY_HIDDEN}, q8},
        {"lexical", "U8", 1, {sizeof tiny_lexical, 0}, tiny_lexical},
    };
    const size_t count = sizeof all / sizeof *all;
    return tiny_file(metadata, all, count - !with_lexical - !int8, size);
}

uint8_t *tiny_index(bool int8, size_t *size) { return make_index(int8, false, size); }

uint8_t *tiny_index_lexical(size_t *size) { return make_index(true, true, size); }
