// The reader of rules (FORMAT section 3). See replay.h.
// Idea: the clauses must stand in the order of section 3, each at its place.
// How it may be wrong: a clause that is read and not used. (`applies` and `differs` are examples
// for other tools, `doc` and `cite` are for people.)
#include <algorithm>

#include "replay.h"

namespace audit {
namespace {
const Sexp& clause(const Sexp& rule, size_t at, const string& head) {
  if (at >= rule.items.size() || rule.items[at].head() != head)
    rule.fail("clause (" + head + " ..) is missing or out of place", "rules");
  return rule.items[at];
}
const Sexp& single(const Sexp& rule, size_t at, const string& head, bool quoted) {
  const Sexp& found = clause(rule, at, head);
  if (found.items.size() != 2 || found.items[1].quoted != quoted)
    found.fail("(" + head + " ..) has another form", "rules");
  return found.items[1];
}
vector<RuleVar>::iterator find(Rule& rule, const string& name) {
  return std::find_if(rule.vars.begin(), rule.vars.end(),
                      [&](const RuleVar& var) { return var.name == name; });
}
void read_vars(const Sexp& sexp, Rule& rule) {
  static const std::map<string, Kind> kKinds = {
      {"index", Kind::kIndex}, {"indices", Kind::kIndices}, {"value", Kind::kValue},
      {"bool", Kind::kBool},   {"stmt", Kind::kStmt},       {"op", Kind::kOp},
      {"redop", Kind::kRedOp}, {"perm", Kind::kPerm},       {"nat", Kind::kNat}};
  for (size_t g = 1; g < sexp.items.size(); ++g) {
    const Sexp& group = sexp.items[g];
    if (group.items.size() < 2 || !kKinds.contains(group.head()))
      sexp.fail("empty group of variables or unknown kind", "rules");
    for (size_t k = 1; k < group.items.size(); ++k) {
      const string& name = group.items[k].text;
      if (!group.items[k].variable() || !is_identifier(name.substr(1)) ||
          find(rule, name) != rule.vars.end())
        group.fail("bad or repeated variable " + name, "rules");
      rule.vars.push_back({name, kKinds.at(group.head())});
    }
  }
}

// Every rule variable is declared and always applied to the same number of arguments; else its
// value would have no definite number of parameters.
void note_use(const Sexp& sexp, const string& name, int arity, Rule& rule) {
  const auto var = find(rule, name);
  if (var == rule.vars.end()) sexp.fail(name + " is not declared", "rules");
  if (var->arity >= 0 && var->arity != arity)
    sexp.fail(name + " has varying numbers of arguments", "rules");
  var->arity = arity;
}
void note_uses(const Sexp& sexp, Rule& rule) {
  if (sexp.variable()) {
    const size_t splice = sexp.text.ends_with("..") ? 2 : 0;
    note_use(sexp, sexp.text.substr(0, sexp.text.size() - splice), 0, rule);
  }
  const bool applied = sexp.head().starts_with("?");
  if (applied) note_use(sexp, sexp.head(), static_cast<int>(sexp.items.size()) - 1, rule);
  for (size_t k = applied ? 1 : 0; k < sexp.items.size(); ++k) note_uses(sexp.items[k], rule);
}
Rule read_rule(const Sexp& sexp) {
  static const std::set<string> kClasses = {"structural", "monoid", "comm-monoid", "semiring",
                                            "real-exp"};
  static const std::map<string, size_t> kConditions = {
      {"rank", 3},    {"extent", 4}, {"same-shape", 3}, {"input", 2},
      {"literal", 2}, {"prove", 2},  {"prove-rl", 2}};
  Rule rule;
  if (sexp.head() != "rule" || sexp.items.size() < 2 || !sexp.items[1].atom())
    sexp.fail("(rule NAME ..) expected", "rules");
  rule.name = sexp.items[1].text;
  single(sexp, 2, "phase", false);
  rule.rule_class = single(sexp, 3, "class", false).text;
  if (!kClasses.contains(rule.rule_class)) sexp.fail("unknown class", "rules");
  single(sexp, 4, "doc", true);
  single(sexp, 5, "cite", true);
  read_vars(clause(sexp, 6, "vars"), rule);
  size_t at = 7;
  if (at < sexp.items.size() && sexp.items[at].head() == "where") {
    const Sexp& where = sexp.items[at++];
    rule.conditions.assign(where.items.begin() + 1, where.items.end());
  }
  rule.lhs = single(sexp, at++, "lhs", false);
  rule.rhs = single(sexp, at++, "rhs", false);
  for (const string head : {"applies", "differs"}) {
    clause(sexp, at, head);  // at least one
    while (at < sexp.items.size() && sexp.items[at].head() == head) ++at;
  }
  if (at != sexp.items.size()) sexp.items[at].fail("unknown clause", "rules");
  for (const Sexp& condition : rule.conditions) {
    const auto form = kConditions.find(condition.head());
    if (form == kConditions.end() || condition.items.size() != form->second)
      condition.fail("unknown condition", "rules");
    note_uses(condition, rule);
  }
  note_uses(rule.lhs, rule);
  note_uses(rule.rhs, rule);
  return rule;
}

}  // namespace
void read_rules(const string& text, RuleTable& table) {
  for (const Sexp& sexp : read_sexps(text, true)) {
    const Rule rule = read_rule(sexp);
    if (!table.emplace(rule.name, rule).second) sexp.fail("rule " + rule.name + " twice", "rules");
  }
}

}  // namespace audit
