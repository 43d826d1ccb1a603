// Fuzzes the checker of proofs. The input is JSON, the proofs of one list. The obligations are
// fixed: two that hold, one with a divisor, and one that is false. So MUST is the point of this
// harness: no list of proofs may pass for the false one, holes aside.
#include "tests/fuzz/audit_harness.h"
#ifndef MINIMOA_FUZZ_REPLAY
#include "tests/fuzz/json_mutator.h"
FUZZ_JSON
#endif

FUZZ_READER(audit_proof, 8192) {
  audit_fuzz::attempt([&] {
    const audit::Json proofs = audit::parse_json(bytes);
    using audit::Poly;
    const Poly i = Poly::atom(0), n = Poly::atom(1), q = Poly::atom(2);
    const auto over = [](const Poly& a, long factor, const Poly& b, long constant) {
      audit::Budget budget;
      Poly out = a;
      out.add(b, factor, budget);
      out.add({}, constant);
      return out;
    };
    const Poly below = over(n, -1, i, -1);  // n - 1 - i
    audit::Budget budget;
    Poly square = audit::multiply(n, n, budget);
    square.add({}, -1);
    const Poly rest = over(n, -2, q, 0);  // n - 2q
    const std::vector<audit::Obligation> holding = {
        {"lower", {over(n, 0, n, -1), i, below}, i, 2},
        {"square", {over(n, 0, n, -1), i, below}, square, 2},
        {"quotient", {n, rest, over(Poly(1), -1, rest, 0)}, q, 3}};
    std::string place;
    audit::Strings holes;
    audit_fuzz::attempt([&] {
      audit::Budget left;
      audit::check_proofs("fuzz", holding, proofs, left, place, holes);
    });
    holes.clear();
    std::vector<audit::Obligation> wrong = holding;
    wrong.push_back({"false", {over(n, 0, n, -1), i, below}, over(i, 0, i, -1), 2});  // i >= 1
    bool passed = true;
    try {
      audit::Budget left;
      audit::check_proofs("fuzz", wrong, proofs, left, place, holes);
    } catch (const audit::Refused&) {
      passed = false;
    } catch (const audit::Json::exception&) {
      passed = false;
    }
    MUST(!passed || !holes.empty());
  });
}
