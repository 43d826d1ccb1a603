// Reader of extract/instr/*.instr (FORMAT.md section 15): strict, one form
// after the other, parts in a fixed order.
//
// May be wrong: a row read otherwise than the audit reads it would make kernels
// that the audit rejects. That a row's code does what it means is tested on the
// processor (tests/instr), not here.
#include "spec/lang/instructions.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "spec/lang/instruction_row.h"

namespace minimoa {
namespace {

constexpr std::int64_t kMaxLanes = 64;

bool among(const std::string& s, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* w) { return s == w; });
}

bool is_small(char c) { return c >= 'a' && c <= 'z'; }
bool is_decimal(char c) { return c >= '0' && c <= '9'; }

// [a-z][a-z0-9_]*_lanes
bool is_row_name(const std::string& s) {
  constexpr std::string_view kEnd = "_lanes";
  return s.size() > kEnd.size() && is_small(s[0]) && s.ends_with(kEnd) &&
         std::all_of(s.begin(), s.end(),
                     [](char c) { return is_small(c) || is_decimal(c) || c == '_'; });
}

// [a-z0-9_]+.h
bool is_include(const std::string& s) {
  return s.size() > 2 && s.ends_with(".h") && std::all_of(s.begin(), s.end() - 2, [](char c) {
           return is_small(c) || is_decimal(c) || c == '_';
         });
}

class InstructionReader {
 public:
  InstructionReader(std::string path, const Sexpr& form) : path_(std::move(path)), form_(form) {}

  bool target(InstructionTable* out) {
    if (!named("target", &out->target) || !string("doc", &out->doc)) return false;
    const Sexpr* lanes = part("lanes");
    if (lanes == nullptr) return false;
    const std::string& n = lanes->kids.size() == 2 ? lanes->kids[1].text : "";
    const auto [end, error] = std::from_chars(n.data(), n.data() + n.size(), out->lanes);
    if (!is_integer(n) || error != std::errc() || end != n.data() + n.size() || out->lanes < 2 ||
        out->lanes > kMaxLanes) {
      return fail(*lanes, "expected (lanes N) with N in 2 .. 64");
    }
    if (!string("vector", &out->vector) || !string("mask", &out->mask) ||
        !string("include", &out->include) || !string("flags", &out->flags)) {
      return false;
    }
    if (!is_identifier(out->vector) || !is_identifier(out->mask) || !is_include(out->include) ||
        !is_identifier(out->target) || out->target == "portable") {
      return fail(form_,
                  "a target's name and types are identifiers, none is portable; its include is "
                  "NAME.h");
    }
    if (!are_flags(out->flags)) {
      return fail(form_, "flags are -std=c++17 -O2, then words that begin with -m");
    }
    const Sexpr* needs = part("needs");
    if (needs == nullptr) return false;
    if (needs->kids.size() < 2) return fail(*needs, "expected (needs FEATURE ..)");
    for (std::size_t k = 1; k < needs->kids.size(); ++k) {
      if (!needs->kids[k].is_atom() || !is_identifier(needs->kids[k].text)) {
        return fail(needs->kids[k], "expected the name of a processor's feature");
      }
      out->needs.push_back(needs->kids[k].text);
    }
    return ended();
  }

  bool row(const InstructionTable& target, Instruction* out) {
    if (!named("row", &out->name) || !string("doc", &out->doc) || !vars(out)) return false;
    if (!is_row_name(out->name)) return fail(form_, "the name of a row is like add_lanes");
    const Sexpr* means = part("means");
    if (means == nullptr) return false;
    if (means->kids.size() != 2) return fail(*means, "expected (means TERM)");
    out->means = means->kids[1];
    const std::string meaning = fault_of_means(*out);
    if (!meaning.empty()) return fail(*means, meaning);
    if (!string("code", &out->code)) return false;
    const std::string code = fault_of_code(*out, target);
    if (!code.empty()) return fail(form_, code);
    if (next_ < form_.kids.size() && !string("contract", &out->contract)) return false;
    return ended();
  }

  Diagnostic diagnostic;

 private:
  bool fail(const Sexpr& s, const std::string& what) {
    diagnostic.code = "E0525";
    diagnostic.message = what;
    diagnostic.span = {path_, s.line, s.column, 1};
    return false;
  }

  bool named(const char* head, std::string* out) {
    if (form_.head() != head || form_.kids.size() < 2 || !form_.kids[1].is_atom()) {
      return fail(form_, std::string("expected (") + head + " NAME ..)");
    }
    *out = form_.kids[1].text;
    next_ = 2;
    return true;
  }

  const Sexpr* part(const std::string& head) {
    if (next_ < form_.kids.size() && form_.kids[next_].head() == head) {
      return &form_.kids[next_++];
    }
    fail(next_ < form_.kids.size() ? form_.kids[next_] : form_, "expected (" + head + " ..)");
    return nullptr;
  }

  bool string(const std::string& head, std::string* out) {
    const Sexpr* p = part(head);
    if (p == nullptr) return false;
    if (p->kids.size() != 2 || p->kids[1].kind != Sexpr::Kind::kString) {
      return fail(*p, "expected (" + head + " \"..\")");
    }
    *out = p->kids[1].text;
    return true;
  }

  bool vars(Instruction* out) {
    const Sexpr* p = part("vars");
    if (p == nullptr) return false;
    for (std::size_t k = 1; k < p->kids.size(); ++k) {
      const Sexpr& group = p->kids[k];
      if (!among(group.head(), {"vector", "mask", "float", "index", "bool", "address"}) ||
          group.kids.size() < 2) {
        return fail(group, "expected (KIND ?a ..), KIND vector, mask, float, index, bool, address");
      }
      for (std::size_t i = 1; i < group.kids.size(); ++i) {
        const Sexpr& v = group.kids[i];
        if (!v.is_atom() || !is_rule_variable(v.text)) return fail(v, "expected a variable ?a");
        const bool again = std::any_of(out->vars.begin(), out->vars.end(),
                                       [&](const InstructionVar& o) { return o.name == v.text; });
        if (again) return fail(v, v.text + " is declared twice");
        out->vars.push_back({group.head(), v.text});
      }
    }
    return true;
  }

  bool ended() {
    return next_ == form_.kids.size() || fail(form_.kids[next_], "nothing more is expected");
  }

  const std::string path_;
  const Sexpr& form_;
  std::size_t next_ = 0;
};

Diagnostic at_form(const std::string& path, const Sexpr& form, const std::string& what) {
  Diagnostic d = problem("E0525", what);
  d.span = {path, form.line, form.column, 1};
  return d;
}

}  // namespace

Result<InstructionTable> parse_instructions(const std::string& text, const std::string& path) {
  std::string error;
  const auto forms = parse_sexprs(text, SexprDialect::kInstructions, &error);
  if (!forms) return problem("E0525", path + ": " + error);
  if (forms->empty()) return problem("E0525", path + ": no (target ..)");
  InstructionTable out;
  InstructionReader first(path, forms->front());
  if (!first.target(&out)) return first.diagnostic;
  std::set<std::string> names;
  for (std::size_t k = 1; k < forms->size(); ++k) {
    const Sexpr& form = (*forms)[k];
    InstructionReader reader(path, form);
    Instruction row;
    if (!reader.row(out, &row)) return reader.diagnostic;
    if (!names.insert(row.name).second) {
      return at_form(path, form, "row " + row.name + " is written twice");
    }
    out.rows.push_back(std::move(row));
  }
  out.path = path;
  return out;
}

}  // namespace minimoa
