// apply: the use of a rule at a position, recorded as a certificate step.
//
//   match old side -> fill in from hints and conditions -> compare the
//   instance of the old side with the subterm -> check conditions -> choose
//   bound names -> new term -> replay the recorded texts -> type check
//
// Names: an auditor resolves free names of the texts against the binders that
// enclose a position, innermost first, and may keep names as mere labels. So
// no name that a later text needs may be shadowed: if the instance of the new
// side would shadow or capture, binders of the new side (recorded in `names`)
// and bound names inside the texts are renamed. May be wrong: nothing here is
// trusted; the audit replays every step.
#include <algorithm>
#include <utility>

#include "spec/lang/rule_row.h"

namespace minimoa {
namespace {

ApplyResult failure(const std::string& what) { return {false, {}, what}; }

bool position_exists(const Term& root, const Position& p) {
  Term here = root;
  for (const std::size_t k : p) {
    if (k >= here->kids.size()) return false;
    here = here->kids[k];
  }
  return true;
}

std::set<std::string> enclosing_names(const Term& root, const Position& p, const Spec& spec) {
  std::set<std::string> out(spec.dims.begin(), spec.dims.end());
  for (const Array& a : spec.inputs) out.insert(a.name);
  Term here = root;
  for (const std::size_t k : p) {
    for (const std::string& b : bound_in(here, k)) out.insert(b);
    here = here->kids[k];
  }
  return out;
}

// Does a binder of t repeat a name that is already in scope?
bool shadows(const Term& t, const std::set<std::string>& scope) {
  for (std::size_t i = 0; i < t->kids.size(); ++i) {
    const std::vector<std::string> bound = bound_in(t, i);
    if (bound.empty()) {
      if (shadows(t->kids[i], scope)) return true;
      continue;
    }
    std::set<std::string> inside = scope;
    for (const std::string& b : bound) {
      if (!inside.insert(b).second) return true;
    }
    if (shadows(t->kids[i], inside)) return true;
  }
  return false;
}

void all_binders(const Term& t, std::set<std::string>* out) {
  out->insert(t->binders.begin(), t->binders.end());
  for (const Term& k : t->kids) all_binders(k, out);
}

void all_names(const Term& t, std::set<std::string>* out) {
  if (t->op == Op::kVar) out->insert(t->name);
  out->insert(t->binders.begin(), t->binders.end());
  for (const Term& k : t->kids) all_names(k, out);
}

// t with bound names that avoid `used` and each other along every path.
Term rename_binders(const Term& t, const std::set<std::string>& used,
                    const std::set<std::string>& everywhere) {
  std::vector<std::string> names = t->binders;
  std::map<std::string, Term> to;
  std::set<std::string> inside = used;
  for (std::string& b : names) {
    std::set<std::string> avoid = inside;
    if (inside.count(b) != 0) {
      avoid.insert(everywhere.begin(), everywhere.end());
    }
    const std::string renamed = fresh(b, avoid);
    if (renamed != b) to[b] = mk_var(renamed);
    b = renamed;
    inside.insert(renamed);
  }
  Node node = *t;
  node.binders = names;
  for (std::size_t i = 0; i < t->kids.size(); ++i) {
    const bool binds = !bound_in(t, i).empty();
    const Term kid = binds ? substitute(t->kids[i], to) : t->kids[i];
    node.kids[i] = rename_binders(kid, binds ? inside : used, everywhere);
  }
  return std::make_shared<const Node>(std::move(node));
}

// One attempt to use a rule at a position.
class Use {
 public:
  Use(const Rule& rule, bool rl, const Term& root, const Position& at_p, const Hints& hints,
      const Spec& spec)
      : rule_(rule),
        rl_(rl),
        root_(root),
        at_(at_p),
        hints_(hints),
        spec_(spec),
        scope_(scope_at(root, at_p, spec)),
        here_(at(root, at_p)),
        old_(rl ? rule.rhs : rule.lhs),
        new_(rl ? rule.lhs : rule.rhs),
        taken_(enclosing_names(root, at_p, spec)) {}

