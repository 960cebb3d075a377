/* What sentence-transformers (versions 2 to 6.2) writes beside a BERT: how the hidden states
 * become one vector, and how long a text may be.
 *
 *   modules.json                       the modules that a text goes through, and their folders
 *   1_Pooling/config.json              how the hidden states are pooled
 *   sentence_bert_config.json          beside the BERT: length and lower case, until version 5
 *   config_sentence_transformers.json  what is put before every text
 *
 * Only Transformer, Pooling and what leaves the direction of the vector as it is are taken. Whatever
 * would give other vectors than sentence-transformers gives is refused by its name. */
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
    SENTENCE_POOL_OTHER /* pool_name says which */
} sentence_pool;

enum { SENTENCE_MAX_NAME = 128 };

/* Zeroed: no file says anything. */
typedef struct sentence {
    char bert_folder[SENTENCE_MAX_NAME],
        pooling_folder[SENTENCE_MAX_NAME]; /* "" is the folder */
    sentence_pool pool;
    char pool_name[64];
    size_t max_seq_length; /* 0 when it is not said */
    bool lower_case;       /* texts are made lower case before the tokenizer sees them */
    bool prompts;          /* there are texts to put before others, none of them always */
    size_t truncate_dim;   /* vectors are cut to so many numbers; 0 when they are not */
} sentence;

/* A file each. Of *out they set what the file says, and nothing when they fail: RS_ERR_FORMAT for
 * what is no such file, RS_ERR_VERSION for what refscout does not compute, RS_ERR_MEMORY. */
RS_MUST_USE rs_status sentence_modules(const uint8_t *bytes, size_t size, sentence *out,
                                       rs_error *error);
RS_MUST_USE rs_status sentence_pooling(const uint8_t *bytes, size_t size, sentence *out,
                                       rs_error *error);
RS_MUST_USE rs_status sentence_transformer(const uint8_t *bytes, size_t size, sentence *out,
                                           rs_error *error);
RS_MUST_USE rs_status sentence_prompts(const uint8_t *bytes, size_t size, sentence *out,
                                       rs_error *error);

#endif
