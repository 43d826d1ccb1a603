// C++ text of a kernel: statement tree + frame (certificates/FORMAT.md, 8.1) ->
// readable C++17, 2-space indentation, one comment per block.
//
// Comments are not compared by the audit; everything else is, token by token.
// May be wrong: a slip in the frame shows as verdict INVALID, claim `text`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "extract/lower.h"
#include "prover/schedule/derive.h"

namespace minimoa {

// For each binder's name, the rules whose use introduced a binder of this
// name, in order of first use. Only comments are made from it.
using Origins = std::map<std::string, std::vector<std::string>>;
Origins binder_origins(const Derivation& d);

// rows: the instructions of a vector target (section 15, Frame); null: none.
std::string print_portable(const Spec& spec, const std::string& schedule_name,
                           const Program& program, const Origins& origins,
                           const InstructionTable* rows = nullptr);

// minimoa_<spec>_<schedule>: prefix of every public symbol.
std::string symbol_prefix(const Spec& spec, const std::string& schedule_name);
// Text for a comment: ASCII, one line, no backslash, quote, `#` or `?`.
std::string comment_text(const std::string& text);
// The contract of a kernel, lines without `//`, for body and header alike.
std::vector<std::string> contract_lines(const Spec& spec);

}  // namespace minimoa
