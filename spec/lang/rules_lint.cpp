// Lint of a rule row: what can be wrong with a row without running it.
//
// Names: every plain identifier of a side is bound there; every variable is
// declared, used, and of the kind that its place asks for; a variable that
// only the new side has is allowed where an obligation makes its branch
// unreachable. Rows of phase psi lower the measure. May be wrong: lint does
// not see semantics; the examples do (tests/rules, which also demand them).
#include <algorithm>
#include <array>

#include "spec/lang/rule_row.h"

namespace minimoa {
namespace {

constexpr std::array<const char*, 8> kPhases = {"start",   "psi",   "gamma",    "share",
                                                "algebra", "index", "schedule", "softmax"};
constexpr std::array<const char*, 5> kClasses = {"structural", "monoid", "comm-monoid", "semiring",
                                                 "real-exp"};

template <std::size_t N>
bool one_of(const std::array<const char*, N>& words, const std::string& w) {
  return std::find(words.begin(), words.end(), w) != words.end();
}

const char* word_of(VarKind kind) {
  switch (kind) {
    case VarKind::kIndex:
      return "index";
    case VarKind::kIndices:
      return "indices";
    case VarKind::kValue:
      return "value";
    case VarKind::kBool:
      return "bool";
    case VarKind::kStmt:
      return "stmt";
    case VarKind::kOp:
      return "op";
    case VarKind::kRedop:
      return "redop";
    case VarKind::kPerm:
      return "perm";
    case VarKind::kNat:
      return "nat";
  }
  return "";
}

// Walks a pattern with the kind that each place asks for.
class Lint {
 public:
  explicit Lint(const Rule& rule) : rule_(rule) {}

  std::vector<std::string> run() {
    if (!one_of(kPhases, rule_.phase)) fail("unknown phase " + rule_.phase);
    if (!one_of(kClasses, rule_.klass)) fail("unknown class " + rule_.klass);
    if (rule_.doc.empty() || rule_.cite.empty()) fail("doc or cite is empty");
    sides();
    conditions();
    variables();
    if (rule_.phase == "psi" && !lowers_measure(rule_)) {
      fail("does not lower the measure W");
    }
    return faults_;
  }

 private:
  void fail(const std::string& what) {
    if (std::find(faults_.begin(), faults_.end(), what) == faults_.end()) {
      faults_.push_back(what);
    }
  }

  void sides() {
    const VarKind left = kind_of(rule_.lhs), right = kind_of(rule_.rhs);
    if (left != right) fail("the sides have different kinds");
    check(rule_.lhs, left);
    check(rule_.rhs, right);
    for (const Term& side : {rule_.lhs, rule_.rhs}) {
      for (const std::string& b : binder_names(side)) {
        if (op_from_word(b) || is_rule_variable(b)) {
          fail("'" + b + "' cannot be a bound name");
        }
      }
    }
  }

  void conditions() {
    for (const Condition& c : rule_.where) {
      if (c.goal != nullptr) check(c.goal, VarKind::kBool);
      switch (c.kind) {
        case Condition::Kind::kRank:
          plain(c.vars[0], VarKind::kValue);
          number(c.number);
          break;
        case Condition::Kind::kExtent:
          plain(c.vars[0], VarKind::kIndex);
          plain(c.vars[1], VarKind::kValue);
          break;
        case Condition::Kind::kSameShape:
          plain(c.vars[0], VarKind::kValue);
          plain(c.vars[1], VarKind::kValue);
          break;
        case Condition::Kind::kInput:
          plain(c.vars[0], VarKind::kValue);
          break;
        case Condition::Kind::kLiteral:
          plain(c.vars[0], VarKind::kIndex);
          break;
        case Condition::Kind::kProve:
        case Condition::Kind::kProveRl:
          break;
      }
    }
  }

  void number(const Sexpr& s) {
    if (s.is_atom()) {
      if (is_rule_variable(s.text)) use(s.text, VarKind::kNat, 0);
    } else if (s.head() == "len") {
      use(s.kids[1].text, VarKind::kIndices, 0);
    } else {
      number(s.kids[1]);
      number(s.kids[2]);
    }
  }

