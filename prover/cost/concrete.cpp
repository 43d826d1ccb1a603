// The walk of concrete.h: FORMAT.md section 8.3 with sizes filled in.
//
// May be wrong: `summarise` decides what a counting run may skip or multiply.
// A run that follows every element (simulate.h, trace) does neither, and tests
// compare the two.
#include "prover/cost/concrete.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "spec/lang/types.h"

namespace minimoa::cost {
namespace {

constexpr std::int64_t kMaxDim = std::int64_t{1} << 24;
constexpr std::int64_t kMaxWords = std::int64_t{1} << 62;

// Leaves [first, first + count) at an index prefix; type: what is left of it.
struct Place {
  std::size_t first = 0, count = 0;
  std::vector<Code> index;
  Type type;
};

// What a name in scope stands for: a loop variable, or a place.
struct Meaning {
  std::size_t slot = 0;
  std::optional<Place> place;
};

struct Names {
  std::map<std::string, Meaning> meanings;
  Scope scope;
};

[[noreturn]] void cannot(const std::string& what, const Term& where) {
  std::string text = print(where);
  if (text.size() > 120) text = text.substr(0, 117) + "...";
  throw Fault{"E0610", what + ": " + text};
}

bool same_index(const Code& a, const Code& b) {
  return a.act == b.act && a.op == b.op && a.value == b.value && a.slot == b.slot &&
         a.array == b.array && a.name == b.name &&
         std::equal(a.kids.begin(), a.kids.end(), b.kids.begin(), b.kids.end(), same_index);
}

bool same_storage(const Place& a, const Place& b) {
  return a.first == b.first && a.count == b.count &&
         std::equal(a.index.begin(), a.index.end(), b.index.begin(), b.index.end(), same_index);
}

std::size_t leaf_count(const Type& t) {
  if (t.elem != Type::ElemKind::kTup) return 1;
  std::size_t n = 0;
  for (const Type& part : t.tup) n += leaf_count(part);
  return n;
}

// The shapes of the leaves of a type, in order.
void leaf_shapes(const Type& t, std::vector<Term> outer, std::vector<std::vector<Term>>* out) {
  outer.insert(outer.end(), t.shape.begin(), t.shape.end());
  if (t.elem != Type::ElemKind::kTup) return out->push_back(std::move(outer));
  for (const Type& part : t.tup) leaf_shapes(part, outer, out);
}

std::int64_t product(const std::vector<std::int64_t>& extents) {
  std::int64_t total = 1;
  for (const std::int64_t n : extents) {
    if (n < 0) throw Fault{"E0702", "an extent is negative: " + std::to_string(n)};
    if (n != 0 && total > kMaxWords / n) throw Fault{"E0709", "an array is too large to count"};
    total *= n;
  }
  return total;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  if (b <= 0) throw Fault{"E0706", "division by " + std::to_string(b)};
  return a >= 0 ? a / b : -((-(a + 1)) / b) - 1;
}

void join(std::set<std::size_t>* to, const std::set<std::size_t>& from) {
  to->insert(from.begin(), from.end());
}

// --- what a step adds, and on what that depends -------------------------------

// Loop variables on whose values the truth or the bound depends.
void controlled_by(Code* c, const Code& decision) { join(&c->control, decision.free); }

void summarise(Code* c) {
  const bool binds = c->act == Act::kLoop || c->act == Act::kReduce || c->act == Act::kAny;
  c->moves = c->act == Act::kElement || c->act == Act::kPut;
  for (const Code& k : c->kids) {
    c->moves = c->moves || k.moves;
    c->real_data = c->real_data || k.real_data;
    c->whole_data = c->whole_data || k.whole_data;
    c->of_lane = c->of_lane || k.of_lane;
    join(&c->free, k.free);
    join(&c->control, k.control);
  }
  if (c->act == Act::kOp && c->op == Op::kVar) c->free.insert(c->slot);
  const bool decides = c->act == Act::kOp && (c->op == Op::kAnd || c->op == Op::kOr);
  if (decides) c->both = c->of_lane;
  if (decides && !c->both && c->kids[1].moves) controlled_by(c, c->kids[0]);
  if (c->act == Act::kBranch && !c->both && (c->kids[1].moves || c->kids[2].moves)) {
    controlled_by(c, c->kids[0]);
  }
  if (c->act == Act::kReduce && c->kids[2].moves) controlled_by(c, c->kids[1]);
  if (!binds) return;
  if (std::any_of(c->kids.begin() + 1, c->kids.end(), [](const Code& k) { return k.moves; })) {
    controlled_by(c, c->kids[0]);
  }
  c->free.erase(c->slot);
  c->control.erase(c->slot);
}

Code made(Act act, Op op, std::vector<Code> kids) {
  Code c;
  c.act = act;
  c.op = op;
  c.kids = std::move(kids);
  summarise(&c);
  return c;
}

Code constant(std::int64_t value, const std::string& name = "") {
  Code c;
  c.op = Op::kInt;
  c.value = value;
  c.name = name;
  return c;
}

Code block(std::vector<Code> steps) { return made(Act::kBlock, Op::kTup, std::move(steps)); }

// COST.md section 4: values held at once when operands are evaluated from left
// to right. Indices and conditions over indices are no values; what is computed
// before the statement (red, if, any, let) is one value of it.
std::int64_t need(const Code& c) {
  if (c.act == Act::kSharing) return need(c.kids.back());
  if (c.act != Act::kOp || c.kids.empty() || c.op == Op::kReal) return 1;
  std::int64_t most = 0;
  for (std::size_t k = 0; k < c.kids.size(); ++k) {
    most = std::max(most, need(c.kids[k]) + static_cast<std::int64_t>(k));
  }
  return most;
}

std::int64_t need_of_condition(const Code& c) {
  if (c.act == Act::kAny) return 1;
  if (c.act != Act::kOp) return 0;
  if (c.op == Op::kIsZero) return need(c.kids[0]);
  std::int64_t most = 0;
  const bool connects = c.op == Op::kAnd || c.op == Op::kOr || c.op == Op::kNot;
  for (const Code& k : c.kids) most = std::max(most, connects ? need_of_condition(k) : 0);
  return most;
}

// --- the walk ------------------------------------------------------------------

class Walk {
 public:
  Walk(const Spec& spec, const Sizes& sizes, const std::set<std::string>& outside,
       const Placement& place)
      : spec_(spec), sizes_(sizes), outside_(outside), place_(place) {}
  Concrete run(Term t);

