/* Members of a checkpoint's JSON files, in which null counts as missing. */
#ifndef CONFIG_JSON_H
#define CONFIG_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cJSON.h>

#include "base/status.h"

/* The object that fills all of bytes; the caller's to cJSON_Delete. RS_ERR_FORMAT. */
RS_MUST_USE rs_status config_parse(const uint8_t *bytes, size_t size, cJSON **root,
                                   rs_error *error);

/* NULL when it is missing. */
const cJSON *config_get(const cJSON *object, const char *key);

/* Both leave *out as it is when the member is missing; RS_ERR_FORMAT, naming the member, when it
 * is of another kind. */
RS_MUST_USE rs_status config_bool(const cJSON *object, const char *key, bool *out,
                                  rs_error *error);

/* A longest input in tokens, at least 2. Files write "no limit" as 1e30: SIZE_MAX here. */
RS_MUST_USE rs_status config_length(const cJSON *object, const char *key, size_t *out,
                                    rs_error *error);

/* RS_ERR_VERSION when the member is there and not that text; why says what is read instead. */
RS_MUST_USE rs_status config_expect(const cJSON *object, const char *key, const char *want,
                                    const char *why, rs_error *error);

#endif
