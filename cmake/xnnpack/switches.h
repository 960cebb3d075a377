/* Included before every XNNPACK source: the switches its own build would set with -D.
 * tools/gen/xnnpack_sources.py reads them too, so that list and build cannot disagree. */
#ifndef REFSCOUT_XNNPACK_SWITCHES_H
#define REFSCOUT_XNNPACK_SWITCHES_H

#define XNN_LOG_LEVEL 0

/* No assembly: it exists for some Arm cores only, and intrinsics come close. */
#define XNN_ENABLE_ASSEMBLY 0
#define XNN_ENABLE_GEMM_M_SPECIALIZATION 1
#define XNN_ENABLE_MEMOPT 1
#define XNN_ENABLE_SPARSE 0
#define XNN_ENABLE_DWCONV_MULTIPASS 0
#define XNN_ENABLE_KLEIDIAI 0
#define XNN_ENABLE_HVX 0
#define XNN_ENABLE_RISCV_VECTOR 0
#define XNN_ENABLE_VSX 0

/* cpuinfo.h beside this file answers; every core of a machine counts as the same. */
#if defined(__wasm__)
#define XNN_ENABLE_CPUINFO 0
#else
#define XNN_ENABLE_CPUINFO 1
#endif
#define XNN_MAX_UARCH_TYPES 1

/* x86-64: the kernel is chosen at run time. AMX is left out where the compiler is too old for it;
 * AVX512-FP16 and AVX-VNNI-INT8 have no kernel that we use. */
#define XNN_ENABLE_AVX512F 1
#define XNN_ENABLE_AVX512SKX 1
#define XNN_ENABLE_AVX512VBMI 1
#define XNN_ENABLE_AVX512VNNI 1
#define XNN_ENABLE_AVX512VNNIGFNI 1
#define XNN_ENABLE_AVX256SKX 1
#define XNN_ENABLE_AVX256VNNI 1
#define XNN_ENABLE_AVX256VNNIGFNI 1
#if defined(__x86_64__) && (defined(__clang__) || __GNUC__ >= 13)
#define XNN_ENABLE_AVX512AMX 1
#else
#define XNN_ENABLE_AVX512AMX 0
#endif
#define XNN_ENABLE_AVX512FP16 0
#if defined(__x86_64__)
#define XNN_ENABLE_AVXVNNI 1
#else
#define XNN_ENABLE_AVXVNNI 0
#endif
#define XNN_ENABLE_AVXVNNIINT8 0

/* Arm: dot products and matrix multiplication where the processor has them; no 16-bit floats. */
#define XNN_ENABLE_ARM_FP16_SCALAR 0
#define XNN_ENABLE_ARM_FP16_VECTOR 0
#define XNN_ENABLE_ARM_BF16 0
#define XNN_ENABLE_ARM_SME 0
#define XNN_ENABLE_ARM_SME2 0
#if defined(__aarch64__)
#define XNN_ENABLE_ARM_DOTPROD 1
#define XNN_ENABLE_ARM_I8MM 1
#else
#define XNN_ENABLE_ARM_DOTPROD 0
#define XNN_ENABLE_ARM_I8MM 0
#endif

#endif
