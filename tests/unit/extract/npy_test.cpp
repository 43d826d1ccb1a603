// .npy files: what is refused, what is read, that written files read back.
#include "extract/run/npy.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace minimoa {
namespace {

// A version 1.0 file with that header text and data.
std::string file(const std::string& header, const std::string& data, char major = 1,
                 const std::string& end = "\n") {
  const std::string text = header + end;
  const auto n = text.size();
  std::string out = "\x93NUMPY";
  out += {major, '\0', static_cast<char>(n & 0xff), static_cast<char>(n >> 8 & 0xff)};
  if (major == 2) out += std::string(2, '\0');
  return out + text + data;
}

std::string header(const std::string& descr, const std::string& shape,
                   const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

std::string refusal(const std::string& bytes) {
  const auto r = parse_npy(bytes, "x.npy");
  if (r.ok()) return "";
  CHECK(r.errors()[0].code == "E0901");
  return r.errors()[0].message;
}

bool refused(const std::string& bytes, const std::string& why) {
  const std::string message = refusal(bytes);
  INFO(message);
  return message.find(why) != std::string::npos;
}

const std::string kTwo(8, '\0');  // two f4 zeros

TEST_CASE("what is not an .npy file is refused") {
  CHECK(refused("", "magic"));
  CHECK(refused("PK\x03\x04 a zip file", "magic"));
  CHECK(refused(file(header("<f4", "(2,)"), kTwo, 3), "version 3.0"));
  CHECK(refused(file(header("<f4", "(2,)"), kTwo, 0), "version 0.0"));
  CHECK(refused(std::string("\x93NUMPY\x01\x00\xff\xff{", 11), "truncated header"));
  CHECK(refused(std::string("\x93NUMPY\x02\x00\x00\x00", 10), "truncated header"));
  CHECK(refused(std::string("\x93NUMPY\x02\x00\xff\xff\xff\x7f{", 13), "absurdly long"));
}

TEST_CASE("data that is too short or too long is refused") {
  CHECK(refused(file(header("<f4", "(3,)"), kTwo), "truncated data"));
  CHECK(refused(file(header("<f4", "(1,)"), kTwo), "trailing bytes"));
  CHECK(refused(file(header("<f4", "(2,)"), ""), "truncated data"));
  CHECK(refused(file(header("<f4", "(0,)"), kTwo), "trailing bytes"));
}

TEST_CASE("absurd and overflowing shapes are refused before anything is allocated") {
  CHECK(refused(file(header("<f4", "(9223372036854775807,)"), kTwo), "absurdly large"));
  CHECK(refused(file(header("<f4", "(99999999999999999999999999,)"), kTwo), "absurdly large"));
  CHECK(refused(file(header("<f4", "(1099511627776, 1099511627776, 1099511627776)"), kTwo),
                "absurdly large"));
  CHECK(refused(file(header("<f8", "(1099511627776,)"), kTwo), "absurdly large"));
  CHECK(refused(file(header("<f4", "(-2,)"), kTwo), "not a natural number"));
  CHECK(refused(file(header("<f4", "(2.0,)"), kTwo), "malformed"));
  CHECK(refused(file(header("<f4", "(02,)"), kTwo), "leading zero"));
  CHECK(refused(file(header("<f4", "(2)"), kTwo), "not a tuple"));
  CHECK(refused(file(header("<f4", "[2]"), kTwo), "malformed"));
  CHECK(refused(file(header("<f4", "(1 2)"), kTwo), "malformed shape"));
  std::string deep = "(";
  for (int k = 0; k < 40; ++k) deep += "1, ";
  CHECK(refused(file(header("<f4", deep + ")"), kTwo), "malformed shape"));
}

TEST_CASE("other types and orders are refused by name") {
  CHECK(refused(file(header(">f4", "(2,)"), kTwo), "big-endian"));
  CHECK(refused(file(header("|O", "(2,)"), kTwo), "object data"));
  CHECK(refused(file(header("<f2", "(4,)"), kTwo), "<f2"));
  CHECK(refused(file(header("<c8", "(1,)"), kTwo), "<c8"));
  CHECK(refused(file(header("=f4", "(2,)"), kTwo), "=f4"));
  CHECK(refused(file(header("<f4", "(2,)", "True"), kTwo), "Fortran order"));
  CHECK(refused(file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", kTwo),
                "structured"));
}

TEST_CASE("a header is data: text that is not the expected dictionary is refused") {
  CHECK(refused(file("__import__('os').system('true')", kTwo), "malformed header"));
  CHECK(refused(file(header("<f4", "(2,)") + " or exit()", kTwo), "after the header"));
  CHECK(refused(file("{'descr': '<f4', 'fortran_order': False, }", kTwo), "needs the keys"));
  CHECK(
      refused(file("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", kTwo),
              "repeated key"));
  CHECK(refused(file("{'descr': '<f4', 'evil': 1, 'fortran_order': False, 'shape': (2,)}", kTwo),
                "unknown"));
  CHECK(refused(file(header("<f4", "(2,)", "0"), kTwo), "True or False"));
  CHECK(refused(file("{'descr': '<f4", kTwo), "unclosed string"));
  CHECK(
      refused(file("{'descr': '<\\x66' , 'fortran_order': False, 'shape': (2,)}", kTwo), "escape"));
  CHECK(refused(file(std::string("{'descr'\0: ", 11), kTwo), "not ASCII"));
  CHECK(refused(file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", kTwo),
                "malformed header"));
}

TEST_CASE("version 2.0, other quotes and blanks are read") {
  const auto r = parse_npy(file(header("<f4", "(2,)"), kTwo, 2), "x.npy");
  REQUIRE(r.ok());
  CHECK(r.value().shape == std::vector<std::int64_t>{2});
  CHECK(parse_npy(file("{\"shape\":(1,2),\"fortran_order\":False,\"descr\":\"<i4\"}", kTwo), "x")
            .ok());
  CHECK(parse_npy(file(header("<f4", "(2,)") + "      ", kTwo), "x").ok());
}

TEST_CASE("every prefix of a good file and every single changed byte is safe to read") {
  const std::string good = format_npy({{1, 2}, std::vector<float>{1, 2}});
  REQUIRE(parse_npy(good, "x").ok());
  for (std::size_t n = 0; n < good.size(); ++n) CHECK_FALSE(parse_npy(good.substr(0, n), "x").ok());
  for (std::size_t k = 0; k < good.size(); ++k)
    for (int flip : {0x01, 0x20, 0x80, 0xff}) {
      std::string bad = good;
      bad[k] = static_cast<char>(bad[k] ^ flip);
      const auto r = parse_npy(bad, "x");
      if (r.ok()) CHECK(format_npy(r.value()).size() == good.size());
    }
}

TEST_CASE("written arrays read back, of every type and rank") {
  const std::vector<NpyArray> arrays = {
      {{}, std::vector<float>{1.5F}},
      {{3}, std::vector<double>{1, -2, 1e300}},
      {{2, 1}, std::vector<std::int32_t>{-1, 2147483647}},
      {{1, 2, 1, 1}, std::vector<std::int64_t>{-1, std::int64_t{1} << 62}},
      {{0, 5}, std::vector<float>{}}};
  for (const NpyArray& a : arrays) {
    const auto r = parse_npy(format_npy(a), "x");
    REQUIRE(r.ok());
    CHECK(r.value().shape == a.shape);
    CHECK(r.value().data == a.data);
    CHECK(npy_dtype(r.value()) == npy_dtype(a));
    CHECK((format_npy(a).find('\n') + 1) % 64 == 0);
  }
}

TEST_CASE("the written header is NumPy's, byte for byte") {
  const std::string bytes = format_npy({{2, 3}, std::vector<float>(6, 0)});
  const std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  CHECK(bytes.substr(10, text.size()) == text);
  CHECK(bytes.size() == 128 + 24);
}

TEST_CASE("a write is atomic: it leaves the whole file or nothing") {
  namespace fs = std::filesystem;
  const fs::path dir = fs::temp_directory_path() / ("minimoa_npy_" + std::to_string(getpid()));
  fs::create_directories(dir);
  const std::string path = (dir / "o.npy").string();
  REQUIRE(write_npy(path, {{2}, std::vector<float>{1, 2}}).ok());
  REQUIRE(write_npy(path, {{1}, std::vector<float>{3}}).ok());
  const auto r = read_npy(path);
  REQUIRE(r.ok());
  CHECK(std::get<std::vector<float>>(r.value().data) == std::vector<float>{3});
  CHECK(std::distance(fs::directory_iterator(dir), fs::directory_iterator()) == 1);
  CHECK_FALSE(write_npy(path + "/o.npy", {{1}, std::vector<float>{3}}).ok());
  CHECK_FALSE(write_npy(dir.string(), {{1}, std::vector<float>{3}}).ok());
  CHECK_FALSE(read_npy((dir / "missing.npy").string()).ok());
  CHECK_FALSE(read_npy(dir.string()).ok());
  fs::remove_all(dir);
  CHECK_FALSE(fs::exists(dir.string() + ".tmp." + std::to_string(getpid())));
}

}  // namespace
}  // namespace minimoa
