/* Answers the questions that XNNPACK puts to the cpuinfo library, so that this library, which
 * reads /proc and /sys, is not needed. Only x86-64 and 64-bit Arm are asked; the cores of one
 * machine count as alike. */
#ifndef REFSCOUT_CPUINFO_H
#define REFSCOUT_CPUINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool cpuinfo_initialize(void) { return true; }

/* XNNPACK prefers another kernel on a few processors; we never say that this is one of them. */
enum cpuinfo_uarch {
    cpuinfo_uarch_unknown,
    cpuinfo_uarch_zen,
    cpuinfo_uarch_dhyana,
    cpuinfo_uarch_zen4
};
struct cpuinfo_core {
    enum cpuinfo_uarch uarch;
};
static inline const struct cpuinfo_core *cpuinfo_get_core(uint32_t index) {
    static const struct cpuinfo_core core = {cpuinfo_uarch_unknown};
    (void) index;
    return &core;
}

#if defined(__x86_64__)

#include <cpuid.h>

/* A feature counts when the processor has it and the operating system saves its registers. */
struct cpuinfo_x86 {
    uint32_t leaf1_c, leaf7_b, leaf7_c, leaf7_d, leaf7_1_a;
    bool ymm, zmm, tiles;
};

static inline struct cpuinfo_x86 cpuinfo_x86_read(void) {
    struct cpuinfo_x86 x = {0, 0, 0, 0, 0, false, false, false};
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return x;
    x.leaf1_c = c;
    if (c & (1u << 27)) { /* OSXSAVE: xgetbv may be asked */
        uint32_t low, high;
        __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
        x.ymm = (low & 0x06u) == 0x06u;
        x.zmm = (low & 0xe6u) == 0xe6u;
        x.tiles = (low & 0x60000u) == 0x60000u;
    }
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        const uint32_t subleaves = a;
        x.leaf7_b = b;
        x.leaf7_c = c;
        x.leaf7_d = d;
        if (subleaves >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) x.leaf7_1_a = a;
    }
    return x;
}

#define CPUINFO_X86(name, expression)                    \
    static inline bool cpuinfo_has_x86_##name(void) {    \
        const struct cpuinfo_x86 x = cpuinfo_x86_read(); \
        return (expression);                             \
    }

CPUINFO_X86(ssse3, x.leaf1_c >> 9 & 1)
CPUINFO_X86(sse4_1, x.leaf1_c >> 19 & 1)
CPUINFO_X86(avx, x.ymm && (x.leaf1_c >> 28 & 1))
CPUINFO_X86(f16c, x.ymm && (x.leaf1_c >> 29 & 1))
CPUINFO_X86(fma3, x.ymm && (x.leaf1_c >> 12 & 1))
CPUINFO_X86(avx2, x.ymm && (x.leaf7_b >> 5 & 1))
CPUINFO_X86(avxvnni, x.ymm && (x.leaf7_1_a >> 4 & 1))
CPUINFO_X86(gfni, x.ymm && (x.leaf7_c >> 8 & 1))
CPUINFO_X86(avx512f, x.zmm && (x.leaf7_b >> 16 & 1))
CPUINFO_X86(avx512dq, x.zmm && (x.leaf7_b >> 17 & 1))
CPUINFO_X86(avx512bw, x.zmm && (x.leaf7_b >> 30 & 1))
CPUINFO_X86(avx512vl, x.zmm && (x.leaf7_b >> 31 & 1))
CPUINFO_X86(avx512vbmi, x.zmm && (x.leaf7_c >> 1 & 1))
CPUINFO_X86(avx512vnni, x.zmm && (x.leaf7_c >> 11 & 1))

/* XNNPACK takes AMX also as a sign of the 256-bit forms of AVX512, so these must be there too. */
CPUINFO_X86(amx_int8, x.zmm && x.tiles && (x.leaf7_d >> 25 & 1) && (x.leaf7_b >> 31 & 1))

#undef CPUINFO_X86

#elif defined(__aarch64__)

#if defined(__linux__)
#include <sys/auxv.h>
static inline bool cpuinfo_arm_hwcap(unsigned bit) { return getauxval(AT_HWCAP) >> bit & 1; }
static inline bool cpuinfo_arm_hwcap2(unsigned bit) { return getauxval(AT_HWCAP2) >> bit & 1; }
static inline bool cpuinfo_has_arm_neon_dot(void) { return cpuinfo_arm_hwcap(20); }
static inline bool cpuinfo_has_arm_i8mm(void) { return cpuinfo_arm_hwcap2(13); }
#elif defined(__APPLE__)
#include <sys/sysctl.h>
static inline bool cpuinfo_arm_sysctl(const char *name) {
    int value = 0;
    size_t size = sizeof value;
    return sysctlbyname(name, &value, &size, NULL, 0) == 0 && value != 0;
}
static inline bool cpuinfo_has_arm_neon_dot(void) {
    return cpuinfo_arm_sysctl("hw.optional.arm.FEAT_DotProd");
}
static inline bool cpuinfo_has_arm_i8mm(void) {
    return cpuinfo_arm_sysctl("hw.optional.arm.FEAT_I8MM");
}
#else
static inline bool cpuinfo_has_arm_neon_dot(void) { return false; }
static inline bool cpuinfo_has_arm_i8mm(void) { return false; }
#endif

/* 64-bit Arm always has these. */
static inline bool cpuinfo_has_arm_neon(void) { return true; }
static inline bool cpuinfo_has_arm_neon_fp16(void) { return true; }
static inline bool cpuinfo_has_arm_neon_fma(void) { return true; }
static inline bool cpuinfo_has_arm_neon_v8(void) { return true; }
static inline bool cpuinfo_has_arm_vfpv3(void) { return true; }

/* Not built, see switches.h. */
static inline bool cpuinfo_has_arm_fp16_arith(void) { return false; }
static inline bool cpuinfo_has_arm_neon_fp16_arith(void) { return false; }
static inline bool cpuinfo_has_arm_neon_bf16(void) { return false; }
static inline bool cpuinfo_has_arm_sve(void) { return false; }
static inline bool cpuinfo_has_arm_sve2(void) { return false; }
static inline bool cpuinfo_has_arm_sme(void) { return false; }
static inline bool cpuinfo_has_arm_sme2(void) { return false; }

#endif
#endif
