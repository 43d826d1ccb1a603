// From the tree of a .moa file to its core term (spec/LANGUAGE.md, section 3).
//
// read_spec resolves names, types every expression, unfolds sugar and returns
// a Spec, or every independent mistake. A side table remembers which piece of
// text each core subterm came from, so that later stages can report places.
// May be wrong: a core term that differs from the audit's makes INVALID
// certificates; tests/unit/spec/elaborate_test.cpp pins one per row.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "spec/lang/ast.h"
#include "spec/lang/diagnostic.h"
#include "spec/lang/spec.h"

namespace minimoa {

// Places of core subterms, by identity of the shared node: good for the Spec
// that was read together with it, not for terms that were rewritten.
struct SourceMap {
  struct Declaration {
    Span span;
    std::string text;  // "K : f32[B,H,T,D]"
  };
  // A maximum whose row must not be empty: softmax, or attend without `empty`.
  struct Row {
    Term node;  // (redf max x), or (red max (j N) M ..)
    Span span;  // the mask, or the softmax
    bool attend = false;
  };
  std::map<std::string, Declaration> declarations;  // dims, inputs, output
  std::vector<Span> requires_;                      // same order as Spec::requires_
  std::vector<Row> rows;

  // Line 0 when the node is not known.
  Span find(const Term& t) const;
  // Keeps the first place that is given for a node.
  void add(const Term& t, const Span& span);

 private:
  std::map<const Node*, std::pair<Term, Span>> places_;
};

Result<Spec> read_spec(const std::string& bytes, const std::string& path);
Result<Spec> read_spec(const std::string& bytes, const std::string& path, SourceMap* map);
Result<Spec> elaborate(const Ast& ast, SourceMap* map);

// An index term or a condition as it is written in a spec: `(T - S) div 2`.
std::string spell(const Term& t);

}  // namespace minimoa
