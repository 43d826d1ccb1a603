// The reader of spec/rules/*.rules (FORMAT section 3).
#ifndef MINIMOA_AUDIT_RULES_H_
#define MINIMOA_AUDIT_RULES_H_

#include <map>
#include <string>
#include <vector>

#include "reader.h"
#include "types.h"

namespace audit {

struct RuleVar {
  std::string name;   // with the question mark
  Kind kind = Kind::kIndex;
  int arity = -1;     // arguments it is applied to in the sides; 0: none
};

struct Rule {
  std::string name, phase, rule_class;
  std::vector<RuleVar> vars;       // in order of declaration
  std::vector<Sexp> conditions;
  Sexp lhs, rhs;
  const RuleVar* var(const std::string& name) const;
};

using RuleTable = std::map<std::string, Rule>;

// Adds the rules of one file's text; refuses (code "rules") anything that is
// not exactly section 3, and a name that is in the table already.
void read_rules(const std::string& text, RuleTable& table);

}  // namespace audit

#endif  // MINIMOA_AUDIT_RULES_H_
