// Lowering: names, storage, and the refusal of folds that are not in place.
// A fold that reads what it has just overwritten would compute something else
// than its term; the audit compares text only, so lowering must refuse it.
#include <doctest/doctest.h>

#include "extract/targets/portable.h"
#include "tests/unit/extract/kernel_fixture.h"

using namespace minimoa;
using namespace minimoa::test;

namespace {

std::string code_of(const std::string& text) {
  const Result<Program> p = lower(one_head(), term(text));
  if (p.ok()) return "lowered";
  REQUIRE(p.errors().size() == 1);
  return p.errors()[0].code;
}

std::string all_notes(const std::string& text) {
  const Result<Program> p = lower(one_head(), term(text));
  std::string out;
  if (!p.ok()) {
    for (const std::string& n : p.errors()[0].notes) out += n + "\n";
  }
  return out;
}

// A fold over rows of a pair (m, z) whose step is the argument.
std::string pair_fold(const std::string& step) {
  return "(let (st) (fold (J T) (u) (gen (r 8) (tup (real 0) (real 1))) " + step +
         ") (for (r 8) (put (vec r 0) (get 1 (psi (vec r) st)))))";
}

}  // namespace

TEST_CASE("a stale running maximum is refused, naming the read and the write") {
  const std::string text =
      pair_fold("(gen (r 8) (tup (+ (get 0 (psi (vec r) u)) (real 1)) (get 0 (psi (vec r) u))))");
  CHECK(code_of(text) == "E0611");
  const std::string notes = all_notes(text);
  CHECK(notes.find("= read: `(get 0 (psi (vec r) u))`") != std::string::npos);
  CHECK(notes.find("= write: leaf 0 of `u` := `(+ (get 0 (psi (vec r) u)) (real 1))`") !=
        std::string::npos);
}

TEST_CASE("reading the next row of the state is refused") {
  CHECK(code_of(pair_fold("(gen (r 8) (tup (get 0 (psi (vec (+ r 1)) u)) (real 0)))")) == "E0611");
}

TEST_CASE("reading a fixed row of the state is refused") {
  CHECK(code_of(pair_fold("(gen (r 8) (tup (get 0 (psi (vec 0) u)) (real 0)))")) == "E0611");
}

TEST_CASE("reading with the variable of another loop is refused") {
  CHECK(code_of(pair_fold(
            "(gen (r 8) (tup (red add (k 8) true (get 0 (psi (vec k) u))) (real 0)))")) == "E0611");
}

TEST_CASE("a read inside a deeper gen must use all of its variables") {
  // r, c are open where u is read at r alone.
  CHECK(code_of("(let (st) (fold (J T) (u) (gen (r 8) (tup (real 0) (gen (c D) (real 0))))"
                "(gen (r 8) (tup (real 0) (gen (c D) (get 0 (psi (vec r) u))))))"
                "(put (vec 0 0) (get 0 (psi (vec 0) st))))") == "E0611");
}

TEST_CASE("a write in one branch counts after both, not in the other") {
  CHECK(code_of(pair_fold("(gen (r 8) (tup (if (< J 3) (real 1) (get 0 (psi (vec r) u)))"
                          "(get 0 (psi (vec r) u))))")) == "E0611");
  CHECK(code_of(pair_fold("(gen (r 8) (tup (if (< J 3) (get 0 (psi (vec r) u)) (real 1))"
                          "(get 0 (psi (vec r) u))))")) == "E0611");
  CHECK(code_of(pair_fold("(gen (r 8) (if (< J 3) (tup (real 1) (real 2))"
                          "(tup (get 1 (psi (vec r) u)) (real 0))))")) == "lowered");
  CHECK(code_of(pair_fold("(gen (r 8) (if (< J 3) (tup (real 1) (real 2))"
                          "(tup (real 0) (get 0 (psi (vec r) u)))))")) == "E0611");
}

TEST_CASE("keeping a state that an inner fold has overwritten is refused") {
  // Without this the kept value would be the new one, and the texts would agree.
  CHECK(
      code_of("(let (st) (fold (J T) (u) (gen (c D) (real 0)) (fold (t 4) (w) (gen (c D) (real 1))"
              "(if (< t 2) (gen (c D) (+ (psi (vec c) w) (real 1))) u)))"
              "(for (c D) (put (vec 0 c) (psi (vec c) st))))") == "E0611");
}

TEST_CASE("the initial value of an inner fold counts as a write for the outer one") {
  CHECK(code_of("(let (st) (fold (J T) (u) (tup (real 0) (real 0))"
                "(tup (fold (t 4) (w) (real 0) (+ w (get 0 u))) (real 0)))"
                "(put (vec 0 0) (get 0 st)))") == "E0611");
}

TEST_CASE("a read before the write at the same index is lowered") {
  CHECK(code_of(pair_fold("(gen (r 8) (tup (+ (get 0 (psi (vec r) u)) (real 1))"
                          "(* (get 1 (psi (vec r) u)) (real 2))))")) == "lowered");
}

