/* Model files: what opens, what is refused, and that what comes out does not depend on how. The
 * numbers themselves are compared with PyTorch's in test_golden.c. */
#include <math.h>
#include <stdlib.h>

#include "base/sha256.h"
#include "check.h"
#include "kernels/fast.h"
#include "kernels/packed.h"
#include "refscout.h"
#include "tiny_files.h"

static rs_status open_model(const uint8_t *bytes, size_t size, rs_error *error) {
    rs_model *model = NULL;
    rs_status status = rs_model_open(bytes, size, NULL, &model, error);
    CHECK_EQ(model == NULL, status != RS_OK);
    rs_model_close(model);
    return status;
}

static rs_status open_copy(const uint8_t *bytes, size_t size, rs_error *error) {
    return tiny_open_copy(open_model, bytes, size, error);
}

/* The first place of `from` becomes `to`, of the same length. */
static void spoil(const char *from, const char *to) {
    size_t size, n = strlen(from);
    uint8_t *file = tiny_model(true, "cls", &size);
    rs_error error = {0};
    const bool found = tiny_replace(file, size, from, to, n);
    check_in("%s -> %s", from, to);
    CHECK(found && strlen(to) == n);
    rs_status status = open_copy(file, size, &error);
    CHECK(status == RS_ERR_FORMAT || status == RS_ERR_VERSION);
    CHECK(strlen(error.message) > 10);
    check_out();
    free(file);
}

static void test_spoiled(void) {
    spoil("\"refscout\":\"model\"", "\"refscout\":\"index\"");
    spoil("\"format_version\":\"2\"", "\"format_version\":\"1\"");
    spoil("\"refscout\"", "\"refscour\"");
    spoil("hidden_size", "hidden_sice");
    spoil("hidden_size\\\":8", "hidden_size\\\":9");
    spoil("hidden_size\\\":8", "hidden_size\\\":0");
    spoil("num_attention_heads\\\":2", "num_attention_heads\\\":3");
    spoil("vocab_size\\\":12", "vocab_size\\\":11");
    spoil("vocab_size\\\":12", "vocab_size\\\":-2");
    spoil("num_hidden_layers\\\":2", "num_hidden_layers\\\":3");
    spoil("max_tokens\\\":10", "max_tokens\\\":11");
    spoil("max_tokens\\\":10", "max_tokens\\\":01");
    spoil("\\\"gelu\\\"", "\\\"selu\\\"");
    spoil("1e-12", "-1e12");
    spoil("\\\"int8\\\"", "\\\"int4\\\"");
    spoil("\\\"cls\\\"", "\\\"max\\\"");
    spoil("lower_case\\\":true", "lower_case\\\":1234");
    spoil("layer.1.qkv.bias", "layer.2.qkv.bias");
    spoil("[CLS]", "[CLs]");
    spoil("[SEP]", "[SEp]");
    spoil("sound\nand", "sound and");
}

static void test_not_finite(void) {
    size_t size;
    uint8_t *file = tiny_model(true, "cls", &size);
    const uint8_t nan[4] = {0, 0, 0xC0, 0x7F};
    /* The data begins at a multiple of 64 with the first F32 tensor, the scales of the words. */
    memcpy(file + 8 + (size_t)(file[0] | file[1] << 8), nan, 4);
    rs_error error = {0};
    CHECK_STATUS(open_copy(file, size, &error), RS_ERR_FORMAT);
    CHECK_STR(error.message, "tensor embeddings.word_scale: value 0 is not a finite number");
    free(file);
}

/* Beyond an int8 matrix that is packed stand zeros: here behind row 7's 8 columns, and below row 7. */
static void test_filling(void) {
    static const size_t places[][2] = {{7, TINY_HIDDEN}, {TINY_HIDDEN, 0}, {15, 63}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t size;
        uint8_t *file = tiny_model(true, "cls", &size);
        rs_error error = {0};
        /* The last tensors are layer 1's, [3H, H], [H, H], [F, H] and [H, F]. */
        const size_t behind =
            packed_bytes(TINY_FFN, TINY_HIDDEN) + packed_bytes(TINY_HIDDEN, TINY_FFN);
        uint8_t *attention = file + size - behind - packed_bytes(TINY_HIDDEN, TINY_HIDDEN);
        CHECK_STATUS(open_copy(file, size, &error), RS_OK);
        attention[packed_at(TINY_HIDDEN, places[i][0], places[i][1])] = 1;
        CHECK_STATUS(open_copy(file, size, &error), RS_ERR_FORMAT);
        CHECK(strstr(error.message, "layer.1.attention.weight") != NULL);
        free(file);
    }
}

