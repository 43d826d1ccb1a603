// Replay of one step (FORMAT sections 3 and 4). See replay.h.
// Idea: read the values of the rule variables in the scope of the position, read the old side with
// them, compare; then the conditions; then read the new side, put it in place and type the whole.
// How it may be wrong: a value read in another scope than the position's; a condition evaluated
// elsewhere than at the position.
#include "replay.h"

namespace audit {
namespace {

// (fn (a b) body): exactly as many parameters as the rule gives arguments.
Term read_function(const Sexp& sexp, size_t arity, SideReading& reading) {
  if (sexp.head() != "fn" || sexp.items.size() != 3 || !sexp.items[1].list() ||
      sexp.items[1].items.size() != arity)
    refuse("sub", "(fn (..) body) with the right parameters expected");
  std::set<string> seen;
  for (const Sexp& name : sexp.items[1].items) {
    if (!is_binder_name(name.text) || !seen.insert(name.text).second)
      refuse("sub", "bad or repeated parameter");
    reading.names.push_back(name.text);
  }
  return read_term(sexp.items[2], reading);
}
Numbers read_numbers(const vector<Sexp>& items) {
  Numbers out;
  for (const Sexp& item : items) {
    if (!item.atom()) refuse("sub", "a number is missing");
    out.push_back(read_literal(item.text));
    if (out.back() < 0) refuse("sub", "a number is negative");
  }
  return out;
}

// Section 4: TEXT by the kind of its variable. Free names are those of the position, else a value
// could speak of variables that do not exist there.
Value read_value(const RuleVar& var, const string& text, const Scope& scope, const Spec& spec) {
  const vector<Sexp> items = read_sexps(text, false);
  if (items.size() != 1) refuse("sub", var.name + ": one item expected");
  const Sexp& sexp = items[0];
  SideReading reading{&spec, scope.names()};
  Value value;
  value.kind = var.kind;
  value.arity = var.arity < 0 ? 0 : var.arity;
  if (var.kind == Kind::kIndices) {
    if (sexp.head() != "seq") refuse("sub", "(seq ..) expected");
    for (size_t k = 1; k < sexp.items.size(); ++k)
      value.sequence.push_back(read_term(sexp.items[k], reading));
  } else if (var.kind == Kind::kOp || var.kind == Kind::kRedOp) {
    const bool known = var.kind == Kind::kOp ? pointwise_from_word(sexp.text).has_value()
                                             : redop_from_word(sexp.text).has_value();
    if (!known) refuse("sub", "no operator or reduction word");
    value.word = sexp.text;
  } else if (var.kind == Kind::kPerm || var.kind == Kind::kNat) {
    if (var.kind == Kind::kPerm && !sexp.list()) refuse("sub", "no list");
    value.numbers = read_numbers(var.kind == Kind::kPerm ? sexp.items : items);
  } else if (value.arity > 0) {
    value.term = read_function(sexp, static_cast<size_t>(value.arity), reading);
  } else {
    value.term = read_term(sexp, reading);
  }
  return value;
}

// One step at its position.
class Position {
 public:
  Position(const Rule& rule, const Step& step, const Spec& spec)
      : rule_(rule), step_(step), spec_(spec) {}
  // Walks to the position, collects its scope and reads `sub` there.
  Term walk(const Term& whole) {
    Term term = whole;
    for (const size_t child : step_.at) {
      if (child >= term->kids.size()) refuse("position", "no such child");
      enter(term, child, scope_, spec_);
      term = Term(term->kids[child]);
    }
    for (const RuleVar& var : rule_.vars) {
      const auto text = step_.sub.find(var.name);
      if (text == step_.sub.end()) refuse("sub", var.name + " is missing");
      values_.emplace(var.name, read_value(var, text->second, scope_, spec_));
    }
    if (step_.sub.size() != rule_.vars.size()) refuse("sub", "too many keys");
    return term;
  }
  // The old side under `sub` is the subterm: without this a step could replace anything by
  // anything.
  void match(const Term& at) {
    KindMap kinds;
    const Term old_side = side(step_.left_to_right ? rule_.lhs : rule_.rhs, &kinds);
    if (!alpha_equal(old_side, at))
      refuse("match", rule_.name + ": the old side is not the subterm");
    infer(old_side, scope_, spec_, &kinds);
  }
  // The new side, its binders renamed by `names`; `kinds` receives the rule variables' occurrences.
  Term new_side(KindMap* kinds) {
    std::set<string> binders;
    const Term term =
        side(step_.left_to_right ? rule_.rhs : rule_.lhs, kinds, &step_.names, &binders);
    for (const auto& [name, renamed] : step_.names) {
      if (!binders.contains(name)) refuse("names", name + " is no binder");
      if (!is_binder_name(renamed)) refuse("names", "not a name: " + renamed);
    }
    return term;
  }
  // Section 3, conditions. Without them a rule is applied outside of its hypotheses: every one that
  // does not hold refuses the step.
  void check(const Sexp& sexp, vector<Condition>& to_prove) {
    const string head = sexp.head();
    bool holds = false;
    if (head == "rank") {
      holds = static_cast<Number>(array(sexp, 1).shape.size()) == number(sexp.items[2]);
    } else if (head == "extent") {
      holds = extent(sexp);
    } else if (head == "same-shape") {
      holds = same_shape(array(sexp, 1).shape, array(sexp, 2).shape, scope_, spec_);
    } else if (head == "input") {
      const Term& term = value(sexp, 1).term;
      holds = term && term->op == Op::kFree && spec_.input(term->name) != nullptr;
    } else if (head == "literal") {
      const Term& term = value(sexp, 1).term;
      holds = term && term->op == Op::kInt;
    } else if (head == "prove" || head == "prove-rl") {
      holds = true;
      if (head == "prove" || !step_.left_to_right)
        to_prove.push_back({scope_, goal(sexp.items[1])});
    }
    if (!holds) refuse("condition", "condition " + head + " does not hold");
  }

