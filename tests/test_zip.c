/* PyTorch's zip files: what is read, and what is refused. */
#include "base/bytes.h"
#include "hostile.h"
#include "tensors/zip.h"

static rs_status read_all(arena *a, const uint8_t *bytes, size_t size, rs_error *error) {
    zip z;
    rs_status status = zip_open(a, bytes, size, &z, error);
    for (size_t i = 0; !status && i < z.count; i++) status = zip_check(&z.items[i], error);
    return status;
}

static void test_entries(blob file) {
    arena a;
    zip z;
    rs_error error;
    arena_init(&a, NULL);
    CHECK_STATUS(zip_open(&a, file.bytes, file.size, &z, &error), RS_OK);
    CHECK_EQ(z.count, 5);
    const zip_entry *version = zip_find(&z, "zip-2/version"), *b = zip_find(&z, "zip-2/data/1");
    CHECK(version && b && !zip_find(&z, "zip-2") && !zip_find(&z, ""));
    if (version) CHECK_BYTES(version->bytes, "3\n", 2);
    if (b) CHECK_EQ(b->size, 4);
    arena_free(&a);
}

static void test_crc(void) {
    CHECK_EQ(zip_crc32((const uint8_t *)"123456789", 9),
             0xcbf43926); /* the catalogue's check value */
    CHECK_EQ(zip_crc32(NULL, 0), 0);
    uint8_t bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 37);
    for (size_t n = 0; n <= sizeof bytes; n++) { /* eight at a time equals bit by bit */
        uint32_t crc = UINT32_MAX;
        for (size_t i = 0; i < n; i++) {
            crc ^= bytes[i];
            for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        }
        CHECK_EQ(zip_crc32(bytes, n), ~crc);
    }
}

/* ---- Spoilt directories ------------------------------------------------------------------ */

/* Where in the golden file each record begins. */
typedef enum place { LOCAL, CENTRAL, END64, LOCATOR, END } place;

static size_t find_record(blob file, place which, size_t n) {
    static const uint32_t signatures[] = {0x04034b50, 0x02014b50, 0x06064b50, 0x07064b50,
                                          0x06054b50};
    for (size_t at = 0; at + 4 <= file.size; at++)
        if (load_u32(file.bytes + at) == signatures[which] && n-- == 0) return at;
    abort();
}

typedef struct patch {
    place in;
    size_t record, field, bytes;
    uint64_t value;
} patch;

static const struct {
    const char *name, *says;
    patch patches[5]; /* up to the first of 0 bytes */
} spoilt[] = {
    {"compressed", "is compressed", {{CENTRAL, 0, 10, 2, 8}}},
    {"compressed inside", "another name or method", {{LOCAL, 0, 8, 2, 8}}},
    {"encrypted", "is encrypted", {{CENTRAL, 0, 8, 2, 0x809}}},
    {"sizes differ", "contradict", {{CENTRAL, 0, 24, 4, 430}}},
    {"sizes too large",
     "reaches beyond",
     {{CENTRAL, 0, 20, 4, 0x7fffffff}, {CENTRAL, 0, 24, 4, 0x7fffffff}}},
    {"zip64 sizes without the field",
     "contradict",
     {{CENTRAL, 0, 20, 4, UINT32_MAX}, {CENTRAL, 0, 24, 4, UINT32_MAX}}},
    {"overlap", "overlaps", {{CENTRAL, 1, 20, 4, 200}, {CENTRAL, 1, 24, 4, 200}}},
    {"entry in the directory",
     "reaches beyond",
     {{CENTRAL, 4, 20, 4, 20}, {CENTRAL, 4, 24, 4, 20}}},
    {"another entry's header", "another name", {{CENTRAL, 1, 42, 4, 0}}},
    {"offset outside", "no local header", {{CENTRAL, 1, 42, 4, 0xfffffff0}}},
    {"offset nowhere", "no local header", {{CENTRAL, 1, 42, 4, 5}}},
    {"zip64 offset without the field", "contradict", {{CENTRAL, 1, 42, 4, UINT32_MAX}}},
    {"two of one name",
     "two entries are named zip-2/data/0",
     {{CENTRAL, 2, 57, 1, '0'}, {LOCAL, 2, 41, 1, '0'}}},
    {"name inside differs", "another name", {{LOCAL, 2, 41, 1, 'x'}}},
    {"NUL in a name", "broken at byte", {{CENTRAL, 2, 50, 1, 0}}},
    {"name too long", "broken at byte", {{CENTRAL, 4, 28, 2, 0xffff}}},
    {"comment too long", "broken at byte", {{CENTRAL, 4, 32, 2, 0xffff}}},
    {"extra field of an entry too long", "reaches beyond", {{LOCAL, 4, 28, 2, 0xffff}}},
    {"fewer entries",
     "after its last entry",
     {{END, 0, 8, 2, 4}, {END, 0, 10, 2, 4}, {END64, 0, 24, 8, 4}, {END64, 0, 32, 8, 4}}},
    {"more entries",
     "broken at byte",
     {{END, 0, 8, 2, 6}, {END, 0, 10, 2, 6}, {END64, 0, 24, 8, 6}, {END64, 0, 32, 8, 6}}},
    {"a trillion entries",
     "more than",
     {{END, 0, 10, 2, 0xffff}, {END64, 0, 24, 8, 1ull << 40}, {END64, 0, 32, 8, 1ull << 40}}},
    {"too many for the bytes",
     "cannot be in a directory",
     {{END, 0, 10, 2, 0xffff}, {END64, 0, 24, 8, 60000}, {END64, 0, 32, 8, 60000}}},
    {"zip64 twin disagrees", "disagree", {{END64, 0, 48, 8, 1}}},
    {"zip64 directory wraps",
     "outside the file",
     {{END, 0, 12, 4, UINT32_MAX},
      {END, 0, 16, 4, UINT32_MAX},
      {END64, 0, 40, 8, UINT64_MAX},
      {END64, 0, 48, 8, 2}}},
    {"zip64 directory short",
     "does not end at the end record",
     {{END, 0, 12, 4, 200}, {END64, 0, 40, 8, 200}}},
    {"locator points outside", "not where its locator says", {{LOCATOR, 0, 8, 8, UINT64_MAX}}},
    {"locator points elsewhere", "not where its locator says", {{LOCATOR, 0, 8, 8, 3}}},
    {"two disks", "several parts", {{LOCATOR, 0, 16, 4, 2}}},
    {"second disk", "several parts", {{END64, 0, 16, 4, 1}}},
    {"no end", "no end record", {{END, 0, 0, 4, 0}}},
    {"end with a comment that is not there", "no end record", {{END, 0, 20, 2, 7}}},
    {"changed byte of a tensor", "damaged", {{LOCAL, 1, 70, 1, 0x55}}},
};

