/* Token ids: the golden cases (tests/golden/make_tokenizer.mjs), the vocabulary reader's limits
 * and refusals, buffers that are too small, spans, hostile texts. */
#include "tokens/wordpiece.h"

#include <stdlib.h>

#include "base/json.h"
#include "check.h"

/* Must outlive every tokenizer opened here. */
static uint8_t *golden_vocab;
static size_t golden_vocab_bytes;

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    if (!file) exit(1);
    size_t cap = 1 << 20;
    uint8_t *bytes = malloc(cap);
    if (!bytes) exit(1);
    *size = fread(bytes, 1, cap, file);
    CHECK(*size < cap);
    fclose(file);
    return bytes;
}

/* ---- golden cases ---- */

static wordpiece_switch switch_of(const cJSON *options, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(options, name);
    if (!cJSON_IsBool(item)) return WORDPIECE_DEFAULT;
    return cJSON_IsTrue(item) ? WORDPIECE_ON : WORDPIECE_OFF;
}

/* The case's bytes in a block of their size, so that a sanitizer sees the end. */
static uint8_t *case_text(const cJSON *item, size_t *size) {
    const char *hex = json_string(item, "hex"), *text = json_string(item, "text");
    size_t unit = hex ? strlen(hex) / 2 : strlen(text);
    uint64_t repeat = 1;
    json_u64(item, "repeat", &repeat);
    *size = unit * (size_t)repeat;
    uint8_t *bytes = malloc(*size > 0 ? *size : 1);
    if (!bytes) exit(1);
    for (size_t i = 0; i < *size; i++) {
        unsigned byte = 0;
        if (hex)
            sscanf(hex + i % unit * 2, "%2x", &byte);
        else
            byte = (unsigned char)text[i % unit];
        bytes[i] = (uint8_t)byte;
    }
    return bytes;
}

static void check_ids(const cJSON *want, const int32_t *ids, size_t count) {
    CHECK_EQ(count, cJSON_GetArraySize(want));
    const cJSON *item = want->child;
    for (size_t i = 0; i < count && item; i++, item = item->next) {
        if (ids[i] == item->valueint) continue;
        check_failed(__FILE__, __LINE__, "id %zu: got %d, want %d", i, (int)ids[i],
                     item->valueint);
        return;
    }
}

static void check_case(const cJSON *item) {
    const cJSON *options_item = cJSON_GetObjectItemCaseSensitive(item, "options");
    const wordpiece_options options = {switch_of(options_item, "lower"),
                                       switch_of(options_item, "strip"),
                                       switch_of(options_item, "chinese")};
    uint64_t max_tokens = SIZE_MAX, want_cut = 99;
    size_t text_bytes, count = 0, cut = 0;
    arena a;
    wordpiece *w;
    arena_init(&a, NULL);
    CHECK_STATUS(wordpiece_open(&a, golden_vocab, golden_vocab_bytes, &options, &w, NULL),
                 RS_OK);
    uint8_t *text = case_text(item, &text_bytes);
    size_t cap = wordpiece_bound(text_bytes);
    int32_t *ids = malloc(cap * sizeof *ids);
    if (!w || !ids) exit(1);
    json_u64(item, "max_tokens", &max_tokens);
    CHECK(json_u64(item, "cut", &want_cut));

    CHECK_STATUS(
        wordpiece_encode(w, text, text_bytes, ids, cap, (size_t)max_tokens, NULL, &count, &cut),
        RS_OK);
    check_ids(cJSON_GetObjectItemCaseSensitive(item, "ids"), ids, count);
    CHECK_EQ(cut, want_cut);
    free(ids);
    free(text);
    arena_free(&a);
}

static void test_golden(void) {
    size_t size;
    uint8_t *bytes = read_file("golden/tokenizer.json", &size);
    cJSON *root = NULL;
    CHECK_STATUS(json_parse(bytes, size, &root, NULL), RS_OK);
    const cJSON *cases = cJSON_GetObjectItemCaseSensitive(root, "cases"), *item;
    CHECK(cJSON_GetArraySize(cases) >= 65);
    cJSON_ArrayForEach(item, cases) {
        check_in("%s", json_string(item, "name"));
        check_case(item);
    }
    check_out();
    cJSON_Delete(root);
    free(bytes);
}

