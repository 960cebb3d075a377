#include "tensors/zip.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/printable.h"

enum {
    END_BYTES = 22,
    END64_BYTES = 56,
    LOCATOR_BYTES = 20,
    CENTRAL_BYTES = 46,
    LOCAL_BYTES = 30,
    MAX_COMMENT = 65535,
    FLAG_ENCRYPTED = 1,
    EXTRA_ZIP64 = 1
};

#define END_SIGNATURE 0x06054b50u
#define END64_SIGNATURE 0x06064b50u
#define LOCATOR_SIGNATURE 0x07064b50u
#define CENTRAL_SIGNATURE 0x02014b50u
#define LOCAL_SIGNATURE 0x04034b50u

/* Location of the central directory, from the records at the end of the archive. */
typedef struct directory {
    size_t at, size, count;
} directory;

static bool span_fits(uint64_t at, uint64_t size, size_t whole) {
    return at <= whole && size <= whole - at;
}

/* The end record is the last one whose comment reaches exactly to the end of the file. */
static bool find_end(const uint8_t *bytes, size_t size, size_t *end_at) {
    for (size_t comment = 0; comment <= MAX_COMMENT && comment + END_BYTES <= size; comment++) {
        size_t at = size - END_BYTES - comment;
        if (load_u32(bytes + at) == END_SIGNATURE && load_u16(bytes + at + 20) == comment) {
            *end_at = at;
            return true;
        }
    }
    return false;
}

/* A 32-bit field must equal its 64-bit counterpart, or be the value that refers to it. */
static bool twins(uint32_t narrow, uint32_t saturated, uint64_t wide) {
    return narrow == saturated || narrow == wide;
}

/* Reads the zip64 records before the end record, which every archive of PyTorch has. */
static rs_status read_end64(const uint8_t *bytes, size_t end_at, size_t *directory_end,
                            directory *d, rs_error *error) {
    const uint8_t *end = bytes + end_at, *locator = end - LOCATOR_BYTES;
    size_t locator_at = end_at - LOCATOR_BYTES;
    uint64_t at = load_u64(locator + 8);
    if (!span_fits(at, END64_BYTES, locator_at) || load_u32(bytes + at) != END64_SIGNATURE)
        return rs_fail(error, RS_ERR_FORMAT, locator_at,
                       "zip: the zip64 end record is not where its locator says");
    const uint8_t *end64 = bytes + at;
    uint64_t count = load_u64(end64 + 32), size = load_u64(end64 + 40),
             from = load_u64(end64 + 48);
    if (load_u32(locator + 4) || load_u32(locator + 16) > 1 || load_u32(end64 + 16) ||
        load_u32(end64 + 20) || load_u64(end64 + 24) != count)
        return rs_fail(error, RS_ERR_FORMAT, (size_t)at, "zip: an archive in several parts");
    if (!twins(load_u16(end + 10), 0xffff, count) ||
        !twins(load_u32(end + 12), UINT32_MAX, size) ||
        !twins(load_u32(end + 16), UINT32_MAX, from))
        return rs_fail(error, RS_ERR_FORMAT, (size_t)at,
                       "zip: the end record and its zip64 twin disagree");
    if (count > ZIP_MAX_ENTRIES || !span_fits(from, size, (size_t)at))
        return rs_fail(error, RS_ERR_FORMAT, (size_t)at,
                       "zip: the directory lies outside the file or has more than %d entries",
                       ZIP_MAX_ENTRIES);
    *directory_end = (size_t)at;
    *d = (directory){(size_t)from, (size_t)size, (size_t)count};
    return RS_OK;
}

static rs_status read_end(const uint8_t *bytes, size_t size, directory *d, rs_error *error) {
    size_t end_at;
    if (!find_end(bytes, size, &end_at))
        return rs_fail(error, RS_ERR_FORMAT, size, "zip: no end record: the file is cut off");
    const uint8_t *end = bytes + end_at;
    size_t directory_end = end_at;
    if (end_at >= LOCATOR_BYTES && load_u32(end - LOCATOR_BYTES) == LOCATOR_SIGNATURE) {
        rs_status status = read_end64(bytes, end_at, &directory_end, d, error);
        if (status) return status;
    } else {
        if (load_u16(end + 4) || load_u16(end + 6) || load_u16(end + 8) != load_u16(end + 10))
            return rs_fail(error, RS_ERR_FORMAT, end_at, "zip: an archive in several parts");
        *d = (directory){load_u32(end + 16), load_u32(end + 12), load_u16(end + 10)};
    }
    if (!span_fits(d->at, d->size, directory_end) || d->at + d->size != directory_end)
        return rs_fail(error, RS_ERR_FORMAT, end_at,
                       "zip: the directory does not end at the end record");
    if (d->count > d->size / CENTRAL_BYTES)
        return rs_fail(error, RS_ERR_FORMAT, end_at,
                       "zip: %zu entries cannot be in a directory of %zu bytes", d->count,
                       d->size);
    return RS_OK;
}

