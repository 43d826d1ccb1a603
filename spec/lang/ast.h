// The tree of a .moa file: grammar of spec/LANGUAGE.md, section 2, nothing else.
//
// Names are not resolved and nothing is typed here. Every node knows its first
// and last token, so that a message can show the text as it is written, and
// `minimoa fmt` works on the tokens and cannot change the tree.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spec/lang/diagnostic.h"
#include "spec/lang/lexer.h"

namespace minimoa {

enum class ExprKind {
  kInt,      // value
  kDecimal,  // text
  kName,     // text
  kMinus,    // kid 0
  kNot,      // kid 0
  kBinary,   // text: + - * / div mod < <= > >= == != and or
  kSelect,   // kid 0 [ kids 1.. ]
  kVector,   // kids
  kCall,     // text: exp exp2 log sqrt tanh, max min with two kids
  kBinder,   // text: sum max min gen; bound; kids: bound's extent, body, (condition)
  kIf,       // kids: condition, then, else
  kDyadic,   // text: psi .. rho, "inner" (red, point), "outer" (point)
  kMonadic,  // text: tran rev rav iota softmax, "red" (red)
};

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

struct NameAt {
  std::string text;
  Span span;
};

struct OmegaRanks {
  std::vector<std::int64_t> ranks;  // one or two
  Span span;
};

struct Expr {
  ExprKind kind = ExprKind::kInt;
  Span span;
  std::size_t first = 0, last = 0;  // tokens, with parentheses around
  std::string text, red, point;     // red: add mul max min; point: + - * / max min
  std::int64_t value = 0;
  std::vector<ExprPtr> kids;
  std::optional<OmegaRanks> omega;
  NameAt bound;
  bool prim = true;  // false: a struct without parentheses
  int depth = 1;
};

struct Decl {
  NameAt name;
  std::string type;  // f32 f16 bf16 i32
  std::vector<ExprPtr> shape;
  ExprPtr lo, hi;                   // both or none
  std::size_t first = 0, last = 0;  // tokens
};

struct Field {
  NameAt word;  // score bias mask value empty
  ExprPtr expr;
};

enum class ItemKind { kDims, kRequire, kLet, kIn, kOut, kDefine, kAttend };

struct Item {
  ItemKind kind = ItemKind::kDims;
  Span span;
  std::vector<NameAt> names;  // dims; let, define: one; attend: output, then indices
  std::vector<Decl> decls;    // in, out
  ExprPtr expr;               // require, let, define; attend: extent of the reduced index
  NameAt over;                // attend
  std::vector<Field> fields;
};

struct Ast {
  std::string path;
  NameAt name;
  std::vector<Item> items;
  Tokens source;  // with roles
};

// The text from token `first` to token `last`, ASCII, canonical blanks.
std::string spelled(const Ast& ast, std::size_t first, std::size_t last);
std::string spelled(const Ast& ast, const Expr& e);

}  // namespace minimoa
