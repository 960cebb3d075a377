/* The safetensors reader on any bytes. What it accepts must be usable to the last byte, also as the weights
 * of a checkpoint. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/require.h"
#include "tensors/tensors.h"
#include "tensors/weights.h"

enum { MAX_COLUMNS = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static unsigned read_all(const tensors *t) {
    unsigned sum = 0;
    for (size_t i = 0; i < t->count; i++) {
        const tensor *item = &t->items[i], *view;
        for (size_t j = 0; j < item->size; j++) sum += item->bytes[j];
        REQUIRE(tensors_find(t, item->name) == item);
        if (item->type != TENSOR_OTHER && /* which nobody asks for */
            !tensors_view(t, item->name, item->type, item->rank, item->shape, &view, NULL))
            REQUIRE(view == item);
        size_t any[TENSORS_MAX_RANK] = {TENSORS_ANY, 3, TENSORS_ANY, 1};
        (void)!tensors_view(t, item->name, TENSOR_F32, 2, any, &view, NULL);
    }
    REQUIRE(!tensors_find(t, "no tensor has this name"));
    for (size_t i = 0; i < t->metadata_count; i++) {
        REQUIRE(tensors_metadata_get(t, t->metadata[i].key) != NULL);
        sum += (unsigned)strlen(t->metadata[i].value);
    }
    (void)!tensors_check_kind(t, "model", NULL);
    (void)!tensors_check_kind(t, "index", NULL);
    return sum;
}

static void read_weights(arena *a, const tensors *t) {
    static float row[MAX_COLUMNS];
    weights all;
    rs_error error;
    if (weights_from_tensors(a, t, &all, &error)) return;
    for (size_t i = 0; i < all.count; i++) {
        const weight *w = &all.items[i];
        REQUIRE(weights_find(&all, w->name) == w);
        if (w->rank < 1 || w->rank > 2 || !weight_is_float(w) ||
            weight_columns(w) > MAX_COLUMNS || !weight_rows(w))
            continue;
        (void)!weight_row(w, 0, row, &error);
        (void)!weight_row(w, weight_rows(w) - 1, row, &error);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    arena a;
    tensors t;
    rs_error error = {0};
    arena_init(&a, NULL);
    rs_status status = tensors_open(&a, bytes, size, &t, &error);
    REQUIRE(is_told(status, &error));
    if (!status) {
        volatile unsigned sink = read_all(&t);
        (void)sink;
        read_weights(&a, &t);
    }
    arena_free(&a);
    return 0;
}
