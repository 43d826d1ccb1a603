// Obligations of a derivation and their witnesses (FORMAT.md sections 5-7).
//
// Statements are generated in exactly the order of FORMAT.md, because a proof
// refers to facts and atoms by number. Z3 decides; what leaves this file is a
// witness that exact arithmetic checks, a counterexample, or a named hole.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "prover/schedule/placement.h"
#include "spec/lang/rules.h"
#include "spec/lang/spec.h"

namespace minimoa {

enum class Decision { kProved, kRefuted, kUnknown };
struct Proved {
  Decision decision = Decision::kUnknown;
  nlohmann::json proof;                               // FORMAT.md section 6 (or a hole)
  std::string label;                                  // which obligation, for people
  std::map<std::string, std::string> counterexample;  // kRefuted: values by name, smallest found
  Term goal;
};

// What provers may spend: steps of Z3 (its rlimit) and cells of the proof
// search. Counted, so what is found does not depend on the machine; the answer
// to a question after the end is unknown.
struct Budget {
  std::uint64_t solver = 1'200'000;
  std::uint64_t search = std::numeric_limits<std::uint64_t>::max();  // bounded for each statement
};

// All prover-side obligations of a derivation; each vector in FORMAT order.
class Prover {
 public:
  // Without a budget to share it has one of its own.
  explicit Prover(const Spec& spec, Budget* shared = nullptr);
  ~Prover();
  Prover(const Prover&) = delete;
  std::vector<Proved> divisors(const Term& core, const Term& final_term);  // must be called first
  std::vector<Proved> spec_proofs(const Term& core);
  std::vector<Proved> step(const Step& step);  // its prove conditions
  std::vector<Proved> safe(const Term& final_term,
                           std::vector<std::pair<std::string, std::string>>* cover,
                           const Placement& place = {});
  // Values for the dimensions that satisfy every require and the context,
  // smallest found.
  Result<std::map<std::string, std::string>> witness(const std::vector<ContextEntry>& context = {});
  // Decides one boolean goal in a context without building a proof (for
  // diagnostics such as E0210): exists-free goals only.
  Proved decide(const Obligation& o);
  // Quick search for a proof only: false may mean not found.
  bool holds(const Obligation& o);
  // Each goal's statements, in order.
  std::vector<Proved> obligations(const std::vector<Obligation>& goals);
  // Is there j (0 <= j < n, g) for all values of the context? Finds a witness
  // term for any-intro among candidates (0, n-1, bound variables and
  // differences of them ..), or a counterexample context.
  struct Inhabited {
    Decision decision;
    Term witness;
    std::map<std::string, std::string> counterexample;
  };
  Inhabited inhabited(const std::vector<ContextEntry>& context, const std::string& j, const Term& n,
                      const Term& g);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace minimoa
