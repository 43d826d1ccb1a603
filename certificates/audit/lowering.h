// The lowering of the final term to C++ text (FORMAT section 8), and the comparison of a kernel
// file with it.
// Idea: the auditor writes the kernel itself; a kernel file is accepted only if its tokens are
// these. So nothing about the kernel is believed. Whatever could make a compiler see other tokens
// than we do (backslashes, trigraphs, literals, directives, odd bytes) is refused first.
// How it may be wrong: text that does not mean what the term means; the delicate part is 8.4, folds
// whose state is overwritten in place. Or: a spelling that we and a compiler cut differently.
#pragma once

#include "reader.h"

namespace audit {

struct Lowered {
  string text;     // the whole body
  Term workspace;  // words of slow memory
  Terms counts;    // words of slow memory and scratch, tasks of each phase
};

// FORMAT 8.3, storage: the extents of each leaf of a value; refuses one not made of reals.
vector<Terms> leaves_of(const Type& type);
// Refuses (codes "lower", "in-place", "name", "int-width") what section 8 does not lower.
Lowered lower(const Term& final_term, const Spec& spec, const string& schedule);

struct KernelFile {
  string header, body;
  int body_line = 0;  // of the file; the first line is 1
};

// Splits at the first line "// ---- body ----"; refuses a file without it.
KernelFile split_kernel(const string& file);
// Comments only, one line "// certificate PATH sha256 HEX" with this HEX.
void check_header(const string& header, const string& sha256);
// Closed by a token "end of file".
vector<Token> tokenise(const string& body, int first_line);
// Refuses (code "text") the first token that differs.
void compare_tokens(const vector<Token>& found, const vector<Token>& expected);
}  // namespace audit
