// What a row of an instruction file may mean, and what its code looks like
// (certificates/FORMAT.md section 15).
#pragma once

#include <string>

#include "spec/lang/instructions.h"

namespace minimoa {

// Section 8: text that may stand in a kernel's body.
bool is_kernel_code(const std::string& text);
// `-std=c++17 -O2`, then words -m..
bool are_flags(const std::string& text);

// What is wrong with the row's meaning, or with its code; "": nothing.
std::string fault_of_means(const Instruction& row);
std::string fault_of_code(const Instruction& row, const InstructionTable& target);

}  // namespace minimoa