  void variables() {
    const std::set<std::string> left = variables_of(rule_.lhs);
    const std::set<std::string> right = variables_of(rule_.rhs);
    std::set<std::string> determined = left;
    bool obliged = false;
    for (const Condition& c : rule_.where) {
      determined.insert(c.vars.begin(), c.vars.end());
      if (c.goal == nullptr) continue;
      obliged = true;
      determined.merge(variables_of(c.goal));
    }
    for (const std::string& v : right) {
      if (determined.count(v) == 0 && !obliged) {
        fail(v + " is on the new side only");
      }
    }
    for (const RuleVar& v : rule_.vars) {
      if (determined.count(v.name) == 0 && right.count(v.name) == 0) {
        fail(v.name + " is not used");
      }
    }
  }

  void plain(const std::string& name, VarKind kind) { use(name, kind, 0); }

  void use(const std::string& name, VarKind kind, int arity) {
    const RuleVar* v = rule_.var(name);
    if (v == nullptr) return fail(name + " is not declared");
    if (v->kind != kind) {
      fail(name + " is declared " + word_of(v->kind) + " but used as " + word_of(kind));
    }
    if (v->arity != arity) fail(name + " is used with two arities");
  }

  // The kind of term that the pattern's root says it is.
  VarKind kind_of(const Term& t) const {
    if (is_pattern_var(t) || is_application(t)) {
      const RuleVar* v = rule_.var(t->name);
      return v == nullptr ? VarKind::kValue : v->kind;
    }
    switch (t->op) {
      case Op::kLet:
      case Op::kLetSlow:
        return kind_of(t->kids[1]);
      case Op::kPut:
      case Op::kFor:
      case Op::kParFor:
      case Op::kWhen:
        return VarKind::kStmt;
      case Op::kTrue:
      case Op::kLt:
      case Op::kLe:
      case Op::kEq:
      case Op::kNe:
      case Op::kAnd:
      case Op::kOr:
      case Op::kNot:
      case Op::kAny:
      case Op::kIsZero:
        return VarKind::kBool;
      case Op::kInt:
      case Op::kIntDiv:
      case Op::kIntMod:
        return VarKind::kIndex;
      case Op::kAdd:
      case Op::kSub:
      case Op::kMul:
        return kind_of(t->kids[0]) == VarKind::kIndex ? VarKind::kIndex : kind_of(t->kids[1]);
      case Op::kVar:
      case Op::kDiv:
      case Op::kMax:
      case Op::kMin:
      case Op::kExpSub:
      case Op::kReal:
      case Op::kRat:
      case Op::kBottom:
      case Op::kNeg:
      case Op::kExp:
      case Op::kExp2:
      case Op::kLog:
      case Op::kSqrt:
      case Op::kTanh:
      case Op::kIf:
      case Op::kRed:
      case Op::kOsMerge:
      case Op::kGen:
      case Op::kParGen:
      case Op::kPsi:
      case Op::kTran:
      case Op::kTake:
      case Op::kDrop:
      case Op::kCat:
      case Op::kRev:
      case Op::kRot:
      case Op::kReshape:
      case Op::kIota:
      case Op::kRedf:
      case Op::kInner:
      case Op::kOuter:
      case Op::kOmega:
      case Op::kOmega2:
      case Op::kTup:
      case Op::kGet:
      case Op::kFold:
      case Op::kMem:
        return VarKind::kValue;
    }
    return VarKind::kValue;
  }

