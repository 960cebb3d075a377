/* The safetensors reader on any bytes. What it accepts must be usable to the last byte. */
#include <stdlib.h>
#include <string.h>

#include "tensors/tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    arena a;
    tensors t;
    unsigned sum = 0;
    arena_init(&a, NULL);
    if (!tensors_open(&a, bytes, size, &t, NULL)) {
        for (size_t i = 0; i < t.count; i++) {
            for (size_t j = 0; j < t.items[i].size; j++) sum += t.items[i].bytes[j];
            if (tensors_find(&t, t.items[i].name) != &t.items[i]) abort();
        }
        for (size_t i = 0; i < t.metadata_count; i++)
            sum += (unsigned)strlen(t.metadata[i].value);
    }
    arena_free(&a);
    volatile unsigned sink = sum;
    (void)sink;
    return 0;
}
