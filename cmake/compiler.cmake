# How our own code is compiled, and in which variants: once natively, and as four WebAssembly
# modules, because a browser refuses a whole module for one instruction that it does not know.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(REFSCOUT_CCACHE ccache)
if(REFSCOUT_CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
    set(CMAKE_C_COMPILER_LAUNCHER ${REFSCOUT_CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${REFSCOUT_CCACHE})
endif()

# The same objects make the command, the tests and the shared library, which shows what RS_API marks.
if(NOT EMSCRIPTEN)
    set(CMAKE_POSITION_INDEPENDENT_CODE ON)
    set(CMAKE_C_VISIBILITY_PRESET hidden)
    set(CMAKE_CXX_VISIBILITY_PRESET hidden)
endif()

if(EMSCRIPTEN)
    set(REFSCOUT_VARIANTS simd relaxed simd-threads relaxed-threads)
else()
    set(REFSCOUT_VARIANTS native)
endif()

# Name of the library NAME in a variant: refscout natively, refscout-simd and so on for WebAssembly.
function(refscout_variant_name out name variant)
    if(variant STREQUAL "native")
        set(${out} ${name} PARENT_SCOPE)
    else()
        set(${out} ${name}-${variant} PARENT_SCOPE)
    endif()
endfunction()

# What every source of a variant, XNNPACK's too, has to be compiled and linked with.
foreach(variant IN LISTS REFSCOUT_VARIANTS)
    set(options)
    if(NOT variant STREQUAL "native")
        list(APPEND options -msimd128)
    endif()
    if(variant MATCHES "^relaxed")
        list(APPEND options -mrelaxed-simd)
    endif()
    if(variant MATCHES "threads$")
        list(APPEND options -pthread)
    endif()
    add_library(refscout-variant-${variant} INTERFACE)
    target_compile_options(refscout-variant-${variant} INTERFACE ${options})
    target_link_options(refscout-variant-${variant} INTERFACE ${options})
endforeach()

# Our own targets: warnings, sanitizers, and no fused multiply-add, so that platforms agree.
function(refscout_own target variant)
    # Although XNNPACK has one C++ file.
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE C)
    target_link_libraries(${target} PUBLIC refscout-variant-${variant})
    target_compile_options(${target} PRIVATE -ffp-contract=off -Wall -Wextra -Wpedantic -Wshadow
        -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
        $<$<BOOL:${REFSCOUT_WERROR}>:-Werror>)
    if(REFSCOUT_CLANG_TIDY AND CMAKE_CURRENT_SOURCE_DIR STREQUAL "${PROJECT_SOURCE_DIR}/src")
        set_target_properties(${target} PROPERTIES C_CLANG_TIDY "clang-tidy-19;--quiet")
    endif()
    if(REFSCOUT_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${REFSCOUT_SANITIZE}
            -fno-sanitize-recover=all -fno-omit-frame-pointer)
        target_link_options(${target} PRIVATE -fsanitize=${REFSCOUT_SANITIZE})
    endif()
    if(REFSCOUT_BUILD_FUZZERS)
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
endfunction()
