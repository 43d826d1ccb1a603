// Reader of spec/rules/*.rules (FORMAT.md section 3): strict, clause by clause.
//
// A row is one list with its clauses in a fixed order; anything unexpected is
// a diagnostic with its place. May be wrong: a row read otherwise than the
// audit reads it would make certificates that the audit rejects.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "spec/lang/rule_row.h"

namespace minimoa {
namespace {

struct KindWord {
  const char* word;
  VarKind kind;
};
constexpr KindWord kKinds[] = {
    {"index", VarKind::kIndex}, {"indices", VarKind::kIndices}, {"value", VarKind::kValue},
    {"bool", VarKind::kBool},   {"stmt", VarKind::kStmt},       {"op", VarKind::kOp},
    {"redop", VarKind::kRedop}, {"perm", VarKind::kPerm},       {"nat", VarKind::kNat},
};

struct ConditionShape {
  const char* word;
  Condition::Kind kind;
};
constexpr ConditionShape kConditions[] = {
    {"rank", Condition::Kind::kRank},
    {"extent", Condition::Kind::kExtent},
    {"same-shape", Condition::Kind::kSameShape},
    {"input", Condition::Kind::kInput},
    {"literal", Condition::Kind::kLiteral},
    {"prove", Condition::Kind::kProve},
    {"prove-rl", Condition::Kind::kProveRl},
};

bool is_rule_name(const std::string& s) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !s.empty() && std::all_of(s.begin(), s.end(), fits);
}

class RowReader {
 public:
  RowReader(const std::string& path, const Sexpr& row) : path_(path), row_(row) {}

  bool read(Rule* rule) {
    rule->span = span(row_);
    if (row_.head() != "rule" || row_.kids.size() < 2 || !row_.kids[1].is_atom() ||
        !is_rule_name(row_.kids[1].text)) {
      return fail(row_, "expected (rule NAME ..)");
    }
    rule->name = row_.kids[1].text;
    next_ = 2;
    return atom_clause("phase", &rule->phase) && atom_clause("class", &rule->klass) &&
           string_clause("doc", &rule->doc) && string_clause("cite", &rule->cite) &&
           vars_clause(rule) && where_clause(rule) &&
           side_clause("lhs", &rule->lhs, &rule->lhs_text) &&
           side_clause("rhs", &rule->rhs, &rule->rhs_text) && examples(rule) && set_arities(rule);
  }

  Diagnostic diagnostic;

 private:
  Span span(const Sexpr& s) const { return {path_, s.line, s.column, 1}; }

  bool fail(const Sexpr& s, const std::string& what) {
    diagnostic.code = "E0520";
    diagnostic.message = what;
    diagnostic.span = span(s);
    return false;
  }

  const Sexpr* clause(const std::string& head) {
    if (next_ < row_.kids.size() && row_.kids[next_].head() == head) {
      return &row_.kids[next_++];
    }
    return nullptr;
  }

  const Sexpr* need(const std::string& head, std::size_t items) {
    const Sexpr& place = next_ < row_.kids.size() ? row_.kids[next_] : row_;
    const Sexpr* c = clause(head);
    if (c != nullptr && (items == 0 || c->kids.size() == items)) return c;
    fail(place, "expected (" + head + " ..)");
    return nullptr;
  }

  bool atom_clause(const std::string& head, std::string* out) {
    const Sexpr* c = need(head, 2);
    if (c == nullptr) return false;
    if (!c->kids[1].is_atom()) return fail(*c, "expected a word");
    *out = c->kids[1].text;
    return true;
  }

  bool string_clause(const std::string& head, std::string* out) {
    const Sexpr* c = need(head, 2);
    if (c == nullptr) return false;
    if (c->kids[1].kind != Sexpr::Kind::kString) {
      return fail(*c, "expected a string");
    }
    *out = c->kids[1].text;
    return true;
  }

  bool vars_clause(Rule* rule) {
    const Sexpr* c = need("vars", 0);
    if (c == nullptr) return false;
    for (std::size_t i = 1; i < c->kids.size(); ++i) {
      if (!var_group(c->kids[i], rule)) return false;
    }
    return true;
  }

