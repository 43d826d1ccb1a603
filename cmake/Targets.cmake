# Helpers that give our own targets their flags. Third-party headers come in
# through imported targets, so that our warnings do not apply to them.

function(minimoa_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE -Wall -Wextra)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 reports these inside the standard library when -O2 or sanitizers
    # change its inlining; they are not findings about our code.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized -Wno-restrict
                           -Wno-dangling-pointer -Wno-array-bounds -Wno-stringop-overflow
                           -Wno-stringop-overread)
  endif()
  if(MINIMOA_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(MINIMOA_SANITIZE)
    set(flags -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(${target} PRIVATE ${flags})
    target_link_options(${target} PUBLIC ${flags})
  endif()
  if(MINIMOA_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# minimoa_precompile(TARGET PRIVATE HEADERS.. | REUSE_FROM OTHER): headers of
# libraries are read once for a target. The builds without this option (the
# sanitizers, clang, the one-command build of the audit) read them again, and an
# include that is missing shows there.
function(minimoa_precompile target)
  if(MINIMOA_PRECOMPILE)
    target_precompile_headers(${target} ${ARGN})
  endif()
endfunction()

# minimoa_unity(TARGET): the sources of one folder are compiled as one; most of
# a compiler's time here goes to templates that they share. Names of a folder's sources must differ.
function(minimoa_unity target)
  if(NOT MINIMOA_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    get_filename_component(folder "${source}" DIRECTORY)
    string(REPLACE "/" "_" folder "${folder}")
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${folder}")
  endforeach()
endfunction()

# minimoa_library(NAME SOURCES..): static library minimoa_NAME, alias
# minimoa::NAME; includes are rooted at the repository.
function(minimoa_library name)
  add_library(minimoa_${name} STATIC ${ARGN})
  add_library(minimoa::${name} ALIAS minimoa_${name})
  minimoa_compile_options(minimoa_${name})
  target_include_directories(minimoa_${name} PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
  minimoa_unity(minimoa_${name})
endfunction()