static void test_cut(void) {
    size_t size;
    uint8_t *file = tiny_model(true, "mean", &size);
    for (size_t cut = 0; cut < size; cut += cut < 2100 || cut + 300 > size ? 1 : 61) {
        check_in("cut at %zu of %zu", cut, size);
        CHECK_STATUS(open_copy(file, cut, NULL), RS_ERR_FORMAT);
    }
    check_out();
    free(file);
}

static void embed(const char *pool, bool int8, size_t threads, const char *text, float *out) {
    size_t size, tokens, cut, cut_byte;
    uint8_t *file = tiny_model(int8, pool, &size);
    rs_model *model = NULL;
    rs_session *session = NULL, *second = NULL;
    float again[TINY_HIDDEN];
    const rs_session_options options = {.threads = threads};
    CHECK_STATUS(rs_model_open(file, size, NULL, &model, NULL), RS_OK);
    CHECK_STATUS(rs_session_open(model, &options, &session, NULL), RS_OK);
    CHECK_STATUS(rs_session_open(model, NULL, &second, NULL), RS_OK);
    if (!session || !second) return;
    CHECK_STATUS(rs_embed(session, text, strlen(text), out, &tokens, &cut, &cut_byte), RS_OK);
    /* Not on the session, nor on the threads, nor on what was embedded before. */
    CHECK_STATUS(rs_embed(second, "brain", 5, again, NULL, NULL, NULL), RS_OK);
    CHECK_STATUS(rs_embed(second, text, strlen(text), again, NULL, NULL, NULL), RS_OK);
    CHECK_EQ(memcmp(out, again, sizeof again), 0);

    int32_t ids[TINY_POSITIONS];
    size_t count;
    CHECK_STATUS(rs_tokenize(model, text, strlen(text), ids, TINY_POSITIONS, &count, NULL),
                 RS_OK);
    CHECK_EQ(count, tokens);
    CHECK_STATUS(rs_embed_ids(session, ids, count, again, NULL), RS_OK);
    CHECK_EQ(memcmp(out, again, sizeof again), 0);

    /* In steps, after a text that was given up halfway: the same bits. */
    size_t left = 0, steps = 0;
    rs_session_close(second);
    CHECK_STATUS(rs_session_open(model, NULL, &second, NULL), RS_OK);
    CHECK_STATUS(rs_embed_begin(second, "brain", 5, NULL, NULL, NULL), RS_OK);
    CHECK_STATUS(rs_embed_step(second, NULL, &left), RS_OK);
    CHECK_EQ(left, rs_model_describe(model)->layers - 1);
    CHECK_STATUS(rs_embed_begin(second, text, strlen(text), &tokens, &cut, &cut_byte), RS_OK);
    CHECK_EQ(tokens, count);
    do {
        CHECK_STATUS(rs_embed_step(second, again, &left), RS_OK);
        steps++;
    } while (left && steps < 1000);
    CHECK_EQ(steps, rs_model_describe(model)->layers);
    CHECK_EQ(memcmp(out, again, sizeof again), 0);
    rs_session_close(second);
    rs_session_close(session);
    rs_model_close(model);
    free(file);
}

/* How many layers are left of a text after one step. */
static size_t after_one_step(rs_session *session, const char *text, float *out) {
    size_t left = SIZE_MAX;
    CHECK_STATUS(rs_embed_begin(session, text, strlen(text), NULL, NULL, NULL), RS_OK);
    CHECK_STATUS(rs_embed_step(session, out, &left), RS_OK);
    return left;
}

/* Eight texts are kept, those that were finished last. */
static void test_recent(void) {
    static const char *const others[] = {"brain",       "cells",       "light",
                                         "brain cells", "cells brain", "light cells",
                                         "cells light", "light brain"};
    const char text[] = "brain light";
    size_t size;
    uint8_t *file = tiny_model(true, "mean", &size);
    rs_model *model = NULL;
    rs_session *session = NULL;
    float out[TINY_HIDDEN], again[TINY_HIDDEN] = {0};
    CHECK_STATUS(rs_model_open(file, size, NULL, &model, NULL), RS_OK);
    CHECK_STATUS(rs_session_open(model, NULL, &session, NULL), RS_OK);
    if (!session) return;
    const size_t layers = rs_model_describe(model)->layers;
    CHECK_EQ(after_one_step(session, text, NULL), layers - 1); /* given up: not kept */
    CHECK_EQ(after_one_step(session, text, NULL), layers - 1);
    CHECK_STATUS(rs_embed(session, text, strlen(text), out, NULL, NULL, NULL), RS_OK);
    for (int i = 0; i < 7; i++)
        CHECK_STATUS(rs_embed(session, others[i], strlen(others[i]), again, NULL, NULL, NULL),
                     RS_OK);
    CHECK_EQ(after_one_step(session, " Brain  LIGHT", again), 0); /* the same tokens */
    CHECK_EQ(memcmp(out, again, sizeof out), 0);
    CHECK_STATUS(rs_embed(session, others[7], strlen(others[7]), again, NULL, NULL, NULL),
                 RS_OK);
    CHECK_EQ(after_one_step(session, text, NULL), layers - 1); /* forgotten */
    CHECK_EQ(after_one_step(session, others[0], NULL), 0);
    rs_session_close(session);
    rs_model_close(model);
    free(file);
}

