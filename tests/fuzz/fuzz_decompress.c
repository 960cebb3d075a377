/* Packed files of any bytes, unpacked to at most 1 MiB. */
#include "fuzz/require.h"
#include "hostile.h"
#include "records/decompress.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    blob b = blob_copy(bytes, size);
    plain_bytes plain;
    rs_error error = {0};
    rs_status status = decompress(b.bytes, b.size, 1 << 20, &plain, &error);
    REQUIRE(is_told(status, &error));
    if (!status) REQUIRE(plain.unpacked ? plain.size <= 1 << 20 : plain.bytes == b.bytes);
    plain_bytes_free(&plain);
    free(b.bytes);
    return 0;
}
