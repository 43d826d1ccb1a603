// Replay of one step (FORMAT sections 3 and 4; see replay.h).
//
// Idea: read the values of the rule variables in the scope of the position,
// read the old side with them, compare; then the conditions; then read the new
// side, put it in place and type the whole term.
// How it may be wrong: a value read in another scope than the position's; a
// condition evaluated elsewhere than at the position.
#include "replay.h"

namespace audit {
namespace {

[[noreturn]] void refuse(const std::string& code, const std::string& text) {
  throw Refused{code, text};
}

// (fn (a b) body): exactly as many parameters as the rule gives arguments.
void read_function(const Sexp& sexp, SideReading& reading, Value& value) {
  if (sexp.head() != "fn" || sexp.items.size() != 3 ||
      !sexp.items[1].list() ||
      sexp.items[1].items.size() != static_cast<std::size_t>(value.arity)) {
    refuse("sub", "(fn (..) body) with the right parameters expected");
  }
  std::set<std::string> seen;
  for (const Sexp& name : sexp.items[1].items) {
    if (!is_identifier(name.text) || name.text == "true" ||
        name.text == "bottom" || !seen.insert(name.text).second) {
      refuse("sub", "bad or repeated parameter");
    }
    reading.names.push_back(name.text);
  }
  value.term = read_term(sexp.items[2], reading);
}

void read_numbers(const Sexp& sexp, Value& value) {
  const std::vector<Sexp> one = {sexp};
  if (value.kind == Kind::kPerm && !sexp.list()) refuse("sub", "no list");
  for (const Sexp& item : value.kind == Kind::kPerm ? sexp.items : one) {
    if (!item.atom()) refuse("sub", "a number is missing");
    value.numbers.push_back(read_literal(item.text));
    if (value.numbers.back() < 0) refuse("sub", "a number is negative");
  }
}

// Section 4: TEXT by the kind of its variable. Free names are those of the
// position, else a value could speak of variables that do not exist there.
Value read_value(const RuleVar& var, const std::string& text,
                 const Scope& scope, const Spec& spec) {
  const std::vector<Sexp> items = read_sexps(text, false);
  if (items.size() != 1) refuse("sub", var.name + ": one item expected");
  const Sexp& sexp = items[0];
  SideReading reading;
  reading.spec = &spec;
  reading.names = scope.names();
  Value value;
  value.kind = var.kind;
  value.arity = var.arity < 0 ? 0 : var.arity;
  switch (var.kind) {
    case Kind::kIndex: case Kind::kValue: case Kind::kBool: case Kind::kStmt:
      if (value.arity > 0) {
        read_function(sexp, reading, value);
      } else {
        value.term = read_term(sexp, reading);
      }
      break;
    case Kind::kIndices:
      if (sexp.head() != "seq") refuse("sub", "(seq ..) expected");
      for (std::size_t k = 1; k < sexp.items.size(); ++k) {
        value.sequence.push_back(read_term(sexp.items[k], reading));
      }
      break;
    case Kind::kOp:
      if (!pointwise_from_word(sexp.text)) refuse("sub", "no operator word");
      value.word = sexp.text;
      break;
    case Kind::kRedOp:
      if (!redop_from_word(sexp.text)) refuse("sub", "no reduction word");
      value.word = sexp.text;
      break;
    case Kind::kPerm: case Kind::kNat:
      read_numbers(sexp, value);
      break;
  }
  return value;
}

// `sub` has exactly the rule's variables as keys.
Values read_values(const Rule& rule, const Step& step, const Scope& scope,
                   const Spec& spec) {
  Values values;
  for (const RuleVar& var : rule.vars) {
    const auto text = step.sub.find(var.name);
    if (text == step.sub.end()) refuse("sub", var.name + " is missing");
    values.emplace(var.name, read_value(var, text->second, scope, spec));
  }
  if (step.sub.size() != rule.vars.size()) refuse("sub", "too many keys");
  return values;
}

// One step at its position.
class Position {
 public:
  Position(const Rule& rule, const Step& step, const Spec& spec)
      : rule_(rule), step_(step), spec_(spec) {}

  // Walks to the position and collects its scope.
  Term walk(const Term& whole) {
    Term term = whole;
    for (const std::size_t child : step_.at) {
      if (child >= term->kids.size()) refuse("position", "no such child");
      enter(term, child, scope_, spec_);
      Term kid = term->kids[child];
      term = std::move(kid);
    }
    values_ = read_values(rule_, step_, scope_, spec_);
    return term;
  }

  // A side under `sub`; `kinds` receives the occurrences of rule variables.
  Term side(const Sexp& sexp, KindMap* kinds) {
    SideReading reading = side_reading(kinds);
    return read_term(sexp, reading);
  }

  // The new side, its binders renamed by `names` (cosmetic; a key that is no
  // binder of the new side is refused).
  Term new_side(KindMap* kinds) {
    std::set<std::string> binders;
    SideReading reading = side_reading(kinds);
    reading.rename = &step_.names;
    reading.binders = &binders;
    Term term =
        read_term(step_.left_to_right ? rule_.rhs : rule_.lhs, reading);
    for (const auto& [name, renamed] : step_.names) {
      if (!binders.contains(name)) refuse("names", name + " is no binder");
      if (!is_identifier(renamed) || renamed == "true" ||
          renamed == "bottom") {
        refuse("names", "not a name: " + renamed);
      }
    }
    return term;
  }

