/* A Hugging Face BERT checkpoint: a folder with config.json, vocab.txt (or tokenizer.json),
 * model.safetensors (or pytorch_model.bin), and optionally tokenizer_config.json,
 * special_tokens_map.json and the files of sentence-transformers (sentence.h). Files are
 * memory-mapped, so that a tensor uses memory only while it is read. */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "base/arena.h"
#include "convert/bert_config.h"
#include "convert/sentence.h"
#include "convert/vocab.h"
#include "system/cli.h"
#include "tensors/weights.h"

enum { CHECKPOINT_MAX_PATH = 4096 };

typedef struct checkpoint {
    bert_config config;
    sentence sentence;
    vocab vocab;
    weights weights;
    const char *prefix; /* prefix of the encoder's tensor names: "bert.", "" or that of a
                         * wrapping module */
    char file[CHECKPOINT_MAX_PATH]; /* path of the file read last, for error messages */
    cli_file tensors_file;
    arena arena;
} checkpoint;

/* Opens the folder and reads everything except the tensors' values. On failure c->file names
 * the file at fault, and checkpoint_close is not needed. Returns RS_ERR_IO, RS_ERR_FORMAT,
 * RS_ERR_VERSION or RS_ERR_MEMORY. */
RS_MUST_USE rs_status checkpoint_open(checkpoint *c, const char *folder, rs_error *error);
void checkpoint_close(checkpoint *c);

/* Returns the maximum input length that the model was made for, as sentence-transformers reads
 * it; *file is then the file beside the BERT that specifies it. Returns 0 if no file does, or
 * the length exceeds the positions of the network. */
size_t checkpoint_made_for(const checkpoint *c, const char **file);

/* Finds the encoder's tensor of that name and marks it as used. name is without prefix;
 * "LayerNorm.weight" and "LayerNorm.bias" may be called "gamma" and "beta" in the file. Returns
 * RS_ERR_FORMAT, naming the tensor, if it is missing, has another shape, or is of a type that
 * is not supported. */
RS_MUST_USE rs_status checkpoint_take(checkpoint *c, const char *name, int rank,
                                      const size_t *shape, const weight **out, rs_error *error);

/* After all expected tensors have been taken: returns RS_ERR_FORMAT if the encoder has other
 * tensors, since the network then differs from config.json. Unused tensors outside the encoder
 * (heads, pooler) are not needed for embeddings. */
RS_MUST_USE rs_status checkpoint_check_taken(const checkpoint *c, rs_error *error);

#endif