static void test_embed(void) {
    float cls[TINY_HIDDEN], mean[TINY_HIDDEN], other[TINY_HIDDEN];
    for (int int8 = 0; int8 < 2; int8++) {
        embed("cls", int8, 1, "cells and light", cls);
        embed("cls", int8, 3, "Cells AND light", other);
        CHECK_EQ(memcmp(cls, other, sizeof cls), 0);
        embed("mean", int8, 1, "cells and light", mean);
        CHECK(memcmp(cls, mean, sizeof cls) != 0);
        embed("cls", int8, 1, "cells and sound", other);
        CHECK(memcmp(cls, other, sizeof cls) != 0);
    }
}

static void test_limits(void) {
    static const char text[] = "brain cells and light and sound and brains.";
    size_t size, tokens, cut, cut_byte;
    uint8_t *file = tiny_model(false, "cls", &size);
    rs_model *model = NULL;
    rs_session *session = NULL;
    float out[TINY_HIDDEN];
    rs_error error;
    CHECK_STATUS(rs_model_open(file, size, NULL, &model, NULL), RS_OK);
    CHECK_STATUS(rs_session_open(model, NULL, &session, NULL), RS_OK);
    if (!session) return;
    CHECK_STATUS(rs_embed_step(session, out, &cut), RS_ERR_ARGUMENT); /* nothing was begun */
    CHECK_STATUS(rs_embed_step(NULL, out, &cut), RS_ERR_ARGUMENT);
    CHECK_STATUS(rs_embed_begin(NULL, text, 3, NULL, NULL, NULL), RS_ERR_ARGUMENT);
    CHECK_STATUS(rs_embed(session, text, sizeof text - 1, out, &tokens, &cut, &cut_byte),
                 RS_OK);
    CHECK_EQ(tokens, TINY_POSITIONS); /* brain cell ##s and light and sound and | brain ##s . */
    CHECK_EQ(cut, 3);
    CHECK_EQ(cut_byte, 35); /* behind the third "and" */
    CHECK_STATUS(rs_embed(session, NULL, 0, out, &tokens, &cut, &cut_byte), RS_OK);
    CHECK_EQ(tokens, 2);
    CHECK_EQ(cut_byte, 0);

    const int32_t ids[TINY_POSITIONS + 1] = {2, 5, 3}, bad[] = {2, TINY_VOCAB},
                                       negative[] = {-1};
    CHECK_STATUS(rs_embed_ids(session, ids, 0, out, &error), RS_ERR_ARGUMENT);
    CHECK_STATUS(rs_embed_ids(session, ids, TINY_POSITIONS + 1, out, &error), RS_ERR_ARGUMENT);
    CHECK_STATUS(rs_embed_ids(session, ids, TINY_POSITIONS, out, &error), RS_OK);
    CHECK_STATUS(rs_embed_ids(session, bad, 2, out, &error), RS_ERR_ARGUMENT);
    CHECK_STATUS(rs_embed_ids(session, negative, 1, out, &error), RS_ERR_ARGUMENT);
    CHECK_STATUS(rs_embed(session, NULL, 3, out, NULL, NULL, NULL), RS_ERR_ARGUMENT);
    CHECK_STATUS(rs_embed(NULL, text, 3, out, NULL, NULL, NULL), RS_ERR_ARGUMENT);
    rs_session_close(session);
    rs_session_close(NULL);
    rs_model_close(model);
    rs_model_close(NULL);
    CHECK_STATUS(rs_model_open(file + 1, size - 1, NULL, &model, &error), RS_ERR_ARGUMENT);
    CHECK_STATUS(rs_model_open(NULL, 0, NULL, &model, &error), RS_ERR_ARGUMENT);
    free(file);
}

