# XNNPACK, reduced to the sources that our operators use: 60 to 110 instead of 3000. The lists are generated
# by tools/gen/xnnpack_sources.py. Other functions that these sources reference are never called, and the
# linker drops the code that references them (-ffunction-sections, --gc-sections).
include_guard(GLOBAL)
enable_language(CXX)
set(CMAKE_CXX_IMPLICIT_LINK_LIBRARIES "") # its one C++ file needs nothing of the C++ library
find_package(Threads REQUIRED)
include(${CMAKE_CURRENT_LIST_DIR}/xnnpack/sources.cmake)

set(REFSCOUT_XNNPACK_DIR ${CMAKE_CURRENT_LIST_DIR}/xnnpack)

# The compiler flags of an instruction set, as XNNPACK's own CMakeLists.txt has them.
set(avx512skx -mf16c -mfma -mavx512f -mavx512cd -mavx512bw -mavx512dq -mavx512vl)
set(XNNPACK_FLAGS_SSE -msse -mno-sse2)
set(XNNPACK_FLAGS_SSE2 -msse2 -mno-sse3)
set(XNNPACK_FLAGS_SSSE3 -mssse3 -mno-sse4.1)
set(XNNPACK_FLAGS_SSE41 -msse4.1 -mno-sse4.2)
set(XNNPACK_FLAGS_AVX -mavx -mno-avx2 -mno-fma -mno-f16c)
set(XNNPACK_FLAGS_FMA3 -mf16c -mfma -mno-avx2)
set(XNNPACK_FLAGS_AVX2 -mf16c -mfma -mavx2)
set(XNNPACK_FLAGS_AVXVNNI -mf16c -mfma -mavx2 -mavxvnni)
set(XNNPACK_FLAGS_AVX512F -mavx512f)
set(XNNPACK_FLAGS_AVX512SKX ${avx512skx})
set(XNNPACK_FLAGS_AVX256SKX ${avx512skx})
set(XNNPACK_FLAGS_AVX512VNNI ${avx512skx} -mavx512vnni)
set(XNNPACK_FLAGS_AVX256VNNI ${avx512skx} -mavx512vnni)
set(XNNPACK_FLAGS_AVX512AMX ${avx512skx} -mavx512vnni -mgfni -mamx-tile -mamx-int8)
set(XNNPACK_FLAGS_NEONDOT -march=armv8.2-a+dotprod)
set(XNNPACK_FLAGS_NEONI8MM -march=armv8.2-a+i8mm+fp16)

function(refscout_xnnpack_platform out variant)
    if(variant MATCHES "^simd")
        set(${out} WASM_SIMD PARENT_SCOPE)
    elseif(variant MATCHES "^relaxed")
        set(${out} WASM_RELAXED PARENT_SCOPE)
    elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
        set(${out} X86_64 PARENT_SCOPE)
    elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
        set(${out} AARCH64 PARENT_SCOPE)
    else()
        message(FATAL_ERROR "No list of XNNPACK sources for ${CMAKE_SYSTEM_PROCESSOR}; "
            "configure with -DREFSCOUT_WITH_XNNPACK=OFF for plain C.")
    endif()
endfunction()

