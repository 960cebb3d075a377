/* Many texts -> their vectors, several at a time. */
#ifndef EMBED_H
#define EMBED_H

#include "refscout.h"
#include "search/resume.h"
#include "system/cli.h"

/* What is to be embedded. Row i of everything belongs to text i. */
typedef struct embed_texts {
    const char *const *texts; /* [N], UTF-8 */
    const size_t *tokens;     /* [N]: the longest is begun first, so that the end is short */
    const uint8_t *keys;      /* [N][RESUME_KEY_BYTES] */
    size_t count;
    float *vectors; /* [N, H]; rows that are done are kept, the others written */
    bool *done;     /* [N] */
} embed_texts;

typedef struct embed_options {
    size_t threads; /* sessions working side by side, each on one text; at least 1 */
    bool progress;  /* show it also where stderr is no terminal */
    bool untested;  /* without the self-test of rs_session_open */
} embed_options;

typedef enum embed_end { EMBED_COMPLETE, EMBED_INTERRUPTED, EMBED_FAILED } embed_end;

/* The sum of all that makes a vector besides its text: model, kernel, this program's version.
 * kernel: of rs_session_kernel */
void embed_fingerprint(const char *model_sha256, const char *kernel,
                       uint8_t fingerprint[RESUME_FINGERPRINT_BYTES]);

/* Embeds every text that is not done and appends its vector to `partial`, which reaches the
 * disk at least every second. The vectors depend neither on threads nor on order. Stops after
 * the texts at hand when cli_interrupted. EMBED_FAILED fills error, whose offset is
 * meaningless: RS_ERR_IO is about `partial`. */
embed_end embed_run(rs_model *model, embed_texts *texts, const embed_options *options,
                    resume *partial, rs_error *error);

#endif
