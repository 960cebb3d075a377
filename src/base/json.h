/* JSON from untrusted bytes, parsed by cJSON after checking limits that cJSON does not have. */
#ifndef RS_JSON_H
#define RS_JSON_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
    JSON_MAX_BYTES =
        64 << 20,        /* larger than any header, config or record that refscout writes */
    JSON_MAX_DEPTH = 32, /* checked before cJSON recurses */
    /* cJSON allocates about 80 bytes for each value, which may be two bytes of text, "0,": 64 MiB of
     * text could need 2.6 GB. A tokenizer.json has a million values, a safetensors header half of
     * that. */
    JSON_MAX_VALUES = 1 << 23
};

/* Parses bytes that consist of one JSON value, with white space around it allowed. Parses a
 * NUL-terminated copy, since cJSON is known to read one byte past the given length.
 *
 * Returns RS_ERR_FORMAT, with the offset, for JSON that is ill-formed, deeper than JSON_MAX_DEPTH,
 * longer than JSON_MAX_BYTES, of more than JSON_MAX_VALUES values, or contains a NUL, also as \u0000;
 * and when memory runs out in cJSON, which does not report the difference. Returns RS_ERR_MEMORY when
 * there is no memory for the copy. On success the caller frees *out with cJSON_Delete. */
RS_MUST_USE rs_status json_parse(const uint8_t *bytes, size_t size, cJSON **out,
                                 rs_error *error);

/* Adds an item to an object or, with a NULL key, to an array. Returns false when there was no memory,
 * also for a NULL item, which stands for a failed allocation; the item is then freed, which
 * cJSON_AddItemToObject does not do. */
bool json_add(cJSON *to, const char *key, cJSON *item);

/* json_add of a number, or of null for NaN: cJSON prints NaN as null too, but first converts it to an
 * int, which is undefined behaviour. */
bool json_add_number(cJSON *to, const char *key, double value);

/* The value of the member `key`, which is case-sensitive, when it is a string; otherwise NULL. */
const char *json_string(const cJSON *object, const char *key);

/* Stores the value of the member `key` and returns true when it is an integer from 0 to 2^53; otherwise
 * returns false. */
bool json_u64(const cJSON *object, const char *key, uint64_t *value);

/* json_u64 of an item instead of a member. */
bool json_item_u64(const cJSON *item, uint64_t *value);

#endif