  ApplyResult run() {
    Values given;
    if (!read_hints(&given)) return failure(error_);
    const std::vector<Match> found = match(old_, here_, given);
    error_ = "the old side does not match";
    for (const Match& m : found) {
      ApplyResult result = attempt(m);
      if (result.ok) return result;
      error_ = result.error;
    }
    return failure("rule " + rule_.name + ": " + error_);
  }

 private:
  bool read_hints(Values* given) {
    for (const auto& [name, text] : hints_.sub) {
      const RuleVar* v = rule_.var(name);
      if (v == nullptr) {
        error_ = "rule " + rule_.name + " has no variable " + name;
        return false;
      }
      std::string why;
      const std::optional<Value> value = parse_value(*v, text, &why);
      if (!value) {
        error_ = "hint " + name + ": " + why;
        return false;
      }
      (*given)[name] = *value;
    }
    return true;
  }

  ApplyResult attempt(const Match& m) {
    values_ = m.values;
    binders_ = m.binders;
    step_ = Step();
    if (!complete() || !check_kinds() || !check_old_side() || !check_conditions()) {
      return failure(error_);
    }
    Term result;
    if (!new_side(&result)) return failure(error_);
    record();
    if (!replays(result)) return failure(error_);
    Term root = replace_at(root_, at_, result);
    const Typed typed = type_of(root, global_scope(spec_), spec_);
    if (!typed.ok || typed.type.kind != Type::Kind::kStmt) {
      return failure("the new term has no type: " + typed.error);
    }
    return {true, {std::move(root), step_}, ""};
  }

  bool fail(const std::string& what) {
    error_ = what;
    return false;
  }

  const RuleVar* missing() const {
    for (const RuleVar& v : rule_.vars) {
      if (values_.count(v.name) == 0) return &v;
    }
    return nullptr;
  }

  // What the first pass left open: conditions, then a second pass.
  bool complete() {
    if (missing() != nullptr && !extents()) return false;
    if (missing() != nullptr) {
      const std::vector<Match> again = match(old_, here_, values_);
      if (!again.empty()) values_ = again.front().values;
    }
    const RuleVar* open = missing();
    if (open == nullptr) return true;
    return fail("variable " + open->name + " is not determined: hint needed");
  }

  bool extents() {
    for (const Condition& c : rule_.where) {
      if (c.kind != Condition::Kind::kExtent) continue;
      if (values_.count(c.vars[0]) != 0 || values_.count(c.vars[1]) == 0) {
        continue;
      }
      Term extent;
      if (!extent_of(c, &extent)) return false;
      values_[c.vars[0]].body = extent;
    }
    return true;
  }

  bool extent_of(const Condition& c, Term* out) {
    Type a;
    if (!type_of_value(c.vars[1], &a)) return false;
    const auto rank = static_cast<std::int64_t>(a.shape.size());
    const std::int64_t k = c.axis < 0 ? rank + c.axis : c.axis;
    if (k < 0 || k >= rank) return fail("condition fails: " + c.text);
    *out = a.shape[static_cast<std::size_t>(k)];
    return true;
  }

  bool type_of_value(const std::string& name, Type* out) {
    const Value& v = values_.at(name);
    const Typed typed = type_of(v.body, scope_, spec_);
    if (!typed.ok) return fail(name + " has no type: " + typed.error);
    *out = typed.type;
    return true;
  }

  static bool kind_fits(VarKind kind, Type::Kind type) {
    switch (kind) {
      case VarKind::kIndex:
        return type == Type::Kind::kIndex;
      case VarKind::kValue:
        return type == Type::Kind::kArr;
      case VarKind::kBool:
        return type == Type::Kind::kBool;
      case VarKind::kStmt:
        return type == Type::Kind::kStmt;
      case VarKind::kIndices:
      case VarKind::kOp:
      case VarKind::kRedop:
      case VarKind::kPerm:
      case VarKind::kNat:
        return true;
    }
    return true;
  }

  bool check_kinds() {
    for (const RuleVar& v : rule_.vars) {
      const bool term = v.kind == VarKind::kIndex || v.kind == VarKind::kValue ||
                        v.kind == VarKind::kBool || v.kind == VarKind::kStmt;
      if (!term || v.arity > 0) continue;
      Type type;
      if (!type_of_value(v.name, &type)) return false;
      if (!kind_fits(v.kind, type.kind)) {
        return fail(v.name + " is of the wrong kind");
      }
    }
    return check_root_kind();
  }

