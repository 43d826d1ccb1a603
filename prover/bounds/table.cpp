#include "prover/bounds/table.h"

#include <algorithm>
#include <set>

#include "prover/cost/algebra.h"

namespace minimoa {
namespace {

constexpr std::size_t kShort = 64;  // characters of a formula that is shown over dimensions

const Int kMostWords("999999999999999");  // that a `bound` line can say

std::optional<Int> count_at(const Multiple& m, const Sizes& sizes) {
  const auto v = value_of(m.value, sizes);
  return v ? std::optional<Int>(*v / m.times) : std::nullopt;
}

Term memory_as_words(const Term& t) { return substitute(t, {{"S", mk_var("words")}}); }

// The values of the theorems' variables; S apart.
Sizes variables_at(const Recognised& what, const Sizes& dims) {
  Sizes out;
  const auto put = [&](const char* name, const std::optional<Int>& v) {
    if (v) out[name] = *v;
  };
  put("outputs", value_of(what.output_words, dims));
  if (!what.instance) return out;
  const ProductInstance& i = *what.instance;
  const std::pair<const char*, Term> terms[] = {
      {"dk", i.dk}, {"dv", i.dv}, {"n", i.n}, {"m", i.m}, {"heads", i.heads}};
  for (const auto& [name, term] : terms) {
    put(name, value_of(term, dims));
  }
  put("E", count_at(i.pairs, dims));
  put("rows", count_at(i.rows, dims));
  put("cols", count_at(i.cols, dims));
  return out;
}

// Multiplies the terms of a table's memory; see instance.h for the variables.
std::map<std::string, Term> variable_terms(const Recognised& what) {
  std::map<std::string, Term> out = {{"outputs", what.output_words}, {"S", mk_var("words")}};
  if (!what.instance) return out;
  const ProductInstance& i = *what.instance;
  out.insert({{"dk", i.dk}, {"dv", i.dv}, {"n", i.n}, {"m", i.m}, {"heads", i.heads}});
  const std::pair<const char*, const Multiple&> counts[] = {
      {"E", i.pairs}, {"rows", i.rows}, {"cols", i.cols}};
  for (const auto& [name, count] : counts) {
    if (count.times == 1) out[name] = count.value;
  }
  return out;
}

// The least x >= 0 with x^2 >= a.
Int ceil_root(const Int& a) {
  if (a <= 0) return 0;
  const Int root = sqrt(a);
  return root * root < a ? Int(root + 1) : root;
}

BoundAt bound_at(const Theorem& t, Sizes values) {
  BoundAt out;
  out.theorem = &t;
  for (const std::string& v : t.vars) {
    if (values.count(v) != 0) continue;
    out.broken = "the spec gives no value for " + v;
    return out;
  }
  for (const auto& [name, term] : t.defines) {
    const auto v = value_of(term, values);
    if (v) values[name] = *v;  // none: a division by zero, which a condition excludes
  }
  for (const Term& goal : t.where) {
    if (truth_of(goal, values).value_or(false)) continue;
    out.broken = condition_text(goal);
    return out;
  }
  const auto numerator = value_of(t.numerator, values);
  const auto denominator = value_of(t.denominator, values);
  if (!numerator || !denominator || *denominator < 1) {
    out.broken = "a quotient in it has no value";
    return out;
  }
  if (t.held) {
    const auto held = value_of(t.held, values);
    const Int side = ceil_root(ceil_quotient(*numerator, *denominator));
    out.words = held ? ceil_quotient(side - *held, values["p"]) : Int(0);
    return out;
  }
  const bool sums = t.per_group && t.counted != Counted::kThreshold;
  out.words = ceil_quotient(*numerator * (sums ? values["heads"] : Int(1)), *denominator);
  return out;
}

class Evaluation {
 public:
  Evaluation(const Subject& subject, const GivenPoint& point) : subject_(subject) {
    at_.point = point;
    const Sizes& dims = point.dims;
    at_.footprint = words_needed(subject.costs.footprint, dims);
    at_.workspace = words_needed(subject.workspace, dims);
    Int loads = 0, stores = 0;
    for (const TrafficRow& row : subject.costs.rows) {
      const auto words = count_at(row.count, dims);
      if (!words) return;
      at_.rows.push_back(*words);
      (row.store ? stores : loads) += *words;
      at_.exact = at_.exact && row.exact;
    }
    if (!subject.costs.unclaimed.empty()) return;
    at_.loads = loads;
    at_.stores = stores;
    at_.total = loads + stores;
  }

  // words: none for the schedule's own need.
  TableAt run(const std::string& memory, const std::optional<Int>& words) {
    at_.memory = memory;
    at_.is_footprint = !words;
    at_.words = words.value_or(at_.footprint);
    at_.fits = at_.footprint <= at_.words;
    if (!at_.fits) at_.smallest = shrink();
    bounds();
    if (at_.fits && at_.total) verdicts();
    return at_;
  }

