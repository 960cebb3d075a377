/* Zip archives as PyTorch writes them: entries are stored, never compressed, so that a reader can
 * map the file and use its tensors without copying.
 *
 * Refused: compression, encryption, several disks, entries that overlap each other or the central
 * directory, two entries of one name, contradictory sizes. Source: PKWARE APPNOTE.TXT 6.3.10,
 * sections 4.3 to 4.5. */
#ifndef ZIP_H
#define ZIP_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

enum { ZIP_MAX_ENTRIES = 1 << 16 };

typedef struct zip_entry {
    const char *name;
    const uint8_t *bytes; /* borrowed from the archive */
    size_t size;
    uint32_t crc;    /* CRC-32; 0 if the writer stored none, an option of PyTorch */
    size_t local_at; /* offset of its local header in the archive */
} zip_entry;

typedef struct zip {
    zip_entry *items; /* sorted by name */
    size_t count;
} zip;

/* Reads the central directory and validates the bounds of every entry. bytes must outlive *out;
 * entries and names are in the arena. Returns RS_ERR_FORMAT, whose message names the entry and the
 * rule that it breaks, or RS_ERR_MEMORY. */
RS_MUST_USE rs_status zip_open(arena *a, const uint8_t *bytes, size_t size, zip *out,
                               rs_error *error);

/* The entry of that name, or NULL. */
const zip_entry *zip_find(const zip *z, const char *name);

/* Returns RS_ERR_FORMAT when the CRC-32 of the entry's bytes, all of which are read, does not match. */
RS_MUST_USE rs_status zip_check(const zip_entry *entry, rs_error *error);

/* CRC-32 as zip and gzip use it: polynomial 0xEDB88320, reflected. */
uint32_t zip_crc32(const uint8_t *bytes, size_t size);

#endif