  bool var_group(const Sexpr& group, Rule* rule) {
    const std::string head = group.head();
    const auto* row = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [&](const KindWord& k) { return head == k.word; });
    if (row == std::end(kKinds) || group.kids.size() < 2) {
      return fail(group, "expected (KIND ?a ..)");
    }
    for (std::size_t i = 1; i < group.kids.size(); ++i) {
      const Sexpr& v = group.kids[i];
      if (!v.is_atom() || !is_rule_variable(v.text)) {
        return fail(v, "expected a rule variable");
      }
      if (rule->var(v.text) != nullptr) {
        return fail(v, "'" + v.text + "' is declared twice");
      }
      rule->vars.push_back({v.text, row->kind, 0});
    }
    return true;
  }

  bool where_clause(Rule* rule) {
    const Sexpr* c = clause("where");
    if (c == nullptr) return true;
    if (c->kids.size() < 2) return fail(*c, "empty where");
    for (std::size_t i = 1; i < c->kids.size(); ++i) {
      Condition condition;
      if (!read_condition(c->kids[i], &condition)) return false;
      rule->where.push_back(std::move(condition));
    }
    return true;
  }

  bool read_condition(const Sexpr& s, Condition* out) {
    const std::string head = s.head();
    const auto* row = std::find_if(std::begin(kConditions), std::end(kConditions),
                                   [&](const ConditionShape& k) { return head == k.word; });
    if (row == std::end(kConditions)) return fail(s, "unknown condition");
    out->kind = row->kind;
    out->text = print_sexpr(s);
    switch (row->kind) {
      case Condition::Kind::kRank:
        if (s.kids.size() != 3 || !is_number(s.kids[2])) {
          return fail(s, "expected (rank ?A N)");
        }
        out->number = s.kids[2];
        return variable(s.kids[1], out);
      case Condition::Kind::kExtent:
        if (s.kids.size() != 4 || !is_integer(s.kids[2].text) || s.kids[2].text.size() > 3) {
          return fail(s, "expected (extent ?n K ?A)");
        }
        out->axis = std::stoll(s.kids[2].text);
        return variable(s.kids[1], out) && variable(s.kids[3], out);
      case Condition::Kind::kSameShape:
        return arguments(s, 2) && variable(s.kids[1], out) && variable(s.kids[2], out);
      case Condition::Kind::kInput:
      case Condition::Kind::kLiteral:
        return arguments(s, 1) && variable(s.kids[1], out);
      case Condition::Kind::kProve:
      case Condition::Kind::kProveRl:
        return arguments(s, 1) && pattern(s.kids[1], &out->goal);
    }
    return false;
  }

  bool arguments(const Sexpr& s, std::size_t count) {
    return s.kids.size() == count + 1 || fail(s, "wrong number of arguments of a condition");
  }

  bool variable(const Sexpr& s, Condition* out) {
    if (!s.is_atom() || !is_rule_variable(s.text)) {
      return fail(s, "expected a rule variable");
    }
    out->vars.push_back(s.text);
    return true;
  }

  static bool is_number(const Sexpr& s) {
    if (s.is_atom()) {
      return (is_integer(s.text) && s.text.size() < 4) || is_rule_variable(s.text);
    }
    if (s.head() == "len") {
      return s.kids.size() == 2 && is_rule_variable(s.kids[1].text);
    }
    return s.head() == "+" && s.kids.size() == 3 && is_number(s.kids[1]) && is_number(s.kids[2]);
  }

  bool pattern(const Sexpr& s, Term* out) {
    std::string error;
    const std::optional<Term> t = pattern_of_sexpr(s, &error);
    if (!t) return fail(s, error);
    *out = *t;
    return true;
  }

  bool side_clause(const std::string& head, Term* out, std::string* text) {
    const Sexpr* c = need(head, 2);
    if (c == nullptr) return false;
    *text = print_sexpr(c->kids[1]);
    return pattern(c->kids[1], out);
  }

  bool examples(Rule* rule) {
    while (const Sexpr* c = clause("applies")) {
      rule->applies.emplace_back();
      if (!example(*c, &rule->applies.back())) return false;
    }
    while (const Sexpr* c = clause("differs")) {
      rule->differs.emplace_back();
      if (!example(*c, &rule->differs.back())) return false;
    }
    if (next_ != row_.kids.size()) {
      return fail(row_.kids[next_], "unexpected clause");
    }
    return true;
  }

