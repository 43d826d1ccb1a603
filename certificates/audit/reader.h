// S-expressions, and the one reader of terms: TEXT of a certificate and sides
// of rules (FORMAT sections 1, 3, 4).
//
// Idea: a side of a rule is read with the rule variables' values at hand, so
// that reading it *is* instantiating it; there is no separate pattern matcher.
// How it may be wrong: a value placed below rule binders without its shift.
#ifndef MINIMOA_AUDIT_READER_H_
#define MINIMOA_AUDIT_READER_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "term.h"
#include "types.h"

namespace audit {

struct Sexp {
  bool string = false;         // a "..." of a rules file
  std::string text;            // of an atom or a string; empty for a list
  std::vector<Sexp> items;     // of a list
  int line = 0;
  bool atom() const { return !string && !text.empty(); }
  bool list() const { return !string && text.empty(); }
  // Text of the first item if that is an atom, else empty.
  std::string head() const;
};

// All s-expressions of a text. Comments, strings, rule variables and names
// with hyphens only if `rules`. Refuses anything else, and nesting > 200.
std::vector<Sexp> read_sexps(const std::string& text, bool rules);
bool is_identifier(const std::string& text);
// A literal of section 1; refuses another spelling or one beyond 2^62.
std::int64_t read_literal(const std::string& text);

// The value of a rule variable.
struct Value {
  Kind kind = Kind::kIndex;
  int arity = 0;
  Term term;                         // below `arity` further variables
  std::vector<Term> sequence;        // kIndices
  std::string word;                  // kOp, kRedOp
  std::vector<std::int64_t> numbers; // kPerm, kNat
};
using Values = std::map<std::string, Value>;

// What a term is read in. `names`: variables, outermost first.
struct SideReading {
  const Spec* spec = nullptr;         // null: no free names (sides of rules)
  std::vector<std::string> names;
  const Values* values = nullptr;     // null: no rule variables
  const std::map<std::string, std::string>* rename = nullptr;
  Scope* position = nullptr;          // scope of the values, for `unravel`
  const Spec* position_spec = nullptr;
  std::set<std::string>* binders = nullptr;  // filled: names of the binders
  KindMap* kinds = nullptr;           // filled: nodes that stand for variables
};
Term read_term(const Sexp& sexp, SideReading& reading);
// TEXT that is a term. Free names: `names` searched from the back, then
// dimensions and inputs of the spec.
Term read_term(const std::string& text, const std::vector<std::string>& names,
               const Spec& spec);

}  // namespace audit

#endif  // MINIMOA_AUDIT_READER_H_