 private:
  bool too_large(const Sizes& dims) const {
    const bool allowed =
        std::all_of(subject_.spec.requires_.begin(), subject_.spec.requires_.end(),
                    [&](const Term& r) { return truth_of(r, dims).value_or(false); });
    const auto need = value_of(subject_.costs.footprint, dims);
    return allowed && need && *need > at_.words;
  }

  // One dimension after the other: halves the range in which it may be smaller.
  Sizes shrink() const {
    Sizes dims = at_.point.dims;
    for (const std::string& d : subject_.spec.dims) {
      Int low = 1, high = dims[d];  // high does not fit
      while (low < high) {
        Sizes tried = dims;
        tried[d] = (low + high) / 2;
        if (too_large(tried)) {
          high = tried[d];
        } else {
          low = tried[d] + 1;
        }
      }
      dims[d] = high;
    }
    return dims;
  }

  void bounds() {
    Sizes values = variables_at(subject_.what, at_.point.dims);
    values["S"] = at_.words;
    for (const Theorem& t : subject_.theorems.theorems) {
      BoundAt b = bound_at(t, values);
      const auto moved = t.counted == Counted::kTotal   ? at_.total
                         : t.counted == Counted::kLoads ? at_.loads
                                                        : at_.stores;
      const bool comparable = b.broken.empty() && t.counted != Counted::kThreshold && at_.fits;
      if (comparable && moved && b.words > 0) b.ratio = ratio_text(*moved, b.words);
      at_.bounds.push_back(std::move(b));
    }
    if (subject_.wider != nullptr && !at_.point.more.empty()) wider(values);
  }

  // Rows of which the point gives every number that the spec does not.
  void wider(Sizes values) {
    values.insert(at_.point.more.begin(), at_.point.more.end());
    for (const Theorem& t : subject_.wider->theorems) {
      const bool told = t.klass.rfind("private-memories", 0) != 0 || values.count("p") != 0;
      const bool given = std::all_of(t.vars.begin(), t.vars.end(),
                                     [&](const std::string& v) { return values.count(v) != 0; });
      if (!told || !given) continue;
      BoundAt b = bound_at(t, values);
      const bool comparable = b.broken.empty() && t.counted == Counted::kTotal && at_.fits;
      if (comparable && at_.total && b.words > 0) b.ratio = ratio_text(*at_.total, b.words);
      at_.wider.push_back(std::move(b));
    }
  }

  // Bounds on loads or on stores alone bound the total as well.
  const BoundAt* best(const std::string& klass) const {
    const BoundAt* out = nullptr;
    for (const BoundAt& b : at_.bounds) {
      const bool counts = b.broken.empty() && b.theorem->counted != Counted::kThreshold &&
                          b.words > 0 && subject_.theorems.covers(b.theorem->klass, klass);
      if (!counts) continue;
      // Of equal bounds, one that needs no adding up of groups.
      const bool better =
          out == nullptr || b.words > out->words ||
          (b.words == out->words && out->theorem->per_group && !b.theorem->per_group);
      if (better) out = &b;
    }
    return out;
  }

  // A class is left out where the class around it has the same bound, and the
  // widest class where any other bound is better.
  void verdicts() {
    for (const BoundClass& c : subject_.theorems.classes) {
      const BoundAt* b = best(c.name);
      if (b == nullptr) continue;
      if (!c.within.empty()) {
        const BoundAt* wider = best(c.within);
        if (wider != nullptr && wider->words == b->words) continue;
      }
      ClassVerdict v{c.name, b->theorem, b->words, ratio_text(*at_.total, b->words)};
      v.is_one = *at_.total == b->words;
      v.is_less = *at_.total < b->words;
      at_.verdicts.push_back(v);
    }
    if (at_.verdicts.size() > 1) {
      std::erase_if(at_.verdicts, [&](const ClassVerdict& v) {
        return subject_.theorems.find_class(v.klass)->within.empty();
      });
    }
  }