  // Section 3, conditions. Without them a rule is applied outside of its
  // hypotheses: every one that does not hold refuses the step.
  void check(const Sexp& sexp, std::vector<Condition>& to_prove) {
    const std::string head = sexp.head();
    bool holds = false;
    if (head == "rank") {
      holds = static_cast<std::int64_t>(array(sexp, 1).shape.size()) ==
              number(sexp.items[2]);
    } else if (head == "extent") {
      holds = extent(sexp);
    } else if (head == "same-shape") {
      holds = same_shape(array(sexp, 1).shape, array(sexp, 2).shape, scope_);
    } else if (head == "input") {
      const Term& term = value(sexp, 1).term;
      holds = term && term->op == Op::kFree &&
              spec_.input(term->name) != nullptr;
    } else if (head == "literal") {
      const Term& term = value(sexp, 1).term;
      holds = term && term->op == Op::kInt;
    } else if (head == "prove" || head == "prove-rl") {
      holds = true;
      if (head == "prove" || !step_.left_to_right) {
        to_prove.push_back({scope_, goal(sexp.items[1])});
      }
    }
    if (!holds) refuse("condition", "condition " + head + " does not hold");
  }

  void type_in_place(const Term& term, const KindMap& kinds) {
    infer(term, scope_, spec_, &kinds);
  }

 private:
  SideReading side_reading(KindMap* kinds) {
    SideReading reading;
    reading.values = &values_;
    reading.position = &scope_;
    reading.position_spec = &spec_;
    reading.kinds = kinds;
    return reading;
  }

  const Value& value(const Sexp& sexp, std::size_t at) const {
    const auto found = values_.find(sexp.items[at].text);
    if (found == values_.end() || found->second.arity != 0) {
      refuse("rules", "a condition speaks of no plain variable");
    }
    return found->second;
  }

  Type array(const Sexp& sexp, std::size_t at) {
    const Value& found = value(sexp, at);
    if (found.kind != Kind::kValue) refuse("rules", "not of kind value");
    Type type = infer(found.term, scope_, spec_);
    if (type.sort != Sort::kArr) refuse("type", "an array is missing");
    return type;
  }

  // N of a rank condition.
  std::int64_t number(const Sexp& sexp) const {
    if (sexp.head() == "len" && sexp.items.size() == 2) {
      return static_cast<std::int64_t>(value(sexp, 1).sequence.size());
    }
    if (sexp.head() == "+" && sexp.items.size() == 3) {
      return number(sexp.items[1]) + number(sexp.items[2]);
    }
    if (!sexp.atom()) refuse("rules", "not a number");
    if (sexp.text[0] != '?') return read_literal(sexp.text);
    const auto found = values_.find(sexp.text);
    if (found == values_.end() || found->second.kind != Kind::kNat) {
      refuse("rules", "not a natural number");
    }
    return found->second.numbers[0];
  }

  // (extent ?n K ?A), K from the end if negative.
  bool extent(const Sexp& sexp) {
    const Term& claimed = value(sexp, 1).term;
    const std::vector<Term> shape = array(sexp, 3).shape;
    const auto size = static_cast<std::int64_t>(shape.size());
    std::int64_t k = read_literal(sexp.items[2].text);
    if (k < 0) k += size;
    if (!claimed || k < 0 || k >= size) return false;
    return same_index(claimed, shape[static_cast<std::size_t>(k)], scope_);
  }

  Term goal(const Sexp& sexp) {
    KindMap kinds;
    Term term = side(sexp, &kinds);
    if (infer(term, scope_, spec_, &kinds).sort != Sort::kBool) {
      refuse("type", "what is to be proved is no boolean");
    }
    return term;
  }

  const Rule& rule_;
  const Step& step_;
  const Spec& spec_;
  Scope scope_;
  Values values_;
};

}  // namespace

Replayed replay_step(const Term& whole, const Step& step,
                     const RuleTable& rules, const Spec& spec) {
  const auto found = rules.find(step.rule);
  if (found == rules.end()) refuse("rule", "unknown rule " + step.rule);
  const Rule& rule = found->second;
  Position position(rule, step, spec);
  const Term at = position.walk(whole);
  // The old side under `sub` is the subterm: without this a step could
  // replace anything by anything.
  KindMap kinds;
  const Term old_side =
      position.side(step.left_to_right ? rule.lhs : rule.rhs, &kinds);
  if (!alpha_equal(old_side, at)) {
    refuse("match", rule.name + ": the old side is not the subterm");
  }
  position.type_in_place(old_side, kinds);
  Replayed result;
  result.rule_class = rule.rule_class;
  for (const Sexp& condition : rule.conditions) {
    position.check(condition, result.to_prove);
  }
  KindMap new_kinds;
  result.term = replace(whole, step.at, position.new_side(&new_kinds));
  // "After every step the whole term must have type Stmt."
  Scope scope;
  if (infer(result.term, scope, spec, &new_kinds).sort != Sort::kStmt) {
    refuse("type", "the whole term is not a statement");
  }
  return result;
}

}  // namespace audit
