/* What sentence-transformers saves beside a BERT: each file as bytes, in the forms of versions 2 to
 * 6, and what is refused by its name. */
#include "convert/sentence.h"
#include "hostile.h"

typedef rs_status sentence_reader(const uint8_t *bytes, size_t size, sentence *out,
                                  rs_error *error);

static rs_status read_modules(arena *a, const uint8_t *bytes, size_t size, rs_error *error) {
    (void)a;
    return sentence_modules(bytes, size, &(sentence){0}, error);
}

static rs_status read_pooling(arena *a, const uint8_t *bytes, size_t size, rs_error *error) {
    (void)a;
    return sentence_pooling(bytes, size, &(sentence){0}, error);
}

static rs_status read_transformer(arena *a, const uint8_t *bytes, size_t size,
                                  rs_error *error) {
    (void)a;
    return sentence_transformer(bytes, size, &(sentence){0}, error);
}

static rs_status read_prompts(arena *a, const uint8_t *bytes, size_t size, rs_error *error) {
    (void)a;
    return sentence_prompts(bytes, size, &(sentence){0}, error);
}

static sentence read_good(sentence_reader *read, const char *text) {
    sentence s = {0};
    rs_error error = {0};
    blob copy = blob_copy(text, strlen(text));
    check_in("%s", text);
    CHECK_STATUS(read(copy.bytes, copy.size, &s, &error), RS_OK);
    CHECK_STR(error.message, "");
    free(copy.bytes);
    return s;
}

static void bytes_of(hostile_reader *read, const char *text) {
    blob whole = blob_copy(text, strlen(text));
    hostile_cuts(read, whole);
    hostile_changes(read, whole);
    free(whole.bytes);
}

#define MODULE(path, type)                                                                     \
    "{\"idx\": 0, \"name\": \"0\", \"path\": \"" path "\", \"type\": \"" type "\"}"
#define OLD(path, class) MODULE(path, "sentence_transformers.models." class)
#define BERT_AND_POOLING OLD("", "Transformer") ", " OLD("1_Pooling", "Pooling")

