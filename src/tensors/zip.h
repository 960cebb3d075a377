/* Zip archives as PyTorch writes them: stored entries, never compressed, so that a reader can
 * map the file and take its tensors in place.
 *
 * Refused: compression, encryption, several disks, entries that overlap each other or the
 * directory, two entries of one name, sizes that disagree.
 * Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 to 4.5. */
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
    uint32_t crc;    /* 0 when the writer did not compute it, as PyTorch may be told */
    size_t local_at; /* where in the archive its local header stands */
} zip_entry;

typedef struct zip {
    zip_entry *items; /* sorted by name */
    size_t count;
} zip;

/* Reads the directory and checks every entry's place. bytes must outlive *out; entries and
 * names live in the arena. RS_ERR_FORMAT names the entry and the rule it breaks; RS_ERR_MEMORY.
 */
RS_MUST_USE rs_status zip_open(arena *a, const uint8_t *bytes, size_t size, zip *out,
                               rs_error *error);

/* NULL when there is none of that name. */
const zip_entry *zip_find(const zip *z, const char *name);

/* RS_ERR_FORMAT when the entry's bytes are not those that were written. Reads all of them. */
RS_MUST_USE rs_status zip_check(const zip_entry *entry, rs_error *error);

/* CRC-32 as zip and gzip use it: polynomial 0xEDB88320, reflected. */
uint32_t zip_crc32(const uint8_t *bytes, size_t size);

#endif
