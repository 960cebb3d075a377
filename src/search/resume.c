#include "search/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/sha256.h"

enum { BUFFER_RECORDS = 32 };

struct resume {
    int fd;
    char *path;
    size_t H, record_bytes;
    uint64_t good_bytes; /* header and complete records */
    uint8_t *buffer;     /* [BUFFER_RECORDS] records */
    size_t buffered;
};

void resume_key(const char *text, size_t bytes, uint8_t key[RESUME_KEY_BYTES]) {
    sha256 s;
    uint8_t digest[SHA256_BYTES];
    sha256_init(&s);
    sha256_update(&s, text, bytes);
    sha256_final(&s, digest);
    memcpy(key, digest, RESUME_KEY_BYTES);
}

/* ---- Files ------------------------------------------------------------------------------- */

static uint32_t checksum(const uint8_t *bytes, size_t size) {
    return (uint32_t)crc32(0, bytes, (uInt)size);
}

static rs_status io_failed(const char *what, rs_error *error) {
    return rs_fail(error, RS_ERR_IO, 0, "%s: %s", what, strerror(errno));
}

/* Reads until size or the end of the file; returns the number of bytes read, or -1. */
static ssize_t read_fully(int fd, uint8_t *bytes, size_t size) {
    size_t have = 0;
    while (have < size) {
        ssize_t n = read(fd, bytes + have, size - have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        if (n == 0) break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

/* Appends at good_bytes. After a failure an incomplete record is removed again. */
static rs_status append(resume *r, const uint8_t *bytes, size_t size, rs_error *error) {
    size_t done = 0;
    while (done < size) {
        ssize_t n = pwrite(r->fd, bytes + done, size - done, (off_t)(r->good_bytes + done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += (size_t)n;
    }
    if (done == size) {
        r->good_bytes += size;
        return RS_OK;
    }
    rs_status status = io_failed("writing failed", error);
    r->good_bytes += done - done % r->record_bytes;
    if (ftruncate(r->fd, (off_t)r->good_bytes))
        return status; /* the next run removes the incomplete record */
    return status;
}

/* ---- Header ------------------------------------------------------------------------------ */

static void make_header(const uint8_t *fingerprint, size_t H, uint8_t *header) {
    memset(header, 0, RESUME_HEADER_BYTES);
    memcpy(header, "RSPARTv1", 8);
    store_u32(header + 8, (uint32_t)H);
    memcpy(header + 28, fingerprint, RESUME_FINGERPRINT_BYTES);
    store_u32(header + 60, checksum(header, 60));
}

/* Empties the file and writes the header. */
static rs_status begin(resume *r, const uint8_t *header, rs_error *error) {
    r->good_bytes = 0;
    if (ftruncate(r->fd, 0)) return io_failed("cannot be emptied", error);
    size_t record_bytes = r->record_bytes;
    r->record_bytes = RESUME_HEADER_BYTES; /* the unit append truncates to after a failure */
    rs_status status = append(r, header, RESUME_HEADER_BYTES, error);
    r->record_bytes = record_bytes;
    return status;
}

/* ---- Reading the file ------------------------------------------------------------------- */

typedef struct wanted {
    const uint8_t *key;
    size_t row;
} wanted;

static int compare_keys(const void *left, const void *right) {
    return memcmp(((const wanted *)left)->key, ((const wanted *)right)->key, RESUME_KEY_BYTES);
}

/* The first of the sorted wants with this key, or NULL. */
static const wanted *find(const wanted *wants, size_t count, const uint8_t *key) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(wants[middle].key, key, RESUME_KEY_BYTES) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && memcmp(wants[low].key, key, RESUME_KEY_BYTES) == 0 ? &wants[low]
                                                                             : NULL;
}

static void load_vector(const uint8_t *from, size_t H, float *out) {
    for (size_t i = 0; i < H; i++) {
        uint32_t bits = load_u32(from + i * 4);
        memcpy(&out[i], &bits, sizeof bits);
    }
}

/* Reads records up to the first that is incomplete or damaged. */
static rs_status read_records(resume *r, const wanted *wants, size_t N, float *vectors,
                              bool *done, resume_report *report, rs_error *error) {
    for (;;) {
        ssize_t n = read_fully(r->fd, r->buffer, r->record_bytes);
        if (n < 0) return io_failed("cannot be read", error);
        size_t sum_at = r->record_bytes - 4;
        if ((size_t)n < r->record_bytes ||
            load_u32(r->buffer + sum_at) != checksum(r->buffer, sum_at))
            return RS_OK;
        r->good_bytes += r->record_bytes;
        report->vectors++;
        /* A text may occur in the corpus several times. */
        const wanted *w = find(wants, N, r->buffer);
        for (; w && w < wants + N && memcmp(w->key, r->buffer, RESUME_KEY_BYTES) == 0; w++) {
            load_vector(r->buffer + RESUME_KEY_BYTES, r->H, vectors + w->row * r->H);
            done[w->row] = true;
        }
    }
}

static rs_status read_file(resume *r, const uint8_t *header, const wanted *wants, size_t N,
                           float *vectors, bool *done, resume_report *report, rs_error *error) {
    uint8_t found[RESUME_HEADER_BYTES];
    ssize_t n = read_fully(r->fd, found, sizeof found);
    if (n < 0) return io_failed("cannot be read", error);
    if ((size_t)n < sizeof found || memcmp(found, header, sizeof found) != 0) {
        report->replaced = n > 0;
        return begin(r, header, error);
    }
    r->good_bytes = RESUME_HEADER_BYTES;
    rs_status status = read_records(r, wants, N, vectors, done, report, error);
    struct stat info;
    if (status) return status;
    if (fstat(r->fd, &info)) return io_failed("cannot be read", error);
    report->cut_bytes = (size_t)((uint64_t)info.st_size - r->good_bytes);
    if (report->cut_bytes && ftruncate(r->fd, (off_t)r->good_bytes))
        return io_failed("cannot be truncated to its last complete record", error);
    return RS_OK;
}

/* ---- Opening and closing ----------------------------------------------------------------- */

static rs_status open_file(resume *r, rs_error *error) {
    r->fd = open(r->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (r->fd < 0) return io_failed("cannot be written", error);
    struct stat info;
    if (fstat(r->fd, &info)) return io_failed("cannot be read", error);
    if (!S_ISREG(info.st_mode)) return rs_fail(error, RS_ERR_IO, 0, "is not a regular file");
    if (flock(r->fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
        return rs_fail(error, RS_ERR_IO, 0,
                       "is being written by another run of refscout embed");
    return RS_OK;
}

static rs_status new_resume(const char *index_path, size_t H, resume **out, rs_error *error) {
    size_t path_bytes = strlen(index_path) + sizeof ".partial";
    resume *r = calloc(1, sizeof *r);
    *out = r;
    if (!r) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    r->fd = -1;
    r->H = H;
    r->record_bytes = RESUME_KEY_BYTES + H * 4 + 4;
    r->path = malloc(path_bytes);
    r->buffer = malloc(r->record_bytes * BUFFER_RECORDS);
    if (!r->path || !r->buffer) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    snprintf(r->path, path_bytes, "%s.partial", index_path);
    return RS_OK;
}

rs_status resume_open(const char *index_path,
                      const uint8_t fingerprint[RESUME_FINGERPRINT_BYTES], size_t H,
                      const uint8_t *keys, size_t N, float *vectors, bool *done, resume **out,
                      resume_report *report, rs_error *error) {
    uint8_t header[RESUME_HEADER_BYTES];
    wanted *wants = NULL;
    *report = (resume_report){0};
    make_header(fingerprint, H, header);
    resume *r;
    rs_status status = new_resume(index_path, H, &r, error);
    if (!status) {
        wants = malloc((N + 1) * sizeof *wants);
        if (!wants) status = rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    }
    if (!status) {
        for (size_t i = 0; i < N; i++) wants[i] = (wanted){keys + i * RESUME_KEY_BYTES, i};
        qsort(wants, N, sizeof *wants, compare_keys);
        status = open_file(r, error);
    }
    if (!status) status = read_file(r, header, wants, N, vectors, done, report, error);
    free(wants);
    if (status) {
        resume_close(r, true);
        r = NULL;
    }
    *out = r;
    return status;
}

rs_status resume_add(resume *r, const uint8_t key[RESUME_KEY_BYTES], const float *vector,
                     rs_error *error) {
    uint8_t *record = r->buffer + r->buffered * r->record_bytes;
    memcpy(record, key, RESUME_KEY_BYTES);
    for (size_t i = 0; i < r->H; i++) {
        uint32_t bits;
        memcpy(&bits, &vector[i], sizeof bits);
        store_u32(record + RESUME_KEY_BYTES + i * 4, bits);
    }
    store_u32(record + r->record_bytes - 4, checksum(record, r->record_bytes - 4));
    return ++r->buffered == BUFFER_RECORDS ? resume_flush(r, error) : RS_OK;
}

rs_status resume_flush(resume *r, rs_error *error) {
    size_t bytes = r->buffered * r->record_bytes;
    r->buffered = 0;
    return bytes ? append(r, r->buffer, bytes, error) : RS_OK;
}

const char *resume_path(const resume *r) { return r->path; }

void resume_close(resume *r, bool keep) {
    if (!r) return;
    if (r->fd >= 0) {
        rs_status lost = keep ? resume_flush(r, NULL) : RS_OK;
        (void)lost; /* a lost vector is computed again */
        /* Removed while the lock is held, so that no other run can have the file open. */
        if (!keep) unlink(r->path);
        close(r->fd);
    }
    free(r->path);
    free(r->buffer);
    free(r);
}