  // (dims (n 3) ..) (inputs (A 3 2) (T int 3) ..) [(output 3 2)]
  // [(hints (?w 0) ..)] BEFORE AFTER
  bool example(const Sexpr& s, Example* out) {
    std::size_t i = 1;
    if (s.kids.size() < 5 || s.kids[1].head() != "dims" || s.kids[2].head() != "inputs") {
      return fail(s, "expected (dims ..) (inputs ..) BEFORE AFTER");
    }
    if (!dims(s.kids[i++], out) || !inputs(s.kids[i++], out)) return false;
    if (s.kids[i].head() == "output") {
      out->has_output = true;
      if (!terms(s.kids[i++], 1, &out->output)) return false;
    }
    if (s.kids[i].head() == "hints" && !hints(s.kids[i++], out)) return false;
    if (s.kids.size() != i + 2) return fail(s, "expected BEFORE AFTER");
    return term(s.kids[i], &out->before) && term(s.kids[i + 1], &out->after);
  }

  bool dims(const Sexpr& s, Example* out) {
    for (std::size_t i = 1; i < s.kids.size(); ++i) {
      const Sexpr& d = s.kids[i];
      if (d.kids.size() != 2 || !is_identifier(d.kids[0].text) || !is_integer(d.kids[1].text) ||
          d.kids[1].text.size() > 4) {
        return fail(d, "expected (NAME SIZE)");
      }
      out->dims.emplace_back(d.kids[0].text, std::stoll(d.kids[1].text));
    }
    return true;
  }

  bool inputs(const Sexpr& s, Example* out) {
    for (std::size_t i = 1; i < s.kids.size(); ++i) {
      const Sexpr& a = s.kids[i];
      if (!a.is_list() || a.kids.empty() || !is_identifier(a.kids[0].text)) {
        return fail(a, "expected (NAME EXTENT ..)");
      }
      Array array;
      array.name = a.kids[0].text;
      const bool is_int = a.kids.size() > 1 && a.kids[1].text == "int";
      if (is_int) array.elem = Elem::kI32;
      if (!terms(a, is_int ? 2 : 1, &array.shape)) return false;
      out->inputs.push_back(std::move(array));
    }
    return true;
  }

  bool hints(const Sexpr& s, Example* out) {
    for (std::size_t i = 1; i < s.kids.size(); ++i) {
      const Sexpr& h = s.kids[i];
      if (h.kids.size() != 2 || !is_rule_variable(h.kids[0].text)) {
        return fail(h, "expected (?v TEXT)");
      }
      out->hints[h.kids[0].text] = print_sexpr(h.kids[1]);
    }
    return true;
  }

  bool terms(const Sexpr& s, std::size_t from, std::vector<Term>* out) {
    for (std::size_t i = from; i < s.kids.size(); ++i) {
      out->emplace_back();
      if (!term(s.kids[i], &out->back())) return false;
    }
    return true;
  }

  bool term(const Sexpr& s, Term* out) {
    std::string error;
    const std::optional<Term> t = term_of_sexpr(s, &error);
    if (!t) return fail(s, error);
    *out = *t;
    return true;
  }

  // A variable is applied to the same number of arguments everywhere.
  bool set_arities(Rule* rule) {
    std::map<std::string, int> seen;
    std::vector<Term> patterns = {rule->lhs, rule->rhs};
    for (const Condition& c : rule->where) {
      if (c.goal != nullptr) patterns.push_back(c.goal);
    }
    for (const Term& p : patterns) {
      for (const Position& at_p : find_all(p, is_application)) {
        const Term here = at(p, at_p);
        const int arity = static_cast<int>(here->kids.size());
        const auto [it, is_new] = seen.emplace(here->name, arity);
        if (!is_new && it->second != arity) {
          return fail(row_, "'" + here->name + "' has two arities");
        }
      }
    }
    for (RuleVar& v : rule->vars) {
      const auto it = seen.find(v.name);
      if (it != seen.end()) v.arity = it->second;
    }
    return true;
  }

  const std::string& path_;
  const Sexpr& row_;
  std::size_t next_ = 0;
};

