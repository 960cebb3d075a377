/* What makes embedding resumable: a file beside the index, INDEX.partial, that keeps every
 * finished vector under the sum of its text. A rerun takes from it whatever it still needs,
 * also when the corpus has grown or changed its order meanwhile.
 *
 *   64 bytes          "RSPARTv1", H as u32, 16 zero bytes, 32 bytes of fingerprint, CRC-32 of
 * it all 16 + 4 H + 4      a vector: key, H f32, CRC-32 of both; any number of these
 *
 * All little-endian. Records are only ever appended, so a file that was cut off at any byte is
 * good up to its last whole record. The fingerprint is that of everything else that makes a
 * vector: the model and the code that runs it. */
#ifndef RESUME_H
#define RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { RESUME_KEY_BYTES = 16, RESUME_FINGERPRINT_BYTES = 32, RESUME_HEADER_BYTES = 64 };

typedef struct resume resume;

/* What was in the file. */
typedef struct resume_report {
    size_t vectors;   /* whole records found */
    size_t cut_bytes; /* behind the last whole one; cut off */
    bool replaced;    /* there was something else, mostly of another model; begun anew */
} resume_report;

/* The key of a text: the first bytes of its SHA-256. */
void resume_key(const char *text, size_t bytes, uint8_t key[RESUME_KEY_BYTES]);

/* Opens INDEX.partial, or creates it, and locks it against a second run on the same index.
 *
 * keys      [N][RESUME_KEY_BYTES] of the texts wanted.
 * vectors   [N, H] f32; the row of each text that is found is written.
 * done      [N]; set for each of them, otherwise untouched.
 *
 * RS_ERR_IO when the file cannot be made, or another run holds it. */
RS_MUST_USE rs_status resume_open(const char *index_path,
                                  const uint8_t fingerprint[RESUME_FINGERPRINT_BYTES], size_t H,
                                  const uint8_t *keys, size_t N, float *vectors, bool *done,
                                  resume **out, resume_report *report, rs_error *error);

/* Appends a vector, [H]. It is with the operating system after resume_flush, or when the buffer
 * is full. After RS_ERR_IO (a full disk) the file has been cut back to its last whole record.
 */
RS_MUST_USE rs_status resume_add(resume *r, const uint8_t key[RESUME_KEY_BYTES],
                                 const float *vector, rs_error *error);

/* Hands everything to the operating system: a kill then loses nothing. Cheap when nothing
 * waits. */
RS_MUST_USE rs_status resume_flush(resume *r, rs_error *error);

/* The file's name, for messages; valid until closed. */
const char *resume_path(const resume *r);

/* Closes. keep: the file stays for a rerun, otherwise it is removed. An error in flushing is
 * ignored: what is lost is computed again. NULL is allowed. */
void resume_close(resume *r, bool keep);

#endif
