#include "base/json.h"

#include <stdlib.h>

#include "check.h"

/* Parses from a block of exactly the text's size, so that a sanitizer sees a read past its end. */
static rs_status parse(const char *text, size_t size, cJSON **out, rs_error *error) {
    uint8_t *block = malloc(size ? size : 1);
    if (!block) return RS_ERR_MEMORY;
    if (size) memcpy(block, text, size);
    rs_status status = json_parse(block, size, out, error);
    free(block);
    return status;
}

static void test_refused(void) {
    static const char *const bad[] = {
        "",          " ",          "{",    "[1,",        "{\"a\":}",    "nul", "\"abc",
        "1 2",       "{} x",       "[1]]", "{\"a\":1,}", "\"\\ud800\"", "'a'", "\"a\\u0000b\"",
        "\"\\u12\"", "\"\\uZZZZ\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cJSON *out = (cJSON *)&out;
        rs_error error;
        check_in("%s", bad[i]);
        CHECK_STATUS(parse(bad[i], strlen(bad[i]), &out, &error), RS_ERR_FORMAT);
        CHECK(out == NULL);
        CHECK(error.offset <= strlen(bad[i]));
    }
    check_in("NUL inside");
    cJSON *out;
    CHECK_STATUS(parse("[1\0]", 4, &out, NULL), RS_ERR_FORMAT);
    check_out();
}

static void test_depth(void) {
    char text[2 * JSON_MAX_DEPTH + 2];
    cJSON *out;
    for (int i = 0; i < JSON_MAX_DEPTH; i++) {
        text[i] = '[';
        text[2 * JSON_MAX_DEPTH - 1 - i] = ']';
    }
    CHECK_STATUS(parse(text, 2 * JSON_MAX_DEPTH, &out, NULL), RS_OK);
    cJSON_Delete(out);
    memmove(text + 1, text, 2 * JSON_MAX_DEPTH);
    text[0] = '[';
    text[2 * JSON_MAX_DEPTH + 1] = ']';
    CHECK_STATUS(parse(text, sizeof text, &out, NULL), RS_ERR_FORMAT);

    const char brackets[] = "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"";
    CHECK_STATUS(parse(brackets, sizeof brackets - 1, &out, NULL), RS_OK);
    cJSON_Delete(out);
}

/* A list of zeros: two bytes a value, of which cJSON makes eighty. */
static void test_values(void) {
    const size_t count = JSON_MAX_VALUES + 1, size = 2 * count + 1;
    char *text = malloc(size);
    cJSON *out;
    rs_error error;
    if (!text) abort();
    for (size_t i = 0; i < count; i++) memcpy(text + 2 * i, i ? ",0" : "[0", 2);
    text[size - 1] = ']';
    CHECK_STATUS(parse(text, size, &out, &error), RS_ERR_FORMAT);
    CHECK_STR(error.message, "JSON holds more than 8388608 values");
    free(text);
}

static void test_members(void) {
    const char text[] = " {\"a\": 9007199254740992, \"b\": -1, \"c\": 1.5, \"d\": 1e300, "
                        "\"e\": \"x\", \"A\": 7} ";
    cJSON *out;
    uint64_t value = 0;
    CHECK_STATUS(parse(text, sizeof text - 1, &out, NULL), RS_OK);
    CHECK(json_u64(out, "a", &value));
    CHECK_EQ(value, 9007199254740992);
    CHECK(!json_u64(out, "b", &value));
    CHECK(!json_u64(out, "c", &value));
    CHECK(!json_u64(out, "d", &value));
    CHECK(!json_u64(out, "e", &value));
    CHECK(!json_u64(out, "none", &value));
    CHECK_STR(json_string(out, "e"), "x");
    CHECK(json_string(out, "a") == NULL);
    CHECK(json_string(out, "E") == NULL); /* names are case-sensitive */
    cJSON_Delete(out);
}

int main(void) {
    test_refused();
    test_depth();
    test_values();
    test_members();
    return check_result();
}
