/* INDEX.partial: what was added is found again, whatever happened to the file meanwhile. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostile.h"
#include "search/resume.h"

enum { H = 5, N = 6, RECORD_BYTES = RESUME_KEY_BYTES + H * 4 + 4 };

static char folder[] = "/tmp/refscout-resume-XXXXXX";
static char index_path[64], partial_path[80];
static uint8_t keys[N][RESUME_KEY_BYTES];
static float rows[N][H];
static uint8_t fingerprint[RESUME_FINGERPRINT_BYTES] = {1, 2, 3};

/* What a run finds. */
static float found[N][H];
static bool done[N];
static resume_report report;
static rs_error error;

static rs_status reopen(resume **r) {
    memset(found, 0, sizeof found);
    memset(done, 0, sizeof done);
    return resume_open(index_path, fingerprint, H, keys[0], N, found[0], done, r, &report,
                       &error);
}

/* Writes the first `count` rows in a run of their own. */
static void write_rows(size_t count) {
    resume *r;
    unlink(partial_path);
    CHECK_STATUS(reopen(&r), RS_OK);
    for (size_t i = 0; i < count; i++)
        CHECK_STATUS(resume_add(r, keys[i], rows[i], &error), RS_OK);
    resume_close(r, true);
}

static void check_found(size_t count) {
    for (size_t i = 0; i < N; i++) {
        CHECK_EQ(done[i], i < count);
        if (i < count) CHECK_BYTES(found[i], rows[i], sizeof rows[i]);
    }
}

static size_t file_bytes(void) {
    struct stat info;
    return stat(partial_path, &info) ? 0 : (size_t)info.st_size;
}

static void test_round_trip(void) {
    resume *r;
    write_rows(4);
    CHECK_EQ(file_bytes(), RESUME_HEADER_BYTES + 4 * RECORD_BYTES);
    CHECK_STATUS(reopen(&r), RS_OK);
    CHECK_STR(resume_path(r), partial_path);
    CHECK_EQ(report.vectors, 4);
    CHECK(!report.replaced && !report.cut_bytes);
    check_found(4);
    /* It goes on behind what was there. */
    CHECK_STATUS(resume_add(r, keys[4], rows[4], &error), RS_OK);
    CHECK_STATUS(resume_flush(r, &error), RS_OK);
    CHECK_EQ(file_bytes(), RESUME_HEADER_BYTES + 5 * RECORD_BYTES);
    resume_close(r, true);
    CHECK_STATUS(reopen(&r), RS_OK);
    check_found(5);
    resume_close(r, false);
    CHECK_EQ(access(partial_path, F_OK), -1);
}

/* Another order, a text that stands twice, one that is new. */
static void test_other_corpus(void) {
    resume *r;
    write_rows(3);
    uint8_t wanted[4][RESUME_KEY_BYTES];
    float vectors[4][H] = {{0}};
    bool have[4] = {false};
    memcpy(wanted[0], keys[2], RESUME_KEY_BYTES);
    memcpy(wanted[1], keys[5], RESUME_KEY_BYTES);
    memcpy(wanted[2], keys[0], RESUME_KEY_BYTES);
    memcpy(wanted[3], keys[2], RESUME_KEY_BYTES);
    CHECK_STATUS(resume_open(index_path, fingerprint, H, wanted[0], 4, vectors[0], have, &r,
                             &report, &error),
                 RS_OK);
    CHECK(have[0] && !have[1] && have[2] && have[3]);
    CHECK_BYTES(vectors[0], rows[2], sizeof rows[2]);
    CHECK_BYTES(vectors[2], rows[0], sizeof rows[0]);
    CHECK_BYTES(vectors[3], rows[2], sizeof rows[2]);
    resume_close(r, true);
}