/* ---- the vocabulary ---- */

/* Opens from a block of exactly that size. */
static rs_status open_copy(const char *vocab, size_t vocab_bytes, rs_error *error) {
    uint8_t *block = malloc(vocab_bytes > 0 ? vocab_bytes : 1);
    arena a;
    wordpiece *w;
    if (!block) exit(1);
    memcpy(block, vocab, vocab_bytes);
    arena_init(&a, NULL);
    rs_status status = wordpiece_open(&a, block, vocab_bytes, NULL, &w, error);
    CHECK((w != NULL) == (status == RS_OK));
    arena_free(&a);
    free(block);
    return status;
}

#define OPEN(text) open_copy(text, sizeof(text) - 1, &error)
#define NEEDED "[PAD]\n[UNK]\n[CLS]\n[SEP]\n"

static void test_refusals(void) {
    rs_error error;
    CHECK_STATUS(OPEN(NEEDED), RS_OK);
    CHECK_STATUS(OPEN("[PAD]\n[UNK]\n[CLS]\n[SEP]"), RS_OK);
    CHECK_STATUS(OPEN(""), RS_ERR_FORMAT);
    CHECK_STR(error.message, "vocabulary: no token [PAD]");
    CHECK_STATUS(OPEN("[PAD]\n[CLS]\n[SEP]\n"), RS_ERR_FORMAT);
    CHECK_STR(error.message, "vocabulary: no token [UNK]");
    CHECK_STATUS(OPEN(NEEDED "ok\nb\xC3\nlast\n"), RS_ERR_FORMAT);
    CHECK_STR(error.message, "vocabulary: line 6 is not UTF-8");
    CHECK_EQ(error.offset, 28);
    CHECK_STATUS(OPEN("\xFF\n" NEEDED), RS_ERR_FORMAT);
    CHECK_STR(error.message, "vocabulary: line 1 is not UTF-8");
    for (size_t size = 0; size < golden_vocab_bytes; size++) {
        rs_status status = open_copy((const char *)golden_vocab, size, &error);
        CHECK(status == RS_OK || status == RS_ERR_FORMAT);
    }
}

static void test_limits(void) {
    const size_t lines = (size_t)WORDPIECE_MAX_TOKENS - 4, head = sizeof NEEDED - 1;
    size_t size = WORDPIECE_MAX_VOCAB_BYTES + 1u;
    char *vocab = malloc(size);
    rs_error error;
    if (!vocab) exit(1);
    memcpy(vocab, NEEDED, head);
    memset(vocab + head, '\n', lines + 1);
    CHECK_STATUS(open_copy(vocab, head + lines, &error), RS_OK);
    CHECK_STATUS(open_copy(vocab, head + lines + 1, &error), RS_ERR_FORMAT);
    CHECK_STR(error.message, "vocabulary: 1048577 tokens, at most 1048576 are read");
    memset(vocab + head, 'x', size - head);
    CHECK_STATUS(open_copy(vocab, size - 1, &error), RS_OK);
    CHECK_STATUS(open_copy(vocab, size, &error), RS_ERR_FORMAT);
    free(vocab);
}

static void check_token(const wordpiece *w, int32_t id, const char *want) {
    size_t bytes = 77;
    const char *token = wordpiece_token(w, id, &bytes);
    CHECK_EQ(bytes, strlen(want));
    CHECK(token && memcmp(token, want, bytes) == 0);
}

