#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* cJSON parses \u0000, and \u without four hexadecimal digits, as a NUL, which ends the string: the
 * remainder would be lost silently. */
static bool good_escape(const uint8_t *bytes, size_t size) {
    if (size < 2 || bytes[1] != 'u') return true;
    if (size < 6) return false;
    bool zero = true;
    for (int i = 2; i < 6; i++) {
        const uint8_t c = bytes[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
        if (c != '0') zero = false;
    }
    return !zero;
}

/* Counts the depth, because cJSON recurses at each level and its own limit of a thousand levels needs
 * more stack than a browser's worker may have; and the values, of which each but the first of an array
 * or object follows a comma. Brackets and commas in strings do not count. */
static rs_status check_text(const uint8_t *bytes, size_t size, rs_error *error) {
    int depth = 0, values = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = bytes[i];
        if (c == 0) return rs_fail(error, RS_ERR_FORMAT, i, "JSON holds a NUL byte");
        if (in_string) {
            if (c == '"') {
                in_string = false;
            } else if (c == '\\') {
                if (!good_escape(bytes + i, size - i))
                    return rs_fail(error, RS_ERR_FORMAT, i,
                                   "JSON holds \\u0000 or an ill-formed \\u escape");
                i++;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{' || c == ',') {
            if (++values > JSON_MAX_VALUES)
                return rs_fail(error, RS_ERR_FORMAT, i, "JSON holds more than %d values",
                               JSON_MAX_VALUES);
            if (c == ',') continue;
            if (++depth > JSON_MAX_DEPTH)
                return rs_fail(error, RS_ERR_FORMAT, i, "JSON is nested deeper than %d levels",
                               JSON_MAX_DEPTH);
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return RS_OK;
}

rs_status json_parse(const uint8_t *bytes, size_t size, cJSON **out, rs_error *error) {
    *out = NULL;
    if (size > JSON_MAX_BYTES)
        return rs_fail(error, RS_ERR_FORMAT, 0, "JSON of %zu bytes; at most %d are read", size,
                       JSON_MAX_BYTES);
    rs_status status = check_text(bytes, size, error);
    if (status) return status;

    char *copy = malloc(size + 1);
    if (!copy)
        return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for %zu bytes of JSON", size);
    if (size) memcpy(copy, bytes, size);
    copy[size] = 0;
    const char *end = NULL;
    /* With the terminator included, cJSON itself checks that only white space follows. */
    cJSON *root = cJSON_ParseWithLengthOpts(copy, size + 1, &end, 1);
    if (!root) {
        size_t at = end && end >= copy && end <= copy + size ? (size_t)(end - copy) : 0;
        status = rs_fail(error, RS_ERR_FORMAT, at, "not valid JSON at byte %zu", at);
    }
    free(copy);
    *out = root;
    return status;
}

bool json_add(cJSON *to, const char *key, cJSON *item) {
    if (key ? cJSON_AddItemToObject(to, key, item) : cJSON_AddItemToArray(to, item))
        return true;
    cJSON_Delete(item);
    return false;
}

bool json_add_number(cJSON *to, const char *key, double value) {
    return json_add(to, key, isnan(value) ? cJSON_CreateNull() : cJSON_CreateNumber(value));
}

const char *json_string(const cJSON *object, const char *key) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

bool json_item_u64(const cJSON *item, uint64_t *value) {
    if (!cJSON_IsNumber(item)) return false;
    double d = item->valuedouble;
    /* Above 2^53 a double cannot represent every integer, so an offset could change silently. */
    if (!(d >= 0 && d <= 9007199254740992.0) || floor(d) != d) return false;
    *value = (uint64_t)d;
    return true;
}

bool json_u64(const cJSON *object, const char *key, uint64_t *value) {
    return json_item_u64(cJSON_GetObjectItemCaseSensitive(object, key), value);
}
