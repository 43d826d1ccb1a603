#include "prover/bounds/theorem.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "spec/lang/sexpr.h"

namespace minimoa {
namespace {

constexpr std::uintmax_t kLargestTheorems = 4u << 20;  // as FORMAT.md has it
constexpr std::size_t kMostErrors = 20;

constexpr const char* kCounted[] = {"total", "loads", "stores", "threshold", "crossing", "bytes"};
constexpr const char* kClasses[] = {"any", "explicit-product", "explicit-product-orderly",
                                    "row-granular"};
// What instance.h can give.
constexpr const char* kVars[] = {"S",    "dk", "dv", "E",     "rows",
                                 "cols", "n",  "m",  "heads", "outputs"};
constexpr const char* kWiderClasses[] = {"private-memories", "private-memories-orderly",
                                         "distributed", "bytes-orderly"};
// What a point must say itself (point.h).
constexpr const char* kWiderVars[] = {"p", "bytes", "eq", "ek", "ev", "eo", "ep"};

template <std::size_t N>
bool is_one_of(const std::string& s, const char* const (&words)[N]) {
  return std::find(std::begin(words), std::end(words), s) != std::end(words);
}

bool is_index_term(const Term& t) {
  if (t->op == Op::kInt || t->op == Op::kVar) return true;
  const bool arithmetic = t->op == Op::kAdd || t->op == Op::kSub || t->op == Op::kMul ||
                          t->op == Op::kIntDiv || t->op == Op::kMin || t->op == Op::kMax;
  return arithmetic && is_index_term(t->kids[0]) && is_index_term(t->kids[1]);
}

bool is_condition(const Term& t) {
  return t->op == Op::kLe && is_index_term(t->kids[0]) && is_index_term(t->kids[1]);
}

// One row. Clauses stand in a fixed order; the first fault ends the reading.
class Row {
 public:
  Row(const std::string& path, const Sexpr& row, bool wider, std::vector<Diagnostic>* errors)
      : path_(path), row_(row), wider_(wider), errors_(*errors) {}

  void read(Theorems* out) {
    const std::string& head = row_.head();
    if (row_.kids.size() < 3 || !row_.kids[1].is_atom() || !is_name(row_.kids[1].text)) {
      fail(row_, "expected (class NAME ..), (var NAME ..) or (theorem NAME ..)");
    } else if (head == "class") {
      read_class(out);
    } else if (head == "var") {
      read_var(out);
    } else if (head == "theorem") {
      read_theorem(out);
    } else {
      fail(row_, "unknown row '" + head + "'; expected class, var or theorem");
    }
  }

 private:
  static bool is_name(const std::string& s) {
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-' || c == '.';
    });
  }

  bool fail(const Sexpr& at, const std::string& message) {
    Diagnostic d;
    d.code = "E0522";
    d.message = message;
    d.span = {path_, at.line, at.column, 1};
    errors_.push_back(d);
    return false;
  }

  const Sexpr* clause(const std::string& head, std::size_t items = 0) {
    const Sexpr& place = next_ < row_.kids.size() ? row_.kids[next_] : row_;
    if (next_ < row_.kids.size() && place.head() == head &&
        (items == 0 || place.kids.size() == items)) {
      ++next_;
      return &place;
    }
    fail(place, "expected (" + head + " ..)");
    return nullptr;
  }

  bool word(const std::string& head, std::string* out) {
    const Sexpr* c = clause(head, 2);
    if (c == nullptr) return false;
    if (!c->kids[1].is_atom() || !is_name(c->kids[1].text)) return fail(*c, "expected a word");
    *out = c->kids[1].text;
    return true;
  }

  bool text(const std::string& head, std::string* out) {
    const Sexpr* c = clause(head, 2);
    if (c == nullptr) return false;
    if (c->kids[1].kind != Sexpr::Kind::kString) return fail(*c, "expected a string");
    *out = c->kids[1].text;
    return true;
  }

  bool end() {
    return next_ == row_.kids.size() || fail(row_.kids[next_], "nothing expected here");
  }

