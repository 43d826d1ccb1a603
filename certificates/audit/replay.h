// The rules (FORMAT section 3) and the replay of one step (section 4).
// Idea: sides of rules stay s-expressions; the reader of terms instantiates them.
// How it may be wrong: the rules themselves are trusted; nothing here knows whether one is true.
#ifndef MINIMOA_AUDIT_REPLAY_H_
#define MINIMOA_AUDIT_REPLAY_H_

#include "reader.h"

namespace audit {

struct RuleVar {
  Sort sort = Sort::kIndex;
  int arity = -1;  // arguments it is applied to in the sides; -1: it does not occur
};

struct Rule {
  string name, rule_class;
  std::map<string, RuleVar> vars;  // with the question mark
  vector<Sexp> conditions;
  Sexp lhs, rhs;
};
using RuleTable = std::map<string, Rule>;

// Adds the rules of one file's text; refuses (code "rules") anything that is not exactly section 3,
// and a name that is in the table already.
void read_rules(const string& text, RuleTable& table);

struct Step {
  string rule;
  bool left_to_right = true;
  vector<size_t> at;
  std::map<string, string> sub;    // "?a" -> TEXT
  std::map<string, string> names;  // binder of the new side -> name
};

// A boolean to be proved by the step's proofs, a term of the scope `context`.
struct Condition {
  Scope context;
  Term goal;
};

struct Replayed {
  Term term;                   // the whole term after the step
  vector<Condition> to_prove;  // in order of the rule's conditions
  string rule_class;
};

// Checks everything of the step but its proofs; refuses what is wrong.
Replayed replay_step(const Term& whole, const Step& step, const RuleTable& rules, const Spec& spec);

}  // namespace audit

#endif  // MINIMOA_AUDIT_REPLAY_H_
