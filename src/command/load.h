/* Opens the model and index files given on the command line. */
#ifndef LOAD_H
#define LOAD_H

#include "base/sha256.h"
#include "refscout.h"
#include "system/cli.h"

typedef struct loaded_model {
    cli_file file;
    rs_model *model;
    char sha256[SHA256_HEX_BYTES]; /* of the file; "" before load_model_sha256 */
} loaded_model;

/* Opens a model file; a NULL path prints a usage error. Returns CLI_OK, or prints the failure
 * and returns an exit code. */
int load_model(const char *path, loaded_model *out);
/* Opens an index file as load_model does, and checks that it was made with `model`, by the
 * model's SHA-256. */
int load_index(const char *path, loaded_model *model, cli_file *file, rs_index **out);

/* Opens a session for texts; prints a note when the fastest kernels fail the model's self-test.
 * path: of the model. Returns CLI_OK, or prints the failure and returns an exit code. */
int open_session(const char *path, const loaded_model *m, size_t threads, bool untested,
                 rs_session **session);

/* Prints a note on stderr if kernels failed the self-test. */
void warn_of_refused_kernel(const rs_session *session);

/* Returns the file's SHA-256, computed on the first call: it takes a third of a second for a
 * BERT-base. */
const char *load_model_sha256(loaded_model *m);

void unload_model(loaded_model *m);

#endif
