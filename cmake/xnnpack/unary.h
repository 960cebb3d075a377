/* Included before XNNPACK's operators/unary-elementwise-nc.c. Its table of elementwise functions
 * names the kernels of them all, so each would be compiled and linked; an encoder needs one, GELU
 * in f32 (the conversion to qd8 has a way of its own). All others become "not supported". */
#include "xnnpack/config.h"
#include "xnnpack/reference-config.h"

#define xnn_init_unary_reference_config(op, input, output) NULL

#define xnn_init_f16_abs_config() NULL
#define xnn_init_f16_clamp_config() NULL
#define xnn_init_f16_elu_config() NULL
#define xnn_init_f16_hswish_config() NULL
#define xnn_init_f16_lrelu_config() NULL
#define xnn_init_f16_neg_config() NULL
#define xnn_init_f16_rndd_config() NULL
#define xnn_init_f16_rndne_config() NULL
#define xnn_init_f16_rndu_config() NULL
#define xnn_init_f16_rsqrt_config() NULL
#define xnn_init_f16_sigmoid_config() NULL
#define xnn_init_f16_sqr_config() NULL
#define xnn_init_f16_sqrt_config() NULL
#define xnn_init_f16_tanh_config() NULL
#define xnn_init_f16_to_f32_cvt_config() NULL
#define xnn_init_f16_to_qs8_cvt_config() NULL
#define xnn_init_f32_abs_config() NULL
#define xnn_init_f32_clamp_config() NULL
#define xnn_init_f32_elu_config() NULL
#define xnn_init_f32_exp_config() NULL
#define xnn_init_f32_hswish_config() NULL
#define xnn_init_f32_log_config() NULL
#define xnn_init_f32_lrelu_config() NULL
#define xnn_init_f32_neg_config() NULL
#define xnn_init_f32_rndd_config() NULL
#define xnn_init_f32_rndne_config() NULL
#define xnn_init_f32_rndu_config() NULL
#define xnn_init_f32_rsqrt_config() NULL
#define xnn_init_f32_sigmoid_config() NULL
#define xnn_init_f32_sqr_config() NULL
#define xnn_init_f32_sqrt_config() NULL
#define xnn_init_f32_tanh_config() NULL
#define xnn_init_f32_to_f16_cvt_config() NULL
#define xnn_init_f32_to_qu8_cvt_config() NULL
#define xnn_init_qs8_cvt_config() NULL
#define xnn_init_qs8_lrelu_config() NULL
#define xnn_init_qs8_to_f16_cvt_config() NULL
#define xnn_init_qs8_to_f32_cvt_config() NULL
#define xnn_init_qu8_cvt_config() NULL
#define xnn_init_qu8_lrelu_config() NULL
#define xnn_init_qu8_to_f32_cvt_config() NULL
#define xnn_init_s8_clamp_config() NULL
#define xnn_init_u8_clamp_config() NULL