  const Subject& subject_;
  TableAt at_;
};

void add(std::vector<std::string>* lines, const std::string& line) {
  if (std::find(lines->begin(), lines->end(), line) == lines->end()) lines->push_back(line);
}

}  // namespace

std::string ratio_text(const Int& a, const Int& b) {
  if (a == b) return "1";
  const Int thousandths = ceil_quotient(a * 1000, b);
  std::string digits = Int(thousandths % 1000).str();
  digits.insert(0, 3 - digits.size(), '0');
  return Int(thousandths / 1000).str() + "." + digits;
}

std::string definitions(const Theorem& theorem) {
  std::string out;
  for (const auto& [name, term] : theorem.defines) {
    out += (out.empty() ? "" : ", ") + name + " = " + pretty(memory_as_words(term));
  }
  return out;
}

std::string condition_text(const Term& goal) { return pretty(memory_as_words(goal)); }

std::string symbolic(const Subject& subject, const Theorem& theorem) {
  std::map<std::string, Term> values = variable_terms(subject.what);
  Algebra algebra(subject.spec);
  for (const auto& [name, term] : theorem.defines) values[name] = substitute(term, values);
  const auto shown = [&](const Term& t) { return pretty(algebra.normal(substitute(t, values))); };
  const bool sums = theorem.per_group && theorem.counted != Counted::kThreshold;
  const Term all = sums ? mk(Op::kMul, {mk_var("heads"), theorem.numerator}) : theorem.numerator;
  const bool whole = theorem.denominator->op == Op::kInt && theorem.denominator->value == 1;
  const auto quotient = [&](const std::string& a, const std::string& b) {
    if (whole) return a;
    const auto grouped = [](const std::string& s) {
      return s.find(' ') == std::string::npos ? s : "(" + s + ")";
    };
    return grouped(a) + " / " + grouped(b);
  };
  // One after the other: names are numbered as they come, and that orders the terms.
  const std::string below = shown(theorem.denominator);
  const std::string short_form = quotient(shown(all), below);
  if (short_form.size() <= kShort) return short_form;
  std::string out =
      quotient(pretty(memory_as_words(all)), pretty(memory_as_words(theorem.denominator)));
  return out;
}

std::vector<TableAt> table_at(const Subject& subject, const GivenPoint& point,
                              const Machine* machine) {
  if (machine == nullptr) {
    return {Evaluation(subject, point).run(point.memory ? "fast" : "footprint", point.memory)};
  }
  std::vector<TableAt> out;
  for (const Level& level : machine->levels) {
    const auto capacity = level.words();
    const std::optional<Int> words = capacity ? std::optional<Int>(*capacity) : point.memory;
    out.push_back(Evaluation(subject, point).run(machine->name + " " + level.name, words));
  }
  return out;
}

TableAt table_in(const Subject& subject, const GivenPoint& point, const std::string& memory,
                 const Int& words) {
  return Evaluation(subject, point).run(memory, words);
}

bool contradicts(const Subject& subject, const TableAt& at) {
  return std::any_of(at.verdicts.begin(), at.verdicts.end(), [&](const ClassVerdict& v) {
    return v.is_less && subject.theorems.covers(v.klass, "explicit-product-orderly");
  });
}

std::vector<std::string> bound_lines(const Spec& spec, const Recognised& what, const TableAt& at) {
  if (at.words > kMostWords) return {};
  std::set<std::string> fixed(spec.dims.begin(), spec.dims.end());
  if (what.instance) {
    const ProductInstance& i = *what.instance;
    fixed.clear();
    for (const Term& t : {i.n, i.m, i.dk, i.dv}) fixed.merge(free_vars(t));
  }
  std::string sizes;
  for (const std::string& d : spec.dims) {
    if (fixed.count(d) == 0) continue;
    sizes += (sizes.empty() ? " at " : ", ") + d + " = " + at.point.dims.at(d).str();
  }
  std::vector<std::string> out;
  for (const ClassVerdict& v : at.verdicts) {
    if (v.is_less) continue;  // it is not of this class
    out.push_back("bound " + v.theorem->name + " words " + at.words.str() + sizes);
  }
  return out;
}

std::vector<std::string> assumptions(const Subject& subject, const std::vector<TableAt>& tables,
                                     const Machine* machine) {
  std::vector<std::string> out = {
      "costs are those of the memory model of spec/COST.md; one word is one element",
      "values and ratios at single sizes are computed here; the certificate holds only the claims "
      "called ratio"};
  std::set<std::string> classes;
  bool coq = false;
  for (const TableAt& at : tables) {
    for (const ClassVerdict& v : at.verdicts) {
      classes.insert(v.klass);
      const Theorem& t = *v.theorem;
      coq = coq || !t.coq.empty();
      if (t.coq.empty()) add(&out, t.name + " is assumed: it has no machine-checked proof");
      const auto heads = variables_at(subject.what, at.point.dims)["heads"];
      if (t.per_group && heads > 1) {
        add(&out, t.name +
                      " is stated for one set of keys; that bounds of separate sets add up is "
                      "assumed");
      }
    }
  }
  if (coq)
    add(&out,
        "Coq theorems are cited by name: spec/coq proves each named row of spec/bounds, and that "
        "a row says what is proved of it rests on the program that prints it as a proposition");
  for (const BoundClass& c : subject.theorems.classes) {
    if (classes.count(c.name) != 0) out.push_back(c.name + ": " + c.doc);
  }
  if (machine != nullptr && machine->levels.size() > 1) {
    out.push_back("each memory of " + machine->name + " holds what the faster ones hold");
  }
  return out;
}

}  // namespace minimoa
