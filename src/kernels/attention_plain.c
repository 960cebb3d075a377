/* attention.h by the definition in kernels.c. */
#include "kernels/attention.h"
#include "kernels/kernels.h"

struct attention {
    size_t heads, head_size;
    int16_t *q;    /* [3, T_max, D]; NULL: in f32 */
    float *scores; /* [T_max] */
};

rs_status attention_open(arena *a, size_t heads, size_t head_size, size_t T_max, bool whole,
                         threads *t, attention **out) {
    (void)t;
    attention *attn = arena_alloc(a, 1, sizeof *attn);
    float *scores = arena_alloc(a, T_max, sizeof *scores);
    int16_t *q = whole ? arena_alloc(a, T_max, 3 * head_size * sizeof *q) : NULL;
    if (!attn || !scores || (whole && !q)) return RS_ERR_MEMORY;
    *attn = (attention){heads, head_size, q, scores};
    *out = attn;
    return RS_OK;
}

rs_status attention_run(attention *a, const float *qkv, size_t T, size_t rows, float *out) {
    if (a->q)
        kernels_attention_q16(qkv, T, rows, a->heads, a->head_size, a->q, a->scores, out);
    else
        kernels_attention(qkv, T, rows, a->heads, a->head_size, a->scores, out);
    return RS_OK;
}

void attention_close(attention *a) { (void)a; }
