/* Any bytes as each of a checkpoint's small files: config.json, tokenizer_config.json,
 * vocab.txt, tokenizer.json, and those of sentence-transformers. */
#include <stdlib.h>

#include "convert/bert_config.h"
#include "convert/sentence.h"
#include "convert/vocab.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    bert_config c = {0};
    vocab v;
    arena a;
    rs_error error;
    if (bert_config_read(bytes, size, &c, &error) == RS_OK &&
        (!c.hidden_act || !c.num_attention_heads || c.hidden_size % c.num_attention_heads))
        abort();
    (void)bert_config_tokenizer(bytes, size, &c, &error);
    sentence s = {0};
    if (sentence_modules(bytes, size, &s, &error) == RS_OK && s.bert_folder[0] == '/') abort();
    if (sentence_pooling(bytes, size, &s, &error) == RS_OK && !s.pool_name[0]) abort();
    (void)sentence_transformer(bytes, size, &s, &error);
    (void)sentence_prompts(bytes, size, &s, &error);
    arena_init(&a, NULL);
    if (vocab_from_text(&a, bytes, size, &v, &error) == RS_OK &&
        (v.count < 4 || v.bytes[v.size - 1] != '\n'))
        abort();
    if (vocab_from_tokenizer(&a, bytes, size, &v, &c, &error) == RS_OK && v.count < 4) abort();
    arena_free(&a);
    return 0;
}
