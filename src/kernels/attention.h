/* Multi-head self-attention over one text. Two implementations, as of linear.h. */
#ifndef RS_ATTENTION_H
#define RS_ATTENTION_H

#include "base/arena.h"
#include "base/status.h"
#include "base/threads.h"

#include <stdbool.h>

typedef struct attention attention;

/* For texts of up to T_max tokens; all scratch lies in the arena. whole: in whole numbers, if the
 * implementation has them. RS_ERR_MEMORY. */
RS_MUST_USE rs_status attention_open(arena *a, size_t heads, size_t head_size, size_t T_max,
                                     bool whole, threads *t, attention **out);

/* As kernels_attention, or kernels_attention_q16: the first `rows` tokens attend to all T.
 * qkv: [T, 3H], out: [rows, H]. RS_ERR_MEMORY as linear_run. */
RS_MUST_USE rs_status attention_run(attention *a, const float *qkv, size_t T, size_t rows,
                                    float *out);

/* Frees what does not lie in the arena; NULL is allowed. */
void attention_close(attention *a);

#endif
