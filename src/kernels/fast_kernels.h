/* The kernels of fast.h for one instruction set, as static functions that the including file puts
 * into a table with FAST_TABLE. Every sum has the order of kernels.c: loops are vectorized over
 * outputs, or over that order's partial sums. */
#include "kernels/fast_attention_q16.h"
#include "kernels/fast_norm.h"
#include "kernels/fast_product.h"
#include "kernels/fast_rows.h"

#define FAST_TABLE(variable, title, here)                                                      \
    const fast variable = {.name = (title),                                                    \
                           .runs_here = (here),                                                \
                           .activation_bytes = sizeof(simd_activation),                        \
                           .rows = ROWS,                                                       \
                           .queries = QUERIES,                                                 \
                           .sum_and_check = sum_and_check,                                     \
                           .quantize = quantize,                                               \
                           .product = product,                                                 \
                           .activate = activate,                                               \
                           .layer_norm = layer_norm,                                           \
                           .attend = attend,                                                   \
                           .attend_q16 = attend_q16,                                           \
                           .dot_rows = dot_rows}
