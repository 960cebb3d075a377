/* Heads are distributed over the threads; each thread has its own scratch. */
#include "kernels/attention.h"
#include "kernels/fast.h"

struct attention {
    fast_attend *attend;
    threads *threads;
    size_t heads, head_size, workers;
    float **scratch; /* [workers] */
};

rs_status attention_open(arena *arena, size_t heads, size_t head_size, size_t T_max, bool q16,
                         threads *t, attention **out) {
    attention *a = arena_alloc(arena, 1, sizeof *a);
    if (!a) return RS_ERR_MEMORY;
    const fast *kernels = fast_choose();
    a->attend = q16 ? kernels->attend_q16 : kernels->attend;
    a->threads = t;
    a->heads = heads;
    a->head_size = head_size;
    a->workers = threads_count(t) < heads ? threads_count(t) : heads;
    a->scratch = arena_alloc(arena, a->workers, sizeof *a->scratch);
    if (!a->scratch) return RS_ERR_MEMORY;
    for (size_t w = 0; w < a->workers; w++) {
        a->scratch[w] =
            arena_alloc(arena, fast_attend_floats(kernels, T_max, head_size), sizeof(float));
        if (!a->scratch[w]) return RS_ERR_MEMORY;
    }
    *out = a;
    return RS_OK;
}

typedef struct attention_job {
    attention *a;
    const float *qkv;
    size_t T, rows;
    float *out;
} attention_job;

static void attend_heads(void *context, size_t from, size_t to) {
    const attention_job *j = context;
    const attention *a = j->a;
    for (size_t w = from; w < to; w++)
        for (size_t head = w; head < a->heads; head += a->workers)
            a->attend(j->qkv, j->T, j->rows, a->heads, a->head_size, head, a->scratch[w],
                      j->out);
}

void attention_run(attention *a, const float *qkv, size_t T, size_t rows, float *out) {
    attention_job job = {a, qkv, T, rows, out};
    threads_rows(a->threads, a->workers, attend_heads, &job);
}
