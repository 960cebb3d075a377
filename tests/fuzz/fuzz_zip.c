/* Any bytes as a zip archive: whatever the directory claims, entries lie inside and apart. */
#include <stdlib.h>

#include "tensors/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    arena a;
    zip z;
    rs_error error;
    arena_init(&a, NULL);
    if (zip_open(&a, bytes, size, &z, &error) == RS_OK) {
        size_t total = 0;
        for (size_t i = 0; i < z.count; i++) {
            total += z.items[i].size;
            if (zip_find(&z, z.items[i].name) != &z.items[i]) abort();
            (void)zip_check(&z.items[i], &error); /* reads every byte */
        }
        if (total > size) abort();
    }
    arena_free(&a);
    return 0;
}