static void apply(blob file, const patch *p) {
    size_t at = find_record(file, p->in, p->record) + p->field;
    for (size_t i = 0; i < p->bytes; i++) file.bytes[at + i] = (uint8_t)(p->value >> (8 * i));
}

static void test_spoilt(blob golden) {
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        blob file = blob_copy(golden.bytes, golden.size);
        for (const patch *p = spoilt[i].patches; p < spoilt[i].patches + 5 && p->bytes; p++)
            apply(file, p);
        hostile_case(read_all, spoilt[i].name, file.bytes, file.size, spoilt[i].says);
        free(file.bytes);
    }
}

/* ---- Other shapes that are valid --------------------------------------------------------- */

/* Without the zip64 records, as other tools write it, and with a comment. */
static void test_plain_end(blob golden) {
    size_t directory_end = find_record(golden, END64, 0), end = find_record(golden, END, 0);
    blob file = blob_copy(golden.bytes, directory_end + 22 + 3);
    memcpy(file.bytes + directory_end, golden.bytes + end, 22);
    memcpy(file.bytes + directory_end + 22, "abc", 3);
    file.bytes[directory_end + 20] = 3;
    rs_error error;
    CHECK_STATUS(hostile_read(read_all, file.bytes, file.size, &error), RS_OK);
    free(file.bytes);
}

/* One entry "a" of 3 bytes whose sizes and offset stand in the zip64 field, behind another
 * field. */
static const uint8_t zip64_entry[] =
    "PK\3\4\55\0\0\0\0\0\0\0\0\0\302\101\44\65\3\0\0\0\3\0\0\0\1\0\0\0aabc"
    "PK\1\2\55\0\55\0\0\0\0\0\0\0\0\0\302\101\44\65\377\377\377\377\377\377\377\377\1\0\42\0\0"
    "\0\0\0\0\0\0\0\0\0"
    "\377\377\377\377a"
    "\125\125\2\0xy\1\0\30\0\3\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "PK\5\6\0\0\0\0\1\0\1\0\121\0\0\0\42\0\0\0\0";

static void test_zip64_entry(void) {
    arena a;
    zip z;
    rs_error error = {0};
    const size_t size =
        sizeof zip64_entry; /* the last NUL is the comment length's second byte */
    arena_init(&a, NULL);
    CHECK_STATUS(zip_open(&a, zip64_entry, size, &z, &error), RS_OK);
    CHECK_STR(error.message, "");
    CHECK(z.count == 1 && z.items[0].size == 3 && !memcmp(z.items[0].bytes, "abc", 3));
    arena_free(&a);
    blob whole = blob_copy(zip64_entry, size);
    hostile_cuts(read_all, whole);
    hostile_changes(read_all, whole);
    whole.bytes[34 + 46 + 1 + 2] = 200; /* the first extra field reaches beyond the others */
    hostile_case(read_all, "extra field too long", whole.bytes, size, "contradict");
    whole.bytes[34 + 46 + 1 + 2] = 2;
    whole.bytes[34 + 46 + 1 + 6 + 2] = 16; /* no room for the offset */
    hostile_case(read_all, "zip64 field too short", whole.bytes, size, "contradict");
    free(whole.bytes);
}

int main(void) {
    blob golden = blob_read("golden/pickles/zip-2.bin");
    test_crc();
    test_entries(golden);
    test_spoilt(golden);
    test_plain_end(golden);
    test_zip64_entry();
    hostile_cuts(read_all, golden);
    hostile_changes(read_all, golden);
    hostile_memory(read_all, golden);
    free(golden.bytes);
    return check_result();
}
