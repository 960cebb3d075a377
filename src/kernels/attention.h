/* Multi-head self-attention over one text. */
#ifndef RS_ATTENTION_H
#define RS_ATTENTION_H

#include "base/arena.h"
#include "base/status.h"
#include "base/threads.h"

#include <stdbool.h>

typedef struct attention attention;

/* Allocates in the arena what attention over texts of up to T_max tokens needs. q16: computes
 * kernels_attention_q16, for models with int8 weights; otherwise kernels_attention. Returns
 * RS_ERR_MEMORY. */
RS_MUST_USE rs_status attention_open(arena *a, size_t heads, size_t head_size, size_t T_max,
                                     bool q16, threads *t, attention **out);

/* The first `rows` tokens attend to all T.  qkv: [T, 3H]  out: [rows, H] */
void attention_run(attention *a, const float *qkv, size_t T, size_t rows, float *out);

#endif
