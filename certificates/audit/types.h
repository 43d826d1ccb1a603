// Type inference (FORMAT section 2) and entering children with their scope.
//
// Idea: one recursive function computes the type of a term in a scope; shapes
// are compared as polynomials, so that 2*n and n+n agree.
// How it may be wrong: a shape that leaves the scope of its variable, an
// operand kind that is not looked at.
#ifndef MINIMOA_AUDIT_TYPES_H_
#define MINIMOA_AUDIT_TYPES_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "term.h"

namespace audit {

// Kinds that certain nodes must have (the rule variables of a step); a node is
// found by its address, which the map keeps alive.
enum class Kind { kIndex, kIndices, kValue, kBool, kStmt,
                  kOp, kRedOp, kPerm, kNat };
using KindMap = std::map<Term, Kind>;

// The type of a term in a scope; refuses (code "type") an ill-typed one. The
// scope is changed during the call and is as before after it.
// `kinds`: nodes whose type must belong to a kind (may be null).
Type infer(const Term& term, Scope& scope, const Spec& spec,
           const KindMap* kinds = nullptr);

// Equality of index terms as polynomials, without facts.
bool same_index(const Term& a, const Term& b, const Scope& scope);
bool same_shape(const std::vector<Term>& a, const std::vector<Term>& b,
                const Scope& scope);
bool same_type(const Type& a, const Type& b, const Scope& scope);

// Pushes what child number `child` of `node` sees beyond `scope`: variables
// (with their types), then guards: g for x of red, g for P of when, c or
// (not c) for the branches of if. Undo with scope.truncate(old size).
void enter(const Term& node, std::size_t child, Scope& scope,
           const Spec& spec);

std::string print_type(const Type& type, const Scope& scope);

}  // namespace audit

#endif  // MINIMOA_AUDIT_TYPES_H_