/* White space at line ends, doubles, blank lines: as the package's WordPiece.fromFile does. */
static void test_lines(void) {
    static const char vocab[] =
        "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP] \r\nab \r\nab\r\n##c\xC2\xA0\r\n\r\n"
        "dup\nx\ndup\nvt\v\n\xEF\xBB\xBF"
        "bom\nlast";
    arena a;
    wordpiece *w;
    size_t bytes = 1;
    arena_init(&a, NULL);
    CHECK_STATUS(wordpiece_open(&a, (const uint8_t *)vocab, sizeof vocab - 1, NULL, &w, NULL),
                 RS_OK);
    CHECK_EQ(wordpiece_size(w), 14);
    CHECK_EQ(wordpiece_special_ids(w)->sep, 3);
    CHECK_EQ(wordpiece_special_ids(w)->mask, -1);
    CHECK_EQ(wordpiece_id(w, "ab", 2), 5);
    CHECK_EQ(wordpiece_id(w, "##c", 3), 6);
    CHECK_EQ(wordpiece_id(w, "", 0), 7);
    CHECK_EQ(wordpiece_id(w, "dup", 3), 10);
    CHECK_EQ(wordpiece_id(w, "du", 2), -1);
    CHECK_EQ(wordpiece_id(w, "vt", 2), 11);
    CHECK_EQ(wordpiece_id(w, "bom", 3), -1);
    CHECK_EQ(wordpiece_id(w, "last", 4), 13);
    check_token(w, 3, "[SEP]");
    check_token(w, 4, "ab");
    check_token(w, 7, "");
    check_token(w, 13, "last");
    CHECK(wordpiece_token(w, 14, &bytes) == NULL && bytes == 0);
    CHECK(wordpiece_token(w, -1, &bytes) == NULL);
    arena_free(&a);
}

/* Counts down to the failure; -1 never fails. */
static int allocations_left;
static long allocations_open;

static void *failing_alloc(void *ctx, size_t bytes) {
    (void)ctx;
    if (allocations_left == 0) return NULL;
    if (allocations_left > 0) allocations_left--;
    allocations_open++;
    return malloc(bytes);
}

static void failing_free(void *ctx, void *p) {
    (void)ctx;
    allocations_open--;
    free(p);
}

static void test_memory(void) {
    const rs_allocator allocator = {failing_alloc, failing_free, NULL};
    rs_status status = RS_ERR_MEMORY;
    for (int n = 0; status == RS_ERR_MEMORY && n < 100; n++) {
        arena a;
        wordpiece *w;
        allocations_left = n;
        arena_init(&a, &allocator);
        status = wordpiece_open(&a, golden_vocab, golden_vocab_bytes, NULL, &w, NULL);
        CHECK((w != NULL) == (status == RS_OK));
        CHECK(status == RS_OK || status == RS_ERR_MEMORY);
        arena_free(&a);
        CHECK_EQ(allocations_open, 0);
    }
    CHECK_STATUS(status, RS_OK);
}

/* ---- buffers, spans ---- */

static const uint8_t *utf8(const char *text) { return (const uint8_t *)text; }

static void test_buffers(const wordpiece *w) {
    const char *text = "brain unaffable brain"; /* 5 tokens and the ends */
    size_t size = strlen(text), count, cut;
    for (size_t cap = 0; cap <= 8; cap++) {
        int32_t *ids = malloc(cap > 0 ? cap * sizeof *ids : 1);
        if (!ids) exit(1);
        rs_status want = cap < 7 ? RS_ERR_SPACE : RS_OK;
        CHECK_STATUS(wordpiece_encode(w, utf8(text), size, ids, cap, 510, NULL, &count, NULL),
                     want);
        CHECK_EQ(count, 7);
        want = cap < 4 ? RS_ERR_SPACE : RS_OK;
        CHECK_STATUS(wordpiece_encode(w, utf8(text), size, ids, cap, 4, NULL, &count, &cut),
                     want);
        CHECK_EQ(count, 4);
        CHECK_EQ(cut, 3);
        free(ids);
    }
    int32_t ids[2];
    CHECK_STATUS(wordpiece_encode(w, NULL, 0, ids, 2, 2, NULL, &count, &cut), RS_OK);
    CHECK_STATUS(wordpiece_encode(w, NULL, 1, ids, 2, 2, NULL, &count, &cut), RS_ERR_ARGUMENT);
    CHECK_STATUS(wordpiece_encode(w, utf8("a"), 1, ids, 2, 1, NULL, &count, &cut),
                 RS_ERR_ARGUMENT);
    CHECK_STATUS(wordpiece_encode(w, utf8("a"), 1, NULL, 2, 9, NULL, &count, &cut),
                 RS_ERR_ARGUMENT);
    CHECK_STATUS(wordpiece_encode(NULL, utf8("a"), 1, ids, 2, 9, NULL, &count, &cut),
                 RS_ERR_ARGUMENT);
    CHECK_EQ(wordpiece_bound(0), 2);
    CHECK(wordpiece_bound(SIZE_MAX) == SIZE_MAX);
}