TEST_CASE("what has no lowering is refused and not guessed") {
  CHECK(code_of("(put (vec) (gen (i S) (gen (c D) (real 0))))") == "E0610");
  CHECK(code_of("(for (i S) (parfor (c D) (put (vec i c) (real 0))))") == "E0610");
  CHECK(code_of("(for (i S) (for (c D) (put (vec i c) (psi (vec i c) Q))))") == "E0610");
  CHECK(code_of("(for (i S) (letslow (x) (real 0) (for (c D) (put (vec i c) x))))") == "E0610");
  CHECK(
      code_of("(for (i S) (let (x) (gen (t (+ i 1)) (real 0)) (put (vec i 0) (psi (vec i) x))))") ==
      "E0610");
  CHECK(code_of("(for (i S) (when (not (any (j T) (< j i))) (put (vec i 0) (real 0))))") ==
        "E0610");
  CHECK(code_of("(for (i S) (let (x) (gen (c D) (real 0)) (let (y) x (put (vec i 0) (psi (vec 0) "
                "y)))))") == "E0610");
}

TEST_CASE("two names that would become one C++ name are refused") {
  // x with counter 1 has leaves x_1_0 .. x_1_2; x_1 with counter 2 is x_1_2.
  CHECK(code_of("(for (i S) (let (x) (tup (real 0) (real 0) (real 0)) (let (x_1) (real 1)"
                "(put (vec i 0) (+ x_1 (get 2 x))))))") == "E0610");
}

TEST_CASE("names count in the order of the format, from 0 in each phase") {
  const Result<Program> p = lower(one_head(), term(naive_text()));
  REQUIRE(p.ok());
  REQUIRE(p.value().phases.size() == 2);
  const Phase& scores = p.value().phases[0];
  CHECK(scores.parallel[0].name == "i_0");
  CHECK(scores.parallel[0].extent == "a.S");
  CHECK(scores.body[0].name == "j_1");
  CHECK(scores.body[0].body[0].name == "acc_2");
  CHECK(scores.body[0].body[1].name == "l_3");
  CHECK(scores.body[0].body[2].name == "(a.workspace + 0)[((i_0 * a.T) + j_1)]");
  const Phase& rows = p.value().phases[1];
  CHECK(rows.parallel[0].name == "i_0");
  CHECK(rows.body[0].name == "m_1");
  CHECK(rows.body[1].name == "acc_2");
  CHECK(rows.body[2].name == "j_3");
  CHECK(rows.body[4].name == "st_4_0");
  CHECK(rows.body[5].name == "st_4_1");
  CHECK(rows.body[5].value == "scratch + 0");
  CHECK(p.value().workspace == "product(a.S, a.T)");
  CHECK(p.value().scratch == "a.D");
}

TEST_CASE("scratch offsets are sums of products, checked sizes are product and total") {
  const Result<Program> p = lower(one_head(), term(flash_text()));
  REQUIRE(p.ok());
  CHECK(p.value().workspace == "0");
  CHECK(p.value().scratch ==
        "total(total(total(total(total(product(64LL, a.D), 64LL), 64LL), "
        "product(64LL, a.D)), 64LL), 64LL)");
  const Block& body = p.value().phases[0].body;
  CHECK(body[0].name == "q_1");
  CHECK(body[2].name == "st_4_0");
  CHECK(body[3].value == "scratch + ((64LL * a.D) + 64LL)");
  CHECK(body[4].value == "scratch + (((64LL * a.D) + 64LL) + 64LL)");
}

TEST_CASE("a branch that keeps the state emits nothing") {
  const Result<Program> p = lower(one_head(), term(naive_text()));
  REQUIRE(p.ok());
  const CodeStatement& keys = p.value().phases[1].body[8];
  REQUIRE(keys.kind == CodeStatement::Kind::kLoop);
  CHECK(keys.body[0].kind == CodeStatement::Kind::kBranch);
  CHECK(keys.body[0].otherwise.empty());
}

TEST_CASE("any becomes a flag") {
  const Result<Program> p =
      lower(one_head(), term("(for (i S) (when (any (j T) (<= j i)) (put (vec i 0) (real 0))))"));
  REQUIRE(p.ok());
  const Block& body = p.value().phases[0].body[0].body;
  CHECK(body[0].kind == CodeStatement::Kind::kFlag);
  CHECK(body[0].name == "acc_1");
  CHECK(body[1].name == "j_2");
  CHECK(body[2].value == "acc_1");
}

TEST_CASE("comments and formatting do not change with the run") {
  const Result<Program> p = lower(one_head(), term(flash_text()));
  REQUIRE(p.ok());
  const std::string once = print_portable(one_head(), "flash", p.value(), {});
  CHECK(once == print_portable(one_head(), "flash", p.value(), {}));
  CHECK(comment_text("a \\ \"b\" ?? #c\n\xc3\xa9 d") == "a b c d");
}
