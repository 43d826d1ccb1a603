// Entry point of every C++ test executable.
//
// Tests find the repository through MINIMOA_SOURCE_DIR and the build folder
// through MINIMOA_BINARY_DIR; they never depend on the working directory.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
