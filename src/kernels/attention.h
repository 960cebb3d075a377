/* Multi-head self-attention over one text. */
#ifndef RS_ATTENTION_H
#define RS_ATTENTION_H

#include "base/arena.h"
#include "base/status.h"
#include "base/threads.h"

#include <stdbool.h>

typedef struct attention attention;

/* For texts of up to T_max tokens; lies in the arena. q16: by kernels_attention_q16, as models with int8
 * weights have it; otherwise by kernels_attention. RS_ERR_MEMORY. */
RS_MUST_USE rs_status attention_open(arena *a, size_t heads, size_t head_size, size_t T_max,
                                     bool q16, threads *t, attention **out);

/* The first `rows` tokens attend to all T.  qkv: [T, 3H]  out: [rows, H] */
void attention_run(attention *a, const float *qkv, size_t T, size_t rows, float *out);

#endif
