/* The whole line against PyTorch: each golden checkpoint is converted as a user would, and what it
 * embeds is compared with the vectors beside it (golden/make_checkpoints.py). The tiny-* folders
 * hold the same weights in every file format, precision and naming that is read. */
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "check.h"
#include "convert/checkpoint.h"
#include "convert/model_write.h"
#include "refscout.h"
#include "system/cli.h"

enum { MAX_HIDDEN = 64, MAX_IDS = 64 };

/* Converts folder into a file of its own in a temporary place; its name in path. */
static bool convert(const char *folder, const model_options *options, char *path, size_t cap) {
    const char *place = getenv("TMPDIR");
    rs_error error;
    checkpoint c;
    snprintf(path, cap, "%s/refscout-golden-%ld", place ? place : "/tmp", (long)getpid());
    rs_status status = checkpoint_open(&c, folder, &error);
    CHECK_STATUS(status, RS_OK);
    if (status) return false;
    status = model_write(path, &c, options, NULL, &error);
    CHECK_STATUS(status, RS_OK);
    checkpoint_close(&c);
    return !status;
}

static double cosine(const float *a, const float *b, size_t n) {
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) ab += a[i] * b[i], aa += a[i] * a[i], bb += b[i] * b[i];
    return ab / sqrt(aa * bb);
}

typedef struct bounds {
    double cosine, difference;
} bounds;

/* One case of reference.json: {"ids": […], "cls": […], "mean": […]}. */
static void compare(rs_session *session, size_t H, const cJSON *item, const char *pool,
                    bounds b) {
    int32_t ids[MAX_IDS];
    float got[MAX_HIDDEN], want[MAX_HIDDEN];
    size_t count = 0, at = 0;
    const cJSON *number;
    cJSON_ArrayForEach(number, cJSON_GetObjectItem(item, "ids")) if (count < MAX_IDS)
        ids[count++] = number->valueint;
    cJSON_ArrayForEach(number, cJSON_GetObjectItem(item, pool)) if (at < MAX_HIDDEN)
        want[at++] = (float)number->valuedouble;
    CHECK_EQ(at, H);
    CHECK_STATUS(rs_embed_ids(session, ids, count, got, NULL), RS_OK);
    CHECK_NEAR(cosine(got, want, H), 1, b.cosine);
    for (size_t i = 0; i < H; i++) CHECK_NEAR(got[i], want[i], b.difference);
}

static void compare_all(const char *model_path, const char *reference_path, const char *pool,
                        bounds b) {
    cli_file model_file, reference_file;
    rs_error error;
    rs_model *model = NULL;
    rs_session *session = NULL;
    cJSON *reference = NULL;
    CHECK_STATUS(cli_read(model_path, &model_file, &error), RS_OK);
    CHECK_STATUS(cli_read(reference_path, &reference_file, &error), RS_OK);
    CHECK_STATUS(json_parse(reference_file.bytes, reference_file.size, &reference, &error),
                 RS_OK);
    CHECK_STATUS(rs_model_open(model_file.bytes, model_file.size, NULL, &model, &error), RS_OK);
    if (model) CHECK_STATUS(rs_session_open(model, NULL, &session, &error), RS_OK);
    const cJSON *item, *cases = cJSON_GetObjectItem(reference, "cases");
    CHECK(cJSON_GetArraySize(cases) > 10);
    if (session)
        cJSON_ArrayForEach(item, cases)
            compare(session, rs_model_describe(model)->hidden_size, item, pool, b);
    rs_session_close(session);
    rs_model_close(model);
    cJSON_Delete(reference);
    cli_close(&reference_file);
    cli_close(&model_file);
}

static void test_checkpoint(const char *name, const char *reference, bounds f32, bounds int8) {
    char folder[200], reference_path[200], path[300];
    snprintf(folder, sizeof folder, "golden/checkpoints/%s", name);
    snprintf(reference_path, sizeof reference_path, "golden/checkpoints/%s/reference.json",
             reference);
    for (int mean = 0; mean < 2; mean++)
        for (int as_f32 = 0; as_f32 < 2; as_f32++) {
            const model_options options = {
                .f32 = as_f32, .mean = mean, .max_tokens = 2, .name = name};
            check_in("%s, %s, %s", name, as_f32 ? "f32" : "int8", mean ? "mean" : "cls");
            if (convert(folder, &options, path, sizeof path))
                compare_all(path, reference_path, mean ? "mean" : "cls", as_f32 ? f32 : int8);
            unlink(path);
        }
    check_out();
}

int main(void) {
    /* Allowed distance of the cosine from 1, and of any number. seen on x86-64, XNNPACK and plain:
     *   f32 2.1e-8 (the file rounds to nine digits) and 2.6e-6; int8 2.0e-4 and 0.05 (tiny), 8.2e-4 and 0.11 (wide, tanh) */
    const bounds f32 = {1e-7, 1e-5}, tiny_int8 = {5e-4, 0.12}, wide_int8 = {2e-3, 0.25};
    static const char *const tiny[] = {"tiny-safetensors", "tiny-zip",   "tiny-legacy",
                                       "tiny-bare",        "tiny-views", "tiny-f16",
                                       "tiny-bf16"};
    for (size_t i = 0; i < sizeof tiny / sizeof *tiny; i++)
        test_checkpoint(tiny[i], "tiny-safetensors", f32, tiny_int8);
    test_checkpoint("wide", "wide", f32, wide_int8);
    test_checkpoint("tanh", "tanh", f32, wide_int8);
    return check_result();
}
