# The harnesses of tests/fuzz. One for each reader of a file that somebody else wrote.
#
# With MINIMOA_FUZZ (preset fuzz, clang): one libFuzzer program fuzz_READER for each. Without: one
# program, fuzz_replay, that runs the committed corpus through all of them; CTest does.
# A harness of the auditor's (audit_*) is linked with the auditor alone.

function(minimoa_fuzzer name library)
  add_executable(fuzz_${name} tests/fuzz/${name}_fuzz.cpp)
  minimoa_compile_options(fuzz_${name})
  target_include_directories(fuzz_${name} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
  target_compile_definitions(fuzz_${name}
                             PRIVATE MINIMOA_SOURCE_DIR="${CMAKE_CURRENT_SOURCE_DIR}")
  target_link_libraries(fuzz_${name} PRIVATE ${library})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers fuzz_${name})
endfunction()

if(MINIMOA_FUZZ)
  add_custom_target(fuzzers)
  foreach(source IN LISTS MINIMOA_FUZZERS_AUDIT)
    string(REGEX REPLACE "^tests/fuzz/(.*)_fuzz.cpp$" "\\1" name "${source}")
    minimoa_fuzzer(${name} minimoa_audit_core)
  endforeach()
  foreach(library spec prover extract)
    string(TOUPPER "${library}" group)
    foreach(source IN LISTS MINIMOA_FUZZERS_${group})
      string(REGEX REPLACE "^tests/fuzz/(.*)_fuzz.cpp$" "\\1" name "${source}")
      minimoa_fuzzer(${name} minimoa::${library})
    endforeach()
  endforeach()
else()
  add_executable(fuzz_replay ${MINIMOA_FUZZ_REPLAY} ${MINIMOA_FUZZERS_AUDIT}
                             ${MINIMOA_FUZZERS_SPEC} ${MINIMOA_FUZZERS_PROVER}
                             ${MINIMOA_FUZZERS_EXTRACT})
  minimoa_compile_options(fuzz_replay)
  target_include_directories(fuzz_replay PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
  target_compile_definitions(
    fuzz_replay PRIVATE MINIMOA_FUZZ_REPLAY MINIMOA_SOURCE_DIR="${CMAKE_CURRENT_SOURCE_DIR}")
  target_compile_options(fuzz_replay PRIVATE $<$<CONFIG:Release>:-O1>)
  target_link_libraries(fuzz_replay PRIVATE minimoa_audit_core minimoa::extract)
  minimoa_precompile(fuzz_replay PRIVATE <boost/multiprecision/cpp_int.hpp> <nlohmann/json.hpp>
                     <algorithm> <map> <string> <vector>)
  add_test(NAME fuzz_replay COMMAND fuzz_replay "${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/corpus"
           WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  set_tests_properties(fuzz_replay PROPERTIES LABELS audit TIMEOUT ${minimoa_seconds})
endif()
