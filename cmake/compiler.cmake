# Compiler options of our own code, and its variants: one native build, and four WebAssembly modules,
# because a browser rejects a module if it does not support one of its instructions.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(REFSCOUT_CCACHE ccache)
if(REFSCOUT_CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
    set(CMAKE_C_COMPILER_LAUNCHER ${REFSCOUT_CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${REFSCOUT_CCACHE})
endif()

# Command, tests and shared library consist of the same objects; the shared library exports only the
# functions marked RS_API.
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

# Options for compiling and linking all sources of a variant, XNNPACK's included.
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

# Options of our own targets: warnings, sanitizers, and no contraction to fused multiply-add, so that all
# platforms give the same bits.
function(refscout_own target variant)
    # XNNPACK has one C++ file, which needs no C++ library: link as C.
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
