/* Hidden states -> the embedding. */
#ifndef RS_POOL_H
#define RS_POOL_H

#include "refscout.h"

/* Pools hidden states. RS_POOL_CLS: the first row; RS_POOL_MEAN: the mean of all rows.
 * hidden: [T, H] (with RS_POOL_CLS only row 0 is read)  out: [H] */
void pool(rs_pool how, const float *hidden, size_t T, size_t H, float *out);

#endif
