/* Embeds many texts in parallel. */
#ifndef EMBED_H
#define EMBED_H

#include "refscout.h"
#include "search/resume.h"
#include "system/cli.h"

/* The texts to embed. Row i of each array belongs to text i. */
typedef struct embed_texts {
    const char *const *texts; /* [N], UTF-8 */
    const size_t *tokens;     /* [N] lengths in tokens; the longest texts are scheduled first,
                               * for load balance at the end */
    const uint8_t *keys;      /* [N][RESUME_KEY_BYTES] */
    size_t count;
    float *vectors; /* [N, H]; rows with done[i] are kept, the others written */
    bool *done;     /* [N] whether the row is finished */
} embed_texts;

typedef struct embed_options {
    size_t threads; /* number of sessions that work in parallel, each on one text; at least 1 */
    bool progress;  /* show progress even if stderr is not a terminal */
    bool untested;  /* skip the self-test of rs_session_open */
} embed_options;

typedef enum embed_end { EMBED_COMPLETE, EMBED_INTERRUPTED, EMBED_FAILED } embed_end;

/* Computes the fingerprint (SHA-256) of everything a vector depends on except its text: model,
 * kernel, and this program's version. kernel: as returned by rs_session_kernel */
void embed_fingerprint(const char *model_sha256, const char *kernel,
                       uint8_t fingerprint[RESUME_FINGERPRINT_BYTES]);

/* Embeds every text that is not done and appends its vector to `partial`, which is flushed at
 * least every second. The vectors depend neither on the number of threads nor on the order.
 * When cli_interrupted becomes true it finishes the texts in progress, then stops. EMBED_FAILED
 * sets *error, whose offset is meaningless; RS_ERR_IO concerns `partial`. */
embed_end embed_run(rs_model *model, embed_texts *texts, const embed_options *options,
                    resume *partial, rs_error *error);

#endif
