/* Packed files of any bytes, unpacked to at most 1 MiB. */
#include "hostile.h"
#include "records/decompress.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    blob b = blob_copy(bytes, size);
    plain_bytes plain;
    if (!decompress(b.bytes, b.size, 1 << 20, &plain, NULL) && plain.size > (1 << 20) &&
        plain.unpacked)
        abort();
    plain_bytes_free(&plain);
    free(b.bytes);
    return 0;
}
