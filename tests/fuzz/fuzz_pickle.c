/* Any bytes as pytorch_model.bin, in both formats: what is accepted has all its elements inside
 * the file, which the sanitizer sees when they are read. */
#include <stdlib.h>

#include "fuzz/require.h"
#include "tensors/torch_file.h"

enum { MAX_COLUMNS = 4096, MAX_ROWS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The first and last rows; strides of 0 allow shapes far larger than the file. */
static void read_some(const weight *w) {
    static float row[MAX_COLUMNS];
    rs_error error;
    if (w->rank < 1 || w->rank > 2 || !weight_is_float(w) || weight_columns(w) > MAX_COLUMNS)
        return;
    size_t rows = weight_rows(w);
    for (size_t i = 0; i < rows && i < MAX_ROWS; i++) {
        (void)weight_row(w, i, row, &error);
        (void)weight_row(w, rows - 1 - i, row, &error);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    arena a;
    weights all;
    rs_error error = {0};
    arena_init(&a, NULL);
    rs_status status = torch_file_open(&a, bytes, size, &all, &error);
    REQUIRE(is_told(status, &error));
    if (!status)
        for (size_t i = 0; i < all.count; i++) {
            REQUIRE(weights_find(&all, all.items[i].name) == &all.items[i]);
            read_some(&all.items[i]);
        }
    arena_free(&a);
    return 0;
}
