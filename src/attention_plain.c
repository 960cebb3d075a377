/* attention.h by the definition in kernels.c. */
#include "attention.h"
#include "kernels.h"

struct attention {
    size_t heads, head_size;
    float *scores; /* [T_max] */
};

rs_status attention_open(arena *a, size_t heads, size_t head_size, size_t T_max, threads *t,
                         attention **out) {
    (void)t;
    attention *attn = arena_alloc(a, 1, sizeof *attn);
    float *scores = arena_alloc(a, T_max, sizeof *scores);
    if (!attn || !scores) return RS_ERR_MEMORY;
    *attn = (attention){heads, head_size, scores};
    *out = attn;
    return RS_OK;
}

rs_status attention_run(attention *a, const float *qkv, size_t T, size_t rows, float *out) {
    kernels_attention(qkv, T, rows, a->heads, a->head_size, a->scores, out);
    return RS_OK;
}

void attention_close(attention *a) { (void)a; }
