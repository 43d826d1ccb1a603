# The committed kernels as shared libraries, with the flags that their
# certificates state (certificates/FORMAT.md, section 9) and -fPIC, which a
# shared library needs. Installed with their C headers as package minimoa.
#
# Libraries go to kernels/ under the build folder, where `minimoa run` looks.
include(CheckCXXSourceCompiles)
add_library(minimoa_kernels INTERFACE)
add_library(minimoa::kernels ALIAS minimoa_kernels)
set_target_properties(minimoa_kernels PROPERTIES EXPORT_NAME kernels)
target_include_directories(
  minimoa_kernels INTERFACE "$<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/kernels/include>"
                            "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
add_custom_target(kernels)

foreach(kernel IN LISTS MINIMOA_KERNELS)
  set(source "${CMAKE_CURRENT_SOURCE_DIR}/kernels/cpu/${kernel}.cpp")
  if(NOT EXISTS "${source}")
    message(FATAL_ERROR "kernels/cpu/${kernel}.cpp is in MINIMOA_KERNELS but does not exist; "
                        "`./dev regenerate` writes it")
  endif()
  # One line of the certificate says the target and the flags.
  file(STRINGS "${CMAKE_CURRENT_SOURCE_DIR}/certificates/${kernel}.cert.json" entry
       REGEX "^ \"kernel\": ")
  if(NOT entry MATCHES "\"flags\":\"([^\"]*)\"")
    message(FATAL_ERROR "certificates/${kernel}.cert.json does not say the flags of its kernel")
  endif()
  # A compiler for another processor has not a vector target's flags.
  string(MAKE_C_IDENTIFIER "MINIMOA_HAS_${CMAKE_MATCH_1}" has_flags)
  set(flags_line "${CMAKE_MATCH_1}")
  set(CMAKE_REQUIRED_FLAGS "${flags_line}")
  check_cxx_source_compiles("int main() { return 0; }" ${has_flags})
  unset(CMAKE_REQUIRED_FLAGS)
  if(NOT ${has_flags})
    message(STATUS "left out: kernel ${kernel}, this compiler has not the flags ${flags_line}")
    continue()
  endif()
  separate_arguments(flags UNIX_COMMAND "${flags_line}")
  set(target minimoa_${kernel})
  add_library(${target} SHARED "${source}")
  add_library(minimoa::${kernel} ALIAS ${target})
  set_target_properties(
    ${target}
    PROPERTIES CXX_STANDARD 17
               CXX_STANDARD_REQUIRED ON
               CXX_EXTENSIONS OFF
               EXPORT_NAME ${kernel}
               LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/kernels")
  # The certified flags come last, so that no build type changes them.
  target_compile_options(${target} PRIVATE ${flags} -fPIC)
  target_link_libraries(minimoa_kernels INTERFACE ${target})
  add_dependencies(kernels ${target})
  install(TARGETS ${target} EXPORT minimoa-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endforeach()

install(TARGETS minimoa_kernels EXPORT minimoa-targets)
install(DIRECTORY kernels/include/minimoa DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT minimoa-targets NAMESPACE minimoa::
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/minimoa)
include(CMakePackageConfigHelpers)
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/minimoa-config-version.cmake"
                                 COMPATIBILITY SameMajorVersion)
install(FILES cmake/minimoa-config.cmake
              "${CMAKE_CURRENT_BINARY_DIR}/minimoa-config-version.cmake"
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/minimoa)