/* Reads sizes and offset of an entry; values that exceed 32 bits are in the zip64 extra field. */
static bool read_extent(const uint8_t *header, const uint8_t *extra, size_t extra_bytes,
                        uint64_t *stored, uint64_t *size, uint64_t *local_at) {
    *stored = load_u32(header + 20);
    *size = load_u32(header + 24);
    *local_at = load_u32(header + 42);
    uint64_t *const wide[] = {size, stored, local_at}; /* in the order of the extra field */
    size_t next = 0;
    while (next < 3 && *wide[next] != UINT32_MAX) next++;
    if (next == 3) return true;
    for (size_t at = 0; extra_bytes - at >= 4;) {
        size_t field_bytes = load_u16(extra + at + 2);
        const uint8_t *field = extra + at + 4;
        if (field_bytes > extra_bytes - at - 4) return false;
        if (load_u16(extra + at) == EXTRA_ZIP64) {
            size_t used = 0;
            for (; next < 3; next++) {
                if (*wide[next] != UINT32_MAX) continue;
                if (field_bytes - used < 8) return false;
                *wide[next] = load_u64(field + used);
                used += 8;
            }
            return true;
        }
        at += 4 + field_bytes;
    }
    return false; /* marked as zip64, without such a field */
}

/* Checks that the local header has the same name and method. Its sizes may be absent, since PyTorch
 * writes them after the bytes. */
static rs_status find_bytes(const uint8_t *bytes, const directory *d, uint64_t size,
                            zip_entry *e, rs_error *error) {
    char shown[64];
    size_t name_bytes = strlen(e->name);
    printable(shown, sizeof shown, e->name, name_bytes);
    if (!span_fits(e->local_at, LOCAL_BYTES, d->at) ||
        load_u32(bytes + e->local_at) != LOCAL_SIGNATURE)
        return rs_fail(error, RS_ERR_FORMAT, e->local_at,
                       "zip: entry %s: no local header at byte %zu", shown, e->local_at);
    const uint8_t *local = bytes + e->local_at;
    size_t local_bytes = (size_t)LOCAL_BYTES + load_u16(local + 26) + load_u16(local + 28);
    if (!span_fits(e->local_at, local_bytes, d->at) ||
        !span_fits(e->local_at + local_bytes, size, d->at))
        return rs_fail(error, RS_ERR_FORMAT, e->local_at,
                       "zip: entry %s reaches beyond the entries", shown);
    if (load_u16(local + 26) != name_bytes ||
        memcmp(local + LOCAL_BYTES, e->name, name_bytes) || load_u16(local + 8) != 0)
        return rs_fail(error, RS_ERR_FORMAT, e->local_at,
                       "zip: entry %s: its local header has another name or method", shown);
    e->bytes = local + local_bytes;
    e->size = (size_t)size;
    return RS_OK;
}

/* Reads the header of the central directory at *at and advances *at past it. *names: buffer for the
 * name, advanced past its NUL. */
static rs_status read_entry(const uint8_t *bytes, const directory *d, size_t *at, char **names,
                            zip_entry *e, rs_error *error) {
    size_t left = d->at + d->size - *at;
    const uint8_t *header = bytes + *at;
    if (left < CENTRAL_BYTES || load_u32(header) != CENTRAL_SIGNATURE)
        return rs_fail(error, RS_ERR_FORMAT, *at, "zip: the directory is broken at byte %zu",
                       *at);
    size_t name_bytes = load_u16(header + 28), extra_bytes = load_u16(header + 30);
    size_t header_bytes = CENTRAL_BYTES + name_bytes + extra_bytes + load_u16(header + 32);
    const uint8_t *name = header + CENTRAL_BYTES;
    if (header_bytes > left || name_bytes == 0 || memchr(name, 0, name_bytes))
        return rs_fail(error, RS_ERR_FORMAT, *at, "zip: the directory is broken at byte %zu",
                       *at);
    memcpy(*names, name, name_bytes);
    e->name = *names;
    *names += name_bytes + 1;

    char shown[64];
    printable(shown, sizeof shown, name, name_bytes);
    if (load_u16(header + 8) & FLAG_ENCRYPTED)
        return rs_fail(error, RS_ERR_FORMAT, *at, "zip: entry %s is encrypted", shown);
    if (load_u16(header + 10) != 0)
        return rs_fail(
            error, RS_ERR_FORMAT, *at,
            "zip: entry %s is compressed; PyTorch stores without compression, so this archive "
            "was repacked: write it again with torch.save",
            shown);
    uint64_t stored, size, local_at;
    if (!read_extent(header, name + name_bytes, extra_bytes, &stored, &size, &local_at) ||
        stored != size || local_at > SIZE_MAX || size > SIZE_MAX)
        return rs_fail(error, RS_ERR_FORMAT, *at,
                       "zip: entry %s: its sizes contradict each other", shown);
    e->crc = load_u32(header + 16);
    e->local_at = (size_t)local_at;
    *at += header_bytes;
    return find_bytes(bytes, d, size, e, error);
}

