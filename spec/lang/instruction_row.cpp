// A meaning has a sort, real or boolean, found from the kinds of its variables;
// the head of the code follows from sort and variables and is compared with it
// token by token.
//
// May be wrong: a row refused here is one less to use; one let through that the
// audit refuses makes every kernel of its target INVALID.
#include "spec/lang/instruction_row.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace minimoa {
namespace {

enum class Sort { kReal, kBool, kNothing };

bool in_a_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

std::string kind_of(const Instruction& row, const Sexpr& s) {
  for (const InstructionVar& v : row.vars) {
    if (s.is_atom() && s.text == v.name) return v.kind;
  }
  return "";
}

// The operators of a meaning: operands, and what it is then.
struct Operator {
  std::string_view word;
  std::vector<Sort> operands;
  Sort sort;
};
const std::vector<Operator>& operators() {
  constexpr Sort kR = Sort::kReal, kB = Sort::kBool;
  static const std::vector<Operator> kTable = {
      {"+", {kR, kR}, kR},      {"-", {kR, kR}, kR},   {"*", {kR, kR}, kR},
      {"/", {kR, kR}, kR},      {"max", {kR, kR}, kR}, {"min", {kR, kR}, kR},
      {"expsub", {kR, kR}, kR}, {"neg", {kR}, kR},     {"exp", {kR}, kR},
      {"exp2", {kR}, kR},       {"log", {kR}, kR},     {"sqrt", {kR}, kR},
      {"tanh", {kR}, kR},       {"iszero", {kR}, kB},  {"and", {kB, kB}, kB},
      {"or", {kB, kB}, kB},     {"not", {kB}, kB},     {"if", {kB, kR, kR}, kR}};
  return kTable;
}

// What is no operator of terms: the kinds of its variables.
struct Primitive {
  std::string_view word;
  std::vector<std::string_view> kinds;
  Sort sort;
};
const std::vector<Primitive>& primitives() {
  static const std::vector<Primitive> kTable = {{"load", {"address"}, Sort::kReal},
                                                {"store", {"address", "vector"}, Sort::kNothing},
                                                {"broadcast", {"float"}, Sort::kReal},
                                                {"spread", {"bool"}, Sort::kBool},
                                                {"below", {"index", "index"}, Sort::kBool}};
  return kTable;
}

std::optional<Sort> sort_of(const Instruction& row, const Sexpr& s) {
  const std::string kind = kind_of(row, s);
  if (kind == "vector") return Sort::kReal;
  if (kind == "mask") return Sort::kBool;
  if (s.head() == "real") {
    const bool literal = s.kids.size() == 2 && s.kids[1].is_atom() && is_integer(s.kids[1].text);
    return literal ? std::optional(Sort::kReal) : std::nullopt;
  }
  for (const Operator& o : operators()) {
    if (s.head() != o.word || s.kids.size() != o.operands.size() + 1) continue;
    for (std::size_t k = 0; k < o.operands.size(); ++k) {
      if (sort_of(row, s.kids[k + 1]) != o.operands[k]) return std::nullopt;
    }
    return o.sort;
  }
  return std::nullopt;
}

std::optional<Sort> sort_of_row(const Instruction& row) {
  if (row.means.is_atom()) return std::nullopt;
  for (const Primitive& p : primitives()) {
    if (row.means.head() != p.word) continue;
    if (row.means.kids.size() != p.kinds.size() + 1) return std::nullopt;
    for (std::size_t k = 0; k < p.kinds.size(); ++k) {
      if (kind_of(row, row.means.kids[k + 1]) != p.kinds[k]) return std::nullopt;
    }
    return p.sort;
  }
  return sort_of(row, row.means);
}

std::size_t count(const Sexpr& s, const std::string& variable) {
  if (s.is_atom()) return s.text == variable ? 1 : 0;
  std::size_t n = 0;
  for (const Sexpr& k : s.kids) n += count(k, variable);
  return n;
}

// Words and numbers, everything else a token of one character.
std::vector<std::string> tokens_of(const std::string& text) {
  std::vector<std::string> out;
  bool in_word = false;
  for (const char c : text) {
    const bool word = in_a_word(c);
    if (word && in_word) {
      out.back() += c;
    } else if (c != ' ' && c != '\n') {
      out.emplace_back(1, c);
    }
    in_word = word;
  }
  return out;
}

std::string type_of_kind(const std::string& kind, bool store, const InstructionTable& target) {
  if (kind == "vector") return target.vector;
  if (kind == "mask") return target.mask;
  if (kind == "float" || kind == "bool") return kind;
  if (kind == "index") return "std::int64_t";
  return store ? "float*" : "const float*";
}

std::string type_of_sort(Sort sort, const InstructionTable& target) {
  switch (sort) {
    case Sort::kReal:
      return target.vector;
    case Sort::kBool:
      return target.mask;
    case Sort::kNothing:
      break;
  }
  return "void";
}

std::string head_of_code(const Instruction& row, Sort sort, const InstructionTable& target) {
  std::string out = "[[maybe_unused]] inline " + type_of_sort(sort, target) + " " + row.name + "(";
  for (std::size_t k = 0; k < row.vars.size(); ++k) {
    const InstructionVar& v = row.vars[k];
    out += (k == 0 ? "" : ", ") + type_of_kind(v.kind, sort == Sort::kNothing, target) + " " +
           v.name.substr(1);
  }
  return out + ") {";
}

}  // namespace

bool is_kernel_code(const std::string& text) {
  for (const char* refused : {"??", "//", "/*", "*/", "%:"}) {
    if (text.find(refused) != std::string::npos) return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= ' ' && c < 127 && std::string_view("\\#'\"").find(c) == std::string_view::npos) ||
           c == '\n';
  });
}

bool are_flags(const std::string& text) {
  constexpr std::string_view kFirst = "-std=c++17 -O2";
  if (!text.starts_with(kFirst)) return false;
  bool in_word = true;
  for (std::size_t k = kFirst.size(); k < text.size(); ++k) {
    const char c = text[k];
    const bool begins = k > 0 && text[k - 1] == ' ';
    if (k == kFirst.size() && c != ' ') return false;
    if (begins && (c != '-' || k + 1 == text.size() || text[k + 1] != 'm')) return false;
    in_word = c != ' ';
    const bool plain = in_a_word(c) || c == '-' || c == '=' || c == '+';
    if (in_word && !plain) return false;
  }
  return in_word;
}

std::string fault_of_means(const Instruction& row) {
  for (const InstructionVar& v : row.vars) {
    if (count(row.means, v.name) != 1) return v.name + " stands once in `means`";
  }
  if (!sort_of_row(row)) {
    return "`means` is made of operators, (real N), and vectors and masks, each where it fits; or "
           "it is load, store, broadcast, spread or below";
  }
  return "";
}

std::string fault_of_code(const Instruction& row, const InstructionTable& target) {
  if (!is_kernel_code(row.code)) return "code has a character that no kernel may have";
  const auto sort = sort_of_row(row);
  const std::string head = sort ? head_of_code(row, *sort, target) : "";
  const std::vector<std::string> expected = tokens_of(head), is = tokens_of(row.code);
  const bool begins =
      is.size() > expected.size() && std::equal(expected.begin(), expected.end(), is.begin());
  if (!begins) return "code is one function: " + head + " .. }";
  int depth = 1;
  for (std::size_t k = expected.size(); k < is.size(); ++k) {
    if (is[k] == "{") ++depth;
    if (is[k] == "}") --depth;
    if ((depth == 0) != (k + 1 == is.size())) return "code is one function: " + head + " .. }";
  }
  return "";
}

}  // namespace minimoa
