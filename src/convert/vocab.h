/* A checkpoint's vocabulary in the form of the model file: one token per line; the line number
 * from 0 is the token id. */
#ifndef VOCAB_H
#define VOCAB_H

#include "base/arena.h"
#include "convert/bert_config.h"

typedef struct vocab {
    const uint8_t *bytes; /* UTF-8; each line, also the last, ends with '\n' */
    size_t size, count;
} vocab;

/* Reads vocab.txt. Line ends may be LF or CRLF; the last may be missing. The copy is allocated
 * in the arena. Returns RS_ERR_FORMAT if it is not UTF-8, too large, or lacks one of [PAD],
 * [UNK], [CLS], [SEP]. */
RS_MUST_USE rs_status vocab_from_text(arena *a, const uint8_t *bytes, size_t size, vocab *out,
                                      rs_error *error);

/* Reads tokenizer.json of Hugging Face tokenizers: a WordPiece model, whose ids must be 0 to n
 * - 1 without gaps or duplicates. The tokenizer options of *config are taken from its
 * normalizer. Other models, normalizers and pre-tokenizers than BERT's are rejected with
 * RS_ERR_VERSION, since their tokens would differ. */
RS_MUST_USE rs_status vocab_from_tokenizer(arena *a, const uint8_t *bytes, size_t size,
                                           vocab *out, bert_config *config, rs_error *error);

#endif