Diagnostic simple(const std::string& code, const std::string& message, const Span& span) {
  Diagnostic d;
  d.code = code;
  d.message = message;
  d.span = span;
  return d;
}

constexpr std::uintmax_t kLargestFile = 4u << 20;  // as FORMAT.md has it
constexpr std::size_t kMostFaults = 20;

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  if (std::filesystem::file_size(path, error) > kLargestFile || error) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

const RuleVar* Rule::var(const std::string& name) const {
  for (const RuleVar& v : vars) {
    if (v.name == name) return &v;
  }
  return nullptr;
}

Result<std::vector<std::shared_ptr<const Rule>>> load_rows(const std::string& path,
                                                           const std::string& text) {
  std::string error;
  const auto rows = parse_sexprs(text, SexprDialect::kRules, &error);
  if (!rows) return simple("E0520", error, {path, 0, 0, 1});
  std::vector<std::shared_ptr<const Rule>> out;
  std::vector<Diagnostic> faults;
  for (const Sexpr& row : *rows) {
    RowReader reader(path, row);
    auto rule = std::make_shared<Rule>();
    if (!reader.read(rule.get())) {
      faults.push_back(reader.diagnostic);
      if (faults.size() >= kMostFaults) break;
      continue;
    }
    for (const std::string& fault : lint(*rule)) {
      faults.push_back(simple("E0521", "rule " + rule->name + ": " + fault, rule->span));
    }
    out.push_back(std::move(rule));
  }
  if (!faults.empty()) return faults;
  return out;
}

Result<RuleTable> RuleTable::parse(const std::string& path, const std::string& text) {
  RuleTable table;
  auto rows = load_rows(path, text);
  if (!rows.ok()) return rows.errors();
  table.files_.emplace_back(path, text);
  for (const auto& rule : rows.value()) {
    if (table.find(rule->name) != nullptr) {
      return simple("E0521", "rule " + rule->name + " is written twice", rule->span);
    }
    table.rules_.push_back(rule);
  }
  return table;
}

Result<RuleTable> RuleTable::load(const std::string& folder) {
  std::error_code code;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder, code)) {
    if (entry.path().extension() == ".rules") {
      paths.push_back(entry.path().generic_string());
    }
  }
  if (code || paths.empty()) {
    return simple("E0902", "no rule files in " + folder, {folder, 0, 0, 1});
  }
  std::sort(paths.begin(), paths.end());
  RuleTable table;
  for (const std::string& path : paths) {
    const std::optional<std::string> text = read_file(path);
    if (!text) return simple("E0902", "cannot read " + path, {path, 0, 0, 1});
    Result<RuleTable> file = parse(path, *text);
    if (!file.ok()) return file.errors();
    table.files_.emplace_back(path, *text);
    for (const auto& rule : file.value().rules_) {
      if (table.find(rule->name) != nullptr) {
        return simple("E0521", "rule " + rule->name + " is written twice", rule->span);
      }
      table.rules_.push_back(rule);
    }
  }
  return table;
}

const Rule* RuleTable::find(const std::string& name) const {
  for (const auto& rule : rules_) {
    if (rule->name == name) return rule.get();
  }
  return nullptr;
}

std::vector<const Rule*> RuleTable::all() const {
  std::vector<const Rule*> out;
  for (const auto& rule : rules_) out.push_back(rule.get());
  return out;
}

std::vector<std::pair<std::string, std::string>> RuleTable::files() const { return files_; }

const std::string& name_of(const Rule& rule) { return rule.name; }
const std::string& phase_of(const Rule& rule) { return rule.phase; }
const std::string& class_of(const Rule& rule) { return rule.klass; }
const std::string& doc_of(const Rule& rule) { return rule.doc; }
const std::string& cite_of(const Rule& rule) { return rule.cite; }

std::string side_of(const Rule& rule, bool right) { return right ? rule.rhs_text : rule.lhs_text; }

std::vector<std::string> conditions_of(const Rule& rule) {
  std::vector<std::string> out;
  for (const Condition& c : rule.where) out.push_back(c.text);
  return out;
}

const std::vector<Example>& applies_of(const Rule& rule) { return rule.applies; }

const std::vector<Example>& differs_of(const Rule& rule) { return rule.differs; }

}  // namespace minimoa
