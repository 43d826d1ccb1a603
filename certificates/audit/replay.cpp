// The reader of rules (FORMAT section 3) and the replay of one step (section 4). See reader.h.
// Idea: the clauses of a rule stand in the order of section 3. A step: read the values of the rule
// variables in the scope of the position, read the old side with them, compare; then the
// conditions; then read the new side, put it in place and type the whole.
// How it may be wrong: a clause that is read and not used (`applies` and `differs` are examples for
// other tools, `doc` and `cite` are for people); a value read in another scope than the position's;
// a condition evaluated elsewhere than at the position.
#include "reader.h"

namespace audit {
namespace {
// Form: t one item; s one string; * any items; ? any items or no clause; + one or more clauses.
constexpr std::pair<const char*, char> kClauses[] = {
    {"phase", 't'}, {"class", 't'}, {"doc", 's'}, {"cite", 's'},    {"vars", '*'},
    {"where", '?'}, {"lhs", 't'},   {"rhs", 't'}, {"applies", '+'}, {"differs", '+'}};
constexpr const char* kKinds[] = {"index", "bool",  "stmt", "value", "indices",
                                  "op",    "redop", "perm", "nat"};  // of Sort
constexpr const char* kClasses[] = {"structural", "monoid", "comm-monoid", "semiring", "real-exp"};
std::map<string, Sexp> clauses_of(const Sexp& rule) {
  std::map<string, Sexp> found;
  size_t at = 2;
  for (const auto& [head, form] : kClauses) {
    Sexp& clause = found[head];
    size_t count = 0;
    for (; at < rule.items.size() && rule.items[at].head() == head; ++count)
      clause = rule.items[at++];
    const bool single = form == 't' || form == 's';
    if ((count == 0 && form != '?') || (count > 1 && form != '+') ||
        (single && (clause.items.size() != 2 || clause.items[1].quoted() != (form == 's'))))
      rule.fail(string("(") + head + " ..) is missing, out of place or of another form", "rules");
  }
  if (at != rule.items.size()) rule.items[at].fail("unknown clause", "rules");
  return found;
}
void read_vars(const Sexp& sexp, Rule& rule) {
  for (size_t g = 1; g < sexp.items.size(); ++g) {
    const Sexp& group = sexp.items[g];
    const auto kind = std::ranges::find(kKinds, group.head()) - kKinds;
    if (group.items.size() < 2 || kind == std::ssize(kKinds))
      sexp.fail("empty group of variables or unknown kind", "rules");
    for (size_t k = 1; k < group.items.size(); ++k) {
      const string& name = group.items[k].text;
      if (!group.items[k].variable() || !is_identifier(name.substr(1)) ||
          !rule.vars.emplace(name, Value{static_cast<Sort>(kind), -1}).second)
        group.fail("bad or repeated variable " + name, "rules");
    }
  }
}

// Every rule variable is declared and always applied to the same number of arguments; else its
// value would have no definite number of parameters.
void note_uses(const Sexp& sexp, Rule& rule) {
  const bool applied = sexp.head().starts_with("?");
  if (applied || sexp.variable()) {
    string name = applied ? sexp.head() : sexp.text;
    if (!applied && name.ends_with("..")) name.resize(name.size() - 2);
    const int arity = applied ? static_cast<int>(sexp.items.size()) - 1 : 0;
    const auto var = rule.vars.find(name);
    if (var == rule.vars.end()) sexp.fail(name + " is not declared", "rules");
    if (var->second.arity >= 0 && var->second.arity != arity)
      sexp.fail(name + " has varying numbers of arguments", "rules");
    var->second.arity = arity;
  }
  for (size_t k = applied ? 1 : 0; k < sexp.items.size(); ++k) note_uses(sexp.items[k], rule);
}
Rule read_rule(const Sexp& sexp) {
  static const std::map<string, size_t> kConditionItems = {
      {"rank", 3},    {"extent", 4}, {"same-shape", 3}, {"input", 2},
      {"literal", 2}, {"prove", 2},  {"prove-rl", 2}};
  if (sexp.head() != "rule" || sexp.items.size() < 2 || !sexp.items[1].atom())
    sexp.fail("(rule NAME ..) expected", "rules");
  std::map<string, Sexp> clauses = clauses_of(sexp);
  Rule rule{sexp.items[1].text,     clauses["class"].items[1].text, {},
            clauses["where"].items, clauses["lhs"].items[1],        clauses["rhs"].items[1]};
  if (std::ranges::count(kClasses, rule.rule_class) == 0) sexp.fail("unknown class", "rules");
  read_vars(clauses["vars"], rule);
  if (!rule.conditions.empty()) rule.conditions.erase(rule.conditions.begin());  // "where"
  for (const Sexp& condition : rule.conditions) {
    const auto form = kConditionItems.find(condition.head());
    if (form == kConditionItems.end() || condition.items.size() != form->second)
      condition.fail("unknown condition", "rules");
    note_uses(condition, rule);
  }
  note_uses(rule.lhs, rule);
  note_uses(rule.rhs, rule);
  return rule;
}

// One step at its position.
class Position {
 public:
  Position(const Rule& rule, const Step& step, const Spec& spec)
      : rule_(rule), step_(step), spec_(spec) {}
  Replayed replay(const Term& whole) {
    const Term at = walk(whole);
    SideReading old_reading{nullptr, {}, &values_};
    const Term old_side = read_term(step_.left_to_right ? rule_.lhs : rule_.rhs, old_reading);
    // Without this a step could replace anything by anything.
    if (!alpha_equal(old_side, at))
      refuse("match", rule_.name + ": the old side is not the subterm");
    infer(old_side, scope_, spec_);
    Replayed result{nullptr, {}, rule_.rule_class};
    for (const Sexp& condition : rule_.conditions) check(condition, result.to_prove);
    SideReading reading{nullptr, {}, &values_, step_.names};
    const Term new_side = read_term(step_.left_to_right ? rule_.rhs : rule_.lhs, reading);
    for (const auto& [name, renamed] : step_.names) {
      if (!reading.binders.contains(name)) refuse("names", name + " is no binder");
      if (!is_binder_name(renamed)) refuse("names", "not a name: " + renamed);
    }
    result.term = replace(whole, step_.at, new_side);
    // "After every step the whole term must have type Stmt."
    Scope scope;
    if (infer(result.term, scope, spec_).sort != Sort::kStmt)
      refuse("type", "the whole term is not a statement");
    return result;
  }

