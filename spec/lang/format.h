// `minimoa fmt`: one canonical layout of a spec.
//
// Works on tokens: the words and their order never change, only blanks, line
// breaks between items and the spelling of symbols. Comments stay.
#pragma once

#include <string>

#include "spec/lang/ast.h"

namespace minimoa {

std::string format(const Ast& ast, bool unicode);

}  // namespace minimoa
