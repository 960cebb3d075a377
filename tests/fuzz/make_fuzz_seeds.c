/* Valid binary files for the fuzz targets, made by the tests' and the command's own writers, so that they are
 * never of an older format: make_fuzz_seeds FOLDER writes FOLDER/READER/… */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sha256.h"
#include "refscout.h"
#include "search/resume.h"
#include "tiny_files.h"

static const char *folder;

static void fail(const char *what) {
    fprintf(stderr, "make_fuzz_seeds: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void make_folder(const char *path) {
    if (mkdir(path, 0777) && errno != EEXIST) fail(path);
}

static void path_of(char path[512], const char *reader, const char *name) {
    snprintf(path, 512, "%s/%s", folder, reader);
    make_folder(path);
    snprintf(path, 512, "%s/%s/%s", folder, reader, name);
}

/* Frees bytes. */
static void put(const char *reader, const char *name, uint8_t *bytes, size_t size) {
    char path[512];
    path_of(path, reader, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) fail(path);
    free(bytes);
}

/* A self-test that passes: what the tiny model computes. */
static void put_tested_model(void) {
    static const char zeros[] =
        "0000000000000000000000000000000000000000000000000000000000000000";
    char hex[SHA256_HEX_BYTES];
    float vector[TINY_HIDDEN];
    size_t size;
    rs_model *model = NULL;
    rs_session *session = NULL;
    const rs_session_options options = {.untested = true};
    uint8_t *file = tiny_model_tested("sound", zeros, &size);
    if (rs_model_open(file, size, NULL, &model, NULL) ||
        rs_session_open(model, &options, &session, NULL) ||
        rs_embed(session, "sound", 5, vector, NULL, NULL, NULL))
        fail("the tiny model does not open");
    sha256_hex_of(vector, sizeof vector, hex);
    rs_session_close(session);
    rs_model_close(model);
    free(file);
    file = tiny_model_tested("sound", hex, &size);
    put("model", "int8-tested", file, size);
}

static void put_model(const char *name, bool int8, const char *pool, const char *activation) {
    size_t size;
    uint8_t *file = tiny_model(int8, pool, &size);
    if (!tiny_replace(file, size, "gelu", activation, 4)) fail("the tiny model has no gelu");
    put("model", name, file, size);
}

static void put_shallow_model(const char *name, bool int8) {
    size_t size;
    uint8_t *file = tiny_model_shallow(int8, &size);
    put("model", name, file, size);
}

static void put_index(const char *reader, const char *name, int kind) {
    size_t size;
    uint8_t *file = kind == 2 ? tiny_index_lexical(&size) : tiny_index(kind == 1, &size);
    put(reader, name, file, size);
}

/* As fuzz_resume.c expects it. */
static void put_resume(void) {
    static const uint8_t fingerprint[RESUME_FINGERPRINT_BYTES] = "fuzz";
    static const uint8_t keys[2][RESUME_KEY_BYTES] = {{'a'}, {'z'}};
    static const float vector[3] = {0.5f, -1, 2};
    char path[512];
    resume *r;
    resume_report report;
    bool done[1];
    float found[3];
    path_of(path, "resume", "two");
    if (resume_open(path, fingerprint, 3, keys[0], 1, found, done, &r, &report, NULL))
        fail(path);
    if (!report.vectors)
        for (int i = 0; i < 2; i++)
            if (resume_add(r, keys[i], vector, NULL)) fail(path);
    resume_close(r, true);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: make_fuzz_seeds FOLDER\n");
        return 2;
    }
    folder = argv[1];
    make_folder(folder);
    put_model("f32-mean", false, "mean", "gelu");
    put_model("f32-relu", false, "cls", "relu");
    put_model("int8-cls", true, "cls", "gelu");
    put_model("int8-relu", true, "mean", "relu");
    put_shallow_model("f32-shallow", false);
    put_shallow_model("int8-shallow", true);
    put_tested_model();
    put_index("index", "f32", 0);
    put_index("index", "int8", 1);
    put_index("index", "lexical", 2);
    put_index("tensors", "index", 2);
    put_resume();
    return 0;
}