 private:
  Term side(const Sexp& sexp, KindMap* kinds, const std::map<string, string>* rename = nullptr,
            std::set<string>* binders = nullptr) {
    SideReading reading{nullptr, {}, &values_, rename, &scope_, &spec_, binders, kinds};
    return read_term(sexp, reading);
  }
  const Value& value(const Sexp& sexp, size_t at) const {
    const auto found = values_.find(sexp.items[at].text);
    if (found == values_.end() || found->second.arity != 0)
      refuse("rules", "a condition speaks of no plain variable");
    return found->second;
  }
  Type array(const Sexp& sexp, size_t at) {
    const Value& found = value(sexp, at);
    if (found.kind != Kind::kValue) refuse("rules", "not of kind value");
    Type type = infer(found.term, scope_, spec_);
    if (type.sort != Sort::kArr) refuse("type", "an array is missing");
    return type;
  }
  // N of a rank condition.
  Number number(const Sexp& sexp) const {
    if (sexp.head() == "len" && sexp.items.size() == 2)
      return static_cast<Number>(value(sexp, 1).sequence.size());
    if (sexp.head() == "+" && sexp.items.size() == 3)
      return number(sexp.items[1]) + number(sexp.items[2]);
    if (!sexp.variable()) return read_literal(sexp.text);
    const auto found = values_.find(sexp.text);
    if (found == values_.end() || found->second.kind != Kind::kNat)
      refuse("rules", "not a natural number");
    return found->second.numbers[0];
  }
  // (extent ?n K ?A), K from the end if negative.
  bool extent(const Sexp& sexp) {
    const Term& claimed = value(sexp, 1).term;
    const Terms shape = array(sexp, 3).shape;
    const auto size = static_cast<Number>(shape.size());
    Number k = read_literal(sexp.items[2].text);
    if (k < 0) k += size;
    return claimed && k >= 0 && k < size &&
           same_index(claimed, shape[static_cast<size_t>(k)], scope_, spec_);
  }
  Term goal(const Sexp& sexp) {
    KindMap kinds;
    Term term = side(sexp, &kinds);
    if (infer(term, scope_, spec_, &kinds).sort != Sort::kBool)
      refuse("type", "what is to be proved is no boolean");
    return term;
  }
  const Rule& rule_;
  const Step& step_;
  const Spec& spec_;
  Scope scope_;
  Values values_;
};

}  // namespace
Replayed replay_step(const Term& whole, const Step& step, const RuleTable& rules,
                     const Spec& spec) {
  const auto found = rules.find(step.rule);
  if (found == rules.end()) refuse("rule", "unknown rule " + step.rule);
  Position position(found->second, step, spec);
  position.match(position.walk(whole));
  Replayed result;
  result.rule_class = found->second.rule_class;
  for (const Sexp& condition : found->second.conditions) position.check(condition, result.to_prove);
  KindMap kinds;
  result.term = replace(whole, step.at, position.new_side(&kinds));
  // "After every step the whole term must have type Stmt."
  Scope scope;
  if (infer(result.term, scope, spec, &kinds).sort != Sort::kStmt)
    refuse("type", "the whole term is not a statement");
  return result;
}

}  // namespace audit