  // (?b ?e) at the root: the subterm's own type is that of ?b.
  bool check_root_kind() {
    if (!is_application(old_)) return true;
    const Typed typed = type_of(here_, scope_, spec_);
    if (!typed.ok) return fail(typed.error);
    return kind_fits(rule_.var(old_->name)->kind, typed.type.kind) ||
           fail(old_->name + " is of the wrong kind");
  }

  std::set<std::string> names_of_values() const {
    std::set<std::string> out;
    for (const auto& [name, v] : values_) {
      if (v.body != nullptr) all_names(v.body, &out);
      for (const Term& t : v.seq) all_names(t, &out);
    }
    return out;
  }

  bool check_old_side() {
    std::set<std::string> used = names_of_values();
    used.insert(taken_.begin(), taken_.end());
    std::map<std::string, std::string> names;
    for (const std::string& b : binder_names(old_)) {
      names[b] = fresh(b, used);
      used.insert(names[b]);
    }
    const Instance old = instantiate(old_, values_, names, scope_, spec_);
    if (!old.ok) return fail(old.error);
    if (!alpha_equal(old.term, here_)) {
      return fail("the old side is not the subterm: " + print(old.term));
    }
    return true;
  }

  bool check_conditions() {
    for (const Condition& c : rule_.where) {
      if (!check_condition(c)) {
        if (error_.empty()) error_ = "condition fails: " + c.text;
        return false;
      }
    }
    return true;
  }

  bool check_condition(const Condition& c) {
    error_.clear();
    Type a, b;
    switch (c.kind) {
      case Condition::Kind::kRank: {
        std::int64_t n = 0;
        return type_of_value(c.vars[0], &a) && evaluate(c.number, &n) &&
               static_cast<std::int64_t>(a.shape.size()) == n;
      }
      case Condition::Kind::kExtent: {
        Term extent;
        return extent_of(c, &extent) && same_index(extent, values_.at(c.vars[0]).body);
      }
      case Condition::Kind::kSameShape:
        return type_of_value(c.vars[0], &a) && type_of_value(c.vars[1], &b) &&
               same_shape(a.shape, b.shape);
      case Condition::Kind::kInput:
        return is_input(values_.at(c.vars[0]).body);
      case Condition::Kind::kLiteral:
        return values_.at(c.vars[0]).body->op == Op::kInt;
      case Condition::Kind::kProve:
        return oblige(c);
      case Condition::Kind::kProveRl:
        return !rl_ || oblige(c);
    }
    return false;
  }

  bool evaluate(const Sexpr& s, std::int64_t* out) const {
    if (s.is_atom() && is_integer(s.text)) {
      *out = std::stoll(s.text);
      return true;
    }
    if (s.is_atom()) {
      const Value& v = values_.at(s.text);
      if (v.numbers.size() != 1) return false;
      *out = v.numbers[0];
      return true;
    }
    if (s.head() == "len") {
      *out = static_cast<std::int64_t>(values_.at(s.kids[1].text).seq.size());
      return true;
    }
    std::int64_t a = 0, b = 0;
    if (!evaluate(s.kids[1], &a) || !evaluate(s.kids[2], &b)) return false;
    *out = a + b;
    return true;
  }

  // An input's name that no enclosing binder hides.
  bool is_input(const Term& t) const {
    if (t->op != Op::kVar) return false;
    Term here = root_;
    for (const std::size_t k : at_) {
      for (const std::string& b : bound_in(here, k)) {
        if (b == t->name) return false;
      }
      here = here->kids[k];
    }
    return std::any_of(spec_.inputs.begin(), spec_.inputs.end(),
                       [&](const Array& a) { return a.name == t->name; });
  }