  void read_class(Theorems* out) {
    BoundClass c{row_.kids[1].text, "", ""};
    if (next_ < row_.kids.size() && row_.kids[next_].head() == "within" &&
        !word("within", &c.within)) {
      return;
    }
    if (!text("doc", &c.doc) || !end()) return;
    if (!is_one_of(c.name, kClasses) && !(wider_ && is_one_of(c.name, kWiderClasses))) {
      fail(row_, "unknown class '" + c.name + "'");
    } else if (out->find_class(c.name) != nullptr) {
      fail(row_, "class '" + c.name + "' is given twice");
    } else if (!c.within.empty() && out->find_class(c.within) == nullptr) {
      fail(row_, "class '" + c.within + "' is not known here");
    } else {
      out->classes.push_back(c);
    }
  }

  void read_var(Theorems* out) {
    BoundVar v{row_.kids[1].text, ""};
    if (!text("doc", &v.doc) || !end()) return;
    const bool twice = std::any_of(out->vars.begin(), out->vars.end(),
                                   [&](const BoundVar& w) { return w.name == v.name; });
    if (!is_one_of(v.name, kVars) && !(wider_ && is_one_of(v.name, kWiderVars))) {
      fail(row_, "no spec gives a value for '" + v.name + "'");
    } else if (twice) {
      fail(row_, "variable '" + v.name + "' is given twice");
    } else {
      out->vars.push_back(v);
    }
  }

  bool term(const Sexpr& s, bool condition, Term* out) {
    std::string error;
    const auto t = term_of_sexpr(s, &error);
    if (!t) return fail(s, error);
    const bool fits = condition ? is_condition(*t) : is_index_term(*t);
    if (!fits) return fail(s, condition ? "expected (<= a b)" : "expected an index term");
    *out = *t;
    return true;
  }

  bool vars(Theorem* t) {
    const Sexpr* c = clause("vars");
    if (c == nullptr) return false;
    for (std::size_t k = 1; k < c->kids.size(); ++k) {
      if (!c->kids[k].is_atom()) return fail(c->kids[k], "expected a name");
      t->vars.push_back(c->kids[k].text);
    }
    return true;
  }

  bool defines(Theorem* t) {
    const Sexpr* c = clause("define");
    if (c == nullptr) return false;
    for (std::size_t k = 1; k < c->kids.size(); ++k) {
      const Sexpr& d = c->kids[k];
      Term value;
      if (!d.is_list() || d.kids.size() != 2 || !is_identifier(d.head())) {
        return fail(d, "expected (NAME term)");
      }
      if (!term(d.kids[1], false, &value)) return false;
      t->defines.push_back({d.head(), value});
    }
    return true;
  }

  bool where(Theorem* t) {
    const Sexpr* c = clause("where");
    if (c == nullptr) return false;
    for (std::size_t k = 1; k < c->kids.size(); ++k) {
      Term goal;
      if (!term(c->kids[k], true, &goal)) return false;
      t->where.push_back(goal);
    }
    return true;
  }

  bool bound(Theorem* t) {
    const bool crossing = wider_ && next_ < row_.kids.size() && row_.kids[next_].kids.size() == 5;
    const Sexpr* c = clause("bound", crossing ? 5 : 4);
    if (c == nullptr) return false;
    const auto* which = std::find(std::begin(kCounted), std::end(kCounted), c->kids[1].text);
    if (which == std::end(kCounted)) return fail(*c, "expected total, loads, stores or threshold");
    t->counted = static_cast<Counted>(which - std::begin(kCounted));
    const bool more = t->counted == Counted::kCrossing || t->counted == Counted::kBytes;
    if ((more && !wider_) || crossing != (t->counted == Counted::kCrossing)) {
      return fail(*c, "no bound of this kind stands here");
    }
    if (crossing && !term(c->kids[4], false, &t->held)) return false;
    return term(c->kids[2], false, &t->numerator) && term(c->kids[3], false, &t->denominator);
  }

  void read_theorem(Theorems* out) {
    Theorem t;
    std::string per;
    t.name = row_.kids[1].text;
    t.span = {path_, row_.line, row_.column, 1};
    if (!text("doc", &t.doc) || !text("cite", &t.cite) || !word("coq", &t.coq) ||
        !word("class", &t.klass) || !word("per", &per) || !vars(&t) || !defines(&t) || !where(&t) ||
        !bound(&t) || !end()) {
      return;
    }
    if (t.coq == "none") t.coq.clear();
    if (per != "all" && per != "group") {
      fail(row_, "expected (per all) or (per group)");
      return;
    }
    t.per_group = per == "group";
    out->theorems.push_back(t);
  }

