// Runs every committed fuzz input through its harness, in any build and with any compiler.
//
// usage: fuzz_replay FOLDER..: each FOLDER holds one folder for each harness. A crash or an
// exception ends the program (and says at which file); an input that takes longer than kSeconds, a
// harness without an input and a folder without a harness are failures.
// Prints `N passed, M failed`.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

#include "tests/fuzz/harness.h"

namespace {
namespace fs = std::filesystem;
constexpr double kSeconds = 5;
int passed = 0, failed = 0;

void check(bool good, const std::string& what) {
  good ? ++passed : ++failed;
  if (!good) std::cout << "FAILED: " << what << std::endl;
}

void replay(const fs::path& path, const fuzz::Reader& reader) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  check(bytes.size() <= reader.limit, path.string() + " is larger than its harness reads");
  const auto begin = std::chrono::steady_clock::now();
  try {
    reader.read(bytes);
  } catch (...) {
    std::cout << "an exception escaped at " << path.string() << std::endl;
    throw;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  check(took.count() < kSeconds,
        path.string() + " takes " + std::to_string(took.count()) + " seconds");
}
}  // namespace

int main(int argc, char** argv) {
  std::set<std::string> seen;
  for (int k = 1; k < argc; ++k) {
    if (!fs::is_directory(argv[k])) continue;
    for (const auto& folder : fs::directory_iterator(argv[k])) {
      const std::string name = folder.path().filename().string();
      const auto reader = fuzz::readers().find(name);
      check(reader != fuzz::readers().end(), "no harness " + name);
      if (reader == fuzz::readers().end()) continue;
      for (const auto& file : fs::directory_iterator(folder)) {
        // Says where a crash happened; overwritten by the next line of a run that goes on.
        std::cerr << "fuzz_replay: " << file.path().string() << std::endl;
        replay(file.path(), reader->second);
        seen.insert(name);
      }
    }
  }
  for (const auto& [name, reader] : fuzz::readers())
    check(seen.contains(name), "no input for harness " + name);
  std::cout << passed << " passed, " << failed << " failed" << std::endl;
  return failed == 0 ? 0 : 1;
}