# pthreadpool. Without threads shim.c runs everything in the caller; otherwise pthreads are used, which wait
# on futexes in Linux and on condition variables elsewhere.
function(refscout_add_pthreadpool target variant)
    if(variant MATCHES "^(simd|relaxed)$")
        set(sources shim.c)
    else()
        set(sources memory.c portable-api.c pthreads.c fastpath.c)
    endif()
    list(TRANSFORM sources PREPEND ${pthreadpool_SOURCE_DIR}/src/)
    add_library(${target} STATIC ${sources})
    set_target_properties(${target} PROPERTIES C_EXTENSIONS ON)
    set(linux $<PLATFORM_ID:Linux>)
    target_compile_definitions(${target} PRIVATE PTHREADPOOL_USE_CPUINFO=0 PTHREADPOOL_USE_GCD=0
        PTHREADPOOL_USE_EVENT=0 PTHREADPOOL_USE_FUTEX=$<IF:${linux},1,0>
        PTHREADPOOL_USE_CONDVAR=$<IF:${linux},0,1> PTHREADPOOL_USE_FASTPATH=1
        $<${linux}:_GNU_SOURCE=1>)
    target_compile_definitions(${target} PUBLIC PTHREADPOOL_NO_DEPRECATED_API=1)
    target_include_directories(${target} SYSTEM PUBLIC ${pthreadpool_SOURCE_DIR}/include)
    target_include_directories(${target} PRIVATE ${fxdiv_SOURCE_DIR}/include)
    target_compile_options(${target} PRIVATE -O2 -w)
    target_link_libraries(${target} PRIVATE refscout-variant-${variant})
    if(NOT EMSCRIPTEN)
        target_link_libraries(${target} PUBLIC Threads::Threads)
    endif()
endfunction()

function(refscout_add_xnnpack variant)
    refscout_xnnpack_platform(platform ${variant})
    refscout_variant_name(xnnpack xnnpack ${variant})
    refscout_variant_name(pthreadpool pthreadpool ${variant})
    refscout_add_pthreadpool(${pthreadpool} ${variant})

    set(sets ${XNNPACK_${platform}_SETS})
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_COMPILER_VERSION VERSION_LESS 13)
        list(REMOVE_ITEM sets AVX512AMX) # disabled in xnnpack/switches.h
    endif()
    set(sources ${XNNPACK_${platform}_SOURCES})
    list(TRANSFORM sources PREPEND ${xnnpack_SOURCE_DIR}/)
    foreach(isa IN LISTS sets)
        set(kernels ${XNNPACK_${platform}_SOURCES_${isa}})
        list(TRANSFORM kernels PREPEND ${xnnpack_SOURCE_DIR}/)
        set_source_files_properties(${kernels} PROPERTIES
            COMPILE_OPTIONS "-fno-math-errno;${XNNPACK_FLAGS_${isa}}")
        list(APPEND sources ${kernels})
    endforeach()
    set_source_files_properties(${xnnpack_SOURCE_DIR}/src/operators/unary-elementwise-nc.c PROPERTIES
        COMPILE_OPTIONS "-include;${REFSCOUT_XNNPACK_DIR}/unary.h"
        OBJECT_DEPENDS ${REFSCOUT_XNNPACK_DIR}/unary.h)

    add_library(${xnnpack} STATIC ${sources})
    set_target_properties(${xnnpack} PROPERTIES C_EXTENSIONS ON CXX_STANDARD 17 LINKER_LANGUAGE C)
    target_include_directories(${xnnpack} SYSTEM PUBLIC ${xnnpack_SOURCE_DIR}/include)
    target_include_directories(${xnnpack} PRIVATE ${xnnpack_SOURCE_DIR}/src ${REFSCOUT_XNNPACK_DIR}
        ${fxdiv_SOURCE_DIR}/include $<$<BOOL:${EMSCRIPTEN}>:${REFSCOUT_XNNPACK_DIR}/wasm>)
    target_compile_options(${xnnpack} PRIVATE -O2 -w -ffunction-sections -fdata-sections
        "SHELL:-include ${REFSCOUT_XNNPACK_DIR}/switches.h"
        $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions> $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
    target_link_libraries(${xnnpack} PUBLIC ${pthreadpool} PRIVATE refscout-variant-${variant})
    if(APPLE)
        target_link_options(${xnnpack} INTERFACE -Wl,-dead_strip)
    elseif(NOT EMSCRIPTEN)
        target_link_options(${xnnpack} INTERFACE -Wl,--gc-sections)
        target_link_libraries(${xnnpack} PUBLIC m)
    endif()
endfunction()
