// Instruction files (extract/instr/*.instr): what the instructions of a vector
// target mean, as rows (certificates/FORMAT.md section 15).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/lang/diagnostic.h"
#include "spec/lang/sexpr.h"

namespace minimoa {

struct InstructionVar {
  std::string kind;  // vector mask float index bool address
  std::string name;  // with its question mark
};

struct Instruction {
  std::string name, doc, code, contract;
  std::vector<InstructionVar> vars;  // in the order of the parameters
  Sexpr means;
};

struct InstructionTable {
  std::string target, doc, vector, mask, include, flags;
  std::vector<std::string> needs;
  std::int64_t lanes = 0;
  std::vector<Instruction> rows;  // in the order of the file: the first that matches is taken
  std::string path;
};

// The table that the text of a file is, or E0525 and the place.
Result<InstructionTable> parse_instructions(const std::string& text, const std::string& path);

}  // namespace minimoa
