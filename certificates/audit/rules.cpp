// The reader of rules (FORMAT section 3; see rules.h).
//
// Idea: the clauses must stand in the order of section 3, each at its place;
// sides stay s-expressions, reader.h instantiates them.
// How it may be wrong: the table itself is trusted; nothing here knows whether
// a rule is true. `applies` and `differs` are examples for other tools.
#include "rules.h"

#include <algorithm>

namespace audit {
namespace {

[[noreturn]] void refuse(const Sexp& sexp, const std::string& what) {
  throw Refused{"rules", "line " + std::to_string(sexp.line) + ": " + what};
}

Kind kind_of(const Sexp& sexp) {
  static const std::map<std::string, Kind> kKinds = {
      {"index", Kind::kIndex}, {"indices", Kind::kIndices},
      {"value", Kind::kValue}, {"bool", Kind::kBool},
      {"stmt", Kind::kStmt},   {"op", Kind::kOp},
      {"redop", Kind::kRedOp}, {"perm", Kind::kPerm},
      {"nat", Kind::kNat}};
  const auto found = kKinds.find(sexp.text);
  if (!sexp.atom() || found == kKinds.end()) refuse(sexp, "unknown kind");
  return found->second;
}

const Sexp& clause(const Sexp& rule, std::size_t at, const std::string& head) {
  if (at >= rule.items.size() || rule.items[at].head() != head) {
    refuse(rule, "clause (" + head + " ..) is missing or out of place");
  }
  return rule.items[at];
}

const Sexp& single(const Sexp& rule, std::size_t at, const std::string& head,
                   bool string) {
  const Sexp& found = clause(rule, at, head);
  if (found.items.size() != 2 || found.items[1].string != string) {
    refuse(found, "(" + head + " ..) has another form");
  }
  return found.items[1];
}

void read_vars(const Sexp& sexp, Rule& rule) {
  for (std::size_t g = 1; g < sexp.items.size(); ++g) {
    const Sexp& group = sexp.items[g];
    if (group.items.size() < 2) refuse(sexp, "empty group of variables");
    for (std::size_t k = 1; k < group.items.size(); ++k) {
      RuleVar var;
      var.kind = kind_of(group.items[0]);
      var.name = group.items[k].text;
      if (!group.items[k].atom() || var.name[0] != '?' ||
          !is_identifier(var.name.substr(1)) || rule.var(var.name)) {
        refuse(group, "bad or repeated variable " + var.name);
      }
      rule.vars.push_back(std::move(var));
    }
  }
}

// Every rule variable is declared and always applied to the same number of
// arguments; else its value would have no definite number of parameters.
void note_uses(const Sexp& sexp, Rule& rule, bool head) {
  if (sexp.atom() && sexp.text[0] == '?' && !head) {
    const bool splice = sexp.text.ends_with("..");
    const std::string name =
        sexp.text.substr(0, sexp.text.size() - (splice ? 2 : 0));
    Sexp use = sexp;
    use.text = name;
    Sexp list;
    list.items = {use};
    list.line = sexp.line;
    return note_uses(list, rule, false);
  }
  if (!sexp.list()) return;
  const std::string name = sexp.head();
  if (!name.empty() && name[0] == '?') {
    const auto var =
        std::find_if(rule.vars.begin(), rule.vars.end(),
                     [&](const RuleVar& v) { return v.name == name; });
    const int arity = static_cast<int>(sexp.items.size()) - 1;
    if (var == rule.vars.end()) refuse(sexp, name + " is not declared");
    if (var->arity >= 0 && var->arity != arity) {
      refuse(sexp, name + " has varying numbers of arguments");
    }
    var->arity = arity;
  }
  for (std::size_t k = 0; k < sexp.items.size(); ++k) {
    note_uses(sexp.items[k], rule, k == 0);
  }
}

void check_condition(const Sexp& sexp) {
  static const std::map<std::string, std::size_t> kForms = {
      {"rank", 3},  {"extent", 4},  {"same-shape", 3}, {"input", 2},
      {"literal", 2}, {"prove", 2}, {"prove-rl", 2}};
  const auto form = kForms.find(sexp.head());
  if (form == kForms.end() || sexp.items.size() != form->second) {
    refuse(sexp, "unknown condition");
  }
}

Rule read_rule(const Sexp& sexp) {
  static const std::string kClasses[] = {"structural", "monoid", "comm-monoid",
                                         "semiring", "real-exp"};
  Rule rule;
  if (sexp.head() != "rule" || sexp.items.size() < 2 ||
      !sexp.items[1].atom()) {
    refuse(sexp, "(rule NAME ..) expected");
  }
  rule.name = sexp.items[1].text;
  rule.phase = single(sexp, 2, "phase", false).text;
  rule.rule_class = single(sexp, 3, "class", false).text;
  if (std::find(std::begin(kClasses), std::end(kClasses), rule.rule_class) ==
      std::end(kClasses)) {
    refuse(sexp, "unknown class");
  }
  single(sexp, 4, "doc", true);
  single(sexp, 5, "cite", true);
  read_vars(clause(sexp, 6, "vars"), rule);
  std::size_t at = 7;
  if (at < sexp.items.size() && sexp.items[at].head() == "where") {
    const Sexp& where = sexp.items[at++];
    rule.conditions.assign(where.items.begin() + 1, where.items.end());
  }
  rule.lhs = single(sexp, at++, "lhs", false);
  rule.rhs = single(sexp, at++, "rhs", false);
  for (const std::string head : {"applies", "differs"}) {
    clause(sexp, at, head);  // at least one
    while (at < sexp.items.size() && sexp.items[at].head() == head) ++at;
  }
  if (at != sexp.items.size()) refuse(sexp.items[at], "unknown clause");
  for (const Sexp& condition : rule.conditions) {
    check_condition(condition);
    note_uses(condition, rule, false);
  }
  note_uses(rule.lhs, rule, false);
  note_uses(rule.rhs, rule, false);
  return rule;
}

}  // namespace

const RuleVar* Rule::var(const std::string& wanted) const {
  for (const RuleVar& candidate : vars) {
    if (candidate.name == wanted) return &candidate;
  }
  return nullptr;
}

void read_rules(const std::string& text, RuleTable& table) {
  for (const Sexp& sexp : read_sexps(text, true)) {
    Rule rule = read_rule(sexp);
    if (table.contains(rule.name)) refuse(sexp, "rule " + rule.name + " twice");
    table.emplace(rule.name, std::move(rule));
  }
}

}  // namespace audit
