/* For targets whose input is JSON, or lines of it. */
#include "fuzz/mutate.h"

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t cap, unsigned seed) {
    unsigned state = seed;
    if (!size || size > cap || !mutate_random(&state, 8))
        return LLVMFuzzerMutate(bytes, size, cap);
    if (mutate_random(&state, 3)) return mutate_json(bytes, size, cap, &state);
    return mutate_json_line(bytes, size, cap, &state);
}
