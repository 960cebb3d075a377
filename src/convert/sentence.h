/* Reads the files that sentence-transformers (versions 2 to 6.2) stores beside a BERT: how the
 * hidden states become one vector, and the maximum length of a text.
 *
 *   modules.json                       list of modules (Transformer, Pooling, …) and their folders
 *   1_Pooling/config.json              how the hidden states are pooled
 *   sentence_bert_config.json          beside the BERT: length and lower case, until version 5
 *   config_sentence_transformers.json  prompts that are prepended to texts
 *
 * Only Transformer, Pooling and modules that keep the direction of the vector (Normalize) are
 * supported. Settings that would give other vectors than those of sentence-transformers are
 * rejected by name. */
#ifndef SENTENCE_H
#define SENTENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum sentence_pool {
    SENTENCE_POOL_UNSAID,
    SENTENCE_POOL_CLS,
    SENTENCE_POOL_MEAN,
    SENTENCE_POOL_OTHER /* named by pool_name */
} sentence_pool;

enum { SENTENCE_MAX_NAME = 128 };

/* Settings of sentence-transformers. Zeroed: unspecified. */
typedef struct sentence {
    char bert_folder[SENTENCE_MAX_NAME],
        pooling_folder[SENTENCE_MAX_NAME]; /* "" is the checkpoint's folder */
    sentence_pool pool;
    char pool_name[64];
    size_t max_seq_length; /* 0 if unspecified */
    bool lower_case;       /* texts are lower-cased before tokenization */
    bool prompts;          /* optional prompts exist; none is applied by default */
    size_t truncate_dim;   /* embeddings are truncated to this length (Matryoshka); 0 for no
                            * truncation */
} sentence;

/* Read one file each: modules.json, the pooling's config.json, sentence_bert_config.json and
 * config_sentence_transformers.json. Each function sets only the members of *out that the file
 * specifies, and none on failure. Returns RS_ERR_FORMAT for a malformed file, RS_ERR_VERSION
 * for settings that refscout does not support, or RS_ERR_MEMORY. */
RS_MUST_USE rs_status sentence_modules(const uint8_t *bytes, size_t size, sentence *out,
                                       rs_error *error);
RS_MUST_USE rs_status sentence_pooling(const uint8_t *bytes, size_t size, sentence *out,
                                       rs_error *error);
RS_MUST_USE rs_status sentence_transformer(const uint8_t *bytes, size_t size, sentence *out,
                                           rs_error *error);
RS_MUST_USE rs_status sentence_prompts(const uint8_t *bytes, size_t size, sentence *out,
                                       rs_error *error);

#endif
