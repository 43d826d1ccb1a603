// Failure is a value: code, place, explanation, counterexample, fix.
// Texts of codes live in spec/errors.table (read by `minimoa explain`).
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace minimoa {

struct Span {  // 1-based; line 0: no place
  std::string file;
  int line = 0, column = 0, length = 1;
};

enum class Severity { kError, kInconclusive, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string code;     // "E0201" (printed as MOA-E0201)
  std::string message;  // lower case, no final period: expected and got
  Span span;
  std::string label;               // text under the carets
  std::vector<std::string> notes;  // "= counterexample: S = 3, T = 1, i = 0", "= why: .."
  std::vector<std::string> helps;  // at most two, "say what the row should be | empty = 0"
};

// An error without a place in a text.
inline Diagnostic problem(std::string code, std::string message) {
  Diagnostic d;
  d.code = std::move(code);
  d.message = std::move(message);
  return d;
}

// A value or the diagnostics that explain why there is none.
template <typename T>
class Result {
 public:
  Result(T value) : v_(std::move(value)) {}                            // NOLINT
  Result(Diagnostic d) : v_(std::vector<Diagnostic>{std::move(d)}) {}  // NOLINT
  Result(std::vector<Diagnostic> ds) : v_(std::move(ds)) {}            // NOLINT
  bool ok() const { return v_.index() == 0; }
  const T& value() const { return std::get<0>(v_); }
  T& value() { return std::get<0>(v_); }
  const std::vector<Diagnostic>& errors() const { return std::get<1>(v_); }

 private:
  std::variant<T, std::vector<Diagnostic>> v_;
};

// text: rustc-like with source line and carets; short: file:line:col: error[CODE]: text.
enum class Format { kText, kShort, kJson, kSarif };
std::string render(const std::vector<Diagnostic>& ds, Format format,
                   const std::string& source_text);
// Exit code of a run that ends with these: 1 for errors of refutation
// (E02xx, E03xx, E06xx...), 2 for usage and input (E01xx, E05xx, E09xx), 3 inconclusive.
int exit_code(const std::vector<Diagnostic>& ds);

}  // namespace minimoa
