// Instruction files: the rows that a vector target's kernels may call (FORMAT section 15).
// Idea: forms are read by read_sexps(); what a row means stays an s-expression, in which every
// operator has been looked at: its sort is known, and each variable stands where its kind may
// stand. The code of a row is compared with the head that its variables give it, and is one
// function. How it may be wrong: code that a compiler cuts into other tokens than we do. That code
// does what `means` says is trusted (tests/instr), nothing here knows.
#pragma once

#include "reader.h"

namespace audit {
struct InstrRow {
  string name;
  vector<std::pair<string, string>> vars;  // kind and name (with the question mark), in order
  Sexp means;
  string code;
};
struct Instructions {
  string target, vector_type, mask_type, include, flags;
  Number lanes = 0;  // floats of a vector; 0: the portable target
  Strings needs;     // features of the processor
  vector<InstrRow> rows;
};
// Refuses (code "instr") what is not section 15.
Instructions read_instructions(const string& text);
}  // namespace audit
