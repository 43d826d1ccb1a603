// The claim `safe` of FORMAT.md section 7: bounds, non-negative dividends,
// no overflow, array offsets, write-once and cover.
//
// The cover witnesses come from inverting the put's index functions: a plain
// variable at axis k is o<k>; (+ (* I B) r) gives I = (div ok B) and
// r = (mod ok B); (div R m) at one axis and (mod R m) at another give R, from
// its two digits. Below a lane binder (section 15) only conditions that exclude
// something are known, and what `let` shares has room for all lanes.
#include <algorithm>
#include <memory>

#include "prover/obligations/lanes.h"
#include "prover/obligations/statement.h"

namespace minimoa {

namespace {

bool is_index(const Term& t, const Scope& scope, const Spec& spec) {
  if (t->op == Op::kInt || t->op == Op::kIntDiv || t->op == Op::kIntMod) {
    return true;
  }
  if (t->op == Op::kAdd || t->op == Op::kSub || t->op == Op::kMul) {
    return is_index(t->kids[0], scope, spec) && is_index(t->kids[1], scope, spec);
  }
  if (t->op == Op::kVar) {
    const auto it = scope.types.find(t->name);
    return it != scope.types.end() && it->second.kind == Type::Kind::kIndex;
  }
  if (t->op != Op::kPsi && t->op != Op::kMem && t->op != Op::kIf) return false;
  const Typed typed = type_of(t, scope, spec);
  return typed.ok && typed.type.kind == Type::Kind::kIndex;
}

// Obligations of one node; the visit order is that of FORMAT.md.
class NodeSafety {
 public:
  NodeSafety(const Spec& spec, std::vector<Statement>* out) : spec_(spec), out_(out) {}

  void walk(const Term& t, const Scope& scope, const Lanes& lanes) {
    node(t, scope);
    for (std::size_t k = 0; k < t->kids.size(); ++k) {
      walk(t->kids[k], lanes.scope(t, k, scope, spec_), lanes.enter(t, k));
    }
  }

 private:
  StatementBuilder here(const Scope& scope) const {
    StatementBuilder b(spec_);
    b.globals();
    b.context(scope.context);
    return b;
  }

  void node(const Term& t, const Scope& scope) {
    if (t->op == Op::kMem || t->op == Op::kPsi) {
      const Typed typed = type_of(operand_of(t), scope, spec_);
      const bool array = typed.ok && typed.type.kind == Type::Kind::kArr;
      selection(t, array ? typed.type.shape : std::vector<Term>{}, scope);
    } else if (t->op == Op::kPut) {
      selection(t, spec_.output.shape, scope);
    } else if (t->op == Op::kIntDiv || t->op == Op::kIntMod) {
      dividend(t, scope);
    } else if ((t->op == Op::kAdd || t->op == Op::kSub || t->op == Op::kMul) &&
               is_index(t, scope, spec_)) {
      overflow(t, scope);
    }
  }

  void selection(const Term& t, const std::vector<Term>& shape, const Scope& scope) {
    const std::vector<Term> index = index_of(t);
    const StatementBuilder b = here(scope);
    const std::string what = t->op == Op::kPut   ? spec_.output.name
                             : t->op == Op::kMem ? operand_of(t)->name
                                                 : print(operand_of(t));
    for (std::size_t k = 0; k < index.size(); ++k) {
      const std::string label = "index " + std::to_string(k) + " of " + what.substr(0, 60);
      if (k < shape.size()) {
        b.in_range(index[k], shape[k], label, out_);
      } else {
        out_->insert(out_->end(), 2, b.state(std::nullopt, label, nullptr));
      }
    }
  }

  void dividend(const Term& t, const Scope& scope) {
    StatementBuilder b = here(scope);
    const auto a = b.poly(t->kids[0]);
    out_->push_back(b.state(a, "dividend of " + print(t), mk(Op::kLe, {mk_int(0), t->kids[0]})));
  }

  void overflow(const Term& t, const Scope& scope) {
    const Poly limit{Rational(power_of_two(62))};
    const Term bound = mk_int(std::int64_t{1} << 62);
    StatementBuilder b = here(scope);
    const auto e = b.poly(t);
    std::optional<Poly> high, low;
    if (e) high = limit - *e;
    if (e) low = limit + *e;
    const std::string label = "overflow of " + print(t);
    out_->push_back(b.state(high, label, mk(Op::kLe, {t, bound})));
    const Term negative = mk(Op::kSub, {mk_int(0), bound});
    out_->push_back(b.state(low, label, mk(Op::kLe, {negative, t})));
  }

