/* Resumable embedding: a file beside the index, INDEX.partial, that stores every finished
 * vector, keyed by the SHA-256 of its text. A later run reuses the vectors whose texts are
 * still in the corpus, even if the corpus has grown or is in another order.
 *
 *   header, 64 bytes        "RSPARTv1", H as u32, 16 zero bytes, 32 bytes of fingerprint, CRC-32
 *                           of these
 *   record, 16 + 4 H + 4    key, H f32, CRC-32 of both; any number of records
 *
 * All numbers are little-endian. Records are only ever appended, so a file truncated at any
 * byte is valid up to its last complete record. The fingerprint covers everything else a vector
 * depends on: the model and the code that runs it. */
#ifndef RESUME_H
#define RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { RESUME_KEY_BYTES = 16, RESUME_FINGERPRINT_BYTES = 32, RESUME_HEADER_BYTES = 64 };

typedef struct resume resume;

/* What resume_open found in the file. */
typedef struct resume_report {
    size_t vectors;   /* complete records found */
    size_t cut_bytes; /* incomplete data after the last complete record, removed */
    bool replaced;    /* the file had another format or fingerprint (usually another model);
                       * started over */
} resume_report;

/* Writes the key of a text: the first bytes of its SHA-256. */
void resume_key(const char *text, size_t bytes, uint8_t key[RESUME_KEY_BYTES]);

/* Opens INDEX.partial, or creates it, and locks it against a second run on the same index.
 *
 *   keys      [N][RESUME_KEY_BYTES] of the wanted texts.
 *   vectors   [N, H] f32; the row of each text that is found is written.
 *   done      [N]; set to true for each text that is found, otherwise unchanged.
 *
 * Returns RS_ERR_IO when the file cannot be written or read, or another run holds it, or
 * RS_ERR_MEMORY. */
RS_MUST_USE rs_status resume_open(const char *index_path,
                                  const uint8_t fingerprint[RESUME_FINGERPRINT_BYTES], size_t H,
                                  const uint8_t *keys, size_t N, float *vectors, bool *done,
                                  resume **out, resume_report *report, rs_error *error);

/* Appends a vector [H]. Vectors are buffered: they are written to the file when the buffer is
 * full, or by resume_flush. After RS_ERR_IO (a full disk) the file has been truncated to its
 * last complete record. */
RS_MUST_USE rs_status resume_add(resume *r, const uint8_t key[RESUME_KEY_BYTES],
                                 const float *vector, rs_error *error);

/* Writes all buffered vectors to the file, so that they survive if the process is killed. Cheap
 * when the buffer is empty. */
RS_MUST_USE rs_status resume_flush(resume *r, rs_error *error);

/* The file's path, for messages; valid until resume_close. */
const char *resume_path(const resume *r);

/* Closes the file. keep: the file remains for a later run, otherwise it is removed. A failed
 * write is ignored: lost vectors are computed again. r may be NULL. */
void resume_close(resume *r, bool keep);

#endif
