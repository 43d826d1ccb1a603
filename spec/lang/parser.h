// From bytes to the tree: grammar of spec/LANGUAGE.md, section 2.
//
// Recursive descent, one token of look-ahead, two where `max (` must be told
// from `max red` and from `max(j in n)`. After an error the parser goes on at
// the next item or field, so that one run reports independent mistakes once.
#pragma once

#include <string>

#include "spec/lang/ast.h"

namespace minimoa {

inline constexpr int kMaxNesting = 200;  // FORMAT.md, section 11

Result<Ast> parse_spec(const std::string& bytes, const std::string& path);

// Why `name` cannot be declared (E0105), or "".
std::string reserved_name(const std::string& name);

}  // namespace minimoa
