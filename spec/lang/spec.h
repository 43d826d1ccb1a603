// A spec after elaboration: what spec/LANGUAGE.md says a .moa file stands for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spec/lang/diagnostic.h"
#include "spec/lang/term.h"

namespace minimoa {

enum class Elem { kF32, kF16, kBF16, kI32 };

struct Array {
  std::string name;
  Elem elem = Elem::kF32;
  std::vector<Term> shape;     // index terms over dimensions
  std::optional<Term> lo, hi;  // declared range of an i32 input: lo <= x < hi
  Span span;
};

struct Spec {
  std::string name;
  std::string path;  // as given by the user, for diagnostics
  std::vector<std::string> dims;
  std::vector<Term> requires_;  // each a boolean term over dims
  std::vector<Array> inputs;
  Array output;
  Term core;  // core term of the output
};

}  // namespace minimoa
