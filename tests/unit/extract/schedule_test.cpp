// Schedule files: what is refused, with its code and place, and what is read.
#include <doctest/doctest.h>

#include "prover/schedule/schedule.h"
#include "tests/unit/extract/kernel_fixture.h"

using namespace minimoa;
using namespace minimoa::test;

namespace {

// CODE:line:column of the first error, or "ok".
std::string verdict(const std::string& text) {
  const Result<Schedule> s = parse_schedule(text, "x.sched");
  if (s.ok()) return "ok";
  const Diagnostic& d = s.errors()[0];
  CHECK(d.span.file == "x.sched");
  return d.code + ":" + std::to_string(d.span.line) + ":" + std::to_string(d.span.column);
}

const char kHead[] = "schedule s\nsoftmax online\n";

}  // namespace

TEST_CASE("an unknown directive is refused where it stands") {
  CHECK(verdict(std::string(kHead) + "  prefetch row 4\n") == "E0501:3:3");
  CHECK(verdict("schedule s\nSoftmax online\n") == "E0501:2:1");
}

TEST_CASE("a tile size must be a number in 1 .. 65536 without leading zeros") {
  for (const char* size :
       {"0", "-64", "+4", "064", "65537", "99999999999999999999", "4x", "0x10"}) {
    CHECK(verdict(std::string(kHead) + "tile row " + size + "\n") == "E0502:3:10");
  }
  CHECK(verdict(std::string(kHead) + "tile row 65536\n") == "ok");
}

TEST_CASE("nothing may be said twice") {
  CHECK(verdict(std::string(kHead) + "tile row 64\ntile row 32\n") == "E0508:4:6");
  CHECK(verdict(std::string(kHead) + "softmax online\n") == "E0508:3:1");
  CHECK(verdict(std::string(kHead) + "schedule t\n") == "E0508:3:1");
  CHECK(verdict(std::string(kHead) + "parallel batch row batch\n") == "E0508:3:20");
}

TEST_CASE("name and softmax form must be said") {
  CHECK(verdict("") == "E0509:1:1");
  CHECK(verdict("softmax online\n") == "E0509:1:1");
  CHECK(verdict("schedule s\ntile row 64\n") == "E0509:2:1");
  CHECK(verdict("# only a comment\n") == "E0509:1:1");
}

TEST_CASE("contradictory lines are refused") {
  CHECK(verdict(std::string(kHead) + "materialise scores\n") == "E0510:3:1");
  CHECK(verdict("schedule s\nmaterialise scores\nsoftmax two-pass\n") == "ok");
}

TEST_CASE("words that are missing or too many are refused") {
  CHECK(verdict("schedule\n") == "E0501:1:1");
  CHECK(verdict("schedule a b\n") == "E0501:1:12");
  CHECK(verdict("schedule a-b\n") == "E0501:1:10");
  CHECK(verdict(std::string(kHead) + "tile row\n") == "E0501:3:6");
  CHECK(verdict(std::string(kHead) + "tile 64 row\n") == "E0501:3:6");
  CHECK(verdict(std::string(kHead) + "parallel # row\n") == "E0501:3:1");
  CHECK(verdict("schedule s\nsoftmax fast\n") == "E0501:2:9");
  CHECK(verdict("schedule s\nmaterialise values\n") == "E0501:2:13");
}

TEST_CASE("text that is not short printable ASCII is refused") {
  CHECK(verdict("schedule s\n# \xc3\xa9\n") == "E0507:2:3");
  CHECK(verdict("schedule s\r\n") == "E0507:1:11");
  CHECK(verdict(std::string("schedule s\n\0", 12)) == "E0507:2:1");
  CHECK(verdict(std::string(kHead) + std::string(201, ' ')) == "E0507:3:201");
  CHECK(verdict(std::string(20000, '\n')) == "E0507:1:1");
}

TEST_CASE("a schedule is read with all its parts") {
  const auto s = parse_schedule(
      "# c\nschedule flash # c\n\ntile row 64\ntile key 32\nsoftmax online\nstage row\n"
      "parallel batch row",
      "f.sched");
  REQUIRE(s.ok());
  CHECK(s.value().name == "flash");
  REQUIRE(s.value().tiles.size() == 2);
  CHECK(s.value().tiles[1].axis == "key");
  CHECK(s.value().tiles[1].size == 32);
  CHECK(s.value().tiles[1].span.line == 5);
  CHECK(s.value().tiles[1].span.length == 11);
  CHECK(s.value().softmax == SoftmaxForm::kOnline);
  CHECK_FALSE(s.value().materialise_scores);
  REQUIRE(s.value().parallel.size() == 2);
  CHECK(s.value().parallel[1].axis == "row");
  CHECK(s.value().stage[0].axis == "row");
}

