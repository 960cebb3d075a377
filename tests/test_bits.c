/* The bits of what the definitions and whole networks give are written down here: the same for every
 * processor and instruction set, compiler, WebAssembly module, number of threads, and whether
 * XNNPACK is built in or not. A change of these hashes changes every vector: indexes made
 * before still fit, their texts round differently. */
#include <stdlib.h>

#include "base/sha256.h"
#include "check.h"
#include "kernels/kernels.h"
#include "kernels/packed.h"
#include "refscout.h"
#include "tiny_files.h"

#if !REFSCOUT_INT8_XNNPACK
#include "kernels/fast.h"
#endif

static uint32_t state = 1;

static float uniform(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return (float)((int32_t)(state % 20001) - 10000) / 10000;
}

static void check_hash(const void *bytes, size_t size, const char *want) {
    char hex[SHA256_HEX_BYTES];
    sha256_hex_of(bytes, size, hex);
    CHECK_STR(hex, want);
}

static void pack(const int8_t *rows, size_t N, size_t K, int8_t *packed) {
    memset(packed, 0, packed_bytes(N, K));
    for (size_t i = 0; i < N * K; i++) packed[packed_at(K, i / K, i % K)] = rows[i];
}

/* A layer's steps one after the other: each hash stands for those before it as well. */
static void test_definitions(void) {
    enum { T = 70, A = 3, D = 18, H = A * D, F = 100 };
    static float x[T * H], qkv[T * 3 * H], gain[F], bias[3 * H], scale[3 * H], scores[T];
    static float mixed[T * H], wide[T * F];
    static int16_t heads[3 * T * D];
    static int8_t weight[3 * H * F], packed[4 * 3 * H * F];
    int16_t q[F];
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) x[i] = 3 * uniform();
    for (size_t i = 0; i < F; i++) gain[i] = uniform();
    for (size_t i = 0; i < sizeof bias / sizeof *bias; i++) {
        bias[i] = uniform();
        scale[i] = 0.002f + 0.001f * uniform();
    }
    for (size_t i = 0; i < sizeof weight; i++) weight[i] = (int8_t)(127 * uniform());

    kernels_layer_norm(x, NULL, gain, bias, 1e-12f, T, H, x);
    check_hash(x, sizeof x, "d032ed8282f11e41fa1b9ec572e8e757e0d0ec338798c505a13a1708c0b059f7");
    pack(weight, 3 * H, H, packed);
    kernels_linear_q8(x, packed, scale, bias, T, 3 * H, H, q, qkv);
    check_hash(qkv, sizeof qkv,
               "52d8106a270043ae63dcee8d71d9b5f2d29182bfce1788827a380c907bf5cc62");
    kernels_attention(qkv, T, T, A, D, scores, mixed);
    check_hash(mixed, sizeof mixed,
               "04e9c63ef0b4ff0cda03227644227d8879e6b8e679195327fcaef6697fd0b005");
    kernels_attention_q16(qkv, T, T, A, D, heads, scores, mixed);
    check_hash(mixed, sizeof mixed,
               "acadfa21cc766e9ea7ac41f840a7330494be1ac0c82bbfe4cbc381807414d5df");
    pack(weight, F, H, packed);
    kernels_linear_q8(mixed, packed, scale, bias, T, F, H, q, wide);
    kernels_activate(KERNELS_GELU_ERF, wide, T * F);
    check_hash(wide, sizeof wide,
               "3e5a91908242d7645c35b38607f27222d9eaaa352871ba374a3c6127680c398a");
    pack(weight, H, F, packed);
    kernels_linear_q8(wide, packed, scale, bias, T, H, F, q, mixed);
    kernels_activate(KERNELS_GELU_TANH, mixed, T * H);
    kernels_layer_norm(x, mixed, gain, bias, 1e-12f, T, H, x);
    check_hash(x, sizeof x, "8828150d1b563e1ba6a332f5d2b0da7fc3cdcf6b78ef822b219f58024f5c2bab");
}

#if !REFSCOUT_INT8_XNNPACK
/* The vectors of a few texts. */
static void test_network(bool mean, size_t threads, const char *want) {
    static const int32_t ids[] = {2, 5, 7, 6, 9, 11, 8, 10, 5, 3};
    static const size_t counts[] = {2, 3, 7, 10};
    size_t size = 0;
    uint8_t *bytes = tiny_model(true, mean ? "mean" : "cls", &size);
    rs_model *model = NULL;
    rs_session *session = NULL;
    rs_error error;
    const rs_session_options options = {.threads = threads};
    float vectors[4][TINY_HIDDEN] = {{0}};
    CHECK_STATUS(rs_model_open(bytes, size, NULL, &model, &error), RS_OK);
    if (model) CHECK_STATUS(rs_session_open(model, &options, &session, &error), RS_OK);
    if (session) {
        check_in("%s, %zu threads, %s", rs_session_kernel(session), threads,
                 mean ? "mean" : "cls");
        for (size_t i = 0; i < 4; i++)
            CHECK_STATUS(rs_embed_ids(session, ids, counts[i], vectors[i], NULL), RS_OK);
        check_hash(vectors, sizeof vectors, want);
        check_out();
    }
    rs_session_close(session);
    rs_model_close(model);
    free(bytes);
}

static void test_networks(void) {
    for (size_t threads = 1; threads <= 2; threads++) {
        test_network(false, threads,
                     "206c3d3375f2a93a2c59c7bc0053744ad278498361c202d54ee0834c686a7f94");
        test_network(true, threads,
                     "b18dd9fcf96ebdee6780682ec99d8f40727fd2da4349cbe16d682d225a0426a9");
    }
}
#endif

int main(void) {
    test_definitions();
#if !REFSCOUT_INT8_XNNPACK
    for (size_t i = 0; fast_all[i]; i++) {
        if (!fast_all[i]->runs_here()) continue;
        fast_force(fast_all[i]);
        test_networks();
    }
#endif
    return check_result();
}
