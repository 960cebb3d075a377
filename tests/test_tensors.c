#include "tensors/tensors.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "check.h"
#include "tiny_files.h"

static rs_status open_bytes(const uint8_t *bytes, size_t size, rs_error *error) {
    uint8_t *copy = tiny_copy(bytes, size);
    arena a;
    tensors t;
    arena_init(&a, NULL);
    rs_status status = tensors_open(&a, copy, size, &t, error);
    arena_free(&a);
    free(copy);
    return status;
}

/* A file of this header and data_bytes zeros. */
static rs_status open_header(const char *header, size_t data_bytes, rs_error *error) {
    const size_t n = strlen(header), size = 8 + n + data_bytes;
    uint8_t *file = calloc(1, size);
    if (!file) return RS_ERR_MEMORY;
    store_u64(file, n);
    memcpy(file + 8, header, n);
    rs_status status = open_bytes(file, size, error);
    free(file);
    return status;
}

/* A name that would clear the terminal, or (U+009B) begin such a sequence. */
static void test_control_characters(void) {
    rs_error error;
    CHECK_STATUS(open_header("{\"a\\u001b[2J\\u009bb\":{\"dtype\":\"U8\",\"shape\":[2],"
                             "\"data_offsets\":[0,1]}}",
                             1, &error),
                 RS_ERR_FORMAT);
    CHECK_STR(error.message, "tensor a?[2J??b: shape and dtype need 2 bytes, has 1");
}

static void test_views(void) {
    static const float values[6] = {1, 2, 3, 4, 5, 6};
    static const tiny_tensor parts[] = {{"x", "F32", 2, {2, 3}, values},
                                        {"b", "U8", 1, {3, 0}, "abc"}};
    size_t size;
    uint8_t *file = tiny_file("{\"k\":\"v\",\"refscout\":\"model\",\"format_version\":\"1\"}",
                              parts, 2, &size);
    arena a;
    tensors t;
    rs_error error;
    const tensor *found;
    arena_init(&a, NULL);
    CHECK_STATUS(tensors_open(&a, file, size, &t, &error), RS_OK);
    CHECK_EQ(t.count, 2);
    CHECK_STR(tensors_metadata_get(&t, "k"), "v");
    CHECK(tensors_metadata_get(&t, "K") == NULL);
    CHECK(tensors_find(&t, "y") == NULL);
    const size_t shape[] = {2, TENSORS_ANY}, wrong[] = {3, 2};
    CHECK_STATUS(tensors_view(&t, "x", TENSOR_F32, 2, shape, &found, &error), RS_OK);
    CHECK_BYTES(found->bytes, values, sizeof values);
    CHECK_STATUS(tensors_view(&t, "x", TENSOR_F32, 2, wrong, &found, &error), RS_ERR_FORMAT);
    CHECK_STR(error.message, "tensor x: shape [2, 3], expected [3, 2]");
    CHECK_STATUS(tensors_view(&t, "x", TENSOR_I8, 2, shape, &found, &error), RS_ERR_FORMAT);
    CHECK_STR(error.message, "tensor x: dtype F32, expected I8");
    CHECK_STATUS(tensors_view(&t, "z", TENSOR_I8, 2, shape, &found, &error), RS_ERR_FORMAT);
    CHECK_STR(error.message, "tensor z: missing");
    CHECK_STATUS(tensors_check_kind(&t, "index", &error), RS_ERR_FORMAT);
    CHECK_STATUS(tensors_check_kind(&t, "model", &error), RS_ERR_VERSION);
    arena_free(&a);

    for (size_t cut = 0; cut < size; cut++) { /* every byte counts */
        check_in("cut at %zu of %zu", cut, size);
        CHECK_STATUS(open_bytes(file, cut, &error), RS_ERR_FORMAT);
    }
    check_out();
    free(file);
}

#define X(from, to)                                                                            \
    "\"x\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[" #from "," #to "]}"
#define Y(from, to)                                                                            \
    "\"y\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[" #from "," #to "]}"

