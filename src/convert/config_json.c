#include "convert/config_json.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/printable.h"

rs_status config_parse(const uint8_t *bytes, size_t size, cJSON **root, rs_error *error) {
    rs_status status = json_parse(bytes, size, root, error);
    if (status || cJSON_IsObject(*root)) return status;
    cJSON_Delete(*root);
    return rs_fail(error, RS_ERR_FORMAT, 0, "not a JSON object");
}

const cJSON *config_get(const cJSON *object, const char *key) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNull(item) ? NULL : item;
}

rs_status config_bool(const cJSON *object, const char *key, bool *out, rs_error *error) {
    const cJSON *item = config_get(object, key);
    if (item && !cJSON_IsBool(item))
        return rs_fail(error, RS_ERR_FORMAT, 0, "%s: expected true or false", key);
    if (item) *out = cJSON_IsTrue(item);
    return RS_OK;
}

rs_status config_length(const cJSON *object, const char *key, size_t *out, rs_error *error) {
    const cJSON *item = config_get(object, key);
    if (!item) return RS_OK;
    double value = cJSON_IsNumber(item) ? item->valuedouble : 0;
    if (!(value >= 2) || value != floor(value))
        return rs_fail(error, RS_ERR_FORMAT, 0, "%s: expected an integer of at least 2", key);
    *out = value < 1e9 ? (size_t)value : SIZE_MAX;
    return RS_OK;
}

rs_status config_expect(const cJSON *object, const char *key, const char *want, const char *why,
                        rs_error *error) {
    const cJSON *item = config_get(object, key);
    const char *is = cJSON_GetStringValue(item);
    if (!item || (is && !strcmp(is, want))) return RS_OK;
    char shown[60];
    printable(shown, sizeof shown, is ? is : "not a string", strlen(is ? is : "not a string"));
    return rs_fail(error, RS_ERR_VERSION, 0, "%s is %s; %s", key, shown, why);
}