TEST_CASE("a whole axis and the keys to skip") {
  const auto s = parse_schedule(
      "schedule r\nsoftmax online\ntile row all\ntile key 8\nstage key row\nskip key\n", "r.sched");
  REQUIRE(s.ok());
  REQUIRE(s.value().tiles.size() == 2);
  CHECK(s.value().tiles[0].whole());
  CHECK_FALSE(s.value().tiles[1].whole());
  REQUIRE(s.value().stage.size() == 2);
  CHECK(s.value().stage[0].axis == "key");
  REQUIRE(s.value().skip.size() == 1);
  CHECK(s.value().skip[0].span.line == 6);
  CHECK(verdict(std::string(kHead) + "skip\n") == "E0501:3:1");
  CHECK(verdict(std::string(kHead) + "skip key\nskip key\n") == "E0508:4:1");
  CHECK(verdict(std::string(kHead) + "tile key ALL\n") == "E0502:3:10");
}

TEST_CASE("the order of keys: outermost, or in parts") {
  const auto s = parse_schedule("schedule r\nsoftmax online\nouter key\ntile key 8\nsplit key 64\n",
                                "r.sched");
  REQUIRE(s.ok());
  REQUIRE(s.value().outer.size() == 1);
  REQUIRE(s.value().splits.size() == 1);
  CHECK(s.value().splits[0].size == 64);
  CHECK(s.value().splits[0].span.line == 5);
  CHECK(verdict(std::string(kHead) + "split key\n") == "E0501:3:7");
  CHECK(verdict(std::string(kHead) + "split key 0\n") == "E0502:3:11");
  CHECK(verdict(std::string(kHead) + "split key 8\nsplit key 8\n") == "E0508:4:1");
}

TEST_CASE("heads are all that can be packed") {
  CHECK(verdict(std::string(kHead) + "pack heads\n") == "ok");
  CHECK(verdict(std::string(kHead) + "pack row\n") == "E0501:3:6");
  CHECK(verdict(std::string(kHead) + "pack\n") == "E0501:3:1");
  CHECK(verdict(std::string(kHead) + "pack heads\npack heads\n") == "E0508:4:1");
  CHECK_FALSE(parse_schedule(kHead, "s.sched").value().pack_heads);
  CHECK(parse_schedule(std::string(kHead) + "pack heads\n", "s.sched").value().pack_heads);
}

TEST_CASE("lanes and their target come together") {
  const std::string head = "schedule s\nsoftmax online\n";
  const auto s = parse_schedule(head + "lanes row\nunroll 4\ntarget avx512\n", "s.sched");
  REQUIRE(s.ok());
  CHECK(s.value().lanes[0].axis == "row");
  CHECK(s.value().unroll == 4);
  CHECK(s.value().target == "avx512");
  CHECK(parse_schedule(head, "s.sched").value().target == "portable");
  CHECK(verdict(head + "lanes row\n") == "E0510:3:7");
  CHECK(verdict(head + "target avx512\n") == "E0510:3:8");
  CHECK(verdict(head + "unroll 4\n") == "E0510:3:1");
  CHECK(verdict(head + "unroll 1\n") == "E0502:3:8");
  CHECK(verdict(head + "unroll 17\n") == "E0502:3:8");
  CHECK(verdict(head + "unroll all\n") == "E0502:3:8");
  CHECK(verdict(head + "target 8\n") == "E0501:3:8");
  CHECK(verdict(head + "target avx512\ntarget avx512\n") == "E0508:4:1");
  CHECK(verdict(head + "lanes row\nlanes row\ntarget avx512\n") == "E0508:4:1");
}

TEST_CASE("the shipped schedules are read under their own names") {
  for (const char* name :
       {"naive", "two_pass", "flash", "flash_stream", "resident", "rows_resident", "flash_kv_outer",
        "split_kv", "grouped", "flash1", "two_pass_stream", "flash_stream_128", "retain", "halves",
        "lanes_avx512"}) {
    const std::string path =
        std::string(MINIMOA_SOURCE_DIR) + "/extract/schedules/" + name + ".sched";
    const auto s = parse_schedule(slurp(path), path);
    REQUIRE(s.ok());
    CHECK(s.value().name == name);
  }
}

TEST_CASE("a bound line is read in one spelling, wherever blanks stand") {
  const auto read = [](const std::string& line) {
    const auto s = parse_schedule(std::string(kHead) + line + "\n", "x.sched");
    return s.ok() ? s.value().bounds.at(0).text : verdict(std::string(kHead) + line + "\n");
  };
  CHECK(read("bound T0") == "bound T0");
  CHECK(read("bound T3star within 1.058 words 116736 at d=64,n =32768 where n<=m , 2<m") ==
        "bound T3star within 1.058 words 116736 at d = 64, n = 32768 where n <= m, 2 < m");
  for (const char* line : {"bound", "bound 3", "bound T0 within", "bound T0 within 0.9",
                           "bound T0 within 1/2", "bound T0 within 1.", "bound T0 words 0",
                           "bound T0 words 01", "bound T0 at", "bound T0 at n", "bound T0 at n = 0",
                           "bound T0 at n = 1, n = 1", "bound T0 where n", "bound T0 where n != m",
                           "bound T0 where n < m,", "bound T0 words 4 within 2", "bound T0 T1"}) {
    CAPTURE(line);
    CHECK(read(line).find("E0501:3:") == 0);
  }
  CHECK(verdict(std::string(kHead) + "bound T0\nbound  T0\n") == "E0508:4:1");
}
