// Types and shapes (FORMAT.md section 2) and index polynomials for comparing shapes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "spec/lang/spec.h"
#include "spec/lang/term.h"

namespace minimoa {

struct Type {
  enum class Kind { kIndex, kBool, kStmt, kArr };
  enum class ElemKind { kReal, kInt, kTup };
  Kind kind = Kind::kIndex;
  ElemKind elem = ElemKind::kReal;
  std::vector<Term> shape;
  std::vector<Type> tup;
};

// What is known at a position: types of names in scope, binders with their
// bounds, and booleans that hold (FORMAT.md section 4, "Context"), root first.
struct ContextEntry {
  enum class Kind { kBinder, kFact };
  Kind kind;
  std::string name;  // kBinder
  Term term;         // kBinder: its bound n; kFact: the boolean
};
struct Scope {
  std::map<std::string, Type> types;  // dims, inputs, all binders
  std::vector<ContextEntry> context;
};

Scope global_scope(const Spec& spec);
// Type of t in scope, or a message (no place: the caller knows it).
struct Typed {
  bool ok;
  Type type;
  std::string error;
};
Typed type_of(const Term& t, const Scope& scope, const Spec& spec);
// The scope inside kid `kid` of t.
Scope enter(const Term& t, std::size_t kid, const Scope& scope, const Spec& spec);
Scope scope_at(const Term& root, const Position& p, const Spec& spec);
// Equality of index terms as polynomials (div/mod as atoms).
bool same_index(const Term& a, const Term& b);
bool same_shape(const std::vector<Term>& a, const std::vector<Term>& b);

}  // namespace minimoa
