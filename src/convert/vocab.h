/* A checkpoint's vocabulary, as the model file holds it: a token a line, the line's number its
 * id. */
#ifndef VOCAB_H
#define VOCAB_H

#include "base/arena.h"
#include "convert/bert_config.h"

typedef struct vocab {
    const uint8_t *bytes; /* UTF-8, each line ends with '\n' */
    size_t size, count;
} vocab;

/* Reads vocab.txt: line ends may be LF or CRLF, the last may be missing. The copy lives in the
 * arena. RS_ERR_FORMAT when it is not UTF-8, too large, or lacks one of [PAD], [UNK], [CLS],
 * [SEP]. */
RS_MUST_USE rs_status vocab_from_text(arena *a, const uint8_t *bytes, size_t size, vocab *out,
                                      rs_error *error);

/* Reads tokenizer.json of Hugging Face tokenizers: a WordPiece model, whose ids must be 0 to n
 * - 1, each once. Its normalizer sets the switches of *config. Other models, normalizers and
 * pre-tokenizers than BERT's are refused with RS_ERR_VERSION, since their tokens would differ.
 */
RS_MUST_USE rs_status vocab_from_tokenizer(arena *a, const uint8_t *bytes, size_t size,
                                           vocab *out, bert_config *config, rs_error *error);

#endif
