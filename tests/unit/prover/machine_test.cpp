// Machine files: what is shipped, and what is refused with which line.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "prover/bounds/machine.h"

namespace minimoa::machine_test {
namespace {

Machine shipped(const std::string& name) {
  const std::string path = std::string(MINIMOA_SOURCE_DIR) + "/spec/machines/" + name + ".toml";
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in.good());
  auto m = parse_machine(std::string(std::istreambuf_iterator<char>(in), {}), path);
  REQUIRE_MESSAGE(m.ok(), (m.ok() ? "" : m.errors()[0].message));
  CHECK(m.value().name == name);
  return m.value();
}

TEST_CASE("shipped machines") {
  const Machine abstract = shipped("abstract");
  REQUIRE(abstract.levels.size() == 1);
  CHECK(!abstract.levels[0].words());
  const Machine core = shipped("zen4-core");
  REQUIRE(core.levels.size() == 3);
  CHECK(*core.levels[0].words() == 8192);
  CHECK(*core.levels[1].words() == 262144);
  CHECK(*core.levels[2].words() == 4194304);
  CHECK(core.levels[2].fill_bandwidth == 28e9);
  CHECK(!core.levels[0].energy);
  CHECK(*shipped("h200-sm").levels[0].words() == 116736);
  CHECK(*shipped("h200-chip").levels[0].words() == 31457280);
}

const std::string kLevel =
    "[[level]]\nname = \"L1\"\ncapacity = 1024\nword = 4\nfill_bandwidth = 1e9\n"
    "energy = \"unknown\"\n";
const std::string kGood = "name = \"m\"\ndoc = \"d\"\n" + kLevel;

// "line message", or empty if it is accepted.
std::string refused(const std::string& text) {
  const auto m = parse_machine(text, "m.toml");
  if (m.ok()) return "";
  CHECK(m.errors()[0].code == "E0524");
  return std::to_string(m.errors()[0].span.line) + " " + m.errors()[0].message;
}

std::string changed(const std::string& from, const std::string& to) {
  std::string text = kGood;
  text.replace(text.find(from), from.size(), to);
  return refused(text);
}

TEST_CASE("machine files that are refused") {
  CHECK(refused(kGood).empty());
  // The library takes a dotted key apart by recursion.
  std::string dotted = "a";
  while (dotted.size() < 100000) dotted += ".a";
  CHECK(refused(dotted + " = 1\n") == "0 the file has more than 8192 bytes");
  CHECK(changed("capacity = 1024", "capacity = \"S\"").empty());
  CHECK(changed("energy = \"unknown\"", "energy = 2.5e-12").empty());
  CHECK(changed("capacity = 1024", "capacity = \"32 KiB\"") ==
        "5 'capacity' is not a whole number from 1 to 2^50");
  CHECK(changed("capacity = 1024", "capacity = 0") ==
        "5 'capacity' is not a whole number from 1 to 2^50");
  CHECK(changed("capacity = 1024", "capacity = 1024.0") ==
        "5 'capacity' is not a whole number from 1 to 2^50");
  CHECK(changed("capacity = 1024", "capacity = 3") == "3 the memory holds no word");
  CHECK(changed("word = 4", "word = -4") == "6 'word' is not a whole number from 1 to 2^50");
  CHECK(changed("word = 4\n", "") == "3 key 'word' is missing");
  CHECK(changed("word = 4", "words = 4").find("unknown key 'words'") != std::string::npos);
  CHECK(changed("1e9", "\"fast\"").find("'fill_bandwidth' is neither") != std::string::npos);
  CHECK(changed("1e9", "nan").find("'fill_bandwidth' is neither") != std::string::npos);
  CHECK(changed("1e9", "-1.0").find("'fill_bandwidth' is neither") != std::string::npos);
  CHECK(changed("name = \"m\"\n", "").find("key 'name' is missing") != std::string::npos);
  CHECK(changed("name = \"m\"", "name = \"\"").find("'name' is not a string") != std::string::npos);
  CHECK(!changed("word = 4", "word = 4\nword = 4").empty());  // said twice: not TOML
  CHECK(!changed("[[level]]", "[level]").empty());
  CHECK(!changed("[[level]]", "[[level").empty());
  CHECK(!refused("").empty());
  CHECK(!refused("name = \"m\"\ndoc = \"d\"\nlevel = [1]\n").empty());
}

TEST_CASE("levels of one machine") {
  const std::string second =
      "[[level]]\nname = \"L2\"\ncapacity = 4096\nword = 4\nfill_bandwidth = \"unknown\"\n"
      "energy = \"unknown\"\n";
  CHECK(refused(kGood + second).empty());
  CHECK(refused(kGood + kLevel).find("'L1' is given twice") != std::string::npos);
  std::string smaller = kGood + second;
  smaller.replace(smaller.find("4096"), 4, "1024");
  CHECK(refused(smaller).find("fastest to the slowest") != std::string::npos);
  std::string parameter = kGood + second;
  parameter.replace(parameter.find("4096"), 4, "\"S\"");
  CHECK(refused(parameter).find("has one level") != std::string::npos);
}

}  // namespace
}  // namespace minimoa::machine_test
