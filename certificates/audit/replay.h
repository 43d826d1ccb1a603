// Replay of one step (FORMAT section 4).
#ifndef MINIMOA_AUDIT_REPLAY_H_
#define MINIMOA_AUDIT_REPLAY_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "rules.h"
#include "term.h"
#include "types.h"

namespace audit {

struct Step {
  std::string rule;
  bool left_to_right = true;
  std::vector<std::size_t> at;
  std::map<std::string, std::string> sub;    // "?a" -> TEXT
  std::map<std::string, std::string> names;  // binder of the new side -> name
};

// A boolean to be proved by the step's proofs, in the scope `context` (the
// facts of context_of(context); `goal` is a term of that scope).
struct Condition {
  Scope context;
  Term goal;
};

struct Replayed {
  Term term;                          // the whole term after the step
  std::vector<Condition> to_prove;    // in order of the rule's conditions
  std::string rule_class;
};

// Checks everything of the step but its proofs; refuses what is wrong.
Replayed replay_step(const Term& whole, const Step& step,
                     const RuleTable& rules, const Spec& spec);

}  // namespace audit

#endif  // MINIMOA_AUDIT_REPLAY_H_