static void test_modules(void) {
    static const struct {
        const char *text, *bert, *pooling;
    } cases[] = {
        {"[" BERT_AND_POOLING ", " OLD("2_Normalize", "Normalize") "]", "", "1_Pooling"},
        {"[" OLD("0_BERT", "BERT") ", " OLD("1_Pooling", "Pooling") "]", "0_BERT", "1_Pooling"},
        {"[" OLD("a/0_Transformer", "Transformer") ", " OLD("7_Pooling", "Pooling") ", " OLD(
             "2_Dropout", "Dropout") "]",
         "a/0_Transformer", "7_Pooling"},
        {"[" MODULE("", "sentence_transformers.base.modules.transformer.Transformer") ", " MODULE(
             "1_Pooling",
             "sentence_transformers.sentence_transformer.modules.pooling.Pooling") ", " MODULE("2_Normalize",
                                                                                               "sentence_transformers.base.modules.normalize.Normalize") "]",
         "", "1_Pooling"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sentence s = read_good(sentence_modules, cases[i].text);
        CHECK_STR(s.bert_folder, cases[i].bert);
        CHECK_STR(s.pooling_folder, cases[i].pooling);
    }
    check_out();
    bytes_of(read_modules, cases[1].text);

    static const text_case bad[] = {
        {"{}", "not a list of modules"},
        {"[7]", "each with \"type\" and \"path\""},
        {"[{\"type\": \"sentence_transformers.models.Transformer\"}]", "each with"},
        {"[]", "no Pooling after a Transformer"},
        {"[" OLD("", "Transformer") "]", "no Pooling after a Transformer"},
        {"[" BERT_AND_POOLING ", " OLD("2_Dense", "Dense") "]",
         "module 2 is Dense: the embedding is not BERT alone"},
        {"[" BERT_AND_POOLING ", " OLD("2_LayerNorm", "LayerNorm") "]",
         "module 2 is LayerNorm"},
        {"[" BERT_AND_POOLING ", " OLD("2_Pooling", "Pooling") "]", "module 2 is Pooling"},
        {"[" BERT_AND_POOLING
         ", " MODULE("2_Dense", "sentence_transformers.base.modules.dense.Dense") "]",
         "module 2 is Dense"},
        {"[" OLD("", "Transformer") ", " OLD("1_CNN", "CNN") "]", "module 1 is CNN"},
        {"[" OLD("", "Transformer") ", " OLD("1_LSTM", "LSTM") "]", "module 1 is LSTM"},
        {"[" OLD("", "WordEmbeddings") ", " OLD("1_Pooling", "Pooling") "]",
         "module 0 is WordEmbeddings"},
        {"[" OLD("", "Asym") "]", "module 0 is Asym"},
        {"[" MODULE("", "sentence_transformers.base.modules.router.Router") "]",
         "module 0 is Router"},
        {"[" MODULE("", "custom_st.Transformer") "]", "module 0 is custom_st.Transformer"},
        {"[" OLD("/etc", "Transformer") "]", "the path /etc is not below this folder"},
        {"[" OLD("..", "Transformer") "]", "the path .. is not below"},
        {"[" OLD("a/../../b", "Transformer") "]", "is not below"},
        {"[" OLD("..\\\\b", "Transformer") "]", "is not below"},
        {"[" OLD("a\\nb", "Transformer") "]", "the path a?b is not below"},
    };
    REFUSE_ALL(read_modules, bad);
    char long_path[400];
    snprintf(long_path, sizeof long_path, "[" OLD("%0200d", "Transformer") "]", 1);
    hostile_case(read_modules, "a long path", long_path, strlen(long_path), "is not below");
}

static void test_pooling(void) {
    static const struct {
        const char *text;
        sentence_pool pool;
        const char *name;
    } cases[] = {
        {"{\"word_embedding_dimension\": 384, \"pooling_mode_cls_token\": false, "
         "\"pooling_mode_mean_tokens\": true, \"pooling_mode_max_tokens\": false, "
         "\"pooling_mode_mean_sqrt_len_tokens\": false}",
         SENTENCE_POOL_MEAN, "mean"},
        {"{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false}",
         SENTENCE_POOL_CLS, "cls"},
        {"{\"embedding_dimension\": 384, \"pooling_mode\": \"mean\", \"include_prompt\": true}",
         SENTENCE_POOL_MEAN, "mean"},
        {"{\"pooling_mode\": \"cls\"}", SENTENCE_POOL_CLS, "cls"},
        {"{\"pooling_mode\": [\"cls\"]}", SENTENCE_POOL_CLS, "cls"},
        {"{\"pooling_mode\": \"cls\", \"pooling_mode_max_tokens\": true}", SENTENCE_POOL_CLS,
         "cls"},
        {"{\"pooling_mode\": null, \"pooling_mode_cls_token\": true}", SENTENCE_POOL_CLS,
         "cls"},
        /* sentence-transformers 6.2 takes the mean where nothing is chosen. */
        {"{\"word_embedding_dimension\": 384}", SENTENCE_POOL_MEAN, "mean"},
        {"{\"pooling_mode_mean_tokens\": false}", SENTENCE_POOL_MEAN, "mean"},
        {"{\"pooling_mode_max_tokens\": true}", SENTENCE_POOL_OTHER, "max"},
        {"{\"pooling_mode_weightedmean_tokens\": true}", SENTENCE_POOL_OTHER, "weightedmean"},
        {"{\"pooling_mode_lasttoken\": true}", SENTENCE_POOL_OTHER, "lasttoken"},
        {"{\"pooling_mode_mean_sqrt_len_tokens\": true}", SENTENCE_POOL_OTHER,
         "mean_sqrt_len_tokens"},
        {"{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": true}",
         SENTENCE_POOL_OTHER, "cls and mean"},
        {"{\"pooling_mode\": [\"mean\", \"max\"]}", SENTENCE_POOL_OTHER, "mean and max"},
        {"{\"pooling_mode\": \"weightedmean\"}", SENTENCE_POOL_OTHER, "weightedmean"},
        {"{\"pooling_mode\": \"me\\u001ban\"}", SENTENCE_POOL_OTHER, "me?an"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sentence s = read_good(sentence_pooling, cases[i].text);
        CHECK_EQ(s.pool, cases[i].pool);
        CHECK_STR(s.pool_name, cases[i].name);
    }
    check_out();
    bytes_of(read_pooling, cases[0].text);
    bytes_of(read_pooling, cases[14].text);
    static const text_case bad[] = {
        {"[]", "not a JSON object"},
        {"{\"pooling_mode\": 7}", "pooling_mode: expected a name or a list"},
        {"{\"pooling_mode\": []}", "pooling_mode: expected"},
        {"{\"pooling_mode\": \"\"}", "pooling_mode: expected"},
        {"{\"pooling_mode\": [\"cls\", 7]}", "pooling_mode: expected"},
        {"{\"pooling_mode_cls_token\": \"yes\"}",
         "pooling_mode_cls_token: expected true or false"},
    };
    REFUSE_ALL(read_pooling, bad);
}

static void test_transformer(void) {
    static const struct {
        const char *text;
        size_t length;
        bool lower_case;
    } cases[] = {
        {"{\"max_seq_length\": 256, \"do_lower_case\": false}", 256, false},
        {"{\"max_seq_length\": null, \"do_lower_case\": true}", 0, true},
        {"{\"max_seq_length\": 1e30}", SIZE_MAX, false},
        /* version 6 */
        {"{\"transformer_task\": \"feature-extraction\", \"modality_config\": {\"text\": "
         "{\"method\": \"forward\", \"method_output_name\": \"last_hidden_state\"}}, "
         "\"module_output_name\": \"token_embeddings\"}",
         0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sentence s = read_good(sentence_transformer, cases[i].text);
        CHECK_EQ(s.max_seq_length, cases[i].length);
        CHECK_EQ(s.lower_case, cases[i].lower_case);
    }
    check_out();
    bytes_of(read_transformer, cases[0].text);
    bytes_of(read_transformer, cases[3].text);
    static const text_case bad[] = {
        {"7", "not a JSON object"},
        {"{\"max_seq_length\": 1}", "max_seq_length: expected an integer of at least 2"},
        {"{\"max_seq_length\": -1}", "max_seq_length: expected"},
        {"{\"max_seq_length\": 12.5}", "max_seq_length: expected"},
        {"{\"max_seq_length\": \"256\"}", "max_seq_length: expected"},
        {"{\"do_lower_case\": 1}", "do_lower_case: expected true or false"},
        {"{\"transformer_task\": \"fill-mask\"}",
         "transformer_task is fill-mask; only the last"},
        {"{\"module_output_name\": \"sentence_embedding\"}", "is sentence_embedding; only"},
        {"{\"modality_config\": {\"text\": {\"method\": \"get_text_features\"}}}",
         "method is get_text_features; only"},
        {"{\"modality_config\": {\"text\": {\"method_output_name\": \"pooler_output\"}}}",
         "method_output_name is pooler_output; only"},
        {"{\"processing_kwargs\": {\"text\": {\"max_length\": 9}}}",
         "processing_kwargs changes"},
    };
    REFUSE_ALL(read_transformer, bad);
}

static void test_prompts(void) {
    static const struct {
        const char *text;
        bool prompts;
        size_t truncate_dim;
    } cases[] = {
        {"{\"__version__\": {\"sentence_transformers\": \"2.0.0\"}}", false, 0},
        {"{\"prompts\": {\"query\": \"\", \"document\": \"\"}, \"default_prompt_name\": null}",
         false, 0},
        {"{\"prompts\": {\"none\": \"\"}, \"default_prompt_name\": \"none\"}", false, 0},
        {"{\"prompts\": {\"query\": \"query: \"}, \"default_prompt_name\": null}", true, 0},
        {"{\"truncate_dim\": 128}", false, 128},
        {"{\"truncate_dim\": null}", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sentence s = read_good(sentence_prompts, cases[i].text);
        CHECK_EQ(s.prompts, cases[i].prompts);
        CHECK_EQ(s.truncate_dim, cases[i].truncate_dim);
    }
    check_out();
    bytes_of(read_prompts, cases[3].text);
    static const text_case bad[] = {
        {"[]", "not a JSON object"},
        {"{\"prompts\": {\"p\": \"\", \"q\": \"query: \"}, \"default_prompt_name\": \"q\"}",
         "default_prompt_name is q: \"query: \" is prepended to every text"},
        {"{\"truncate_dim\": \"128\"}", "truncate_dim: expected an integer"},
    };
    REFUSE_ALL(read_prompts, bad);
}

int main(void) {
    test_modules();
    test_pooling();
    test_transformer();
    test_prompts();
    return check_result();
}
