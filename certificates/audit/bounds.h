// How far a loop program is from lower bounds (FORMAT section 13): the claim ratio.
// Idea: a row of spec/bounds becomes index terms over dimensions as soon as its variables have
// values; then every statement is an inequality of section 5 with a tree of section 12. The values
// are counts of sites that are made up here, in the loops of the product that the spec computes.
// How it may be wrong: a product that is not that of the theorems (pairs that need no work, keys
// that are not shared as we think), a value that is too large, a region that is empty. That a row
// says what its Coq theorem says is not checked; the report says so.
#pragma once

#include "attention.h"

namespace audit {
struct Theorems {
  std::map<string, Sexp> rows;                // by name
  std::set<string> names = {}, classes = {};  // of all forms
};
// Adds the rows of a file's text; refuses (code "theorems") what is not section 13.
void read_theorems(const string& text, Theorems& theorems);

// What the ratios of a certificate are about, all of it checked before.
struct Program {
  Term onf, final_term;  // of the product; of the costs
  const Costs& costs;    // as claimed
};
// `certificate`: its keys product and ratios. Lines of the report and assumptions are added.
void check_ratios(const Program& program, const Json& certificate, const Theorems& theorems,
                  Claims claims, Strings& lines, Strings& assumptions);
}  // namespace audit