  const std::string& path_;
  const Sexpr& row_;
  const bool wider_;
  std::vector<Diagnostic>& errors_;
  std::size_t next_ = 2;
};

// Faults of a whole row, once every file is read.
class Lint {
 public:
  explicit Lint(const Theorems& all) : all_(all) {}

  std::vector<Diagnostic> run() {
    std::set<std::string> names;
    for (const Theorem& t : all_.theorems) {
      if (!names.insert(t.name).second) fault(t, "theorem '" + t.name + "' is given twice");
      if (all_.find_class(t.klass) == nullptr) fault(t, "unknown class '" + t.klass + "'");
      names_of(t);
    }
    return out_;
  }

 private:
  void fault(const Theorem& t, const std::string& message) {
    Diagnostic d;
    d.code = "E0523";
    d.message = message;
    d.span = t.span;
    out_.push_back(d);
  }

  void names_of(const Theorem& t) {
    std::set<std::string> known, used;
    for (const std::string& v : t.vars) {
      const bool declared = std::any_of(all_.vars.begin(), all_.vars.end(),
                                        [&](const BoundVar& w) { return w.name == v; });
      if (!declared) fault(t, t.name + ": there is no variable '" + v + "'");
      if (!known.insert(v).second) fault(t, t.name + ": '" + v + "' is named twice");
    }
    const auto use = [&](const Term& term) {
      for (const std::string& v : free_vars(term)) {
        if (known.count(v) == 0) fault(t, t.name + ": '" + v + "' is used but not declared");
        used.insert(v);
      }
    };
    for (const auto& [name, value] : t.defines) {
      use(value);
      if (!known.insert(name).second) fault(t, t.name + ": '" + name + "' is named twice");
    }
    for (const Term& goal : t.where) use(goal);
    use(t.numerator);
    use(t.denominator);
    if (t.held) {
      use(t.held);
      use(mk_var("p"));
    }
    if (t.per_group) used.insert("heads");  // multiplies the bound
    for (const std::string& v : known) {
      if (used.count(v) == 0) fault(t, t.name + ": '" + v + "' is declared but not used");
    }
    if (t.per_group && known.count("heads") == 0) {
      fault(t, t.name + ": a bound per group needs the variable 'heads'");
    }
  }

  const Theorems& all_;
  std::vector<Diagnostic> out_;
};

Diagnostic unreadable(const std::string& path, const std::string& why) {
  Diagnostic d;
  d.code = "E0522";
  d.message = why;
  d.span.file = path;
  return d;
}

}  // namespace

const char* word_of(Counted counted) { return kCounted[static_cast<std::size_t>(counted)]; }

const BoundClass* Theorems::find_class(const std::string& name) const {
  for (const BoundClass& c : classes) {
    if (c.name == name) return &c;
  }
  return nullptr;
}

bool Theorems::covers(const std::string& wide, const std::string& narrow) const {
  if (wide == narrow) return true;
  const BoundClass* c = find_class(narrow);
  return c != nullptr && !c->within.empty() && covers(wide, c->within);
}

Result<Theorems> parse_theorems(const std::vector<std::pair<std::string, std::string>>& files,
                                Vocabulary vocabulary) {
  Theorems out;
  std::vector<Diagnostic> errors;
  for (const auto& [path, text] : files) {
    std::string error;
    const auto rows = parse_sexprs(text, SexprDialect::kRules, &error);
    if (!rows) {
      errors.push_back(unreadable(path, error));
      continue;
    }
    for (const Sexpr& row : *rows) {
      if (errors.size() >= kMostErrors) break;
      Row(path, row, vocabulary == Vocabulary::kWider, &errors).read(&out);
    }
  }
  if (errors.empty()) errors = Lint(out).run();
  if (!errors.empty()) return errors;
  out.files = files;
  return out;
}

Result<Theorems> load_theorems(const std::string& folder, Vocabulary vocabulary) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::pair<std::string, std::string>> files;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".thm") paths.push_back(entry.path());
  }
  if (error || paths.empty()) return unreadable(folder, "no *.thm files in this folder");
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    if (!in || fs::file_size(path, error) > kLargestTheorems)
      return unreadable(path.string(), "cannot be read, or is too large");
    files.push_back({path.string(), std::string(std::istreambuf_iterator<char>(in), {})});
  }
  return parse_theorems(files, vocabulary);
}

}  // namespace minimoa
