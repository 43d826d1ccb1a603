// Derivation + evidence -> certificate text (certificates/FORMAT.md, section 9).
//
// Statements are not written, only steps and proofs: the audit regenerates
// every statement. One line per rule file, step and proof, so that a diff
// shows what changed.
// May be wrong: nothing here is trusted; the audit reads the file.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "prover/bounds/attention.h"
#include "prover/bounds/ratio.h"
#include "prover/cost/cost.h"
#include "prover/obligations/obligations.h"
#include "prover/schedule/derive.h"

namespace minimoa {

// Everything that the prover owes for a derivation, in FORMAT's order.
struct Evidence {
  std::vector<Proved> divisors, spec, safe;
  std::vector<std::vector<Proved>> steps;
  std::vector<std::pair<std::string, std::string>> cover;
  std::map<std::string, std::string> witness;
  Costs costs;
  RatioClaims ratios;
  Attention attention;
  std::vector<std::string> holes;  // "safe 3: no-witness (label)"
};

// Proves all obligations. Fails with E0612 and the smallest counterexample
// where one is refuted; what stays undecided is a named hole.
// bounds: what the schedule asks for; with it, theorems and instance.
struct BoundsQuestion {
  std::vector<BoundLine> bounds;
  const Recognised* what = nullptr;
  const Theorems* theorems = nullptr;
};
Result<Evidence> prove_all(const Spec& spec, const RuleTable& rules, const Derivation& d,
                           const BoundsQuestion& question = {});

// A file that a certificate names, by path relative to the repository's root.
struct HashedFile {
  std::string path, sha256;
};
struct InstructionFile {
  HashedFile file;
  std::string flags, needs;  // needs: each with a blank before it
};
struct CertificateParts {
  HashedFile spec, kernel;                           // kernel: the hash of its body
  std::vector<HashedFile> rules;                     // any order
  std::string workspace;                             // printed term
  std::vector<HashedFile> theorems = {};             // any order; written if there are ratios
  std::optional<InstructionFile> instructions = {};  // of a vector target
};
std::string certificate_text(const Spec& spec, const Schedule& schedule, const Derivation& d,
                             const Evidence& evidence, const CertificateParts& parts);

}  // namespace minimoa