 private:
  void check_sizes(const Names& names);
  void declare_arrays(const Names& names);

  std::int64_t extent(const Term& n, const Names& names);
  Names bind(const Term& t, std::size_t kid, std::size_t slot, const Names& names);
  Names share(const Term& t, const Place& d, const Names& names);
  std::optional<std::size_t> outside(const std::string& name);
  Place allocate(const Type& type, std::optional<std::size_t> array, const Names& names);
  Type type(const Term& t, const Names& names);
  void accumulator() {
    if (out_.phases.empty()) throw Fault{"E0702", "a requirement that is no condition over sizes"};
    out_.phases.back().declared += 1;
  }
  void statement_needs(std::int64_t n) {
    Int& most = out_.phases.back().operands;
    if (most < n) most = n;
  }

  Code index(const Term& t, const Names& names);
  Code element(const Term& t, bool whole, const Names& names);
  Code condition(const Term& t, const Names& names);
  Code decided(const Term& t, const Names& names);
  Code value(const Term& t, const Names& names);
  Code reduction(const Term& t, const Names& names);
  Code operands(const Term& t, const Names& names);

  bool is_access(const Term& t, const Names& names) const;
  Place resolve(const Term& t, const Names& names);
  Place component(Place d, const Term& t) const;
  Code read(const Term& t, const Names& names);

  Code let(const Term& t, Names* names);
  Code into(const Term& e, const Place& d, const Names& names);
  Code write(Code x, const Place& d);
  Code gen(const Term& e, const Place& d, const Names& names);
  Code fold(const Term& e, const Place& d, const Names& names);
  Code branch(const Term& e, const Place& d, const Names& names);
  Code choice(const Term& t, bool statement, Code condition, const Names& names);
  Code statement(const Term& t, const Names& names);
  Code put(const Term& t, const Names& names);
  Code loop(const Term& t, std::size_t slot, Code bound, Code body);

  void slow_phase(const Term& t, Names* names);

