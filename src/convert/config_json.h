/* Members of a checkpoint's JSON files, in which null counts as missing. */
#ifndef CONFIG_JSON_H
#define CONFIG_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cJSON.h>

#include "base/status.h"

/* Parses bytes that consist of one JSON object; the caller frees it with cJSON_Delete. Returns
 * RS_ERR_FORMAT. */
RS_MUST_USE rs_status config_parse(const uint8_t *bytes, size_t size, cJSON **root,
                                   rs_error *error);

/* Returns the member; NULL when it is missing or null. */
const cJSON *config_get(const cJSON *object, const char *key);

/* Reads a boolean member. *out is unchanged when the member is missing. Returns RS_ERR_FORMAT,
 * naming the member, when it is of another type. */
RS_MUST_USE rs_status config_bool(const cJSON *object, const char *key, bool *out,
                                  rs_error *error);

/* Reads a maximum input length in tokens, at least 2. transformers writes 1e30 for "no limit",
 * which is returned as SIZE_MAX. *out is unchanged when the member is missing. Returns
 * RS_ERR_FORMAT, naming the member, when it is not such a number. */
RS_MUST_USE rs_status config_length(const cJSON *object, const char *key, size_t *out,
                                    rs_error *error);

/* Returns RS_ERR_VERSION when the member exists and is not the string `want`. `why` is appended
 * to the message: what is supported. */
RS_MUST_USE rs_status config_expect(const cJSON *object, const char *key, const char *want,
                                    const char *why, rs_error *error);

#endif
