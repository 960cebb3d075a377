/* A model file of any bytes: what opens must embed without a fault, the same by every way, and with every
 * kernel of this processor the same bits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/require.h"
#include "kernels/fast.h"
#include "refscout.h"
#include "tiny_files.h"

/* Larger ones are as slow as they are rare here; the reader itself takes them. */
enum { MAX_POSITIONS = 64, MAX_WIDTH = 256, MAX_LAYERS = 8 };

static const char text[] = "brain cells, and light\xCC\x88 (Sound).";
enum { TEXT_BYTES = sizeof text - 1, MAX_IDS = 2 * TEXT_BYTES + 2 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool all_finite(const float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

/* With the kernels that are now chosen. false: a session does not open. */
static bool embed(rs_model *model, float *out) {
    rs_session *session;
    const rs_session_options options = {.threads = 1, .untested = true};
    if (rs_session_open(model, &options, &session, NULL)) return false;
    size_t tokens, cut, cut_byte;
    REQUIRE(!rs_embed(session, text, TEXT_BYTES, out, &tokens, &cut, &cut_byte));
    REQUIRE(tokens >= 2 && tokens <= rs_model_describe(model)->max_tokens &&
            cut_byte <= TEXT_BYTES);
    rs_session_close(session);
    return true;
}

static void check_kernels(rs_model *model, const float *want, float *got) {
    const size_t H = rs_model_describe(model)->hidden_size;
    if (!all_finite(want, H)) return; /* which NaN it is, nobody promises */
    const fast *fastest = fast_choose();
    while (fast_refuse(fast_choose()))
        if (embed(model, got)) REQUIRE(!memcmp(got, want, H * sizeof *want));
    fast_accept(fastest);
}

/* Ids taken as they are give what the text gives. */
static void check_ids(rs_model *model, rs_session *session, const float *want, float *got) {
    const rs_model_info *info = rs_model_describe(model);
    int32_t ids[MAX_IDS];
    size_t count, cut, bytes;
    REQUIRE(rs_token_bound(TEXT_BYTES) <= MAX_IDS);
    REQUIRE(!rs_tokenize(model, text, TEXT_BYTES, ids, MAX_IDS, &count, &cut));
    for (size_t i = 0; i < count; i++) REQUIRE(rs_token_text(model, ids[i], &bytes) != NULL);
    REQUIRE(!rs_embed_ids(session, ids, count, got, NULL));
    if (all_finite(want, info->hidden_size))
        REQUIRE(!memcmp(got, want, info->hidden_size * sizeof *want));
    ids[0] = (int32_t)info->vocab_size;
    REQUIRE(rs_embed_ids(session, ids, count, got, NULL) == RS_ERR_ARGUMENT);
}

static void check_model(rs_model *model) {
    const rs_model_info *info = rs_model_describe(model);
    if (info->positions > MAX_POSITIONS || info->hidden_size > MAX_WIDTH ||
        info->ffn_size > MAX_WIDTH || info->layers > MAX_LAYERS)
        return;
    float *want = calloc(info->hidden_size, sizeof *want),
          *got = calloc(info->hidden_size, sizeof *got);
    REQUIRE(want && got);
    rs_session *session;
    rs_error error = {0};
    rs_status status = rs_session_open(model, NULL, &session, &error);
    REQUIRE(is_told(status, &error));
    if (!status) {
        size_t left;
        REQUIRE(!rs_embed(session, text, TEXT_BYTES, want, NULL, NULL, NULL));
        REQUIRE(!rs_embed_begin(session, "", 0, NULL, NULL, NULL));
        do REQUIRE(!rs_embed_step(session, got, &left));
        while (left);
        check_ids(model, session, want, got);
        rs_session_close(session);
        check_kernels(model, want, got);
    } else if (embed(model, want)) {
        REQUIRE(status == RS_ERR_KERNEL); /* only the self-test's vector was another */
    }
    free(want);
    free(got);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint8_t *file = tiny_copy(bytes, size);
    rs_model *model;
    rs_error error = {0};
    rs_status status = rs_model_open(file, size, NULL, &model, &error);
    REQUIRE(is_told(status, &error));
    if (!status) {
        check_model(model);
        rs_model_close(model);
    }
    free(file);
    return 0;
}