  const Spec& spec_;
  std::vector<Statement>* out_;
};

// sum i_k * s_k <= 2^63 - 1 over fresh atoms, nothing else known.
Statement array_offset(const Spec& spec, const Array& a) {
  StatementBuilder b(spec);
  Poly goal{Rational(power_of_two(63) - 1)};
  for (std::size_t k = 0; k < a.shape.size(); ++k) {
    const std::string n = std::to_string(k);
    const Poly i = Poly::atom(b.atoms()->variable("i" + n, "i_" + n));
    const Poly s = Poly::atom(b.atoms()->variable("s" + n, "s_" + n));
    b.hypothesis(i);
    b.hypothesis(Poly(Rational(power_of_two(24) - 1)) - i);
    b.hypothesis(s);
    b.hypothesis(Poly(Rational(power_of_two(36))) - s);
    goal -= i * s;
  }
  return b.state(goal, "offset into " + a.name, nullptr);
}

// n_k <= 2^24 for each axis, so that every index is in the range that
// array_offset assumes.
void array_extents(const Spec& spec, const Array& a, std::vector<Statement>* out) {
  for (std::size_t k = 0; k < a.shape.size(); ++k) {
    StatementBuilder b(spec);
    b.globals();
    const Poly limit{Rational(power_of_two(24))};
    const auto n = b.poly(a.shape[k]);
    std::optional<Poly> goal;
    if (n) goal = limit - *n;
    out->push_back(b.state(goal, "extent " + std::to_string(k) + " of " + a.name,
                           mk(Op::kLe, {a.shape[k], mk_int(std::int64_t{1} << 24)})));
  }
}

// --- storage: sizes are computed outside of every loop and guard ---

// The extents of all leaves of a type, in order (FORMAT.md section 8.3); last
// those of the lanes, except for a leaf of rank 0, which is not stored then.
void leaf_extents(const Type& type, const std::vector<Term>& outer, std::int64_t lanes,
                  std::vector<Term>* out) {
  std::vector<Term> shape = outer;
  shape.insert(shape.end(), type.shape.begin(), type.shape.end());
  if (type.elem != Type::ElemKind::kTup) {
    if (lanes > 0 && !shape.empty()) shape.push_back(mk_int(lanes));
    out->insert(out->end(), shape.begin(), shape.end());
    return;
  }
  for (const Type& part : type.tup) leaf_extents(part, shape, lanes, out);
}

class Storage {
 public:
  Storage(const Spec& spec, std::vector<Statement>* out) : spec_(spec), out_(out) {}

  void walk(const Term& t, const Scope& scope, const Lanes& lanes) {
    if (t->op == Op::kLet || t->op == Op::kLetSlow) {
      const Typed typed = type_of(t->kids[0], scope, spec_);
      std::vector<Term> extents;
      if (typed.ok) leaf_extents(typed.type, {}, lanes.room(), &extents);
      for (const Term& e : extents) size(e);
    } else if (t->op == Op::kParFor || t->op == Op::kParGen) {
      size(t->kids[0]);
    }
    for (std::size_t k = 0; k < t->kids.size(); ++k) {
      walk(t->kids[k], enter(t, k, scope, spec_), lanes.enter(t, k));
    }
  }

 private:
  void size(const Term& e) {
    const Placement nowhere;
    NodeSafety(spec_, out_).walk(e, global_scope(spec_), Lanes(nowhere));
    StatementBuilder b(spec_);
    b.globals();
    const auto n = b.poly(e);
    out_->push_back(b.state(n, "size " + print(e), mk(Op::kLe, {mk_int(0), e})));
  }

