# Dependencies, each pinned to one commit. FETCHCONTENT_SOURCE_DIR_<NAME> replaces the download by a
# local folder; the folders that tools/setup.sh has made under build/deps are used automatically. Only the
# sources are used: the few needed ones are compiled by our own CMake files.
include(FetchContent)

# SOURCE_SUBDIR is a folder that does not exist, so that the library's own CMakeLists.txt is not read.
macro(refscout_dependency name)
    string(TOUPPER ${name} upper)
    if(NOT DEFINED FETCHCONTENT_SOURCE_DIR_${upper} AND EXISTS ${PROJECT_SOURCE_DIR}/build/deps/${name}.stamp)
        set(FETCHCONTENT_SOURCE_DIR_${upper} ${PROJECT_SOURCE_DIR}/build/deps/${name}
            CACHE PATH "Source of ${name}")
    endif()
    FetchContent_Declare(${name} ${ARGN} SOURCE_SUBDIR none)
    FetchContent_MakeAvailable(${name})
endmacro()

refscout_dependency(cjson
    URL https://github.com/DaveGamble/cJSON/archive/refs/tags/v1.7.18.tar.gz
    URL_HASH SHA256=3aa806844a03442c00769b83e99970be70fbef03735ff898f4811dd03b9f5ee5
    DOWNLOAD_EXTRACT_TIMESTAMP FALSE)

# xxHash: one header, used by the WebAssembly modules, and natively by their fuzz target.
if(EMSCRIPTEN OR REFSCOUT_BUILD_FUZZERS)
    refscout_dependency(xxhash
        URL https://github.com/Cyan4973/xxHash/archive/refs/tags/v0.8.3.tar.gz
        URL_HASH SHA256=aae608dfe8213dfd05d909a57718ef82f30722c392344583d3f39050c7f29a80
        DOWNLOAD_EXTRACT_TIMESTAMP FALSE)
endif()

if(REFSCOUT_WITH_XNNPACK)
    refscout_dependency(fxdiv
        URL https://github.com/Maratyszcza/FXdiv/archive/b408327ac2a15ec3e43352421954f5b1967701d1.zip
        URL_HASH SHA256=ab7dfb08829bee33dca38405d647868fb214ac685e379ec7ef2bebcd234cd44d
        DOWNLOAD_EXTRACT_TIMESTAMP FALSE)
    refscout_dependency(pthreadpool
        GIT_REPOSITORY https://github.com/Maratyszcza/pthreadpool.git
        GIT_TAG 560c60d342a76076f0557a3946924c6478470044)
    # 2024-11-08
    refscout_dependency(xnnpack
        GIT_REPOSITORY https://github.com/google/XNNPACK.git
        GIT_TAG 4ea82e595b36106653175dcb04b2aa532660d0d8)
endif()

# cJSON's default nesting limit is 1000; ours is enough for a safetensors header or a corpus.
foreach(variant IN LISTS REFSCOUT_VARIANTS)
    refscout_variant_name(cjson cjson ${variant})
    add_library(${cjson} STATIC ${cjson_SOURCE_DIR}/cJSON.c)
    target_include_directories(${cjson} SYSTEM PUBLIC ${cjson_SOURCE_DIR})
    target_compile_definitions(${cjson} PUBLIC CJSON_HIDE_SYMBOLS CJSON_NESTING_LIMIT=64)
    target_compile_options(${cjson} PRIVATE -w)
    if(REFSCOUT_SANITIZE)
        target_compile_options(${cjson} PRIVATE -fsanitize=${REFSCOUT_SANITIZE} -fno-sanitize-recover=all)
    endif()
    if(REFSCOUT_BUILD_FUZZERS)
        target_compile_options(${cjson} PRIVATE -fsanitize=fuzzer-no-link) # its coverage guides the fuzzers
    endif()
    target_link_libraries(${cjson} PRIVATE refscout-variant-${variant})

    if(REFSCOUT_WITH_XNNPACK)
        include(${CMAKE_CURRENT_LIST_DIR}/xnnpack.cmake)
        refscout_add_xnnpack(${variant})
    endif()
endforeach()
