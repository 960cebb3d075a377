/* Any bytes as INDEX.partial, of which a run finds vectors and goes on behind them; the next run finds what
 * this one left. Sums are made to fit by the mutator, since only damage that they do not show matters. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/bytes.h"
#include "fuzz/mutate.h"
#include "fuzz/require.h"
#include "fuzz/scratch.h"
#include "search/resume.h"

enum { H = 3, N = 4, RECORD_BYTES = RESUME_KEY_BYTES + H * 4 + 4 };

static const uint8_t fingerprint[RESUME_FINGERPRINT_BYTES] = "fuzz";

/* Two texts are the same. */
static const uint8_t keys[N][RESUME_KEY_BYTES] = {{'a'}, {'b'}, {'b'}, {'c'}};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void put_sum(uint8_t *bytes, size_t size) {
    store_u32(bytes + size, (uint32_t)crc32(0, bytes, (uInt)size));
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t cap, unsigned seed) {
    unsigned state = seed;
    size = LLVMFuzzerMutate(bytes, size, cap);
    if (size < RESUME_HEADER_BYTES || !mutate_random(&state, 4)) return size;
    if (mutate_random(&state, 16)) {
        memset(bytes, 0, RESUME_HEADER_BYTES);
        memcpy(bytes, "RSPARTv1", 8);
        store_u32(bytes + 8, H);
        memcpy(bytes + 28, fingerprint, sizeof fingerprint);
    }
    put_sum(bytes, RESUME_HEADER_BYTES - 4);
    for (size_t at = RESUME_HEADER_BYTES; at + RECORD_BYTES <= size; at += RECORD_BYTES) {
        if (!mutate_random(&state, 3)) memcpy(bytes + at, keys[mutate_random(&state, N)], 16);
        if (mutate_random(&state, 16)) put_sum(bytes + at, RECORD_BYTES - 4);
    }
    return size;
}

typedef struct run {
    float vectors[N][H];
    bool done[N];
    resume_report report;
} run;

static resume *open_run(const char *index_path, run *r) {
    resume *file;
    rs_error error;
    *r = (run){.done = {false}};
    REQUIRE(!resume_open(index_path, fingerprint, H, keys[0], N, r->vectors[0], r->done, &file,
                         &r->report, &error));
    return file;
}

/* The bits, whatever number they are. */
static bool same(const void *x, const void *y) { return !memcmp(x, y, H * sizeof(float)); }

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const float added[H] = {1, 2, 3};
    char path[SCRATCH_PATH];
    run first, second;
    scratch_write("index.partial", bytes, size);
    scratch_path(path, "index");
    resume *file = open_run(path, &first);
    REQUIRE(first.report.replaced ||
            first.report.vectors * RECORD_BYTES + first.report.cut_bytes +
                    RESUME_HEADER_BYTES ==
                size ||
            !size);
    REQUIRE(first.done[1] == first.done[2]);
    REQUIRE(same(first.vectors[1], first.vectors[2]));
    REQUIRE(!resume_add(file, keys[3], added, NULL));
    resume_close(file, true);

    file = open_run(path, &second);
    REQUIRE(second.report.vectors == first.report.vectors + 1 && !second.report.replaced &&
            !second.report.cut_bytes);
    for (size_t i = 0; i < 3; i++)
        REQUIRE(first.done[i] == second.done[i] && same(first.vectors[i], second.vectors[i]));
    REQUIRE(second.done[3] && same(second.vectors[3], added));
    resume_close(file, false);
    return 0;
}
