// The reader of instruction files. See instr.h.
// Idea: a form's parts stand in a fixed order, so that each is taken by its word.
// How it may be wrong: `means` with a variable of a kind that no value at that place has.
#include "instr.h"

#include "obligations.h"

namespace audit {
namespace {
constexpr const char* kCode = "instr";
constexpr Number kMaxLanes = 64;
constexpr std::pair<const char*, const char*> kKinds[] = {
    {"vector", ""},  // and mask: the types of the target
    {"mask", ""},     {"float", "float"},          {"index", "std::int64_t"},
    {"bool", "bool"}, {"address", "const float*"},
};
// The words that section 15 adds: kinds of the operands, sort of the row (V vector, M mask, -
// none).
constexpr std::pair<const char*, const char*> kWords[] = {{"load", "address V"},
                                                          {"store", "address vector -"},
                                                          {"broadcast", "float V"},
                                                          {"spread", "bool M"},
                                                          {"below", "index index M"}};

// The parts of a form, taken from the front.
class Parts {
 public:
  explicit Parts(const Sexp& form, size_t first) : form_(form), at_(first) {}
  bool next_is(const string& word) const {
    return at_ < form_.items.size() && form_.items[at_].head() == word;
  }
  const Sexp& take(const string& word) {
    if (!next_is(word)) form_.fail("(" + word + " ..) is missing or out of place", kCode);
    return form_.items[at_++];
  }
  // (word x): x, an atom.
  string atom(const string& word) { return one(word, false).text; }
  string quoted(const string& word) {
    const string& text = one(word, true).text;
    return text.substr(1, text.size() - 2);
  }
  const Sexp& one(const string& word, bool quoted) {
    const Sexp& part = take(word);
    if (part.items.size() != 2 || part.items[1].list() || part.items[1].quoted() != quoted)
      part.fail("(" + word + " ..) of another form", kCode);
    return part.items[1];
  }
  void end() const {
    if (at_ != form_.items.size()) form_.fail("an unknown part", kCode);
  }

 private:
  const Sexp& form_;
  size_t at_;
};
bool is_small(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '_'; }
bool is_row_name(const string& name) {
  return name.ends_with("_lanes") && is_identifier(name) && name[0] != '_' &&
         std::ranges::all_of(name, is_small);
}
bool is_include(const string& file) {
  return file.size() > 2 && file.ends_with(".h") &&
         std::all_of(file.begin(), file.end() - 2, is_small);
}

// What follows may choose the machine, not change what the text of a kernel means (-Dfor=if).
bool are_flags(const string& flags) {
  const string always = "-std=c++17 -O2";
  if (!flags.starts_with(always)) return false;
  const auto good = [](char c) {
    return is_word_char(c) || string("-+=.").find(c) != string::npos;
  };
  for (size_t at = always.size(); at < flags.size();) {
    if (flags.compare(at, 3, " -m") != 0) return false;
    for (at += 3; at < flags.size() && good(flags[at]);) ++at;
  }
  return true;
}

class RowReader {
 public:
  RowReader(const Instructions& file, const Sexp& form) : file_(file), form_(form) {}
  InstrRow read() {
    if (form_.head() != "row" || form_.items.size() < 2 || !is_row_name(form_.items[1].text))
      form_.fail("(row NAME_lanes ..) expected", kCode);
    row_.name = form_.items[1].text;
    Parts parts(form_, 2);
    parts.quoted("doc");
    read_vars(parts.take("vars"));
    const Sexp& means = parts.take("means");
    if (means.items.size() != 2 || !means.items[1].list()) bad("means no application");
    row_.means = means.items[1];
    const char sort = root(row_.means);
    if (unused_.size() > 0) bad(unused_.begin()->first + " does not stand in means");
    row_.code = parts.quoted("code");
    check_code(sort);
    if (parts.next_is("contract")) parts.quoted("contract");
    parts.end();
    return row_;
  }

