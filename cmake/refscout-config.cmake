# find_package(refscout): refscout::refscout is the shared library, refscout::static the static one.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/refscout-targets.cmake)
