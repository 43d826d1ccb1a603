// A parsed row of spec/rules/*.rules and the values of its variables.
// Private to spec/lang: rules_load, rules_lint, rules_match, rules, measure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "spec/lang/rules.h"
#include "spec/lang/sexpr.h"

namespace minimoa {

enum class VarKind { kIndex, kIndices, kValue, kBool, kStmt, kOp, kRedop, kPerm, kNat };

struct RuleVar {
  std::string name;  // with its question mark
  VarKind kind = VarKind::kValue;
  int arity = 0;  // > 0: applied to that many arguments
};

struct Condition {
  enum class Kind { kRank, kExtent, kSameShape, kInput, kLiteral, kProve, kProveRl };
  Kind kind = Kind::kRank;
  std::vector<std::string> vars;  // in written order
  std::int64_t axis = 0;          // kExtent
  Sexpr number;                   // kRank: literal, (len ?p), nat, (+ N N)
  Term goal;                      // kProve, kProveRl: a boolean pattern
  std::string text;               // as written
};

struct Rule {
  std::string name, phase, klass, doc, cite;
  std::vector<RuleVar> vars;
  std::vector<Condition> where;
  Term lhs, rhs;  // patterns (sexpr.h)
  std::string lhs_text, rhs_text;
  std::vector<Example> applies, differs;
  Span span;

  const RuleVar* var(const std::string& name) const;
};

// What a rule variable stands for (FORMAT.md section 4, TEXT).
struct Value {
  std::vector<std::string> params;    // of (fn (a b) body)
  Term body;                          // a term, or the body of a fn
  std::vector<Term> seq;              // kIndices
  std::string word;                   // kOp, kRedop
  std::vector<std::int64_t> numbers;  // kPerm, kNat
};
using Values = std::map<std::string, Value>;

std::string print_value(const RuleVar& var, const Value& value);
std::optional<Value> parse_value(const RuleVar& var, const std::string& text, std::string* error);

// --- pattern shape ---
bool is_pattern_var(const Term& t);  // ?a or ?p..
bool is_splice_var(const Term& t);   // ?p..
bool is_application(const Term& t);  // (?f a..)
bool is_op_pattern(const Term& t);   // (op ?F a..)
bool is_permute(const Term& t);
bool is_unravel(const Term& t);
std::string splice_name(const Term& t);  // "?p" of "?p.."
// Names that binders of the pattern use, in order of first occurrence.
std::vector<std::string> binder_names(const Term& pattern);
// Rule variables of the pattern, attributes included.
std::set<std::string> variables_of(const Term& pattern);
bool is_unary_pointwise(Op op);
bool is_binary_pointwise(Op op);

// --- instantiation (rules_match.cpp) ---
// The pattern under `values`, binders renamed by `names`; shapes for unravel
// come from types in `scope`. Substitution into fn bodies is literal: the
// names of `values` reach the result unchanged, exactly as an auditor that
// keeps names as labels would see them. *captured is set if that is wrong.
struct Instance {
  bool ok = false;
  Term term;
  bool captured = false;
  std::string error;
};
Instance instantiate(const Term& pattern, const Values& values,
                     const std::map<std::string, std::string>& names, const Scope& scope,
                     const Spec& spec);

// All ways in which `pattern` matches `t` that extend `given`. Parts that
// matching cannot decide are left open: the caller compares the instance.
struct Match {
  Values values;
  std::map<std::string, std::string> binders;  // pattern name -> term's name
};
std::vector<Match> match(const Term& pattern, const Term& t, const Values& given);

// --- lint and measure ---
// Every fault of the row; empty: none (rules_lint.cpp).
std::vector<std::string> lint(const Rule& rule);
// Does the row lower W for every value of its variables? (measure.cpp)
bool lowers_measure(const Rule& rule);

// rules_load.cpp
Result<std::vector<std::shared_ptr<const Rule>>> load_rows(const std::string& path,
                                                           const std::string& text);

}  // namespace minimoa
