// The rule table (spec/rules/*.rules, FORMAT.md section 3) and the use of a rule.
//
// apply() is what the prover calls; it fills in everything that matching
// determines and records the step exactly as a certificate needs it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spec/lang/diagnostic.h"
#include "spec/lang/spec.h"
#include "spec/lang/term.h"
#include "spec/lang/types.h"

namespace minimoa {

struct Rule;  // opaque: parsed row (rule_row.h)

// What readers of the table (documentation, tests) may ask of a row.
struct Example {  // (applies ..) or (differs ..)
  std::vector<std::pair<std::string, std::int64_t>> dims;
  std::vector<Array> inputs;
  std::vector<Term> output;  // shape of a statement's output, if given
  bool has_output = false;
  std::map<std::string, std::string> hints;  // as Hints::sub
  Term before, after;                        // differs: `after` is the wrong result
};
const std::string& name_of(const Rule& rule);
const std::string& phase_of(const Rule& rule);
const std::string& class_of(const Rule& rule);
const std::string& doc_of(const Rule& rule);
const std::string& cite_of(const Rule& rule);
std::string side_of(const Rule& rule, bool right);         // as written
std::vector<std::string> conditions_of(const Rule& rule);  // as written
const std::vector<Example>& applies_of(const Rule& rule);
const std::vector<Example>& differs_of(const Rule& rule);

class RuleTable {
 public:
  // One file's text under the name `path`: for tests and other folders.
  static Result<RuleTable> parse(const std::string& path, const std::string& text);
  // Loads and lints every *.rules file of a folder, sorted by name.
  static Result<RuleTable> load(const std::string& folder);
  const Rule* find(const std::string& name) const;
  std::vector<const Rule*> all() const;
  std::vector<std::pair<std::string, std::string>> files() const;  // path, bytes
 private:
  std::vector<std::shared_ptr<const Rule>> rules_;
  std::vector<std::pair<std::string, std::string>> files_;
};

struct Obligation {  // "goal holds wherever context holds"
  std::vector<ContextEntry> context;
  Term goal;  // boolean
  std::string label;
};

struct Step {
  std::string rule;
  bool rl = false;
  Position at;
  std::map<std::string, std::string> sub;  // printed, as in the certificate
  std::map<std::string, std::string> names;
  std::vector<Obligation> prove;  // its `prove` conditions, in order
};

// Hints for variables that the old side does not determine, and names for
// binders of the new side. Texts are s-expressions as in a certificate.
struct Hints {
  std::map<std::string, std::string> sub;
  std::map<std::string, std::string> names;
};

struct Applied {
  Term term;
  Step step;
};
// Tries the rule at the position: matches the old side (Miller patterns: a
// rule variable applied to distinct bound variables), checks every condition
// but `prove`, returns the new whole term. Sequence variables: tried
// shortest first unless a rank condition decides. Fails with a message.
struct ApplyResult {
  bool ok;
  Applied value;
  std::string error;
};
ApplyResult apply(const RuleTable& table, const std::string& rule, bool rl, const Term& root,
                  const Position& at, const Hints& hints, const Spec& spec);

// W of spec/lang/measure.cpp: every rule of phase psi lowers it (lint, and a
// checked property of each derivation).
std::uint64_t measure(const Term& t);

}  // namespace minimoa