 private:
  [[noreturn]] void bad(const string& what) const { form_.fail(what, kCode); }
  void read_vars(const Sexp& groups) {
    for (size_t g = 1; g < groups.items.size(); ++g) {
      const Sexp& group = groups.items[g];
      const string kind = group.head();
      if (std::ranges::count(kKinds, kind, [](auto& k) { return string(k.first); }) == 0 ||
          group.items.size() < 2)
        bad("an empty group of variables, or an unknown kind");
      for (size_t k = 1; k < group.items.size(); ++k) {
        const Sexp& name = group.items[k];
        if (!name.variable() || !is_identifier(name.text.substr(1)) ||
            !unused_.emplace(name.text, kind).second)
          bad("a bad or repeated variable");
        row_.vars.emplace_back(kind, name.text);
      }
    }
  }
  // A variable stands once: its value is computed once.
  string kind_of(const Sexp& variable) {
    const auto found = unused_.find(variable.text);
    if (!variable.variable() || found == unused_.end()) bad("not a variable that is still unused");
    const string kind = found->second;
    unused_.erase(found);
    return kind;
  }
  char root(const Sexp& means) {
    for (const auto& [word, form] : kWords) {
      if (means.head() != word) continue;
      string kinds;
      for (size_t k = 1; k < means.items.size(); ++k) kinds += kind_of(means.items[k]) + " ";
      const string all = form;
      if (kinds != all.substr(0, all.size() - 1)) bad("operands of other kinds");
      return all.back();
    }
    return sort_of(means);
  }
  // V or M. What has another sort, or no lanes, cannot stand in a lane.
  char sort_of(const Sexp& term) {
    if (term.atom()) {
      const string kind = kind_of(term);
      if (kind != "vector" && kind != "mask") bad("a variable of a kind without lanes");
      return kind == "vector" ? 'V' : 'M';
    }
    const auto op = op_from_word(term.head());
    if (op == Op::kReal && term.items.size() == 2 && term.items[1].atom()) {
      read_literal(term.items[1].text);
      return 'V';
    }
    const bool known = op && (pointwise_arity(*op) > 0 || op == Op::kIf || op == Op::kAnd ||
                              op == Op::kOr || op == Op::kNot || op == Op::kIsZero);
    if (!known) bad("no operator that has a meaning in lanes: " + term.head());
    const string form = op == Op::kIf       ? "MVVV"
                        : op == Op::kIsZero ? "VM"
                        : pointwise_arity(*op) > 0
                            ? string(static_cast<size_t>(pointwise_arity(*op)) + 1, 'V')
                            : string(row(*op).form) + "M";
    if (term.items.size() != form.size()) bad("operands of another number");
    for (size_t k = 1; k < term.items.size(); ++k)
      if (sort_of(term.items[k]) != (form[k - 1] == 'k' ? 'M' : form[k - 1]))
        bad("an operand of another sort");
    return form.back();
  }
  // One function with the head that follows from the row; what a compiler may read in another way
  // than tokenise() does is refused.
  void check_code(char sort) const {
    string head = sort == 'V' ? file_.vector_type : sort == 'M' ? file_.mask_type : "void";
    head = "[[maybe_unused]] inline " + head + " " + row_.name + "(";
    for (const auto& [kind, name] : row_.vars) {
      string type =
          std::ranges::find(kKinds, kind, [](auto& k) { return string(k.first); })->second;
      if (kind == "vector") type = file_.vector_type;
      if (kind == "mask") type = file_.mask_type;
      if (kind == "address" && sort == '-') type = "float*";
      head += (head.ends_with('(') ? "" : ", ") + type + " " + name.substr(1);
    }
    const vector<Token> expected = tokenise(head + ") {", 1);
    const vector<Token> tokens = tokenise(row_.code, form_.line);
    const size_t size = expected.size() - 1;
    for (size_t k = 0; k < size; ++k)
      if (k >= tokens.size() || tokens[k].text != expected[k].text)
        bad("the code does not begin with " + head + ") {");
    size_t depth = 0;
    for (size_t k = size - 1; k + 1 < tokens.size(); ++k) {
      const string& text = tokens[k].text;
      for (const char* odd : {"//", "/*", "*/", "'", "#", "%:"})
        if (text.find(odd) != string::npos) bad(string("code with ") + odd);
      if (text == "{") ++depth;
      if (text == "}") --depth;
      if ((depth == 0) != (k + 2 == tokens.size())) bad("the code is not one function");
    }
  }
  const Instructions& file_;
  const Sexp& form_;
  InstrRow row_;
  StringMap unused_;  // variables that do not stand in means so far, with their kinds
};
}  // namespace
Instructions read_instructions(const string& text) {
  const vector<Sexp> forms = read_sexps(text, true, true);
  if (forms.empty() || forms[0].head() != "target" || forms[0].items.size() < 2)
    refuse(kCode, "(target NAME ..) expected first");
  const Sexp& target = forms[0];
  const auto check = [&](bool good, const char* what) {
    if (!good) target.fail(string("not ") + what, kCode);
  };
  Instructions file;
  file.target = target.items[1].text;
  check(is_identifier(file.target) && file.target != "portable", "the name of a vector target");
  Parts parts(target, 2);
  parts.quoted("doc");
  file.lanes = read_literal(parts.atom("lanes"));
  check(file.lanes >= 2 && file.lanes <= kMaxLanes, "from 2 to 64 lanes");
  file.vector_type = parts.quoted("vector");
  file.mask_type = parts.quoted("mask");
  check(is_identifier(file.vector_type) && is_identifier(file.mask_type), "the name of a type");
  file.include = parts.quoted("include");
  check(is_include(file.include), "the name of a header");
  file.flags = parts.quoted("flags");
  check(are_flags(file.flags), "-std=c++17 -O2 and words that begin with -m");
  const Sexp& needs = parts.take("needs");
  for (size_t k = 1; k < needs.items.size(); ++k) file.needs.push_back(needs.items[k].text);
  check(!file.needs.empty() && std::ranges::all_of(file.needs, is_identifier), "features");
  parts.end();
  std::set<string> names;
  for (size_t k = 1; k < forms.size(); ++k) {
    file.rows.push_back(RowReader(file, forms[k]).read());
    // With two functions of one name a call could mean either.
    if (!names.insert(file.rows.back().name).second) forms[k].fail("a row of this name", kCode);
  }
  return file;
}
}  // namespace audit