  bool oblige(const Condition& c) {
    const Instance goal = instantiate(c.goal, values_, {}, scope_, spec_);
    if (!goal.ok) return fail(goal.error);
    if (goal.captured) return fail("a bound name hides a free one: " + c.text);
    const Typed typed = type_of(goal.term, scope_, spec_);
    if (!typed.ok || typed.type.kind != Type::Kind::kBool) {
      return fail("obligation has no type: " + typed.error);
    }
    step_.prove.push_back({scope_.context, goal.term, rule_.name});
    return true;
  }

  // --- the new side ---

  enum class Care { kKeep, kRenameRule, kRenameAll };

  bool new_side(Term* out) {
    for (const Care care : {Care::kKeep, Care::kRenameRule, Care::kRenameAll}) {
      choose_names(care);
      if (care == Care::kRenameAll) rename_values();
      const Instance made = instantiate(new_, values_, names_, scope_, spec_);
      if (!made.ok) return fail(made.error);
      if (made.captured || shadows(made.term, taken_)) continue;
      *out = made.term;
      return true;
    }
    return fail("no names without capture were found");
  }

  void choose_names(Care care) {
    std::set<std::string> used = taken_;
    if (care != Care::kKeep) {
      for (const auto& [name, v] : values_) {
        if (v.body != nullptr) all_binders(v.body, &used);
        for (const Term& t : v.seq) all_binders(t, &used);
      }
    }
    names_.clear();
    for (const std::string& b : binder_names(new_)) {
      const auto hint = hints_.names.find(b);
      const auto kept = binders_.find(b);
      const bool hinted = hint != hints_.names.end();
      const std::string wish = hinted ? hint->second : kept != binders_.end() ? kept->second : b;
      std::set<std::string> avoid = hinted ? taken_ : used;
      for (const auto& [from, to] : names_) avoid.insert(to);
      names_[b] = fresh(wish, avoid);
    }
  }

  void rename_values() {
    std::set<std::string> used = taken_;
    for (const auto& [from, to] : names_) used.insert(to);
    std::set<std::string> everywhere = names_of_values();
    everywhere.insert(used.begin(), used.end());
    for (auto& [name, v] : values_) {
      if (v.body != nullptr) {
        std::set<std::string> inside = used;
        inside.insert(v.params.begin(), v.params.end());
        v.body = rename_binders(v.body, inside, everywhere);
        all_binders(v.body, &used);
      }
      for (Term& t : v.seq) {
        t = rename_binders(t, used, everywhere);
        all_binders(t, &used);
      }
      everywhere.insert(used.begin(), used.end());
    }
  }

  void record() {
    step_.rule = rule_.name;
    step_.rl = rl_;
    step_.at = at_;
    for (const RuleVar& v : rule_.vars) {
      step_.sub[v.name] = print_value(v, values_.at(v.name));
    }
    for (const auto& [from, to] : names_) {
      if (from != to) step_.names[from] = to;
    }
  }

  // The step as a reader of the certificate would replay it.
  bool replays(const Term& result) {
    Values read;
    for (const RuleVar& v : rule_.vars) {
      std::string why;
      const auto value = parse_value(v, step_.sub.at(v.name), &why);
      if (!value) return fail("text of " + v.name + ": " + why);
      read[v.name] = *value;
    }
    values_ = read;
    if (!check_old_side()) return false;
    const Instance made = instantiate(new_, values_, step_.names, scope_, spec_);
    if (!made.ok || made.captured || print(made.term) != print(result)) {
      return fail("the recorded step does not replay");
    }
    return true;
  }

  const Rule& rule_;
  const bool rl_;
  const Term& root_;
  const Position& at_;
  const Hints& hints_;
  const Spec& spec_;
  const Scope scope_;
  const Term here_, old_, new_;
  const std::set<std::string> taken_;
  Values values_;
  std::map<std::string, std::string> binders_, names_;
  Step step_;
  std::string error_;
};

}  // namespace

ApplyResult apply(const RuleTable& table, const std::string& rule, bool rl, const Term& root,
                  const Position& at, const Hints& hints, const Spec& spec) {
  const Rule* row = table.find(rule);
  if (row == nullptr) return failure("no rule is called " + rule);
  if (!position_exists(root, at)) return failure("no such position");
  return Use(*row, rl, root, at, hints, spec).run();
}

}  // namespace minimoa
