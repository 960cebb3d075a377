/* Configuration of the network and its tokenizer, from a checkpoint's JSON files. Missing keys
 * have the defaults of Hugging Face's BertConfig and BertTokenizer (transformers 4.57), since
 * files of 2019, SciBERT's among them, specify only a few of them. Configurations that refscout
 * cannot compute exactly are rejected. */
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
    size_t model_max_length; /* model_max_length of the tokenizer; 0 if unspecified */
} bert_config;

/* Reads config.json. The tokenizer options are set to BertTokenizer's defaults: all on. Returns
 * RS_ERR_FORMAT for ill-formed JSON or a value out of range, or RS_ERR_VERSION for another
 * network. */
RS_MUST_USE rs_status bert_config_read(const uint8_t *bytes, size_t size, bert_config *out,
                                       rs_error *error);

/* Updates the tokenizer options and the maximum length from tokenizer_config.json or
 * special_tokens_map.json; files from before 2020 call the length max_len. Returns
 * RS_ERR_VERSION if the file has other special tokens than BERT's or disables a step of BERT's
 * basic tokenizer. */
RS_MUST_USE rs_status bert_config_tokenizer(const uint8_t *bytes, size_t size,
                                            bert_config *config, rs_error *error);

/* Reads lower_case, strip_accents and the option named by `chinese_chars` from a JSON object.
 * null counts as missing; strip_accents has the value of lower_case unless it is given. Returns
 * RS_ERR_FORMAT if one of them is not a boolean. */
RS_MUST_USE rs_status bert_config_switches(const cJSON *object, const char *lower_case,
                                           const char *chinese_chars, bert_config *config,
                                           rs_error *error);

#endif
