// The emitted text, compiled with the certificate's flags and run.
#include <doctest/doctest.h>

#include <thread>

#include "extract/targets/portable.h"
#include "tests/unit/extract/kernel_fixture.h"

using namespace minimoa;
using namespace minimoa::test;

namespace {

std::string body(const std::string& final_text, const std::string& schedule) {
  const auto b = emit_body(one_head(), derivation(final_text), schedule);
  REQUIRE(b.ok());
  return b.value();
}

// Runs all tasks on four threads, each with its own worker number.
void four_threads(void* context, std::int64_t n, Task task, void* data) {
  ++*static_cast<int*>(context);
  std::vector<std::thread> pool;
  for (std::int64_t w = 0; w < 4; ++w) {
    pool.emplace_back([=] {
      for (std::int64_t t = w; t < n; t += 4) task(data, t, w);
    });
  }
  for (std::thread& t : pool) t.join();
}

double run_case(const HeadKernel& f, std::int64_t s, std::int64_t t, std::int64_t d) {
  HeadCase one(s, t, d);
  one.provide(f, 1);
  REQUIRE(f.run(&one.args) == 0);
  HeadCase four(s, t, d);
  int phases = 0;
  four.args.parallel_for = four_threads;
  four.args.parallel_context = &phases;
  four.provide(f, 4);
  REQUIRE(f.run(&four.args) == 0);
  CHECK(phases >= 1);
  CHECK(one.o == four.o);  // bit for bit: tasks share nothing
  return one.error();
}

}  // namespace

TEST_CASE("emitted kernels compute softmax attention, whatever divides what") {
  for (const std::string name : {"flash", "naive"}) {
    const std::string text = name == "flash" ? flash_text() : naive_text();
    CAPTURE(name);
    const TemporaryFolder folder;
    void* library = compile(folder, body(text, name));
    REQUIRE(library != nullptr);
    const HeadKernel f = head_kernel(library, name);
    const bool found = f.run != nullptr;
    REQUIRE(found);
    CHECK(run_case(f, 1, 1, 1) < 1e-6);
    CHECK(run_case(f, 63, 65, 5) < 1e-5);
    CHECK(run_case(f, 64, 128, 8) < 1e-5);
    CHECK(run_case(f, 130, 1, 3) < 1e-5);
    CHECK(run_case(f, 3, 200, 17) < 1e-5);
    dlclose(library);
  }
}

TEST_CASE("statuses say what is wrong, and sizes what is needed") {
  const TemporaryFolder folder;
  void* library = compile(folder, body(naive_text(), "naive"));
  REQUIRE(library != nullptr);
  const HeadKernel f = head_kernel(library, "naive");
  HeadCase c(3, 5, 2);
  CHECK(f.check(nullptr) == 1);
  CHECK(f.workspace(&c.args) == 15);
  CHECK(f.scratch(&c.args) == 2);
  CHECK(f.run(&c.args) == 7);
  c.args.workspace = c.q.data();
  CHECK(f.run(&c.args) == 8);
  const auto with = [&](auto change) {
    HeadCase other(3, 5, 2);
    change(other.args);
    return f.check(&other.args);
  };
  CHECK(with([](HeadArgs& a) { a.size += 8; }) == 1);
  CHECK(with([](HeadArgs& a) { a.T = 0; }) == 2);
  CHECK(with([](HeadArgs& a) { a.D = 16777217; }) == 2);
  CHECK(with([](HeadArgs& a) { a.V_s[1] = -1; }) == 4);
  CHECK(with([](HeadArgs& a) { a.O = nullptr; }) == 5);
  c.args.S = c.args.T = 16777216;  // 2^48 scores
  CHECK(f.workspace(&c.args) == -1);
  CHECK(f.run(&c.args) == 6);
  dlclose(library);
}

TEST_CASE("requirements become status 3, in the spelling of the format") {
  Spec s = one_head();
  s.requires_ = {term("(== (mod S 4) 0)"), term("(or (< S T) (not (<= T 8)))")};
  const auto b = emit_body(s, derivation("(for (i S) (for (c D) (put (vec i c) (real 0))))"), "z");
  REQUIRE(b.ok());
  CHECK(b.value().find("if (!(((a.S % 4LL) == 0LL))) { return 3; }") != std::string::npos);
  CHECK(b.value().find("if (!(((a.S < a.T) || (!(a.T <= 8LL))))) { return 3; }") !=
        std::string::npos);
  const TemporaryFolder folder;
  void* library = compile(folder, b.value());
  REQUIRE(library != nullptr);
  dlclose(library);
}

TEST_CASE("a body has what the format allows and nothing else") {
  const std::string text = body(flash_text(), "flash");
  CHECK(text.find('\\') == std::string::npos);
  CHECK(text.find("?"
                  "?") == std::string::npos);
  CHECK(text.find('\'') == std::string::npos);
  CHECK(text.find('\t') == std::string::npos);
  std::size_t line = 0, hashes = 0;
  for (std::size_t k = 0; k <= text.size(); ++k) {
    if (k == text.size() || text[k] == '\n') {
      CHECK(k - line <= 100);
      line = k + 1;
    } else {
      CHECK(static_cast<unsigned char>(text[k]) < 127);
      hashes += text[k] == '#' ? 1 : 0;
    }
  }
  CHECK(hashes == 4);
}

TEST_CASE("rules that introduced a binder stand above its block") {
  Derivation d;
  d.terms = {term("(for (i S) (for (c D) (put (vec i c) (real 0))))"),
             term("(parfor (i S) (for (c D) (put (vec i c) (real 0))))")};
  Step step;
  step.rule = "place-parallel";
  d.steps = {step};
  const Origins o = binder_origins(d);
  REQUIRE(o.count("i") == 1);
  CHECK(o.count("c") == 0);
  const auto b = emit_body(one_head(), d, "p");
  REQUIRE(b.ok());
  CHECK(b.value().find("// rules: place-parallel\nvoid phase_0(") != std::string::npos);
}

TEST_CASE("workspace counts slow memory only") {
  CHECK(workspace_term(one_head(), term(flash_text())) == "0");
  CHECK(workspace_term(one_head(), term(naive_text())) == "(* S T)");
}

TEST_CASE("the public header is C and C++, and its struct is the body's") {
  const TemporaryFolder folder;
  spill(folder.path() + "/k.h", emit_header(one_head(), "flash"));
  spill(folder.path() + "/k.c", "#include \"k.h\"\n#include \"k.h\"\n");
  spill(folder.path() + "/k.cpp", "#include \"k.h\"\n");
  const std::string flags = " -Wall -Wextra -Wpedantic -Werror -fsyntax-only ";
  CHECK(std::system(("gcc -std=c99" + flags + folder.path() + "/k.c").c_str()) == 0);
  CHECK(std::system(("g++ -std=c++11" + flags + folder.path() + "/k.cpp").c_str()) == 0);
  // Both in one file: a different type would be a conflicting declaration.
  std::string text = body(flash_text(), "flash");
  const std::size_t begin = text.find("struct minimoa_head_flash_args {");
  const std::size_t end = text.find("};\n", begin) + 3;
  text = "#include \"k.h\"\n" + text.erase(begin, end - begin);
  spill(folder.path() + "/both.cpp", text);
  CHECK(std::system(("g++ -std=c++17" + flags + folder.path() + "/both.cpp").c_str()) == 0);
}

TEST_CASE("sha256_hex gives the published digests") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