  const Spec& spec_;
  std::vector<Statement>* out_;
};

// --- the put: write-once and cover ---

struct PutPath {
  bool ok = false;
  std::vector<ContextEntry> entries;  // for/parfor and when above the put
  std::vector<std::size_t> loops;     // V: which entries are binders
  std::vector<Term> index;
};

PutPath put_path(const Term& t) {
  PutPath path;
  const std::vector<Position> puts = find_all(t, [](const Term& n) { return n->op == Op::kPut; });
  if (puts.size() != 1) return path;
  path.ok = true;
  Term node = t;
  for (const std::size_t kid : puts.front()) {
    if (kid == 1 && (node->op == Op::kFor || node->op == Op::kParFor)) {
      path.loops.push_back(path.entries.size());
      path.entries.push_back({ContextEntry::Kind::kBinder, node->binders.front(), node->kids[0]});
    } else if (kid == 1 && node->op == Op::kWhen) {
      path.entries.push_back({ContextEntry::Kind::kFact, "", node->kids[0]});
    }
    node = node->kids[kid];
  }
  path.index = index_of(node);
  return path;
}

// The context once more, every v as a fresh copy v'.
void add_copies(const PutPath& path, const Env& globals, StatementBuilder* b) {
  *b->mutable_env() = globals;
  for (const ContextEntry& e : path.entries) {
    if (e.kind == ContextEntry::Kind::kBinder) {
      b->binder(e.name, e.term, "'");
    } else {
      b->fact(e.term);
    }
  }
}

void write_once(const Spec& spec, const PutPath& path, std::vector<Statement>* out) {
  StatementBuilder b(spec);
  b.globals();
  const Env globals = b.env();
  b.context(path.entries);
  const Env first = b.env();
  add_copies(path, globals, &b);
  for (const Term& f : path.index) {
    const auto p = b.poly(f, first), q = b.poly(f, b.env());
    if (!p || !q) {
      b.give_up();
      continue;
    }
    b.hypothesis(*p - *q);
    b.hypothesis(*q - *p);
  }
  // Loop number k is binder number k, its copy number |V| + k. Where the loops
  // outside of it agree, fewer unknowns are left.
  std::vector<Poly> agree;
  for (std::size_t k = 0; k < path.loops.size(); ++k) {
    const std::string& name = path.entries[path.loops[k]].name;
    const auto key = [&](std::size_t n) { return "b" + std::to_string(n) + ":" + name; };
    StatementBuilder own = b;
    const Poly v = Poly::atom(own.atoms()->variable(key(k), name));
    const Poly copy = Poly::atom(own.atoms()->variable(key(path.loops.size() + k), name + "'"));
    out->push_back(own.state(copy - v, "written once: " + name,
                             mk(Op::kLe, {mk_var(name), mk_var(name + "'")})));
    out->back().stages = agree;
    agree.push_back(copy - v);
    agree.push_back(v - copy);
  }
}

class CoverWitness {
 public:
  explicit CoverWitness(const PutPath& path) : path_(path) {
    for (std::size_t k = 0; k < path.index.size(); ++k) {
      invert(path.index[k], mk_var("o" + std::to_string(k)));
    }
  }
  Term operator[](std::size_t entry) const {
    const auto it = found_.find(entry);
    return it == found_.end() ? mk_int(0) : it->second;
  }

 private:
  void invert(const Term& f, const Term& target) {
    if (f->op == Op::kVar) {
      const auto entry = innermost(f->name);
      if (entry) found_.emplace(*entry, target);
      return;
    }
    if (f->op == Op::kIntDiv || f->op == Op::kIntMod) return digit(f, target);
    if (f->op != Op::kAdd) return;
    for (const bool flip : {false, true}) {
      const Term &product = f->kids[flip ? 1 : 0], &rest = f->kids[flip ? 0 : 1];
      if (product->op != Op::kMul) continue;
      for (const bool turn : {false, true}) {
        const Term &i = product->kids[turn ? 1 : 0], &b = product->kids[turn ? 0 : 1];
        if (!is_size(b)) continue;
        invert(i, mk(Op::kIntDiv, {target, b}));
        invert(rest, mk(Op::kIntMod, {target, b}));
        return;
      }
    }
  }

  // A positive literal, or made of dimensions.
  bool is_size(const Term& t) const {
    if (t->op == Op::kInt) return t->value > 0;
    const auto names = free_vars(t);
    return std::none_of(names.begin(), names.end(),
                        [&](const std::string& v) { return innermost(v).has_value(); });
  }

  // R = (div R m) * m + (mod R m), once both are known.
  void digit(const Term& f, const Term& target) {
    for (const auto& [other, known] : digits_) {
      if (other->op == f->op || !alpha_equal(other->kids[0], f->kids[0]) ||
          !alpha_equal(other->kids[1], f->kids[1])) {
        continue;
      }
      const bool high = f->op == Op::kIntDiv;
      const Term &quotient = high ? target : known, &rest = high ? known : target;
      invert(f->kids[0], mk(Op::kAdd, {mk(Op::kMul, {quotient, f->kids[1]}), rest}));
      return;
    }
    digits_.push_back({f, target});
  }

  std::optional<std::size_t> innermost(const std::string& name) const {
    for (std::size_t k = path_.loops.size(); k-- > 0;) {
      if (path_.entries[path_.loops[k]].name == name) return path_.loops[k];
    }
    return std::nullopt;
  }

