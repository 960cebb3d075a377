/* JSON from untrusted bytes, through cJSON with the limits cJSON leaves to its callers. */
#ifndef RS_JSON_H
#define RS_JSON_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
    JSON_MAX_BYTES = 64 << 20, /* larger than any header, config or record we write */
    JSON_MAX_DEPTH = 32,       /* checked before cJSON recurses */
    /* cJSON takes some 80 bytes for each, also for the two of "0,": 64 MiB of text could ask for 2.6 GB. A
     * tokenizer.json has a million, a safetensors header half of that. */
    JSON_MAX_VALUES = 1 << 23
};

/* Parses one JSON value that fills all of bytes (blanks around it allowed).
 * The bytes are copied behind a NUL of our own: cJSON is known to look one byte past its length.
 * Refused with RS_ERR_FORMAT and the offset: ill-formed JSON, deeper than JSON_MAX_DEPTH, longer
 * than JSON_MAX_BYTES, of more than JSON_MAX_VALUES, a NUL inside, also as \u0000; and, since cJSON does not tell the two apart,
 * memory that ran out while it parsed. On success *out is the caller's to cJSON_Delete. */
RS_MUST_USE rs_status json_parse(const uint8_t *bytes, size_t size, cJSON **out,
                                 rs_error *error);

/* Adds an item, also NULL for one that could not be made, to an object, or with a NULL key to a
 * list. false when memory was out: the item is then freed. cJSON's own leaves it to the caller. */
bool json_add(cJSON *to, const char *key, cJSON *item);

/* The same of a number; null where it is not one: cJSON prints a NaN as null too, but not before it has made
 * it a whole number, which C leaves open. */
bool json_add_number(cJSON *to, const char *key, double value);

/* The member's value when it is a string, else NULL. Case-sensitive. */
const char *json_string(const cJSON *object, const char *key);

/* true and *value when the member is a whole number from 0 to 2^53; false otherwise. */
bool json_u64(const cJSON *object, const char *key, uint64_t *value);

/* The same of an item itself. */
bool json_item_u64(const cJSON *item, uint64_t *value);

#endif
