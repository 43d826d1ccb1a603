// What every fuzz harness has in common: a reader gets the bytes of a file.
//
// FUZZ_READER(name, limit) { .. bytes .. } is a function of one string. In the build with libFuzzer
// (preset fuzz) it is that program's LLVMFuzzerTestOneInput; in the plain build all harnesses are
// one program, tests/fuzz/replay.cpp, which finds them by name. A harness lets an exception escape
// only if the reader documents none, and says MUST where a reader's answer can be checked.
// May be wrong: bytes above the limit are not looked at, so that time goes to small inputs; the
// readers' own limits on size are tests/audit/bombs_test.py's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

namespace fuzz {
struct Reader {
  std::size_t limit;
  void (*read)(const std::string& bytes);
};
// Of the plain build, by name.
inline std::map<std::string, Reader>& readers() {
  static std::map<std::string, Reader> all;
  return all;
}
inline bool add(const char* name, Reader reader) { return readers().emplace(name, reader).second; }
[[noreturn]] inline void fail(const char* what) {
  std::fprintf(stderr, "fuzz harness: not so: %s\n", what);
  std::abort();
}
}  // namespace fuzz

#define MUST(fact)                  \
  do {                              \
    if (!(fact)) fuzz::fail(#fact); \
  } while (false)

#ifdef MINIMOA_FUZZ_REPLAY
#define FUZZ_READER(name, limit)                            \
  static void name##_reader(const std::string& bytes);      \
  [[maybe_unused]] static const bool name##_added =         \
      fuzz::add(#name, fuzz::Reader{limit, name##_reader}); \
  static void name##_reader(const std::string& bytes)
#else
#define FUZZ_READER(name, limit)                                                      \
  static void name##_reader(const std::string& bytes);                                \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    if (size <= (limit)) name##_reader({reinterpret_cast<const char*>(data), size});  \
    return 0;                                                                         \
  }                                                                                   \
  static void name##_reader(const std::string& bytes)
#endif