static void test_bad_headers(void) {
    static const struct {
        const char *what, *header;
        size_t data_bytes;
    } cases[] = {
        {"not JSON", "{", 0},
        {"not an object", "[]", 0},
        {"hole", "{" X(0, 4) "," Y(5, 9) "}", 9},
        {"hole at the start", "{" X(1, 5) "}", 5},
        {"overlap", "{" X(0, 4) "," Y(3, 7) "}", 7},
        {"the same bytes twice", "{" X(0, 4) "," Y(0, 4) "}", 4},
        {"tail", "{" X(0, 4) "}", 5},
        {"past the end", "{" X(0, 4) "}", 3},
        {"backwards", "{" X(4, 0) "}", 4},
        {"negative", "{" X(-1, 3) "}", 4},
        {"fraction", "{" X(0.5, 4.5) "}", 4},
        {"offset above 2^53", "{" X(0, 9007199254740993) "}", 4},
        {"size differs from shape",
         "{\"x\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,4]}}", 4},
        {"product overflows",
         "{\"x\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4],\"data_offsets\":[0,0]}"
         "}",
         0},
        {"too many dimensions",
         "{\"x\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,4],\"data_offsets\":[0,4]}}", 4},
        {"no dtype", "{\"x\":{\"shape\":[4],\"data_offsets\":[0,4]}}", 4},
        {"no shape", "{\"x\":{\"dtype\":\"U8\",\"data_offsets\":[0,4]}}", 4},
        {"no offsets", "{\"x\":{\"dtype\":\"U8\",\"shape\":[4]}}", 4},
        {"three offsets", "{\"x\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4,4]}}",
         4},
        {"entry no object", "{\"x\":4}", 0},
        {"named twice", "{" X(0, 4) "," X(4, 8) "}", 8},
        {"metadata no object", "{\"__metadata__\":1}", 0},
        {"metadata no string", "{\"__metadata__\":{\"a\":1}}", 0},
        {"metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0},
        {"deep",
         "{\"__metadata__\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]"
         "]]]]]]]]]]]]]}",
         0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rs_error error = {0};
        check_in("%s", cases[i].what);
        CHECK_STATUS(open_header(cases[i].header, cases[i].data_bytes, &error), RS_ERR_FORMAT);
        CHECK_STATUS(error.status, RS_ERR_FORMAT);
        CHECK(strlen(error.message) > 10);
    }
    check_out();
    CHECK_STATUS(open_header("{}", 0, NULL), RS_OK);
    CHECK_STATUS(
        open_header(
            "{\"e\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}," X(0, 4) "}", 4,
            NULL),
        RS_OK);

    /* A type that is not read keeps the name by which a message can call it. */
    static const char other[] =
        "{\"x\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]}}";
    uint8_t file[8 + sizeof other - 1 + 4] = {0};
    store_u64(file, sizeof other - 1);
    memcpy(file + 8, other, sizeof other - 1);
    arena a;
    tensors t;
    rs_error error;
    const tensor *found;
    arena_init(&a, NULL);
    CHECK_STATUS(tensors_open(&a, file, sizeof file, &t, &error), RS_OK);
    CHECK_EQ(t.items[0].type, TENSOR_OTHER);
    CHECK_STR(t.items[0].dtype, "F8_E4M3");
    CHECK_STATUS(tensors_view(&t, "x", TENSOR_F32, 1, &(size_t){4}, &found, &error),
                 RS_ERR_FORMAT);
    CHECK_STR(error.message, "tensor x: dtype F8_E4M3, expected F32");
    arena_free(&a);

    uint8_t huge[16];
    memset(huge, 0xFF, sizeof huge); /* a header of 2^64 - 1 bytes */
    CHECK_STATUS(open_bytes(huge, sizeof huge, NULL), RS_ERR_FORMAT);
}

int main(void) {
    test_control_characters();
    test_views();
    test_bad_headers();
    return check_result();
}
