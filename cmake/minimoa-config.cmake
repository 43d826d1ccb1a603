# find_package(minimoa): targets minimoa::kernels (all) and minimoa::<kernel>.
include("${CMAKE_CURRENT_LIST_DIR}/minimoa-targets.cmake")