/* ---- The self-test ----------------------------------------------------------------------- */

static const char tested_text[] = "cells and light";

/* Opens a model whose self-test wants that sum, and a session; gives what the latter says. */
static rs_status open_tested(const char *sha256, bool untested, const char **kernel, float *out,
                             rs_error *error) {
    size_t size;
    uint8_t *file = tiny_model_tested(tested_text, sha256, &size);
    rs_model *model = NULL;
    rs_session *session = NULL, *second = NULL;
    const rs_session_options options = {.untested = untested};
    CHECK_STATUS(rs_model_open(file, size, NULL, &model, error), RS_OK);
    CHECK(model && rs_model_describe(model)->self_test);
    rs_status status = rs_session_open(model, &options, &session, error);
    CHECK_EQ(!session, !!status);
    if (session) {
        *kernel = rs_session_kernel(session);
        CHECK_STATUS(rs_embed(session, tested_text, strlen(tested_text), out, NULL, NULL, NULL),
                     RS_OK);
        CHECK_STATUS(rs_session_open(model, &options, &second, error), RS_OK);
    }
    rs_session_close(second);
    rs_session_close(session);
    rs_model_close(model);
    free(file);
    return status;
}

#if !REFSCOUT_INT8_XNNPACK
static const fast *right;

static void product_off_by_one(const fast_weights *w, const fast_rows *rows, size_t T,
                               size_t from, size_t to, kernels_activation activation,
                               float *y) {
    right->product(w, rows, T, from, to, activation, y);
    if (from == 0) y[0] = nextafterf(y[0], 1e9f); /* one bit of one number */
}

static void test_wrong_kernels(const char *sha256) {
    static fast wrong;
    float out[TINY_HIDDEN], want[TINY_HIDDEN];
    const char *kernel = "";
    rs_error error = {0};
    right = fast_choose();
    CHECK_STATUS(open_tested(sha256, false, &kernel, want, &error), RS_OK);
    CHECK_STR(kernel, right->name);
    CHECK_STR(rs_refused_kernel(), "");

    /* Wrong ones are noticed, and the next take their place. */
    wrong = *right;
    wrong.name = "wrong";
    wrong.product = product_off_by_one;
    fast_force(&wrong);
    CHECK_STATUS(open_tested(sha256, false, &kernel, out, &error), RS_OK);
    CHECK_STR(kernel, right->name);
    CHECK_STR(rs_refused_kernel(), "wrong");
    CHECK_EQ(memcmp(out, want, sizeof out), 0);
    fast_accept(&wrong);
    CHECK_STR(rs_refused_kernel(), "");

    /* Not when nobody looks. */
    CHECK_STATUS(open_tested(sha256, true, &kernel, out, &error), RS_OK);
    CHECK_STR(kernel, "wrong");
    CHECK(memcmp(out, want, sizeof out) != 0);
    fast_force(NULL);
}
#endif

static void test_self_test(void) {
    static const char zeros[] =
        "0000000000000000000000000000000000000000000000000000000000000000";
    char sha256[SHA256_HEX_BYTES];
    float out[TINY_HIDDEN] = {0};
    const char *kernel = "";
    rs_error error = {0};
    CHECK_STATUS(open_tested(zeros, true, &kernel, out, &error), RS_OK);
    sha256_hex_of(out, sizeof out, sha256);
    const bool exact = strcmp(kernel, "xnnpack qd8-f32-qc8w") != 0;
    /* When all kernels disagree, it is the file or the machine. */
    CHECK_STATUS(open_tested(zeros, false, &kernel, out, &error),
                 exact ? RS_ERR_KERNEL : RS_OK);
    if (exact) CHECK(strstr(error.message, "the self-test failed with") != NULL);
    CHECK_STR(rs_refused_kernel(), "");
    CHECK_STATUS(open_tested(sha256, false, &kernel, out, &error), RS_OK);
#if !REFSCOUT_INT8_XNNPACK
    test_wrong_kernels(sha256);
#endif

    size_t size;
    rs_model *model;
    uint8_t *file = tiny_model_tested(tested_text, zeros, &size);
    CHECK(tiny_replace(file, size, "self_test_text", "self_tent_text", 14));
    CHECK_STATUS(rs_model_open(file, size, NULL, &model, &error), RS_ERR_FORMAT);
    CHECK_STR(error.message, "metadata has self_test_sha256 without self_test_text");
    free(file);
}

int main(void) {
    test_spoiled();
    test_filling();
    test_not_finite();
    test_cut();
    test_embed();
    test_recent();
    test_limits();
    test_self_test();
    return check_result();
}
