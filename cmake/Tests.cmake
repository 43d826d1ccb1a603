# Tests: one executable per folder of C++ tests, one CTest entry per executable
# or script. CTest labels are the folder names, so `ctest -L unit` works.
find_package(doctest 2.4 REQUIRED)
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

# doctest's own implementation and main(), compiled once.
add_library(test_main OBJECT tests/main.cpp)
minimoa_compile_options(test_main)
target_link_libraries(test_main PUBLIC doctest::doctest)

# What no test needs on a machine that does nothing else; sanitizers are slow.
set(minimoa_seconds 420)
if(MINIMOA_SANITIZE)
  set(minimoa_seconds 3600)
endif()

# minimoa_test(NAME LABEL SOURCES..): links everything; runs at the root.
function(minimoa_test name label)
  if(NOT ARGN)
    return()
  endif()
  add_executable(test_${name} ${ARGN})
  minimoa_compile_options(test_${name})
  if(NOT name STREQUAL "audit")
    minimoa_unity(test_${name})
  endif()
  target_include_directories(test_${name} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
  target_compile_definitions(
    test_${name} PRIVATE MINIMOA_SOURCE_DIR="${CMAKE_CURRENT_SOURCE_DIR}"
                         MINIMOA_BINARY_DIR="${CMAKE_CURRENT_BINARY_DIR}")
  # Later flags win: the tests need not be fast, they need to be built often.
  target_compile_options(test_${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_link_libraries(test_${name} PRIVATE test_main minimoa::extract ${CMAKE_DL_LIBS})
  if(name STREQUAL "unit_spec")
    minimoa_precompile(test_unit_spec PRIVATE <doctest/doctest.h> <boost/multiprecision/cpp_int.hpp>
                       <nlohmann/json.hpp> <algorithm> <functional> <map> <optional> <set>
                       <string> <vector>)
  else()
    minimoa_precompile(test_${name} REUSE_FROM test_unit_spec)
  endif()
  add_test(NAME ${name} COMMAND test_${name} WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${minimoa_seconds})
endfunction()

# minimoa_script(NAME LABEL SCRIPT ARGS..): a python3 test.
function(minimoa_script name label script)
  add_test(NAME ${name}
           COMMAND Python3::Interpreter -B "${CMAKE_CURRENT_SOURCE_DIR}/${script}"
                   --root "${CMAKE_CURRENT_SOURCE_DIR}" --build "${CMAKE_CURRENT_BINARY_DIR}" ${ARGN}
           WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${minimoa_seconds})
endfunction()

minimoa_test(unit_spec unit ${MINIMOA_TESTS_UNIT_SPEC})
minimoa_test(unit_prover unit ${MINIMOA_TESTS_UNIT_PROVER})
minimoa_test(unit_extract unit ${MINIMOA_TESTS_UNIT_EXTRACT})
minimoa_test(rules rules ${MINIMOA_TESTS_RULES})
minimoa_test(audit audit ${MINIMOA_TESTS_AUDIT})
minimoa_test(differential differential ${MINIMOA_TESTS_DIFFERENTIAL})
minimoa_test(diagnostics diagnostics ${MINIMOA_TESTS_DIAGNOSTICS})
foreach(name audit differential)
  if(TARGET test_${name})
    target_link_libraries(test_${name} PRIVATE minimoa_audit_core)
    add_dependencies(test_${name} minimoa-audit minimoa)
  endif()
endforeach()

foreach(script IN LISTS MINIMOA_HYGIENE_SCRIPTS)
  get_filename_component(name "${script}" NAME_WE)
  minimoa_script(hygiene_${name} hygiene ${script})
endforeach()
include(cmake/Fuzz.cmake)
minimoa_script(forged audit tests/audit/forged_test.py)
minimoa_script(guards audit tests/audit/guards_test.py)
minimoa_script(kernel_text audit tests/audit/kernel_text_test.py)
minimoa_script(ratio audit tests/audit/ratio_test.py)
minimoa_script(attention audit tests/audit/attention_test.py)
minimoa_script(lanes audit tests/audit/lanes_test.py)
# Sanitizers take more of both than the budgets of the bombs; there only the ends are compared.
if(MINIMOA_SANITIZE)
  minimoa_script(bombs audit tests/audit/bombs_test.py --sanitized)
else()
  minimoa_script(bombs audit tests/audit/bombs_test.py)
endif()
minimoa_script(second audit tests/second/second_test.py)
minimoa_script(produced audit tests/second/produced_test.py)
minimoa_script(agree audit tests/audit/agree_test.py)
minimoa_script(defects audit tests/defects/defects_test.py)
minimoa_script(mutation mutation tests/mutation/mutate_test.py)
minimoa_script(checker mutation tests/mutation/checker_test.py)
# Of --full; the samples take seconds.
set_tests_properties(mutation checker PROPERTIES TIMEOUT 14400)
if(MINIMOA_BUILD_KERNELS)
  minimoa_script(package package tests/package/package_test.py)
  minimoa_script(cli cli tests/cli/cli_test.py)
  minimoa_script(report cli tests/cli/report_test.py)
endif()

# The longest first, so that none of them is left alone at the end (seconds).
foreach(pair differential:120 cli:80 hygiene_check_audit_build:75 unit_prover:70 mutation:48
        checker:40 second:40 produced:55)
  string(REPLACE ":" ";" pair "${pair}")
  list(GET pair 0 name)
  list(GET pair 1 seconds)
  if(TEST ${name})
    set_tests_properties(${name} PROPERTIES COST ${seconds})
  endif()
endforeach()