 private:
  // Walks to the position, collects its scope and reads `sub` there.
  Term walk(Term term) {
    for (const size_t child : step_.at) {
      if (child >= term->kids.size()) refuse("position", "no such child");
      enter(term, child, scope_, spec_);
      term = Term(term->kids[child]);
    }
    for (const auto& [name, var] : rule_.vars) {
      const auto text = step_.sub.find(name);
      if (text == step_.sub.end()) refuse("sub", name + " is missing");
      values_[name] = read_value(text->second, var, scope_, spec_);
    }
    if (step_.sub.size() != rule_.vars.size()) refuse("sub", "too many keys");
    return term;
  }
  // Section 3, conditions: each must hold, else a rule is applied outside of its hypotheses.
  void check(const Sexp& sexp, vector<Condition>& to_prove) {
    const string head = sexp.head();
    if (head != "prove" && head != "prove-rl") {
      if (!holds(head, sexp.items)) refuse("condition", "condition " + head + " does not hold");
    } else if (head == "prove" || !step_.left_to_right) {
      SideReading reading{nullptr, {}, &values_};
      const Term goal = read_term(sexp.items[1], reading);
      if (infer(goal, scope_, spec_).sort != Sort::kBool)
        refuse("type", "what is to be proved is no boolean");
      to_prove.push_back({scope_, goal});
    }
  }
  bool holds(const string& head, const vector<Sexp>& items) const {
    if (head == "literal") return value(items[1], Sort::kIndex).terms[0]->op == Op::kInt;
    const Value& array = value(items[head == "extent" ? 3 : 1], Sort::kArr);
    const Term& term = array.terms[0];
    const Terms& shape = array.type.shape;
    const auto rank = static_cast<Number>(shape.size());
    if (head == "input") return term->op == Op::kFree && spec_.input(term->name) != nullptr;
    if (head == "rank") return rank == number(items[2]);
    if (head == "same-shape")
      return same_shape(shape, value(items[2], Sort::kArr).type.shape, scope_, spec_);
    // (extent ?n K ?A), K from the end if negative.
    const Term& claimed = value(items[1], Sort::kIndex).terms[0];
    Number k = read_literal(items[2].text);
    if (k < 0) k += rank;
    return k >= 0 && k < rank && same_index(claimed, shape[static_cast<size_t>(k)], scope_, spec_);
  }
  const Value& value(const Sexp& sexp, Sort sort) const {
    const auto found = values_.find(sexp.text);
    if (found == values_.end() || found->second.arity != 0 || found->second.sort != sort)
      refuse("rules", "a condition speaks of no plain variable of the right kind");
    return found->second;
  }
  // N of a rank condition.
  Number number(const Sexp& sexp) const {
    if (sexp.head() == "len" && sexp.items.size() == 2)
      return static_cast<Number>(value(sexp.items[1], Sort::kIndices).terms.size());
    if (sexp.head() == "+" && sexp.items.size() == 3)
      return number(sexp.items[1]) + number(sexp.items[2]);
    return read_literal(sexp.variable() ? value(sexp, Sort::kNat).text.text : sexp.text);
  }
  const Rule& rule_;
  const Step& step_;
  const Spec& spec_;
  Scope scope_;
  Values values_;
};
}  // namespace
void read_rules(const string& text, RuleTable& table) {
  for (const Sexp& sexp : read_sexps(text, true)) {
    const Rule rule = read_rule(sexp);
    if (!table.emplace(rule.name, rule).second) sexp.fail("rule " + rule.name + " twice", "rules");
  }
}
Replayed replay_step(const Term& whole, const Step& step, const RuleTable& rules,
                     const Spec& spec) {
  const auto found = rules.find(step.rule);
  if (found == rules.end()) refuse("rule", "unknown rule " + step.rule);
  return Position(found->second, step, spec).replay(whole);
}
}  // namespace audit