  // What the place of kid i of t asks for, t itself being of kind `self`.
  static VarKind kid_kind(const Term& t, std::size_t i, VarKind self) {
    const bool last = i + 1 == t->kids.size();
    switch (t->op) {
      case Op::kIntDiv:
      case Op::kIntMod:
      case Op::kLt:
      case Op::kLe:
      case Op::kEq:
      case Op::kNe:
      case Op::kReal:
      case Op::kIota:
        return VarKind::kIndex;
      case Op::kAnd:
      case Op::kOr:
      case Op::kNot:
        return VarKind::kBool;
      case Op::kAny:
        return i == 0 ? VarKind::kIndex : VarKind::kBool;
      case Op::kIf:
        return i == 0 ? VarKind::kBool : self;
      case Op::kAdd:
      case Op::kSub:
      case Op::kMul:
        return self;
      case Op::kGen:
      case Op::kParGen:
        return i == 0 ? VarKind::kIndex : VarKind::kValue;
      case Op::kRed:
        return i == 0 ? VarKind::kIndex : i == 1 ? VarKind::kBool : VarKind::kValue;
      case Op::kFold:
        return i == 0 ? VarKind::kIndex : VarKind::kValue;
      case Op::kFor:
      case Op::kParFor:
        return i == 0 ? VarKind::kIndex : VarKind::kStmt;
      case Op::kWhen:
        return i == 0 ? VarKind::kBool : VarKind::kStmt;
      case Op::kLet:
      case Op::kLetSlow:
        return i == 0 ? VarKind::kValue : self;
      case Op::kPsi:
      case Op::kPut:
      case Op::kTake:
      case Op::kDrop:
      case Op::kRot:
      case Op::kReshape:
        return last ? VarKind::kValue : VarKind::kIndex;
      case Op::kMem:
        return i == 0 ? VarKind::kValue : VarKind::kIndex;
      case Op::kInt:
      case Op::kVar:
      case Op::kTrue:
      case Op::kDiv:
      case Op::kMax:
      case Op::kMin:
      case Op::kExpSub:
      case Op::kIsZero:
      case Op::kRat:
      case Op::kBottom:
      case Op::kNeg:
      case Op::kExp:
      case Op::kExp2:
      case Op::kLog:
      case Op::kSqrt:
      case Op::kTanh:
      case Op::kOsMerge:
      case Op::kTran:
      case Op::kCat:
      case Op::kRev:
      case Op::kRedf:
      case Op::kInner:
      case Op::kOuter:
      case Op::kOmega:
      case Op::kOmega2:
      case Op::kTup:
      case Op::kGet:
        return VarKind::kValue;
    }
    return VarKind::kValue;
  }

  void check(const Term& t, VarKind kind) {
    if (is_splice_var(t)) {
      if (kind != VarKind::kIndex) fail("a sequence stands outside vec");
      return use(splice_name(t), VarKind::kIndices, 0);
    }
    if (is_pattern_var(t)) return use(t->name, kind, 0);
    if (t->op == Op::kVar) return name(t);
    if (is_application(t)) return application(t, kind);
    if (is_op_pattern(t)) use(t->name2, VarKind::kOp, 0);
    if (is_permute(t)) use(t->name2, VarKind::kPerm, 0);
    attributes(t);
    for (std::size_t i = 0; i < t->kids.size(); ++i) {
      const std::size_t mark = bound_.size();
      for (const std::string& b : bound_in(t, i)) bound_.push_back(b);
      const bool index = is_permute(t) || (is_unravel(t) && i > 0);
      check(t->kids[i], index ? VarKind::kIndex : kid_kind(t, i, kind));
      bound_.resize(mark);
    }
  }

  void name(const Term& t) {
    if (std::find(bound_.begin(), bound_.end(), t->name) == bound_.end()) {
      fail("'" + t->name + "' is not bound");
    }
  }

  void application(const Term& t, VarKind kind) {
    use(t->name, kind, static_cast<int>(t->kids.size()));
    for (const Term& k : t->kids) {
      if (k->op == Op::kVar && !is_pattern_var(k)) {
        name(k);
      } else {
        check(k, kind_of(k));
      }
    }
  }

  void attributes(const Term& t) {
    const bool special = is_op_pattern(t) || is_permute(t) || is_unravel(t);
    if (special || t->op == Op::kVar) return;
    const bool rank = t->op == Op::kOmega || t->op == Op::kOmega2;
    const VarKind first = rank                  ? VarKind::kNat
                          : t->op == Op::kTran  ? VarKind::kPerm
                          : t->op == Op::kOuter ? VarKind::kOp
                                                : VarKind::kRedop;
    const VarKind second = rank ? VarKind::kNat : VarKind::kOp;
    if (is_rule_variable(t->name)) use(t->name, first, 0);
    if (is_rule_variable(t->name2)) use(t->name2, second, 0);
  }

  const Rule& rule_;
  std::vector<std::string> bound_;
  std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> lint(const Rule& rule) { return Lint(rule).run(); }

}  // namespace minimoa
