// Items and names of a spec; see elaborate.h.
// May be wrong: `never twice` is read to the letter, so two sums of one spec
// may not bind the same index name.
#include "spec/lang/elaborate.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "spec/lang/elaborator.h"
#include "spec/lang/parser.h"

namespace minimoa {

Span SourceMap::find(const Term& t) const {
  const auto it = places_.find(t.get());
  return it == places_.end() ? Span{} : it->second.second;
}

void SourceMap::add(const Term& t, const Span& span) {
  places_.emplace(t.get(), std::make_pair(t, span));
}

namespace elaboration {
namespace {

Elem elem_of(const std::string& type) {
  if (type == "f16") return Elem::kF16;
  if (type == "bf16") return Elem::kBF16;
  return type == "i32" ? Elem::kI32 : Elem::kF32;
}

void split_and(const Term& t, std::vector<Term>* out) {
  if (t->op != Op::kAnd) {
    out->push_back(t);
    return;
  }
  split_and(t->kids[0], out);
  split_and(t->kids[1], out);
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
      corner = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string lower(std::string s) {
  for (char& c : s) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return s;
}

std::string at_text(const Span& s) {
  return std::to_string(s.line) + ":" + std::to_string(s.column);
}

bool before(const Diagnostic& a, const Diagnostic& b) {
  return std::make_pair(a.span.line, a.span.column) < std::make_pair(b.span.line, b.span.column);
}

}  // namespace

Elaborator::Elaborator(const Ast& ast, SourceMap* map) : ast_(ast), map_(map) {
  spec_.name = ast.name.text;
  spec_.path = ast.path;
  for (const Token& t : ast.source.tokens) {
    if (t.kind == TokenKind::kWord) used_.insert(t.text);
  }
}

void Elaborator::fail(const char* code, std::string message, Span span, std::string label,
                      std::vector<std::string> notes, std::vector<std::string> helps) const {
  Diagnostic d;
  d.code = code;
  d.message = std::move(message);
  d.span = std::move(span);
  d.label = std::move(label);
  for (std::string& n : notes) {
    if (!n.empty()) d.notes.push_back(std::move(n));
  }
  d.helps = std::move(helps);
  throw Failure{std::move(d)};
}

// Effect: false if f failed; its message is kept, unless it is a consequence.
template <typename F>
bool Elaborator::guarded(F f) {
  try {
    f();
    return true;
  } catch (Failure& e) {
    errors_.push_back(std::move(e.diagnostic));
  } catch (const Poisoned&) {}
  return false;
}

// --- where things were declared ---

void Elaborator::mention(const std::string& name, std::vector<std::string>* out) const {
  const auto it = map_->declarations.find(name);
  std::string text;
  if (it != map_->declarations.end()) {
    text = "`" + it->second.text + "` at " + at_text(it->second.span);
  } else if (const auto n = names_.find(name); n != names_.end() && n->second.span.line > 0) {
    text = "`" + name + "` at " + at_text(n->second.span);
  }
  const bool known = text.empty() || std::find(out->begin(), out->end(), text) != out->end();
  if (!known && out->size() < 4) out->push_back(text);
}

void Elaborator::mention_names(const Expr& e, std::vector<std::string>* out) const {
  if (e.kind == ExprKind::kName) mention(e.text, out);
  for (const ExprPtr& k : e.kids) mention_names(*k, out);
}

std::string Elaborator::declared(const std::vector<Term>& extents,
                                 const std::vector<const Expr*>& exprs) const {
  std::vector<std::string> places;
  for (const Term& t : extents) {
    for (const std::string& v : free_vars(t)) mention(v, &places);
  }
  for (const Expr* e : exprs) mention_names(*e, &places);
  std::string text;
  for (const std::string& p : places) text += (text.empty() ? "declared: " : ", ") + p;
  return text;
}

// --- names ---

void Elaborator::declare(const NameAt& name, Entry entry) {
  const auto it = names_.find(name.text);
  const bool taken = it != names_.end() && it->second.kind != Entry::Kind::kBroken &&
                     it->second.kind != Entry::Kind::kClosed;
  if (taken) {
    fail("E0104", "`" + name.text + "` is declared twice", name.span, "declared again here",
         {"the first declaration is at " + at_text(it->second.span)},
         {"choose another name | " + fresh_name(name.text)});
  }
  entry.span = name.span;
  names_[name.text] = std::move(entry);
}

void Elaborator::break_name(const std::string& name) {
  if (names_.count(name) == 0) names_[name] = Entry{};
}

std::vector<std::string> Elaborator::did_you_mean(const std::string& name) const {
  std::string best;
  std::size_t least = name.size() > 3 ? 3 : 2;  // distances from here on do not count
  for (const auto& [other, entry] : names_) {
    if (entry.kind == Entry::Kind::kClosed || entry.kind == Entry::Kind::kOutput) continue;
    const std::size_t d = lower(other) == lower(name) ? 0 : edit_distance(name, other);
    if (d < least && d < std::max(name.size(), other.size())) {
      best = other;
      least = d;
    }
  }
  if (best.empty()) return {};
  return {"did you mean `" + best + "`? | " + best};
}

const Entry& Elaborator::find_name(const std::string& name, const Span& span) const {
  const auto it = names_.find(name);
  if (it == names_.end()) {
    fail("E0104", "unknown name `" + name + "`", span, "not declared before this place", {},
         did_you_mean(name));
  }
  const Entry& e = it->second;
  if (e.kind == Entry::Kind::kBroken) throw Poisoned{};
  if (e.kind == Entry::Kind::kClosed) {
    fail("E0104", "`" + name + "` is not known here", span, "outside of where it is bound",
         {"the index `" + name + "` is bound at " + at_text(e.span)});
  }
  return e;
}

std::string Elaborator::fresh_name(const std::string& wish) {
  const std::string name = fresh(wish, used_);
  used_.insert(name);
  return name;
}

// --- items ---

void Elaborator::dims(const Item& i) {
  for (const NameAt& n : i.names) {
    guarded([&] {
      Entry e;
      e.kind = Entry::Kind::kDim;
      e.type = index_type();
      declare(n, e);
      spec_.dims.push_back(n.text);
      map_->declarations[n.text] = {n.span, n.text};
    });
  }
}

void Elaborator::over_dims(const Term& t, const Expr& e, const char* what) const {
  for (const std::string& v : free_vars(t)) {
    if (names_.at(v).kind == Entry::Kind::kDim) continue;
    fail("E0205", std::string(what) + " may mention dimensions only", e.span,
         "`" + v + "` is not a dimension", {declared({mk_var(v)}, {})});
  }
}

void Elaborator::require(const Item& i) {
  const Value v = condition(*i.expr);
  over_dims(v.core, *i.expr, "a requirement");
  std::vector<Term> parts;
  split_and(v.core, &parts);
  for (const Term& p : parts) {
    spec_.requires_.push_back(p);
    const Span at = map_->find(p);
    map_->requires_.push_back(at.line > 0 ? at : i.expr->span);
  }
}

void Elaborator::let(const Item& i) {
  const NameAt& name = i.names[0];
  try {
    const Value v = eval(*i.expr);
    Entry e;
    e.type = v.type;
    e.kind = is_index(v.type) ? Entry::Kind::kIndexLet : Entry::Kind::kValueLet;
    e.unfold = v.core;
    if (!is_index(v.type) && !is_array(v.type)) {
      wrong_type("an index, a real or an array", v, *i.expr);
    }
    declare(name, e);
    if (is_array(v.type)) lets_.emplace_back(name.text, v.core);
  } catch (...) {
    break_name(name.text);
    throw;
  }
}

Array Elaborator::array(const Decl& d) {
  Array a;
  a.name = d.name.text;
  a.elem = elem_of(d.type);
  a.span = d.name.span;
  for (const ExprPtr& e : d.shape) {
    const Value v = index(*e);
    over_dims(v.core, *e, "an extent");
    a.shape.push_back(v.core);
  }
  if (d.lo) {
    a.lo = index(*d.lo).core;
    over_dims(*a.lo, *d.lo, "a range");
    a.hi = index(*d.hi).core;
    over_dims(*a.hi, *d.hi, "a range");
  }
  map_->declarations.emplace(a.name,
                             SourceMap::Declaration{a.span, spelled(ast_, d.first, d.last)});
  return a;
}

void Elaborator::input(const Decl& d) {
  try {
    Array a = array(d);
    Entry e;
    e.kind = Entry::Kind::kInput;
    const bool whole = a.elem == Elem::kI32;
    e.type = array_type(a.shape, whole ? Type::ElemKind::kInt : Type::ElemKind::kReal);
    declare(d.name, e);
    spec_.inputs.push_back(std::move(a));
  } catch (...) {
    break_name(d.name.text);
    throw;
  }
}

void Elaborator::output(const Item& i) {
  const Decl& d = i.decls[0];
  if (output_) {
    fail("E0109", "a second output", d.name.span, "a spec has exactly one output",
         {"the first is `" + output_->text + "` at " + at_text(output_->span)});
  }
  output_ = d.name;
  try {
    if (d.type == "i32") {
      fail("E0110", "an output of type i32 is not supported", d.name.span,
           "the output is f32, f16 or bf16", {}, {"use single precision | f32"});
    }
    spec_.output = array(d);
    output_type_ = real_type(spec_.output.shape);
    Entry e;
    e.kind = Entry::Kind::kOutput;
    e.type = output_type_;
    declare(d.name, e);
  } catch (...) {
    break_name(d.name.text);
    throw;
  }
}

void Elaborator::start_definition(const NameAt& name) {
  if (definition_) {
    fail("E0109", "the output is defined twice", name.span, "defined again here",
         {"the first definition is at " + at_text(definition_->span)});
  }
  definition_ = name;
}

void Elaborator::define(const Item& i) {
  const NameAt& name = i.names[0];
  const bool is_output = output_ && output_->text == name.text;
  if (!is_output) {
    const bool after_attend = definition_.has_value();
    fail("E0108", "`" + name.text + "` is not the output", name.span,
         after_attend ? "neither the output nor a field of `attend`"
                      : "only the output is defined so",
         {after_attend ? "the fields are score, bias, mask, value and empty" : ""},
         {"give a part of the expression a name | let " + name.text + " = .."});
  }
  start_definition(name);
  find_name(name.text, name.span);
  Value v = real(eval(*i.expr), *i.expr);
  if (!same_shape(v.type.shape, output_type_.shape)) {
    fail("E0207", "the output's shape differs from its definition", i.expr->span,
         "this has shape " + spell_shape(v.type.shape) + ", expected " +
             spell_shape(output_type_.shape),
         {declared(v.type.shape, {}), declared({mk_var(name.text)}, {})});
  }
  spec_.core = v.core;
}

void Elaborator::item(const Item& i) {
  switch (i.kind) {
    case ItemKind::kDims:
      return dims(i);
    case ItemKind::kRequire:
      return require(i);
    case ItemKind::kLet:
      return let(i);
    case ItemKind::kIn:
      for (const Decl& d : i.decls) guarded([&] { input(d); });
      return;
    case ItemKind::kOut:
      return output(i);
    case ItemKind::kDefine:
      return define(i);
    case ItemKind::kAttend:
      return attend(i);
  }
}

void Elaborator::check_whole(const Span& span) const { check_size(spec_.core, false, span); }

Result<Spec> Elaborator::run() {
  for (const Item& i : ast_.items) {
    if (errors_.size() >= kMaxDiagnostics) break;
    guarded([&] { item(i); });
  }
  guarded([&] {
    if (!output_) {
      fail("E0109", "the spec has no output", ast_.name.span, "no `out` in this spec", {},
           {"declare the output | out O : f32[B,H,S,D]"});
    }
    if (!definition_) {
      fail("E0109", "the output is not defined", output_->span,
           "no definition of `" + output_->text + "`", {},
           {"define it | " + output_->text + " = .."});
    }
    if (!errors_.empty()) return;
    for (auto l = lets_.rbegin(); l != lets_.rend(); ++l) {
      spec_.core = mk_let(l->first, l->second, spec_.core);
    }
    check_whole(definition_->span);
  });
  std::stable_sort(errors_.begin(), errors_.end(), before);
  if (errors_.size() > kMaxDiagnostics) errors_.resize(kMaxDiagnostics);
  if (!errors_.empty()) return errors_;
  return std::move(spec_);
}

// --- attend: see elaborate_attend.cpp for the core; guarded lives here ---

bool Elaborator::attend_fields(const Item& i, AttendParts* parts) {
  bool good = true;
  std::map<std::string, Span> seen;
  for (const bool empty_pass : {false, true}) {  // `empty` does not see the reduced index
    for (const Field& f : i.fields) {
      if ((f.word.text == "empty") != empty_pass) continue;
      good &= guarded([&] {
        const auto [it, first] = seen.emplace(f.word.text, f.word.span);
        if (!first) {
          fail("E0108", "field `" + f.word.text + "` is given twice", f.word.span,
               "given again here", {"the first is at " + at_text(it->second)});
        }
        attend_field(f, parts);
      });
    }
    if (!empty_pass) close_name(i.over);
  }
  for (const char* word : {"score", "value"}) {
    good &= guarded([&] {
      if (seen.count(word) > 0) return;
      fail("E0108", std::string("field `") + word + "` is missing", i.span,
           std::string("this `attend` has no `") + word + "`", {},
           {std::string("add the field | ") + word + " = .."});
    });
  }
  return good;
}

}  // namespace elaboration

Result<Spec> elaborate(const Ast& ast, SourceMap* map) {
  return elaboration::Elaborator(ast, map).run();
}

Result<Spec> read_spec(const std::string& bytes, const std::string& path, SourceMap* map) {
  Result<Ast> ast = parse_spec(bytes, path);
  if (!ast.ok()) return ast.errors();
  return elaborate(ast.value(), map);
}

Result<Spec> read_spec(const std::string& bytes, const std::string& path) {
  SourceMap map;
  return read_spec(bytes, path, &map);
}

}  // namespace minimoa
