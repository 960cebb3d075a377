/* Model and index files, opened by name: what most subcommands begin with. */
#ifndef LOAD_H
#define LOAD_H

#include "base/sha256.h"
#include "refscout.h"
#include "system/cli.h"

typedef struct loaded_model {
    cli_file file;
    rs_model *model;
    char sha256[SHA256_HEX_BYTES]; /* of the file; "" until load_model_sha256 */
} loaded_model;

/* Both print the failure and return an exit code; CLI_OK when loaded. path NULL is wrong usage. */
int load_model(const char *path, loaded_model *out);
/* with: the model the index must belong to. */
int load_index(const char *path, loaded_model *with, cli_file *file, rs_index **out);

/* A session for texts; says so when the fastest kernels fail the model's self-test. path: of the model.
 * Prints the failure and returns an exit code; CLI_OK when open. */
int open_session(const char *path, const loaded_model *m, size_t threads, bool untested,
                 rs_session **session);

/* A line on stderr when kernels were refused. */
void warn_of_refused_kernel(const rs_session *session);

/* Fills in the SHA-256, which costs a third of a second for a BERT-base. */
const char *load_model_sha256(loaded_model *m);

void unload_model(loaded_model *m);

#endif
