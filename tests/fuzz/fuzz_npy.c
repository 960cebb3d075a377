/* A .npy file of any bytes; each row of what is read lies inside it. */
#include "hostile.h"
#include "tensors/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    blob b = blob_copy(bytes, size);
    npy array;
    if (!npy_read(b.bytes, b.size, &array, NULL) && array.rows && array.columns) {
        float *row = malloc(array.columns * sizeof *row);
        npy_row(&array, 0, row);
        npy_row(&array, array.rows - 1, row);
        free(row);
    }
    free(b.bytes);
    return 0;
}
