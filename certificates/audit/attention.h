// What attention specs are derived to: its form (FORMAT sections 13 and 14), the claim attention.
// Idea: loops, mask, scores and values are read off the term after stage onf; the form is then
// built again of these parts and compared, since they occur repeatedly. How it may be wrong: an
// element of a key that reaches another row or key by a way that is not looked at. That the
// theorems of spec/coq/AttentionProofs.v speak of this form is not checked.
#pragma once

#include "costs.h"

namespace audit {
struct Attention {
  Scope rows;               // the loops around the put; all other parts stand in them
  Strings axes;             // for each loop o0, o1, ..: which index of the put it is
  Term m, empty;            // the number of keys; what is written where no key is left
  Term mask, score, value;  // g, x and V of the format, with a key as innermost variable
};
// Of the term after stage onf; refuses (with this code) one of another form.
Attention read_attention(const Term& onf, const Spec& spec, const char* code);

void push_loop(Scope& scope, const string& name, const Term& bound);
bool has(const Term& term, const Term& name);  // a free one
Terms all_of(const Term& term, Op op);         // the nodes, each before its children

// `json`: the key attention. Lines of the report and assumptions are added.
void check_attention(const Term& onf, const Json& json, Claims claims, Strings& lines,
                     Strings& assumptions);
}  // namespace audit