/* Cut at every byte, and with every byte changed: what is whole is used, the rest cut off. */
static void test_damaged(void) {
    write_rows(N);
    blob whole = blob_read(partial_path);
    for (size_t size = 0; size <= whole.size; size++) {
        resume *r;
        size_t records =
            size < RESUME_HEADER_BYTES ? 0 : (size - RESUME_HEADER_BYTES) / RECORD_BYTES;
        FILE *file = fopen(partial_path, "wb");
        fwrite(whole.bytes, 1, size, file);
        fclose(file);
        check_in("cut at %zu", size);
        CHECK_STATUS(reopen(&r), RS_OK);
        check_found(records);
        CHECK_EQ(report.replaced, size > 0 && size < RESUME_HEADER_BYTES);
        CHECK_EQ(file_bytes(), RESUME_HEADER_BYTES + records * RECORD_BYTES);
        resume_close(r, true);
    }
    for (size_t at = 0; at < whole.size; at++) {
        resume *r;
        size_t records =
            at < RESUME_HEADER_BYTES ? 0 : (at - RESUME_HEADER_BYTES) / RECORD_BYTES;
        whole.bytes[at] ^= 0x40;
        FILE *file = fopen(partial_path, "wb");
        fwrite(whole.bytes, 1, whole.size, file);
        fclose(file);
        whole.bytes[at] ^= 0x40;
        check_in("byte %zu changed", at);
        CHECK_STATUS(reopen(&r), RS_OK);
        check_found(records);
        resume_close(r, true);
    }
    check_in("%s", "");
    free(whole.bytes);
}

static void test_other_model(void) {
    resume *r;
    write_rows(3);
    fingerprint[31] = 9;
    CHECK_STATUS(reopen(&r), RS_OK);
    CHECK(report.replaced);
    CHECK_EQ(report.vectors, 0);
    check_found(0);
    CHECK_EQ(file_bytes(), RESUME_HEADER_BYTES);
    resume_close(r, false);
    fingerprint[31] = 0;
}

static void test_locked(void) {
    resume *r, *second;
    write_rows(2);
    CHECK_STATUS(reopen(&r), RS_OK);
    CHECK_STATUS(reopen(&second), RS_ERR_IO);
    CHECK(second == NULL);
    CHECK(strstr(error.message, "another run") != NULL);
    resume_close(r, true);
    CHECK_EQ(file_bytes(), RESUME_HEADER_BYTES + 2 * RECORD_BYTES);
}

static void test_no_folder(void) {
    resume *r;
    CHECK_STATUS(resume_open("/nonexistent/x", fingerprint, H, keys[0], N, found[0], done, &r,
                             &report, &error),
                 RS_ERR_IO);
    CHECK(r == NULL);
    resume_close(NULL, true);
}

/* A full disk, played by a limit on the size of files: nothing but whole records stays. */
static void test_full_disk(void) {
    resume *r;
    struct rlimit before, limit;
    unlink(partial_path);
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    CHECK_STATUS(reopen(&r), RS_OK);
    limit = before;
    limit.rlim_cur = RESUME_HEADER_BYTES + 2 * RECORD_BYTES + 10;
    setrlimit(RLIMIT_FSIZE, &limit);
    for (size_t i = 0; i < 4; i++) CHECK_STATUS(resume_add(r, keys[i], rows[i], &error), RS_OK);
    CHECK_STATUS(resume_flush(r, &error), RS_ERR_IO);
    resume_close(r, true);
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK_EQ(file_bytes(), RESUME_HEADER_BYTES + 2 * RECORD_BYTES);
    CHECK_STATUS(reopen(&r), RS_OK);
    check_found(2);
    resume_close(r, false);
}

int main(void) {
    if (!mkdtemp(folder)) return 1;
    snprintf(index_path, sizeof index_path, "%s/x.index", folder);
    snprintf(partial_path, sizeof partial_path, "%s.partial", index_path);
    for (size_t i = 0; i < N; i++) {
        char text[20];
        snprintf(text, sizeof text, "text %zu", i);
        resume_key(text, strlen(text), keys[i]);
        for (size_t h = 0; h < H; h++) rows[i][h] = (float)i + (float)h / 8;
    }
    test_round_trip();
    test_other_corpus();
    test_damaged();
    test_other_model();
    test_locked();
    test_no_folder();
    test_full_disk();
    unlink(partial_path);
    rmdir(folder);
    return check_result();
}