static void check_spans(const wordpiece *w, const char *text, size_t max_tokens,
                        size_t want_count, const wordpiece_span *want) {
    int32_t ids[32];
    wordpiece_span spans[32];
    size_t count;
    check_in("%s", text);
    CHECK_STATUS(
        wordpiece_encode(w, utf8(text), strlen(text), ids, 32, max_tokens, spans, &count, NULL),
        RS_OK);
    CHECK_EQ(count, want_count);
    for (size_t i = 0; i < count && i < want_count; i++) {
        CHECK_EQ(spans[i].start, want[i].start);
        CHECK_EQ(spans[i].end, want[i].end);
    }
    check_out();
}

static void test_spans(const wordpiece *w) {
    check_spans(w, "  brain[SEP]unaff ", 99, 6,
                (wordpiece_span[]){{0, 0}, {2, 7}, {7, 12}, {12, 14}, {14, 17}, {18, 18}});
    check_spans(w, "caf\xC3\xA9 cafe\xCC\x81s", 99, 5,
                (wordpiece_span[]){{0, 0}, {0, 5}, {6, 12}, {12, 13}, {13, 13}});
    check_spans(w, "unaffable brain", 4, 4, (wordpiece_span[]){{0, 0}, {0, 2}, {2, 5}, {5, 5}});
    check_spans(w, "\xC3\x97\xC3\x97\xC3\x86 a", 99, 4,
                (wordpiece_span[]){{0, 0}, {0, 6}, {7, 8}, {8, 8}});
    check_spans(w, "brain", 2, 2, (wordpiece_span[]){{0, 0}, {0, 0}});
}

/* ---- texts made to be slow ---- */

/* A megabyte of one unit. Quadratic behaviour would run into the test's time limit. */
static void check_hostile(const wordpiece *w, const char *unit, size_t unit_bytes,
                          int32_t want_id) {
    size_t size = (1u << 20) / unit_bytes * unit_bytes, count, cut;
    uint8_t *text = malloc(size);
    int32_t ids[510];
    if (!text) exit(1);
    for (size_t i = 0; i < size; i++) text[i] = (uint8_t)unit[i % unit_bytes];
    check_in("a megabyte of %s", unit);
    CHECK_STATUS(wordpiece_encode(w, text, size, ids, 510, 510, NULL, &count, &cut), RS_OK);
    if (count > 2) CHECK_EQ(ids[1], want_id);
    check_out();
    free(text);
}

static void test_hostile(const wordpiece *w) {
    const int32_t unk = wordpiece_special_ids(w)->unk;
    check_hostile(w, "a", 1, unk);
    check_hostile(w, "a ", 2, wordpiece_id(w, "a", 1));
    check_hostile(w, "\xCC\x81", 2, unk);
    check_hostile(w, "\xF0\x9D\x85\xAD\xF0\x9D\x85\xA5", 8, unk); /* two that change places */
    check_hostile(w, "[SEP", 4, wordpiece_id(w, "[", 1));
    check_hostile(w, "\xED\x95\x9C", 3, unk);
    check_hostile(w, "\xFF", 1, unk);
    check_hostile(w, "\0", 1, unk);
    check_hostile(w, "\xE4\xB8\xAD", 3, wordpiece_id(w, "\xE4\xB8\xAD", 3));
}

int main(void) {
    golden_vocab = read_file("golden/vocab.txt", &golden_vocab_bytes);
    arena a;
    wordpiece *w;
    rs_error error;
    arena_init(&a, NULL);
    CHECK_STATUS(wordpiece_open(&a, golden_vocab, golden_vocab_bytes, NULL, &w, &error), RS_OK);
    if (!w) return 1;
    test_golden();
    test_refusals();
    test_limits();
    test_lines();
    test_memory();
    test_buffers(w);
    test_spans(w);
    test_hostile(w);
    arena_free(&a);
    free(golden_vocab);
    return check_result();
}