  const PutPath& path_;
  std::map<std::size_t, Term> found_;
  std::vector<std::pair<Term, Term>> digits_;  // (div R m) or (mod R m), its target
};

class CoverStatements {
 public:
  CoverStatements(const Spec& spec, const PutPath& path) : path_(path), witness_(path), b_(spec) {
    b_.globals();
    auto outer = std::make_shared<Env>(b_.env());
    for (std::size_t k = 0; k < path.index.size(); ++k) {
      const std::string o = "o" + std::to_string(k);
      const Poly point = Poly::atom(b_.atoms()->variable("o:" + o, o));
      outer->names[o] = {"o:" + o, o, nullptr, nullptr};
      points_.push_back(point);
      b_.hypothesis(point);
      const auto n = b_.poly(spec.output.shape[k]);
      if (n) b_.hypothesis(*n - 1 - point);
      if (!n) b_.give_up();
    }
    outer_ = outer;
  }

  void run(std::vector<Statement>* out, Cover* cover) {
    for (const std::size_t e : path_.loops) {
      if (cover) {
        cover->emplace_back(path_.entries[e].name, print(witness_[e]));
      }
      bounds(e, out);
    }
    const std::vector<Env> under = scopes();
    for (std::size_t e = 0; e < path_.entries.size(); ++e) {
      if (path_.entries[e].kind != ContextEntry::Kind::kFact) continue;
      for (Statement& s : b_.goals(path_.entries[e].term, under[e], "cover: guard of the put")) {
        out->push_back(std::move(s));
      }
    }
    for (std::size_t k = 0; k < path_.index.size(); ++k) {
      axis(k, under.back(), out);
    }
  }

 private:
  void bounds(std::size_t e, std::vector<Statement>* out) {
    const ContextEntry& v = path_.entries[e];
    const Term w = witness_[e];
    const std::string label = "cover: " + v.name + " = " + print(w);
    StatementBuilder low = b_, high = b_;
    const auto p = low.poly(w, *outer_);
    out->push_back(low.state(p, label, mk(Op::kLe, {mk_int(0), w})));
    const auto n = high.poly(v.term);  // bound - 1 - W: the bound first
    const auto q = high.poly(w, *outer_);
    std::optional<Poly> goal;
    if (n && q) goal = *n - 1 - *q;
    out->push_back(high.state(goal, label, mk(Op::kLt, {w, v.term})));
  }

  // Names at each entry: dimensions, and W for the loops outside of it. One
  // more at the end: the names at the put.
  std::vector<Env> scopes() const {
    std::vector<Env> all;
    Env env = b_.env();
    for (std::size_t e = 0; e < path_.entries.size(); ++e) {
      all.push_back(env);
      if (path_.entries[e].kind == ContextEntry::Kind::kBinder) {
        env.names[path_.entries[e].name] = {"", "", witness_[e], outer_};
      }
    }
    all.push_back(env);
    return all;
  }

  void axis(std::size_t k, const Env& under, std::vector<Statement>* out) {
    const Term& f = path_.index[k];
    const std::string label = "cover: axis " + std::to_string(k);
    StatementBuilder b = b_;
    const auto p = b.poly(f, under);
    std::optional<Poly> up, down;
    if (p) up = *p - points_[k];
    if (p) down = points_[k] - *p;
    const Term o = mk_var("o" + std::to_string(k));
    out->push_back(b.state(up, label, mk(Op::kLe, {o, f})));
    out->push_back(b.state(down, label, mk(Op::kLe, {f, o})));
  }

  const PutPath& path_;
  CoverWitness witness_;
  StatementBuilder b_;
  std::vector<Poly> points_;
  std::shared_ptr<const Env> outer_;
};

}  // namespace

std::vector<Statement> safe_statements(const Spec& spec, const Term& final_term, Cover* cover,
                                       const Placement& place) {
  std::vector<Statement> out;
  NodeSafety(spec, &out).walk(final_term, global_scope(spec), Lanes(place));
  std::vector<Array> arrays = spec.inputs;
  arrays.push_back(spec.output);
  for (const Array& a : arrays) {
    array_extents(spec, a, &out);
    out.push_back(array_offset(spec, a));
  }
  Storage(spec, &out).walk(final_term, global_scope(spec), Lanes(place));
  const PutPath path = put_path(final_term);
  if (!path.ok || path.index.size() > spec.output.shape.size()) {
    StatementBuilder b(spec);
    out.push_back(b.state(std::nullopt, "the final term has one put", nullptr));
    return out;
  }
  write_once(spec, path, &out);
  CoverStatements(spec, path).run(&out, cover);
  return out;
}

}  // namespace minimoa
