# The library for other programs: librefscout.so and librefscout.a, which contain their dependencies, the
# header, and files for pkg-config and CMake. All paths in these files are relative, so that the installed
# folder may be moved.
include(CMakePackageConfigHelpers)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME library)
find_package(Threads REQUIRED)

set(inside $<TARGET_OBJECTS:refscout> $<TARGET_OBJECTS:cjson>)
if(REFSCOUT_WITH_XNNPACK)
    list(APPEND inside $<TARGET_OBJECTS:xnnpack> $<TARGET_OBJECTS:pthreadpool>)
    set(dead_code LINKER:--gc-sections) # unused functions of XNNPACK, see xnnpack.cmake
    if(APPLE)
        set(dead_code LINKER:-dead_strip)
    endif()
endif()

add_library(refscout_shared SHARED ${inside})
set_target_properties(refscout_shared PROPERTIES OUTPUT_NAME refscout EXPORT_NAME refscout LINKER_LANGUAGE C
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_link_libraries(refscout_shared PRIVATE m Threads::Threads)
target_link_options(refscout_shared PRIVATE ${dead_code})
set(libraries refscout_shared)

# The static library is one object in which only functions marked RS_API are global symbols, since a program
# may have a cJSON or a pool() of its own. This requires GNU's linker and objcopy.
find_program(REFSCOUT_LD ld.bfd)
find_program(REFSCOUT_OBJCOPY objcopy)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND REFSCOUT_LD AND REFSCOUT_OBJCOPY AND NOT CMAKE_CROSSCOMPILING)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/refscout${CMAKE_C_OUTPUT_EXTENSION})
    add_custom_command(OUTPUT ${object}
        COMMAND ${REFSCOUT_LD} -r --gc-sections --gc-keep-exported -o ${object} ${inside}
        COMMAND ${REFSCOUT_OBJCOPY} --localize-hidden --strip-unneeded ${object}
        DEPENDS ${inside} COMMAND_EXPAND_LISTS VERBATIM)
    add_library(refscout_static STATIC ${object})
    set_target_properties(refscout_static PROPERTIES OUTPUT_NAME refscout EXPORT_NAME static LINKER_LANGUAGE C
        ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/static)
    target_link_libraries(refscout_static INTERFACE m Threads::Threads)
    list(APPEND libraries refscout_static)
else()
    message(STATUS "The static library is not made: that takes Linux, and ld.bfd and objcopy of GNU's binutils")
endif()

install(TARGETS ${libraries} EXPORT refscout
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_SOURCE_DIR}/src/refscout.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/refscout)
install(EXPORT refscout NAMESPACE refscout:: FILE refscout-targets.cmake DESTINATION ${package})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/refscout-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/refscout-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/refscout-config-version.cmake DESTINATION ${package})

file(RELATIVE_PATH to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" to_prefix ${to_prefix})
file(RELATIVE_PATH libdir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH includedir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(${PROJECT_SOURCE_DIR}/cmake/refscout.pc.in refscout.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/refscout.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
