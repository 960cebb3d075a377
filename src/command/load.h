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

/* Fills in the SHA-256, which costs a third of a second for a BERT-base. */
const char *load_model_sha256(loaded_model *m);

void unload_model(loaded_model *m);

#endif
