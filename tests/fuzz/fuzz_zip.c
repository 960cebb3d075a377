/* Any bytes as a zip archive: whatever the directory claims, entries lie inside and apart. */
#include <stdlib.h>

#include "fuzz/require.h"
#include "tensors/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    arena a;
    zip z;
    rs_error error = {0};
    arena_init(&a, NULL);
    rs_status status = zip_open(&a, bytes, size, &z, &error);
    REQUIRE(is_told(status, &error));
    if (!status) {
        size_t total = 0;
        for (size_t i = 0; i < z.count; i++) {
            total += z.items[i].size;
            REQUIRE(zip_find(&z, z.items[i].name) == &z.items[i]);
            REQUIRE(z.items[i].bytes >= bytes &&
                    z.items[i].bytes + z.items[i].size <= bytes + size);
            (void)zip_check(&z.items[i], &error); /* reads every byte */
        }
        REQUIRE(total <= size); /* so they cannot overlap */
    }
    arena_free(&a);
    return 0;
}