static int by_place(const void *a, const void *b) {
    const zip_entry *x = a, *y = b;
    return (x->local_at > y->local_at) - (x->local_at < y->local_at);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const zip_entry *)a)->name, ((const zip_entry *)b)->name);
}

/* Refuses overlapping entries, which two readers could interpret differently, and duplicate names.
 * Leaves the list sorted by name. */
static rs_status check_layout(const uint8_t *bytes, zip *z, rs_error *error) {
    char shown[64];
    qsort(z->items, z->count, sizeof *z->items, by_place);
    for (size_t i = 1; i < z->count; i++) {
        const zip_entry *before = &z->items[i - 1], *e = &z->items[i];
        if (e->local_at < (size_t)(before->bytes - bytes) + before->size)
            return rs_fail(error, RS_ERR_FORMAT, e->local_at, "zip: entry %s overlaps another",
                           printable(shown, sizeof shown, e->name, strlen(e->name)));
    }
    qsort(z->items, z->count, sizeof *z->items, by_name);
    for (size_t i = 1; i < z->count; i++) {
        const zip_entry *e = &z->items[i];
        if (!strcmp(z->items[i - 1].name, e->name))
            return rs_fail(error, RS_ERR_FORMAT, e->local_at, "zip: two entries are named %s",
                           printable(shown, sizeof shown, e->name, strlen(e->name)));
    }
    return RS_OK;
}

rs_status zip_open(arena *a, const uint8_t *bytes, size_t size, zip *out, rs_error *error) {
    memset(out, 0, sizeof *out);
    directory d = {0};
    rs_status status = read_end(bytes, size, &d, error);
    if (status) return status;
    out->items = arena_alloc(a, d.count, sizeof *out->items);
    char *names =
        arena_alloc(a, d.size, 1); /* a name and its NUL are shorter than its header */
    if (!out->items || !names)
        return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for a zip directory");
    size_t at = d.at;
    for (; out->count < d.count; out->count++) {
        status = read_entry(bytes, &d, &at, &names, &out->items[out->count], error);
        if (status) return status;
    }
    if (at != d.at + d.size)
        return rs_fail(error, RS_ERR_FORMAT, at,
                       "zip: the directory has bytes after its last entry");
    return check_layout(bytes, out, error);
}

const zip_entry *zip_find(const zip *z, const char *name) {
    if (z->count == 0) return NULL;
    return bsearch(&(zip_entry){.name = name}, z->items, z->count, sizeof *z->items, by_name);
}

/* Processes eight bytes an iteration: table[k] is the effect of a byte that is followed by k bytes. One
 * byte an iteration would take longer than the rest of a conversion. Source: Kounavis and Berry, "A
 * Systematic Approach to Building High Performance Software-based CRC Generators", 2005. */
uint32_t zip_crc32(const uint8_t *bytes, size_t size) {
    uint32_t table[8][256];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        table[0][i] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int i = 0; i < 256; i++)
            table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xff];

    uint32_t crc = UINT32_MAX;
    for (; size >= 8; size -= 8, bytes += 8) {
        uint32_t low = load_u32(bytes) ^ crc, high = load_u32(bytes + 4);
        crc = table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^ table[5][low >> 16 & 0xff] ^
              table[4][low >> 24] ^ table[3][high & 0xff] ^ table[2][high >> 8 & 0xff] ^
              table[1][high >> 16 & 0xff] ^ table[0][high >> 24];
    }
    for (; size; size--, bytes++) crc = crc >> 8 ^ table[0][(crc ^ *bytes) & 0xff];
    return ~crc;
}

rs_status zip_check(const zip_entry *entry, rs_error *error) {
    if (entry->crc == 0) return RS_OK;
    uint32_t crc = zip_crc32(entry->bytes, entry->size);
    if (crc == entry->crc) return RS_OK;
    char shown[64];
    printable(shown, sizeof shown, entry->name, strlen(entry->name));
    return rs_fail(
        error, RS_ERR_FORMAT, entry->local_at,
        "zip: entry %s: CRC %08x, expected %08x: the file is damaged; fetch it again", shown,
        (unsigned)crc, (unsigned)entry->crc);
}
