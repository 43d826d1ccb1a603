// The semantic checks. One walk over the core term, the scope of each node at
// hand; every obligation is one question to the Prover, every refutation one
// message with the smallest counterexample.
// May be wrong: a counterexample shows only the names that the goal mentions.
#include "prover/check.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "prover/obligations/obligations.h"
#include "spec/lang/term.h"
#include "spec/lang/types.h"

namespace minimoa {
namespace {

using Example = std::map<std::string, std::string>;
using Context = std::vector<ContextEntry>;

Term le(Term a, Term b) { return mk(Op::kLe, {std::move(a), std::move(b)}); }
Term lt(Term a, Term b) { return mk(Op::kLt, {std::move(a), std::move(b)}); }

void merge(std::set<std::string>* into, const std::set<std::string>& names) {
  into->insert(names.begin(), names.end());
}

// Enough for what real specs ask many times over, and not more than two or three
// seconds of a solver that does not get on. Helps have their own: a suggestion
// must not leave a later question without an answer.
constexpr Budget kQuestions{1'200'000, 3'000'000};
constexpr Budget kHelps{250'000, 1'000'000};
constexpr std::size_t kMostDiagnostics = 20;
constexpr std::size_t kMostCandidates = 24;

class Checker {
 public:
  Checker(const Spec& spec, const SourceMap& map) : spec_(spec), map_(map) {}
  std::vector<Diagnostic> run();

 private:
  struct Question {
    Obligation obligation;
    std::string code, message, label;
    Span span;
    std::string array;  // the array that is indexed, or none
  };
  bool satisfiable();
  std::size_t first_contradiction(bool doubt);
  void divisors(const Term& t, Prover* prover, Span here);
  void divisor(const Term& t, Prover* prover, const Span& here);
  void all_divisors();
  void walk(const Term& t, const Scope& scope, Span here);
  void visit(const Term& t, const Scope& scope, const Span& here);
  void selection(const Term& t, const Scope& scope, const Span& here);
  void crop(const Term& t, const Scope& scope, const Span& here);
  void row(const SourceMap::Row& r, const Scope& scope);
  bool ask(Prover* prover, const Question& q);
  void refuted(const Question& q, const Example& example);
  void undecided(const std::string& what, const Span& span, const std::set<std::string>& names);
  void empty_row(const SourceMap::Row& r, const Term& n, const Term& g, const Context& context,
                 const Example& example);
  std::string example_text(const Example& example, std::set<std::string> names,
                           const Context& context) const;
  std::string declared(const std::set<std::string>& names) const;
  std::vector<std::string> excluding(const std::set<std::string>& names,
                                     const std::function<bool(Prover*)>& holds);
  bool trivial(const Term& index, const Term& extent, const Context& context) const;
  static std::unique_ptr<Prover> prover_for(const Spec& spec, Budget* budget);
  // False if this node was looked at before for the same thing, under the
  // same facts: attend's mask and unfolded lets are shared nodes.
  bool once(const Term& t, std::string what, const Context& context) {
    for (const ContextEntry& c : context) what += ";" + c.name + ":" + print(c.term);
    return asked_.insert({t.get(), std::move(what)}).second;
  }

  const Spec& spec_;
  const SourceMap& map_;
  Budget questions_ = kQuestions, helps_ = kHelps;
  std::unique_ptr<Prover> prover_;
  std::set<std::pair<const Node*, std::string>> asked_;
  std::set<std::string> divisors_done_;
  std::set<const Node*> visited_;
  std::vector<Diagnostic> out_;
};

std::unique_ptr<Prover> Checker::prover_for(const Spec& spec, Budget* budget) {
  auto p = std::make_unique<Prover>(spec, budget);
  p->divisors(spec.core, mk_put({}, spec.core));
  return p;
}

// --- messages ---

std::string Checker::declared(const std::set<std::string>& names) const {
  std::string text;
  int count = 0;
  for (const std::string& n : names) {
    const auto it = map_.declarations.find(n);
    if (it == map_.declarations.end() || ++count > 4) continue;
    const Span& s = it->second.span;
    text += (text.empty() ? "declared: `" : ", `") + it->second.text + "` at " +
            std::to_string(s.line) + ":" + std::to_string(s.column);
  }
  return text;
}

// "S = 3, T = 1, i = 0": names the goal mentions and the extents of those.
std::string Checker::example_text(const Example& example, std::set<std::string> names,
                                  const Context& context) const {
  for (auto c = context.rbegin(); c != context.rend(); ++c) {
    const bool binder = c->kind == ContextEntry::Kind::kBinder;
    if (binder && names.count(c->name) > 0) merge(&names, free_vars(c->term));
  }
  std::vector<std::string> order = spec_.dims;
  for (const ContextEntry& c : context) {
    if (c.kind == ContextEntry::Kind::kBinder) order.push_back(c.name);
  }
  std::string text;
  const auto show = [&](const std::string& name, const std::string& value) {
    text += (text.empty() ? "" : ", ") + name + " = " + value;
  };
  for (const std::string& n : order) {
    const auto it = example.find(n);
    if (it != example.end() && names.count(n) > 0) show(n, it->second);
  }
  for (const auto& [n, v] : example) {
    if (std::find(order.begin(), order.end(), n) == order.end()) show(n, v);
  }
  return text;
}

// A requirement `X <= Y` or `X < Y` under which the answer would be yes.
std::vector<std::string> Checker::excluding(const std::set<std::string>& names,
                                            const std::function<bool(Prover*)>& holds) {
  std::vector<Term> candidates;
  for (const bool strict : {false, true}) {
    for (const std::string& x : spec_.dims) {
      for (const std::string& y : spec_.dims) {
        if (x == y || names.count(x) == 0 || names.count(y) == 0) continue;
        candidates.push_back(strict ? lt(mk_var(x), mk_var(y)) : le(mk_var(x), mk_var(y)));
      }
    }
  }
  if (candidates.size() > kMostCandidates) candidates.resize(kMostCandidates);
  for (const Term& c : candidates) {
    Spec narrower = spec_;
    narrower.requires_.push_back(c);
    const auto prover = prover_for(narrower, &helps_);
    if (!prover->witness().ok() || !holds(prover.get())) continue;
    return {"or exclude the case | require " + spell(c)};
  }
  return {};
}

void Checker::undecided(const std::string& what, const Span& span,
                        const std::set<std::string>& names) {
  Diagnostic d;
  d.severity = Severity::kInconclusive;
  d.code = "E0402";
  d.message = what + " is undecided (exit code 3: this is not a refutation)";
  d.span = span;
  d.label = "the solver gave up here";
  d.notes.push_back("solver: its resource limit is used up");
  for (const std::string& n : spec_.dims) {
    if (names.count(n) == 0 || !d.helps.empty()) continue;
    d.helps.push_back("bound a size | require " + n + " <= 256");
  }
  out_.push_back(std::move(d));
}

void Checker::refuted(const Question& q, const Example& example) {
  std::set<std::string> names = free_vars(q.obligation.goal);
  Diagnostic d;
  d.code = q.code;
  d.message = q.message;
  d.span = q.span;
  d.label = q.label;
  const std::string numbers = example_text(example, names, q.obligation.context);
  if (!numbers.empty()) d.notes.push_back("counterexample: " + numbers);
  std::set<std::string> mentioned = names;
  if (!q.array.empty()) mentioned.insert(q.array);
  const std::string places = declared(mentioned);
  if (!places.empty()) d.notes.push_back(places);
  for (const ContextEntry& c : q.obligation.context) merge(&names, free_vars(c.term));
  d.helps = excluding(
      names, [&](Prover* p) { return p->decide(q.obligation).decision == Decision::kProved; });
  for (std::string& h : d.helps) h = h.substr(3);  // without "or "
  out_.push_back(std::move(d));
}

// Effect: true if the goal holds; otherwise a message is added.
bool Checker::ask(Prover* prover, const Question& q) {
  const Proved answer = prover->decide(q.obligation);
  switch (answer.decision) {
    case Decision::kProved:
      return true;
    case Decision::kRefuted:
      refuted(q, answer.counterexample);
      return false;
    case Decision::kUnknown:
      break;
  }
  undecided("`" + spell(q.obligation.goal) + "`", q.span, free_vars(q.obligation.goal));
  return false;
}

// --- requirements ---

// Number of the first require that contradicts the ones before it, or, where
// that is in doubt, does so for all that is known.
std::size_t Checker::first_contradiction(bool doubt) {
  for (std::size_t k = 0; k < spec_.requires_.size(); ++k) {
    Spec some = spec_;
    some.requires_.resize(k + 1);
    const auto sizes = Prover(some, &helps_).witness();
    if (!sizes.ok() && (doubt || sizes.errors()[0].code == "E0305")) return k;
  }
  return spec_.requires_.empty() ? 0 : spec_.requires_.size() - 1;
}

bool Checker::satisfiable() {
  Prover prover(spec_, &questions_);
  const auto sizes = prover.witness();
  if (sizes.ok()) return true;
  const bool doubt =
      !sizes.errors().empty() && sizes.errors()[0].severity == Severity::kInconclusive;
  const std::size_t k = first_contradiction(doubt);
  const bool known = k < map_.requires_.size();
  const Span span = known ? map_.requires_[k] : spec_.output.span;
  std::set<std::string> names;
  for (const Term& r : spec_.requires_) merge(&names, free_vars(r));
  if (doubt) {
    undecided("whether any sizes satisfy the requirements", span, names);
    return true;
  }
  Diagnostic d;
  d.code = "E0305";
  d.message = "no sizes satisfy the requirements";
  d.span = span;
  d.label = "cannot hold together with the requirements before it";
  d.notes.push_back("every dimension is at least 1 and at most 16777216");
  const std::string places = declared(names);
  if (!places.empty()) d.notes.push_back(places);
  out_.push_back(std::move(d));
  return false;
}

// --- divisors ---

void Checker::divisor(const Term& t, Prover* prover, const Span& here) {
  const Term& b = t->kids[1];
  if (b->op == Op::kInt && b->value > 0) return;
  if (!divisors_done_.insert(print(b)).second) return;
  Span span = map_.find(b);
  if (span.line == 0) span = here;
  for (const std::string& v : free_vars(b)) {
    const bool dim = std::find(spec_.dims.begin(), spec_.dims.end(), v) != spec_.dims.end();
    if (dim) continue;
    Diagnostic d;
    d.code = "E0303";
    d.message = "a divisor may mention dimensions only";
    d.span = span;
    d.label = "`" + v + "` is not a dimension";
    out_.push_back(std::move(d));
    return;
  }
  Question q;
  q.obligation.goal = le(mk_int(1), b);
  q.code = "E0303";
  q.message = "the divisor `" + spell(b) + "` may be zero or negative";
  q.label = "must be at least 1";
  q.span = span;
  ask(prover, q);
}

void Checker::divisors(const Term& t, Prover* prover, Span here) {
  const Span mine = map_.find(t);
  if (mine.line > 0) here = mine;
  if (!visited_.insert(t.get()).second) return;
  for (const Term& k : t->kids) divisors(k, prover, here);
  if (t->op == Op::kIntDiv || t->op == Op::kIntMod) divisor(t, prover, here);
}

// A divisor of a requirement may rely on the requirements before it only.
void Checker::all_divisors() {
  for (std::size_t k = 0; k < spec_.requires_.size(); ++k) {
    Spec before = spec_;
    before.requires_.resize(k);
    Prover prover(before, &questions_);
    const Span here = k < map_.requires_.size() ? map_.requires_[k] : Span{};
    divisors(spec_.requires_[k], &prover, here);
  }
  divisors(spec_.core, prover_.get(), spec_.output.span);
}

// --- the walk over the core term ---

bool Checker::trivial(const Term& index, const Term& extent, const Context& context) const {
  if (index->op != Op::kVar) return false;
  for (auto c = context.rbegin(); c != context.rend(); ++c) {
    if (c->kind != ContextEntry::Kind::kBinder || c->name != index->name) continue;
    return same_index(c->term, extent);
  }
  return false;
}

// judgement: (psi (vec p..) A) is defined if 0 <= p_k < n_k for every k
void Checker::selection(const Term& t, const Scope& scope, const Span& here) {
  const Term array = operand_of(t);
  const Typed typed = type_of(array, scope, spec_);
  if (!typed.ok) return;
  const std::vector<Term> index = index_of(t);
  for (std::size_t k = 0; k < index.size() && k < typed.type.shape.size(); ++k) {
    const Term& n = typed.type.shape[k];
    if (trivial(index[k], n, scope.context)) continue;
    const std::string what = array->op == Op::kVar ? "`" + array->name + "`" : "the array's";
    Question q;
    q.code = "E0301";
    q.message =
        "index may leave " + what + " axis " + std::to_string(k) + " (extent " + spell(n) + ")";
    q.span = map_.find(index[k]);
    if (q.span.line == 0) q.span = here;
    if (array->op == Op::kVar) q.array = array->name;
    q.obligation.context = scope.context;
    q.obligation.goal = le(mk_int(0), index[k]);
    q.label = "`" + spell(index[k]) + "` may be negative";
    if (once(index[k], q.message, scope.context) && ask(prover_.get(), q)) {
      q.obligation.goal = lt(index[k], n);
      q.label = "`" + spell(index[k]) + "` may reach " + spell(n);
      ask(prover_.get(), q);
    }
  }
}

void Checker::crop(const Term& t, const Scope& scope, const Span& here) {
  const Typed typed = type_of(t->kids[1], scope, spec_);
  if (!typed.ok || typed.type.shape.empty() || !once(t, "crop", scope.context)) return;
  const Term& k = t->kids[0];
  const Term& n = typed.type.shape[0];
  const std::string word = op_word(t->op);
  Question q;
  q.code = "E0302";
  q.message = "`" + word + "` may leave the extent " + spell(n) + " of axis 0";
  q.span = map_.find(k);
  if (q.span.line == 0) q.span = here;
  q.obligation.context = scope.context;
  if (t->op == Op::kRot) {
    q.obligation.goal = le(mk_int(1), n);
    q.message = "`rot` of an axis that may be empty (extent " + spell(n) + ")";
    q.label = "needs an extent of at least 1";
    ask(prover_.get(), q);
    return;
  }
  q.obligation.goal = le(mk_int(0), k);
  q.label = "`" + spell(k) + "` may be negative";
  if (!ask(prover_.get(), q)) return;
  q.obligation.goal = le(k, n);
  q.label = "`" + spell(k) + "` may be larger than " + spell(n);
  ask(prover_.get(), q);
}

void Checker::visit(const Term& t, const Scope& scope, const Span& here) {
  if (t->op == Op::kPsi) selection(t, scope, here);
  if (t->op == Op::kTake || t->op == Op::kDrop || t->op == Op::kRot) crop(t, scope, here);
  for (const SourceMap::Row& r : map_.rows) {
    if (r.node == t) row(r, scope);
  }
}

void Checker::walk(const Term& t, const Scope& scope, Span here) {
  if (out_.size() >= kMostDiagnostics) return;
  const Span mine = map_.find(t);
  if (mine.line > 0) here = mine;
  visit(t, scope, here);
  for (std::size_t k = 0; k < t->kids.size(); ++k) {
    walk(t->kids[k], enter(t, k, scope, spec_), here);
  }
}

// --- softmax rows (E0210) ---

void Checker::row(const SourceMap::Row& r, const Scope& scope) {
  if (!once(r.node, "row", scope.context)) return;
  Term n, g = mk(Op::kTrue);
  std::string j = "j";
  if (r.node->op == Op::kRed) {
    n = r.node->kids[0];
    g = r.node->kids[1];
    j = r.node->binders[0];
  } else {
    const Typed typed = type_of(r.node->kids[0], scope, spec_);
    if (!typed.ok || typed.type.shape.empty()) return;
    n = typed.type.shape[0];
  }
  const Prover::Inhabited some = prover_->inhabited(scope.context, j, n, g);
  std::set<std::string> names = free_vars(g);
  merge(&names, free_vars(n));
  switch (some.decision) {
    case Decision::kProved:
      return;
    case Decision::kRefuted:
      return empty_row(r, n, g, scope.context, some.counterexample);
    case Decision::kUnknown:
      break;
  }
  undecided("whether a softmax row may be empty", r.span, names);
}

void Checker::empty_row(const SourceMap::Row& r, const Term& n, const Term& g,
                        const Context& context, const Example& example) {
  const bool red = r.node->op == Op::kRed;
  const std::string j = red ? r.node->binders[0] : "j";
  std::set<std::string> names = free_vars(g);
  names.erase(j);
  merge(&names, free_vars(n));
  Diagnostic d;
  d.code = "E0210";
  d.message = "a softmax row may be empty";
  d.span = r.span;
  d.label = "no " + (red ? j : std::string("element")) + " in 0.." + spell(n) +
            (red ? " satisfies this" : "");
  std::string numbers = example_text(example, names, context);
  std::vector<std::string> rows;
  for (const ContextEntry& c : context) {
    const bool binder = c.kind == ContextEntry::Kind::kBinder && names.count(c.name) > 0;
    if (binder && example.count(c.name) > 0) rows.push_back(c.name);
  }
  if (rows.size() == 1) numbers += "   (row " + example.at(rows[0]) + " sees no key)";
  if (!numbers.empty()) d.notes.push_back("counterexample: " + numbers);
  d.notes.push_back("why it matters: runtimes have returned 0, NaN or the mean of V here");
  if (r.attend) d.helps.push_back("say what the row should be | empty = 0");
  for (const ContextEntry& c : context) {
    if (c.kind == ContextEntry::Kind::kBinder && names.count(c.name) > 0) {
      merge(&names, free_vars(c.term));
    }
  }
  const std::vector<std::string> more = excluding(names, [&](Prover* p) {
    return p->inhabited(context, j, n, g).decision == Decision::kProved;
  });
  d.helps.insert(d.helps.end(), more.begin(), more.end());
  if (!r.attend && !more.empty()) d.helps[0] = more[0].substr(3);
  out_.push_back(std::move(d));
}

std::vector<Diagnostic> Checker::run() {
  if (!satisfiable()) return out_;
  prover_ = prover_for(spec_, &questions_);
  all_divisors();
  walk(spec_.core, global_scope(spec_), spec_.output.span);
  std::stable_sort(out_.begin(), out_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::make_pair(a.span.line, a.span.column) < std::make_pair(b.span.line, b.span.column);
  });
  const auto same = [](const Diagnostic& a, const Diagnostic& b) {
    return a.message == b.message && a.label == b.label && a.span.line == b.span.line &&
           a.span.column == b.span.column;
  };
  out_.erase(std::unique(out_.begin(), out_.end(), same), out_.end());
  return out_;
}

}  // namespace

std::vector<Diagnostic> check(const Spec& spec, const SourceMap& map) {
  return Checker(spec, map).run();
}

}  // namespace minimoa
