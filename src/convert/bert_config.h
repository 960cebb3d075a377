/* What a checkpoint's JSON files say about the network and its tokenizer. Keys that are missing
 * have the values of Hugging Face's BertConfig and BertTokenizer (transformers 4.57), since the
 * files of 2019, SciBERT's among them, name few. What refscout cannot compute exactly is
 * refused. */
#ifndef BERT_CONFIG_H
#define BERT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cJSON.h>

#include "base/status.h"

typedef struct bert_config {
    size_t hidden_size, intermediate_size, num_hidden_layers, num_attention_heads;
    size_t max_position_embeddings, vocab_size, type_vocab_size;
    const char *hidden_act; /* "gelu" (erf), "gelu_new" (tanh) or "relu" */
    double layer_norm_eps;
    bool lower_case, strip_accents, chinese_chars;
    size_t model_max_length; /* what the tokenizer cuts at; 0 when no file says it */
} bert_config;

/* Reads config.json; the tokenizer's switches become BertTokenizer's defaults, all on.
 * RS_ERR_FORMAT for ill-formed JSON or a value out of range, RS_ERR_VERSION for another
 * network. */
RS_MUST_USE rs_status bert_config_read(const uint8_t *bytes, size_t size, bert_config *out,
                                       rs_error *error);

/* Changes the tokenizer's switches and length as tokenizer_config.json or special_tokens_map.json
 * says; in files of before 2020 the length is called max_len.
 * RS_ERR_VERSION when it has other special tokens than BERT's or leaves out a step of BERT's.
 */
RS_MUST_USE rs_status bert_config_tokenizer(const uint8_t *bytes, size_t size,
                                            bert_config *config, rs_error *error);

/* The switches under those names in a JSON object. null counts as missing; strip_accents
 * follows lower_case unless it is given itself. RS_ERR_FORMAT when one is no boolean. */
RS_MUST_USE rs_status bert_config_switches(const cJSON *object, const char *lower_case,
                                           const char *chinese_chars, bert_config *config,
                                           rs_error *error);

#endif
