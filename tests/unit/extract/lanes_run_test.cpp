// Lanes for real: terms lowered below a lane binder, compiled and run, give what
// they give without lanes. The target is one of our own with two lanes in plain
// C++, so that this runs on every processor; that the instructions of a real
// target do what their rows mean is tested elsewhere.
#include <doctest/doctest.h>

#include <algorithm>

#include "extract/targets/portable.h"
#include "tests/unit/extract/kernel_fixture.h"
#include "tests/unit/extract/two_lanes.h"

namespace minimoa::test {
namespace lanes_run {

Placement place(std::vector<std::string> turned, std::int64_t unroll = 3) {
  Placement p;
  p.target = "two";
  p.width = 2;
  p.lanes = {"l"};
  p.unroll = {{"d", unroll}};
  p.turned = std::move(turned);
  return p;
}

// A kernel of one_head(), with or without lanes.
class Compiled {
 public:
  Compiled(const std::string& text, const Placement& p) {
    const InstructionTable* rows = p.portable() ? nullptr : &two();
    const Result<Program> program = lower(one_head(), term(text), p, rows);
    REQUIRE_MESSAGE(program.ok(), (program.ok() ? "" : program.errors()[0].notes[0]));
    spill(folder_.path() + "/pair.h", kPairHeader);
    text_ = print_portable(one_head(), "s", program.value(), {}, rows);
    void* const library = compile(folder_, text_);
    REQUIRE(library != nullptr);
    kernel_ = head_kernel(library, "s");
  }
  void run(HeadCase* c) const {
    c->provide(kernel_, 1);
    REQUIRE(kernel_.run(&c->args) == 0);
  }
  const std::string& text() const { return text_; }

 private:
  TemporaryFolder folder_;
  std::string text_;
  HeadKernel kernel_;
};

// Row r of the output is row r % 4 of array number r / 4.
std::string all_rows(const std::vector<std::string>& arrays) {
  std::string value = "(real 0)", out;
  for (std::size_t k = arrays.size(); k-- > 0;) {
    const std::string n = std::to_string(4 * k), name = "y" + std::to_string(k);
    value = "(if (< r " + std::to_string(4 * k + 4) + ") (psi (vec (- r " + n + ") c) " + name +
            ") " + value + ")";
  }
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    out += "(let (y" + std::to_string(k) + ") " + arrays[k] + "\n";
  }
  return "(letslow (slow) (pargen (i T) (gen (e D) (neg (mem K (vec i e))))) " + out +
         "(for (r S) (for (c D) (put (vec r c) " + value + ")))" + std::string(arrays.size(), ')') +
         ")";
}

// Elements of an array over lanes l and columns d, those unrolled.
const std::vector<std::string>& elements() {
  static const std::vector<std::string> kAll = {
      "(mem V (vec 0 d))", "(if (< l 3) (mem V (vec 0 d)) (real 3))",
      "(if (<= (- (+ l 1) 2) 1) (real 1) (neg (mem V (vec 1 d))))",
      "(if (< 1 l) (mem V (vec 0 d)) (if (<= 2 (+ 1 l)) (real 7) (real 9)))",
      "(if (and (< l 3) (< d 2)) (real 5) (real 6))",
      "(if (or (not (< l 1)) (iszero (mem V (vec 0 d)))) (mem V (vec 1 d)) (real 2))",
      "(if (iszero (if (< l 2) (real 0) (real 1))) (real 8) (real 4))",
      // One condition for all lanes, but not for all numbers of the unrolled loop.
      "(if (< d 1) (if (< l 2) (real 1) (real 2)) (real 3))",
      "(* (if (< d 1) (mem V (vec 0 d)) (mem V (vec 1 d))) (if (< l 1) (real 3) (real 4)))",
      // One condition for all points: a branch, also where a row has this form.
      "(if (< S T) (real 4) (if (< l 2) (mem V (vec 0 d)) (real 0)))",
      "(+ (mem V (vec 0 d)) (if (< T S) (* (mem V (vec 1 d)) (if (< l 1) (real 2) (real 5))) "
      "(real 0)))",
      "(+ (mem V (vec 0 d)) (if (< T (+ l 3)) (* (if (< l 1) (real 2) (mem K (vec 1 d))) "
      "(mem K (vec 0 d))) (real 0)))",
      "(+ (if (< l 2) (real 1) (real 3)) (* (mem K (vec 0 d)) (mem K (vec 1 d))))",
      "(red add (j T) (< j 3) (* (mem K (vec j d)) (if (< l j) (real 1) (real 2))))",
      "(red mul (j T) true (if (< j l) (mem K (vec j d)) (real 2)))",
      "(red max (j T) true (min (mem K (vec j d)) (if (< j l) (real 1) (neg (real 2)))))",
      "(red min (j T) true (/ (mem K (vec j d)) (if (< j l) (real 1) (real 3))))",
      "(red add (j T) true (- (red max (i (+ j 1)) true (mem K (vec i d))) (if (< l j) (real 1) "
      "(red add (i 2) (< i 1) (mem V (vec i d))))))",
      "(* (psi (vec l d) y0) (psi (vec 3 d) y1))",
      "(red add (j T) true (* (psi (vec j d) slow) (expsub (psi (vec l 0) y1) (real 1))))"};
  return kAll;
}

// Arrays over the lanes with values of their own: shared, folded, chosen.
const std::vector<std::string>& arrays() {
  static const std::string kShared = "(let (x) (gen (j T) (if (< l j) (mem K (vec j 0)) (real 1)))";
  static const std::vector<std::string> kAll = {
      "(gen (l 4) " + kShared +
          " (let (m) (red max (j T) true (psi (vec j) x)) (gen (d D) (* m (mem V (vec 0 d)))))))",
      // x is an index below, after a private x is out of scope.
      "(gen (l 4) " + kShared +
          " (let (m) (if (< S T) (real 4) (red add (j T) true (psi (vec j) x)))"
          " (gen (d D) (+ (red add (x T) true (mem K (vec x d))) (* m (psi (vec 0) x)))))))",
      "(gen (l 4) (fold (J T) (w) (gen (d D) (real 0)) (gen (d D) (+ (psi (vec d) w) (* (mem K "
      "(vec J d)) (if (< l J) (real 1) (real 2)))))))",
      "(gen (l 4) (if (< S T) (gen (e D) (real 0)) (gen (d D) (if (< l 2) (mem V (vec 1 d)) "
      "(real 1)))))",
      "(gen (l 4) (let (m) (tup (if (< l 2) (real 3) (real 4)) (gen (d D) (mem V (vec 1 d))))"
      " (let (f) (fold (J T) (w) (get 0 m) (if (< J 2) (* w (mem K (vec J 0))) w))"
      " (gen (e D) (+ (* f (psi (vec e) (get 1 m))) (get 0 m))))))",
      "(fold (J T) (u) (gen (l 4) (gen (d D) (real 1))) (gen (l 4) (if (< J 3) (gen (d D) (- (mem "
      "K (vec J d)) (* (psi (vec l d) u) (if (< l J) (real 1) (real 2))))) (psi (vec l) u))))"};
  return kAll;
}

// Attention in tiles of four rows and six keys.
std::string flash_lanes() {
  return R"((parfor (I (div (+ S 3) 4)) (let (q) (gen (r1 4) (gen (l1 D)
    (if (< (+ (* I 4) r1) S) (mem Q (vec (+ (* I 4) r1) l1)) (real 0))))
   (let (st) (fold (J (div (+ T 5) 6)) (u) (gen (l 4) (tup bottom (real 0) (gen (c D) (real 0))))
    (gen (l 4)
     (let (x) (gen (KEY 6) (if (< (+ (* J 6) KEY) T)
        (/ (red add (e D) true (* (psi (vec l e) q) (mem K (vec (+ (* J 6) KEY) e)))) (sqrt (real D)))
        bottom))
     (let (mx) (max (get 0 (psi (vec l) u)) (red max (t 6) true (psi (vec t) x)))
     (let (al) (expsub (get 0 (psi (vec l) u)) mx)
     (let (p) (gen (t 6) (expsub (psi (vec t) x) mx))
     (tup mx
      (+ (* al (get 1 (psi (vec l) u))) (red add (t 6) true (psi (vec t) p)))
      (gen (d D) (+ (* al (psi (vec d) (get 2 (psi (vec l) u))))
        (red add (t 6) (< (+ (* J 6) t) T)
          (* (psi (vec t) p) (mem V (vec (+ (* J 6) t) d)))))))))))))
   (for (r 4) (when (< (+ (* I 4) r) S) (for (c D) (put (vec (+ (* I 4) r) c)
    (/ (psi (vec c) (get 2 (psi (vec r) st))) (get 1 (psi (vec r) st)))))))))))";
}

