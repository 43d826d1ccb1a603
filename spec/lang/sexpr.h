// S-expressions: the text form of terms, rule rows and certificate texts.
//
// Only brackets, atoms, strings and places. What an atom means is decided by
// the reader of the tree (term.cpp for terms, rules.cpp for rule rows).
// May be wrong: nothing here is trusted; the audit has its own reader.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minimoa {

struct Sexpr {
  enum class Kind { kAtom, kString, kList };
  Kind kind = Kind::kAtom;
  std::string text;          // of an atom or a string
  std::vector<Sexpr> kids;   // of a list
  int line = 0, column = 0;  // 1-based

  bool is_atom() const { return kind == Kind::kAtom; }
  bool is_list() const { return kind == Kind::kList; }
  // The first atom of a list, else "".
  std::string head() const;
};

// kRules: `;` comments and "strings" are allowed (rule files); kInstructions:
// a string may have several lines, too (instruction files).
enum class SexprDialect { kTerm, kRules, kInstructions };

// All s-expressions of the text, or nothing and the reason with its place.
std::optional<std::vector<Sexpr>> parse_sexprs(std::string_view text, SexprDialect dialect,
                                               std::string* error);
std::string print_sexpr(const Sexpr& s);

bool is_rule_variable(std::string_view s);  // ?name
bool is_splice(std::string_view s);         // ?name..
bool is_integer(std::string_view s);        // -?(0|[1-9][0-9]*), no "-0"
bool is_identifier(std::string_view s);     // [A-Za-z_][A-Za-z0-9_]*

struct Node;

// The side of a rule that s writes. A pattern is a term with these additions,
// which no term of a program has (term.cpp reads them, rule_row.h uses them):
//   kVar "?a"                 a rule variable; "?p.." splices a sequence
//   kTup name "?f"            (?f arg..): a variable applied to arguments
//   kTup name "op", name2 F   (op ?F a..)
//   kTup name "permute", name2 t, one kid         (permute ?t ?p..)
//   kTup name "unravel", kids A, ?u.., p..        (unravel ?A (vec ?u..) p..)
//   "?f" where an attribute stands: name, name2 of red redf inner outer;
//   name of tran and omega; name and name2 of omega2
std::optional<std::shared_ptr<const Node>> pattern_of_sexpr(const Sexpr& s, std::string* error);

// The term that s writes (term.cpp), or nothing and the reason.
std::optional<std::shared_ptr<const Node>> term_of_sexpr(const Sexpr& s, std::string* error);

}  // namespace minimoa
