/* A .npy file of any bytes; each row of what is read lies inside it, and written again it reads the same. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/require.h"
#include "fuzz/scratch.h"
#include "hostile.h"
#include "system/cli.h"
#include "tensors/npy.h"

enum { MAX_VALUES = 1 << 12 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_ends(const npy *array) {
    float *row = malloc(array->columns * sizeof *row);
    REQUIRE(row);
    npy_row(array, 0, row);
    npy_row(array, array->rows - 1, row);
    free(row);
}

static void write_again(const npy *array) {
    char path[SCRATCH_PATH];
    float values[MAX_VALUES];
    npy again;
    cli_file file;
    if (array->rows * array->columns > MAX_VALUES) return;
    for (size_t i = 0; i < array->rows; i++) npy_row(array, i, values + i * array->columns);
    scratch_path(path, "again.npy");
    REQUIRE(!npy_write(path, values, array->rows, array->columns, NULL));
    REQUIRE(!cli_read(path, &file, NULL));
    REQUIRE(!npy_read(file.bytes, file.size, &again, NULL));
    REQUIRE(again.rows == array->rows && again.columns == array->columns);
    REQUIRE(!memcmp(again.values, array->values, array->rows * array->columns * 4));
    cli_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    blob b = blob_copy(bytes, size);
    npy array;
    rs_error error = {0};
    rs_status status = npy_read(b.bytes, b.size, &array, &error);
    REQUIRE(is_told(status, &error));
    if (!status && array.rows && array.columns) {
        read_ends(&array);
        write_again(&array);
    }
    free(b.bytes);
    return 0;
}