std::string with_key(const std::string& name) {
  std::string out = flash_lanes();
  for (std::size_t k; (k = out.find("KEY")) != std::string::npos;) out.replace(k, 3, name);
  return out;
}

TEST_CASE("what is computed in lanes is what is computed without them") {
  std::vector<std::string> all;
  for (const std::string& e : elements()) all.push_back("(gen (l 4) (gen (d D) " + e + "))");
  all.insert(all.end(), arrays().begin(), arrays().end());
  std::vector<std::string> turned;
  for (std::size_t k = 0; k < all.size(); ++k) turned.push_back("y" + std::to_string(k));
  const std::string text = all_rows(all);
  const Compiled lanes(text, place(turned)), portable(text, {});
  for (const std::int64_t t : {2, 5, 100}) {
    for (const std::int64_t d : {1, 2, 3, 8}) {
      HeadCase a(4 * static_cast<std::int64_t>(all.size()), t, d), b = a;
      for (HeadCase* c : {&a, &b}) {
        c->args.Q = c->q.data(), c->args.K = c->k.data(), c->args.V = c->v.data();
        c->args.O = c->o.data();
      }
      lanes.run(&a);
      portable.run(&b);
      for (std::size_t k = 0; k < a.o.size(); ++k) {
        const float scale = std::max(1.0f, std::abs(b.o[k]));
        CHECK_MESSAGE(std::abs(a.o[k] - b.o[k]) <= 1e-4f * scale,
                      all[k / static_cast<std::size_t>(4 * d)], " T = ", t, ", D = ", d);
      }
    }
  }
}

TEST_CASE("attention in lanes: ragged tiles, unrolled scores and columns") {
  const Compiled ragged(with_key("k"), place({"q", "st"}, 4));
  for (const auto& [s, t, d] : {std::tuple{1, 1, 1}, std::tuple{4, 6, 4}, std::tuple{7, 13, 5}}) {
    HeadCase c(s, t, d);
    ragged.run(&c);
    CHECK(c.error() < 1e-5);
  }
  // Scores of whole tiles for two keys at once: reads are not guarded.
  Placement both = place({"q", "st"}, 4);
  both.unroll.emplace_back("k", 2);
  const Compiled whole(with_key("k"), both);
  HeadCase c(7, 12, 5);
  whole.run(&c);
  CHECK(c.error() < 1e-5);
}

}  // namespace lanes_run
}  // namespace minimoa::test