  void enter_lanes(const Term& gen, std::size_t slot);
  Code lane() const;
  void move_once(Code* load) const;
  // Does g exclude what stands behind it? Not if it is a mask.
  bool masks(const Code& g) const {
    return lane_ && (g.of_lane || (unrolled_ && g.free.count(*unrolled_) != 0));
  }

  const Spec& spec_;
  const Sizes& sizes_;
  const std::set<std::string>& outside_;
  const Placement& place_;
  std::optional<std::size_t> lane_, unrolled_;  // slots, where we are inside of such a loop
  std::int64_t lanes_ = 1;                      // bound of that lane binder
  Concrete out_;
};

// --- lanes ---

void Walk::enter_lanes(const Term& gen, std::size_t slot) {
  const std::string& name = gen->binders[0];
  const auto& lanes = place_.lanes;
  const bool is_lane = std::find(lanes.begin(), lanes.end(), name) != lanes.end();
  if (is_lane) {
    if (lane_ || gen->kids[0]->op != Op::kInt) cannot("no bound of lanes", gen);
    lane_ = slot;
    lanes_ = gen->kids[0]->value;
    ConcretePhase& phase = out_.phases.back();
    if (!phase.lanes) phase.declared += 32 * place_.width;
    phase.lanes = true;
  }
  for (const auto& [unrolled, steps] : place_.unroll) {
    if (unrolled == name && steps > 1) unrolled_ = slot;
  }
}

Code Walk::lane() const {
  Code c;
  c.op = Op::kVar;
  c.slot = *lane_;
  c.of_lane = true;
  summarise(&c);
  return c;
}

void Walk::move_once(Code* load) const {
  if (!lane_ || load->of_lane) return;
  load->once = lane_;
  load->control.insert(*lane_);
}

// --- names and storage ---

std::int64_t Walk::extent(const Term& n, const Names& names) {
  const auto two = [&](std::size_t k) { return extent(n->kids[k], names); };
  if (n->op == Op::kInt) return n->value;
  if (n->op == Op::kVar && names.meanings.count(n->name) == 0) {
    const auto it = sizes_.find(n->name);
    if (it != sizes_.end()) return it->second;
  }
  std::int64_t r = 0;
  bool fits = true;
  if (n->op == Op::kAdd) {
    fits = !__builtin_add_overflow(two(0), two(1), &r);
  } else if (n->op == Op::kSub) {
    fits = !__builtin_sub_overflow(two(0), two(1), &r);
  } else if (n->op == Op::kMul) {
    fits = !__builtin_mul_overflow(two(0), two(1), &r);
  } else if (n->op == Op::kIntDiv) {
    r = floor_div(two(0), two(1));
  } else if (n->op == Op::kIntMod) {
    r = two(0) - two(1) * floor_div(two(0), two(1));
  } else {
    cannot("an extent that is not made of dimensions", n);
  }
  if (!fits) throw Fault{"E0709", "an extent exceeds 64 bits: " + print(n)};
  return r;
}

Names Walk::bind(const Term& t, std::size_t kid, std::size_t slot, const Names& names) {
  Names in{names.meanings, enter(t, kid, names.scope, spec_)};
  in.meanings[t->binders[0]] = {slot, std::nullopt};
  return in;
}

Names Walk::share(const Term& t, const Place& d, const Names& names) {
  Names in{names.meanings, enter(t, 1, names.scope, spec_)};
  in.meanings[t->binders[0]] = {0, d};
  return in;
}

Type Walk::type(const Term& t, const Names& names) {
  const Typed typed = type_of(t, names.scope, spec_);
  if (!typed.ok) cannot("no type: " + typed.error, t);
  if (typed.type.kind != Type::Kind::kArr) cannot("no array of reals", t);
  return typed.type;
}

Place Walk::allocate(const Type& type, std::optional<std::size_t> array, const Names& names) {
  std::vector<std::vector<Term>> shapes;
  leaf_shapes(type, {}, &shapes);
  Place d;
  d.first = out_.leaves.size();
  d.count = shapes.size();
  d.type = type;
  for (const std::vector<Term>& shape : shapes) {
    ConcreteLeaf leaf;
    for (const Term& n : shape) leaf.extents.push_back(extent(n, names));
    leaf.lanes = lane_.has_value();
    if (leaf.lanes) leaf.extents.push_back(lanes_);
    leaf.words = product(leaf.extents);
    if (array) {
      leaf.slow = true;
      leaf.array = *array;
      leaf.offset = out_.arrays[*array].words;
      if (leaf.offset > kMaxWords - leaf.words) throw Fault{"E0709", "too large to count"};
      out_.arrays[*array].words += leaf.words;
    } else {
      out_.phases.back().declared += leaf.words;
    }
    out_.leaves.push_back(std::move(leaf));
  }
  return d;
}

// The array in slow memory of a buffer that lies there.
std::optional<std::size_t> Walk::outside(const std::string& name) {
  if (outside_.count(name) == 0) return std::nullopt;
  for (std::size_t k = out_.inputs + 1; k < out_.arrays.size(); ++k) {
    if (out_.arrays[k].name == name) return k;
  }
  out_.arrays.emplace_back();
  out_.arrays.back().name = name;
  return out_.arrays.size() - 1;
}

// --- indices, conditions, values ---

Code Walk::index(const Term& t, const Names& names) {
  if (t->op == Op::kInt) return constant(t->value);
  if (t->op == Op::kVar) {
    const auto it = names.meanings.find(t->name);
    if (it == names.meanings.end()) return constant(extent(t, names), t->name);
    if (it->second.place) cannot("no index", t);
    Code c;
    c.op = Op::kVar;
    c.slot = it->second.slot;
    c.of_lane = lane_ == c.slot;
    summarise(&c);
    return c;
  }
  if (t->op == Op::kMem) return element(t, true, names);
  const bool binary = t->op == Op::kAdd || t->op == Op::kSub || t->op == Op::kMul ||
                      t->op == Op::kIntDiv || t->op == Op::kIntMod;
  if (!binary) cannot("no index", t);
  return made(Act::kOp, t->op, {index(t->kids[0], names), index(t->kids[1], names)});
}

Code Walk::element(const Term& t, bool whole, const Names& names) {
  Code c;
  c.act = Act::kElement;
  c.array = out_.inputs;
  for (std::size_t k = 0; k < out_.inputs; ++k) {
    if (t->kids[0]->op == Op::kVar && out_.arrays[k].name == t->kids[0]->name) c.array = k;
  }
  if (c.array == out_.inputs) cannot("`mem` of something that is no input", t);
  const SlowArray& a = out_.arrays[c.array];
  if (a.whole != whole) cannot("an element as the other kind of number", t);
  if (t->kids.size() - 1 != a.extents.size()) cannot("wrong number of indices", t);
  for (const Term& p : index_of(t)) c.kids.push_back(index(p, names));
  (whole ? c.whole_data : c.real_data) = true;
  summarise(&c);
  move_once(&c);
  return c;
}

Code Walk::condition(const Term& t, const Names& names) {
  const auto both = [&](auto part) {
    std::vector<Code> kids;
    for (const Term& k : t->kids) kids.push_back((this->*part)(k, names));
    return made(Act::kOp, t->op, std::move(kids));
  };
  switch (t->op) {
    case Op::kTrue:
      return Code{};
    case Op::kLt:
    case Op::kLe:
    case Op::kEq:
    case Op::kNe:
      return both(&Walk::index);
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
      return both(&Walk::condition);
    case Op::kIsZero: {
      Code c = both(&Walk::value);
      c.real_data = true;  // also of a state that only literals have entered
      return c;
    }
    case Op::kAny: {
      accumulator();
      Code bound = index(t->kids[0], names);
      const std::size_t slot = out_.slots++;
      Code c;
      c.act = Act::kAny;
      c.slot = slot;
      c.kids.push_back(std::move(bound));
      c.kids.push_back(decided(t->kids[1], bind(t, 1, slot, names)));
      summarise(&c);
      return c;
    }
    default:
      cannot("no condition", t);
  }
}

// The condition of a statement of its own.
Code Walk::decided(const Term& t, const Names& names) {
  Code c = condition(t, names);
  statement_needs(need_of_condition(c));
  return c;
}

Code Walk::operands(const Term& t, const Names& names) {
  std::vector<Code> kids;
  for (const Term& k : t->kids) kids.push_back(value(k, names));
  return made(Act::kOp, t->op, std::move(kids));
}

Code Walk::reduction(const Term& t, const Names& names) {
  if (t->name != "add" && t->name != "mul" && t->name != "max" && t->name != "min") {
    cannot("a reduction that is no loop over scalars", t);
  }
  accumulator();
  Code c;
  c.act = Act::kReduce;
  c.name = t->name;
  c.kids.push_back(index(t->kids[0], names));
  c.slot = out_.slots++;
  c.kids.push_back(decided(t->kids[1], bind(t, 1, c.slot, names)));
  if (masks(c.kids.back())) cannot("a guard that is a mask", t);
  c.kids.push_back(value(t->kids[2], bind(t, 2, c.slot, names)));
  statement_needs(1 + need(c.kids.back()));  // the accumulator is the first operand
  summarise(&c);
  return c;
}

Code Walk::value(const Term& t, const Names& names) {
  if (is_access(t, names)) return read(t, names);
  switch (t->op) {
    case Op::kReal:
      return made(Act::kOp, t->op, {index(t->kids[0], names)});
    case Op::kRat:
    case Op::kBottom: {
      Code c = made(Act::kOp, t->op, {});
      c.value = t->value;
      c.value2 = t->value2;
      return c;
    }
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMax:
    case Op::kMin:
    case Op::kExpSub:
    case Op::kNeg:
    case Op::kExp:
    case Op::kExp2:
    case Op::kLog:
    case Op::kSqrt:
    case Op::kTanh:
      return operands(t, names);
    case Op::kMem:
      return element(t, false, names);
    case Op::kRed:
      return reduction(t, names);
    case Op::kIf:
      accumulator();
      return choice(t, false, decided(t->kids[0], names), names);
    case Op::kLet: {
      Names in = names;
      Code first = let(t, &in);
      return made(Act::kSharing, Op::kLet, {std::move(first), value(t->kids[1], in)});
    }
    default:
      cannot("no scalar value", t);
  }
}

// The value of one branch. Of a statement: a choice in a branch is one, too, and
// needs no accumulator of its own.
Code Walk::choice(const Term& t, bool statement, Code condition, const Names& names) {
  Code c;
  c.act = Act::kBranch;
  c.op = Op::kIf;
  c.kids.push_back(std::move(condition));
  for (std::size_t k : {std::size_t{1}, std::size_t{2}}) {
    const Names in{names.meanings, enter(t, k, names.scope, spec_)};
    const Term& x = t->kids[k];
    const bool nested = statement && x->op == Op::kIf;
    c.kids.push_back(nested ? choice(x, true, decided(x->kids[0], in), in) : value(x, in));
    statement_needs(need(c.kids.back()));
  }
  const auto of_lane = [](const Code& k) { return k.of_lane; };
  c.both = masks(c.kids[0]) && std::any_of(c.kids.begin(), c.kids.end(), of_lane);
  summarise(&c);
  return c;
}

// --- accesses ---

bool Walk::is_access(const Term& t, const Names& names) const {
  if (t->op == Op::kPsi) return is_access(operand_of(t), names);
  if (t->op == Op::kGet) return is_access(t->kids[0], names);
  if (t->op != Op::kVar) return false;
  const auto it = names.meanings.find(t->name);
  return it != names.meanings.end() && it->second.place.has_value();
}

Place Walk::component(Place d, const Term& t) const {
  const auto k = static_cast<std::size_t>(t->value);
  const bool fits = d.type.shape.empty() && d.type.elem == Type::ElemKind::kTup && t->value >= 0 &&
                    k < d.type.tup.size();
  if (!fits) cannot("component of something that is no tuple", t);
  for (std::size_t c = 0; c < k; ++c) d.first += leaf_count(d.type.tup[c]);
  const Type part = d.type.tup[k];
  d.type = part;
  d.count = leaf_count(part);
  return d;
}

Place Walk::resolve(const Term& t, const Names& names) {
  if (t->op == Op::kVar) return *names.meanings.at(t->name).place;
  Place d = resolve(t->op == Op::kPsi ? operand_of(t) : t->kids[0], names);
  if (t->op == Op::kGet) return component(std::move(d), t);
  for (const Term& p : index_of(t)) {
    if (d.type.shape.empty()) cannot("too many indices", t);
    d.index.push_back(index(p, names));
    d.type.shape.erase(d.type.shape.begin());
  }
  return d;
}

Code Walk::read(const Term& t, const Names& names) {
  Place d = resolve(t, names);
  if (!d.type.shape.empty() || d.count != 1) cannot("an array where a scalar is needed", t);
  Code c;
  c.act = Act::kRead;
  c.leaf = d.first;
  c.kids = std::move(d.index);
  if (out_.leaves[c.leaf].lanes) c.kids.push_back(lane());
  c.real_data = true;
  summarise(&c);
  c.moves = c.moves || out_.leaves[c.leaf].slow;
  if (out_.leaves[c.leaf].slow) move_once(&c);
  return c;
}

// --- statements ---

Code Walk::loop(const Term& t, std::size_t slot, Code bound, Code body) {
  Code c;
  c.act = Act::kLoop;
  c.op = t->op;
  c.slot = slot;
  c.kids.push_back(std::move(bound));
  c.kids.push_back(std::move(body));
  summarise(&c);
  return c;
}

Code Walk::let(const Term& t, Names* names) {
  const Place d = allocate(type(t->kids[0], *names), outside(t->binders[0]), *names);
  Code first = into(t->kids[0], d, *names);
  *names = share(t, d, *names);
  return first;
}

Code Walk::into(const Term& e, const Place& d, const Names& names) {
  if (e->op == Op::kGen || e->op == Op::kParGen) return gen(e, d, names);
  if (e->op == Op::kFold) return fold(e, d, names);
  if (e->op == Op::kIf) return branch(e, d, names);
  if (e->op == Op::kLet) {
    Names in = names;
    Code first = let(e, &in);
    return block({std::move(first), into(e->kids[1], d, in)});
  }
  if (e->op == Op::kTup) {
    const bool fits = d.type.elem == Type::ElemKind::kTup && d.type.shape.empty() &&
                      d.type.tup.size() == e->kids.size();
    if (!fits) cannot("a tuple where none is expected", e);
    std::vector<Code> steps;
    for (std::size_t k = 0; k < e->kids.size(); ++k) {
      const Term part = mk_get(static_cast<std::int64_t>(k), e);
      steps.push_back(into(e->kids[k], component(d, part), names));
    }
    return block(std::move(steps));
  }
  if (!d.type.shape.empty() || d.count != 1) cannot("no scalar", e);
  Code x = value(e, names);
  statement_needs(need(x));
  return write(std::move(x), d);
}

Code Walk::write(Code x, const Place& d) {
  std::vector<Code> kids{std::move(x)};
  kids.insert(kids.end(), d.index.begin(), d.index.end());
  if (out_.leaves[d.first].lanes) kids.push_back(lane());
  Code c = made(Act::kWrite, Op::kTup, std::move(kids));
  c.leaf = d.first;
  c.moves = c.moves || out_.leaves[c.leaf].slow;
  return c;
}

Code Walk::gen(const Term& e, const Place& d, const Names& names) {
  if (d.type.shape.empty()) cannot("`gen` where a scalar is expected", e);
  Code bound = index(e->kids[0], names);
  const std::size_t slot = out_.slots++;
  const Names in = bind(e, 1, slot, names);
  const auto lane = lane_, unrolled = unrolled_;
  enter_lanes(e, slot);
  Place cell = d;
  cell.index.push_back(index(mk_var(e->binders[0]), in));
  cell.type.shape.erase(cell.type.shape.begin());
  Code c = loop(e, slot, std::move(bound), into(e->kids[1], cell, in));
  if (lane_ != lane) c.of_lane = false;
  lane_ = lane;
  unrolled_ = unrolled;
  return c;
}

Code Walk::fold(const Term& e, const Place& d, const Names& names) {
  Code init = into(e->kids[1], d, names);
  Code bound = index(e->kids[0], names);
  const std::size_t slot = out_.slots++;
  Names in = bind(e, 2, slot, names);
  in.meanings[e->binders[1]] = {0, d};
  return block({std::move(init), loop(e, slot, std::move(bound), into(e->kids[2], d, in))});
}

// A branch that names exactly d keeps the state: nothing to do.
Code Walk::branch(const Term& e, const Place& d, const Names& names) {
  std::vector<Code> kids{decided(e->kids[0], names)};
  if (masks(kids[0])) {
    if (!d.type.shape.empty() || d.count != 1) cannot("an array under a mask", e);
    return write(choice(e, true, std::move(kids[0]), names), d);
  }
  for (std::size_t k : {std::size_t{1}, std::size_t{2}}) {
    const Names in{names.meanings, enter(e, k, names.scope, spec_)};
    const Term& x = e->kids[k];
    const bool keeps = is_access(x, in) && same_storage(resolve(x, in), d);
    kids.push_back(keeps ? block({}) : into(x, d, in));
  }
  return made(Act::kBranch, Op::kIf, std::move(kids));
}

Code Walk::put(const Term& t, const Names& names) {
  std::vector<Code> kids;
  for (const Term& p : index_of(t)) kids.push_back(index(p, names));
  if (kids.size() != spec_.output.shape.size()) cannot("`put` of an array", t);
  kids.push_back(value(operand_of(t), names));
  statement_needs(need(kids.back()));
  return made(Act::kPut, Op::kPut, std::move(kids));
}

Code Walk::statement(const Term& t, const Names& names) {
  if (t->op == Op::kFor || t->op == Op::kParFor) {
    Code bound = index(t->kids[0], names);
    const std::size_t slot = out_.slots++;
    return loop(t, slot, std::move(bound), statement(t->kids[1], bind(t, 1, slot, names)));
  }
  if (t->op == Op::kWhen) {
    Code c = decided(t->kids[0], names);
    Code body = statement(t->kids[1], {names.meanings, enter(t, 1, names.scope, spec_)});
    return made(Act::kBranch, Op::kWhen, {std::move(c), std::move(body), block({})});
  }
  if (t->op == Op::kLet) {
    Names in = names;
    Code first = let(t, &in);
    return block({std::move(first), statement(t->kids[1], in)});
  }
  if (t->op == Op::kPut) return put(t, names);
  cannot("no statement", t);
}

// --- phases ---

void Walk::slow_phase(const Term& t, Names* names) {
  out_.phases.emplace_back();
  SlowArray a;
  a.name = t->binders[0];
  for (const SlowArray& other : out_.arrays) {
    if (other.name == a.name) cannot("two arrays in slow memory of one name", t);
  }
  out_.arrays.push_back(std::move(a));
  const Place d = allocate(type(t->kids[0], *names), out_.arrays.size() - 1, *names);
  Code body = into(t->kids[0], d, *names);
  out_.phases.back().body = std::move(body);
  *names = share(t, d, *names);
}

void Walk::check_sizes(const Names& names) {
  for (const std::string& d : spec_.dims) {
    const auto it = sizes_.find(d);
    if (it == sizes_.end()) throw Fault{"E0702", "no size for dimension " + d};
    if (it->second < 1 || it->second > kMaxDim) {
      throw Fault{"E0702", d + " = " + std::to_string(it->second) + " is not in 1 .. 16777216"};
    }
  }
  for (const auto& [name, value] : sizes_) {
    const bool known = std::find(spec_.dims.begin(), spec_.dims.end(), name) != spec_.dims.end();
    if (!known) throw Fault{"E0702", "the spec has no dimension " + name};
    static_cast<void>(value);
  }
  for (const Term& r : spec_.requires_) out_.requirements.push_back(condition(r, names));
}

void Walk::declare_arrays(const Names& names) {
  const auto declare = [&](const Array& a) {
    SlowArray s;
    s.name = a.name;
    s.whole = a.elem == Elem::kI32;
    for (const Term& n : a.shape) s.extents.push_back(extent(n, names));
    s.words = product(s.extents);
    out_.arrays.push_back(std::move(s));
  };
  for (const Array& a : spec_.inputs) declare(a);
  out_.inputs = out_.arrays.size();
  declare(spec_.output);
}

Concrete Walk::run(Term t) {
  Names names{{}, global_scope(spec_)};
  check_sizes(names);
  declare_arrays(names);
  for (; t->op == Op::kLetSlow; t = t->kids[1]) slow_phase(t, &names);
  out_.phases.emplace_back();
  Code body = statement(t, names);
  out_.phases.back().body = std::move(body);
  return std::move(out_);
}

}  // namespace

Concrete concretise(const Spec& spec, const Term& final_term, const Sizes& sizes,
                    const std::set<std::string>& outside, const Placement& place) {
  return Walk(spec, sizes, outside, place).run(final_term);
}

}  // namespace minimoa::cost
