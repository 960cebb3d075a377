/* A Hugging Face BERT checkpoint: a folder with config.json, vocab.txt (or tokenizer.json),
 * model.safetensors (or pytorch_model.bin), and perhaps tokenizer_config.json,
 * special_tokens_map.json and what sentence-transformers adds (sentence.h). Files are mapped, so
 * that a tensor costs memory only while it is read. */
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
    const char *prefix; /* of the encoder's tensors: "bert.", "" or another wrapper's */
    char file[CHECKPOINT_MAX_PATH]; /* the file read last: what an error is about */
    cli_file tensors_file;
    arena arena;
} checkpoint;

/* Opens the folder and reads all but the tensors' values. On failure c->file names the file at
 * fault, and c needs no closing. RS_ERR_IO, RS_ERR_FORMAT, RS_ERR_VERSION, RS_ERR_MEMORY. */
RS_MUST_USE rs_status checkpoint_open(checkpoint *c, const char *folder, rs_error *error);
void checkpoint_close(checkpoint *c);

/* The longest input that the model was made for, as sentence-transformers takes it, and which file
 * beside the BERT says so; 0 when none does, or says more than the network has positions. */
size_t checkpoint_made_for(const checkpoint *c, const char **file);

/* The encoder's tensor of that name (without prefix; "LayerNorm.weight" and ".bias" may be
 * "gamma" and "beta" in the file), marked as used. RS_ERR_FORMAT naming it when it is missing,
 * of another shape, or of a type that holds no weights. */
RS_MUST_USE rs_status checkpoint_take(checkpoint *c, const char *name, int rank,
                                      const size_t *shape, const weight **out, rs_error *error);

/* Once all is taken: RS_ERR_FORMAT when the encoder has tensors that nobody took, for then the
 * network is another one than config.json says. What is left outside the encoder (heads,
 * pooler) has no part in an embedding. */
RS_MUST_USE rs_status checkpoint_check_taken(const checkpoint *c, rs_error *error);

#endif
