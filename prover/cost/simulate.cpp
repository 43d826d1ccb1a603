// Running the steps of concrete.h and counting the words that they move.
//
// May be wrong: what is skipped. Counting skips a step that moves nothing and
// multiplies a loop on whose variable no decision in its body depends.
#include "prover/cost/simulate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

namespace minimoa::cost {
namespace {

constexpr double kBottom = -std::numeric_limits<double>::infinity();
constexpr std::int64_t kMaxValues = std::int64_t{1} << 28;

[[noreturn]] void too_large() { throw Fault{"E0709", "a number exceeds 64 bits"}; }

std::int64_t sum(std::int64_t a, std::int64_t b) {
  std::int64_t r = 0;
  if (__builtin_add_overflow(a, b, &r)) too_large();
  return r;
}

std::int64_t difference(std::int64_t a, std::int64_t b) {
  std::int64_t r = 0;
  if (__builtin_sub_overflow(a, b, &r)) too_large();
  return r;
}

std::int64_t product(std::int64_t a, std::int64_t b) {
  std::int64_t r = 0;
  if (__builtin_mul_overflow(a, b, &r)) too_large();
  return r;
}

class Machine {
 public:
  Machine(const Concrete& program, const SimulateOptions& options)
      : program_(program),
        options_(options),
        slots_(program.slots),
        flow_(options.flow, first_places()) {
    for (const SlowArray& a : program.arrays) moved_.push_back({a.name, 0, 0});
  }
  void take_inputs();
  Traffic run();

 private:
  struct Moved {
    std::string name;
    std::int64_t loads, stores;
  };

  // Places of the leaves in fast memory; how many there are.
  std::size_t first_places() {
    if (!options_.flow) return 0;
    std::size_t total = 0;
    for (const ConcreteLeaf& leaf : program_.leaves) {
      places_.push_back(total);
      if (!leaf.slow) total += static_cast<std::size_t>(leaf.words);
    }
    return total;
  }
  void step() {
    if (++steps_ <= options_.max_steps) return;
    throw Fault{"E0709", "more than " + std::to_string(options_.max_steps) + " steps"};
  }
  bool decidable(const Code& c) const {
    return (!c.real_data || computing_) && (!c.whole_data || whole_known_);
  }
  void move(bool store, std::size_t array, std::int64_t element);
  void move_in(const Code& load, std::size_t array, std::int64_t element) {
    if (!load.once || slots_[*load.once] == 0) move(false, array, element);
  }
  template <typename F>
  void repeat(const Code& loop, bool decides, F body);

  void adds(const Code& c);  // what an index or a condition adds
  std::int64_t index(const Code& c);
  bool condition(const Code& c);
  bool any(const Code& c);

  std::int64_t element_index(const Code& c);
  std::int64_t flat(const Code* first, const std::vector<std::int64_t>& extents,
                    const std::string& what);
  std::int64_t load(const Code& c);
  std::size_t place(std::size_t leaf, std::int64_t at) const {
    return places_.empty() ? 0 : places_[leaf] + static_cast<std::size_t>(at);
  }
  Placed element(const Code& c);
  Placed read(const Code& c);
  Placed value(const Code& c);
  Placed operation(const Code& c);
  Placed reduction(const Code& c);

  bool branch(const Code& c, bool* taken);
  Placed select(const Code& c);
  void write(const Code& c);
  void put(const Code& c);
  void run(const Code& c);

  const Concrete& program_;
  const SimulateOptions& options_;
  std::vector<std::int64_t> slots_;
  std::vector<std::size_t> places_;  // of the first words of leaves
  Flow flow_;
  std::vector<Moved> moved_;
  std::vector<const Tensor<double>*> inputs_;
  std::vector<std::vector<double>> storage_;  // of the leaves
  std::vector<double> output_;
  std::vector<char> written_;
  bool following_ = false;    // every access, in order
  bool computing_ = false;    // values, too
  bool whole_known_ = false;  // elements of integer inputs
  std::int64_t weight_ = 1;   // how often what is run now happens
  std::uint64_t steps_ = 0;
};

// --- inputs and limits ---

void Machine::take_inputs() {
  bool all = true;
  whole_known_ = true;
  std::size_t taken = 0;
  for (std::size_t k = 0; k < program_.inputs; ++k) {
    const SlowArray& a = program_.arrays[k];
    const auto it = options_.inputs.find(a.name);
    const bool given = it != options_.inputs.end();
    inputs_.push_back(given ? &it->second : nullptr);
    all = all && given;
    if (a.whole) whole_known_ = whole_known_ && given;
    if (!given) continue;
    ++taken;
    const bool fits = it->second.shape == a.extents &&
                      it->second.data.size() == static_cast<std::size_t>(a.words);
    if (!fits) throw Fault{"E0704", "input " + a.name + " has another shape"};
  }
  if (taken != options_.inputs.size()) throw Fault{"E0704", "the spec has no such input"};
  computing_ = all;
  following_ = computing_ || options_.trace;
  if (options_.flow && !computing_) {
    throw Fault{"E0710", "the flow of values needs the values of all inputs"};
  }
  if (options_.flow && !options_.place.lanes.empty()) {
    throw Fault{"E0710", "lanes have no order in which values flow"};
  }
  if (!computing_) return;
  std::int64_t total = program_.arrays[program_.inputs].words;
  for (const ConcreteLeaf& leaf : program_.leaves) total = std::max(total, leaf.words);
  if (total > kMaxValues) throw Fault{"E0709", "an array is too large to compute"};
  for (const ConcreteLeaf& leaf : program_.leaves) {
    storage_.emplace_back(static_cast<std::size_t>(leaf.words));
  }
  const auto words = static_cast<std::size_t>(program_.arrays[program_.inputs].words);
  output_.resize(words);
  written_.resize(words);
}

// --- moves and loops ---

void Machine::move(bool store, std::size_t array, std::int64_t element) {
  std::int64_t& n = store ? moved_[array].stores : moved_[array].loads;
  n = sum(n, weight_);
  if (options_.trace) options_.trace({store, array, element});
}

// decides: the iterations must be followed whatever they move.
template <typename F>
void Machine::repeat(const Code& loop, bool decides, F body) {
  const bool moves =
      std::any_of(loop.kids.begin() + 1, loop.kids.end(), [](const Code& k) { return k.moves; });
  if (!following_ && !decides && !moves) return adds(loop.kids[0]);
  const std::int64_t n = index(loop.kids[0]);
  const bool depends = std::any_of(loop.kids.begin() + 1, loop.kids.end(),
                                   [&](const Code& k) { return k.control.count(loop.slot) != 0; });
  const bool guarded =
      loop.act == Act::kReduce && loop.kids[2].moves && loop.kids[1].free.count(loop.slot) != 0;
  if (following_ || decides || depends || guarded) {
    for (std::int64_t i = 0; i < n; ++i) {
      step();
      slots_[loop.slot] = i;
      body();
    }
    return;
  }
  if (n <= 0) return;
  step();
  const std::int64_t outside = weight_;
  weight_ = product(outside, n);
  slots_[loop.slot] = 0;
  body();
  weight_ = outside;
}

// --- indices and conditions ---

// The moves of an index or a condition whose value is not needed.
void Machine::adds(const Code& c) {
  if (!c.moves && !following_) return;
  step();
  switch (c.act) {
    case Act::kElement:
      load(c);
      return;
    case Act::kAny:
      repeat(c, false, [&] { adds(c.kids[1]); });
      return;
    default:
      break;
  }
  if (c.op == Op::kIsZero) {
    flow_.drop(value(c.kids[0]));
    return;
  }
  const bool lazy = (c.op == Op::kAnd || c.op == Op::kOr) && !c.both && c.kids[1].moves;
  if (lazy) {
    if (condition(c.kids[0]) == (c.op == Op::kAnd)) adds(c.kids[1]);
    return;
  }
  for (const Code& k : c.kids) adds(k);
}

std::int64_t Machine::index(const Code& c) {
  if (c.op == Op::kInt) return c.value;
  if (c.act == Act::kElement) return element_index(c);
  if (c.op == Op::kVar) return slots_[c.slot];
  step();
  const std::int64_t a = index(c.kids[0]);
  const std::int64_t b = index(c.kids[1]);
  if (c.op == Op::kAdd) return sum(a, b);
  if (c.op == Op::kSub) return difference(a, b);
  if (c.op == Op::kMul) return product(a, b);
  if (b <= 0) throw Fault{"E0706", "division by " + std::to_string(b)};
  const std::int64_t q = a >= 0 ? a / b : -((-(a + 1)) / b) - 1;
  return c.op == Op::kIntDiv ? q : a - q * b;
}

std::int64_t Machine::element_index(const Code& c) {
  const SlowArray& a = program_.arrays[c.array];
  if (inputs_[c.array] == nullptr) {
    throw Fault{"E0710", "an element of " + a.name + " decides, and no values were given"};
  }
  const std::int64_t at = flat(c.kids.data(), a.extents, a.name);
  move_in(c, c.array, at);
  return static_cast<std::int64_t>(inputs_[c.array]->data[static_cast<std::size_t>(at)]);
}

bool Machine::condition(const Code& c) {
  step();
  if (c.act == Act::kAny) return any(c);
  if (c.both) {
    const bool a = condition(c.kids[0]), b = condition(c.kids[1]);
    return c.op == Op::kAnd ? a && b : a || b;
  }
  switch (c.op) {
    case Op::kTrue:
      return true;
    case Op::kAnd:
      return condition(c.kids[0]) && condition(c.kids[1]);
    case Op::kOr:
      return condition(c.kids[0]) || condition(c.kids[1]);
    case Op::kNot:
      return !condition(c.kids[0]);
    case Op::kIsZero: {
      if (!computing_) throw Fault{"E0710", "real data decides, and no values were given"};
      const Placed v = value(c.kids[0]);
      flow_.drop(v);
      return v.number == 0;
    }
    default:
      break;
  }
  const std::int64_t a = index(c.kids[0]);
  const std::int64_t b = index(c.kids[1]);
  if (c.op == Op::kLt) return a < b;
  if (c.op == Op::kLe) return a <= b;
  return (a == b) == (c.op == Op::kEq);
}

bool Machine::any(const Code& c) {
  bool found = false;
  repeat(c, true, [&] { found = condition(c.kids[1]) || found; });
  return found;
}

// --- values ---

// Row-major number of an element; what counting does not need is not computed.
std::int64_t Machine::flat(const Code* first, const std::vector<std::int64_t>& extents,
                           const std::string& what) {
  std::int64_t at = 0;
  for (std::size_t k = 0; k < extents.size(); ++k) {
    const std::int64_t i = index(first[k]);
    if (i < 0 || i >= extents[k]) {
      throw Fault{"E0705", "index " + std::to_string(i) + " is outside of axis " +
                               std::to_string(k) + " of " + what};
    }
    at = at * extents[k] + i;
  }
  return at;
}

// Loads an element of an input; its number, when following.
std::int64_t Machine::load(const Code& c) {
  const SlowArray& a = program_.arrays[c.array];
  std::int64_t at = 0;
  if (following_) {
    at = flat(c.kids.data(), a.extents, a.name);
  } else {
    for (const Code& k : c.kids) adds(k);
  }
  move_in(c, c.array, at);
  return at;
}

Placed Machine::element(const Code& c) {
  const std::int64_t at = load(c);
  if (!computing_) return {};
  return flow_.load(c.array, at, inputs_[c.array]->data[static_cast<std::size_t>(at)]);
}

Placed Machine::read(const Code& c) {
  const ConcreteLeaf& leaf = program_.leaves[c.leaf];
  if (!following_) {
    for (const Code& k : c.kids) adds(k);
    if (leaf.slow) move_in(c, leaf.array, 0);
    return {};
  }
  const std::int64_t at = flat(c.kids.data(), leaf.extents, "a local array");
  if (leaf.slow) move_in(c, leaf.array, leaf.offset + at);
  if (!computing_) return {};
  const double number = storage_[c.leaf][static_cast<std::size_t>(at)];
  if (leaf.slow) return flow_.load(leaf.array, leaf.offset + at, number);
  return {number, place(c.leaf, at), false};
}

Placed Machine::value(const Code& c) {
  if (!following_ && !c.moves) return {};
  step();
  switch (c.act) {
    case Act::kElement:
      return element(c);
    case Act::kRead:
      return read(c);
    case Act::kReduce:
      return reduction(c);
    case Act::kSharing:
      run(c.kids[0]);
      return value(c.kids[1]);
    case Act::kBranch: {
      if (c.both) return select(c);
      bool taken = false;
      if (!branch(c, &taken)) return {};
      return value(c.kids[taken ? 1 : 2]);
    }
    default:
      return operation(c);
  }
}

// The number that an operator gives; b only if it has two operands.
double result_of(Op op, double a, double b) {
  switch (op) {
    case Op::kAdd:
      return a + b;
    case Op::kSub:
      return a - b;
    case Op::kMul:
      return a * b;
    case Op::kDiv:
      return a / b;
    case Op::kMax:
      return a < b ? b : a;
    case Op::kMin:
      return b < a ? b : a;
    case Op::kExpSub:
      return a == kBottom ? 0 : std::exp(a - b);
    case Op::kNeg:
      return -a;
    case Op::kExp:
      return std::exp(a);
    case Op::kExp2:
      return std::exp2(a);
    case Op::kLog:
      return std::log(a);
    case Op::kSqrt:
      return std::sqrt(a);
    default:
      return std::tanh(a);
  }
}

Placed Machine::operation(const Code& c) {
  if (c.op == Op::kRat) {
    return flow_.constant(static_cast<double>(c.value) / static_cast<double>(c.value2));
  }
  if (c.op == Op::kBottom) return flow_.constant(kBottom);
  if (c.op == Op::kReal) {
    if (following_) return flow_.constant(static_cast<double>(index(c.kids[0])));
    adds(c.kids[0]);
    return {};
  }
  const Placed a = value(c.kids[0]);
  if (c.kids.size() == 1) {
    return flow_.compute(c.op, a, computing_ ? result_of(c.op, a.number, 0) : 0);
  }
  const Placed b = value(c.kids[1]);
  return flow_.compute(c.op, a, b, computing_ ? result_of(c.op, a.number, b.number) : 0);
}

Placed Machine::reduction(const Code& c) {
  const Op op = c.name == "add"   ? Op::kAdd
                : c.name == "mul" ? Op::kMul
                : c.name == "max" ? Op::kMax
                                  : Op::kMin;
  Placed acc = flow_.constant(op == Op::kAdd   ? 0
                              : op == Op::kMul ? 1
                              : op == Op::kMax ? kBottom
                                               : -kBottom);
  repeat(c, false, [&] {
    const Code& guard = c.kids[1];
    const Code& x = c.kids[2];
    if (!x.moves && !following_) return adds(guard);
    if (!condition(guard)) return;
    const Placed v = value(x);
    acc = flow_.compute(op, acc, v, result_of(op, acc.number, v.number));
  });
  return acc;
}

// --- steps ---

// The condition of a branch. False: undecided, which is no matter because
// neither side moves a word.
bool Machine::branch(const Code& c, bool* taken) {
  const bool matters = c.kids[1].moves || c.kids[2].moves;
  if (!matters && (!following_ || !decidable(c.kids[0]))) {
    adds(c.kids[0]);
    return false;
  }
  *taken = condition(c.kids[0]);
  return true;
}

// A choice by a mask.
Placed Machine::select(const Code& c) {
  bool taken = false;
  if (following_ && decidable(c.kids[0])) {
    taken = condition(c.kids[0]);
  } else {
    adds(c.kids[0]);
  }
  const Placed x = value(c.kids[1]), y = value(c.kids[2]);
  return taken ? x : y;
}

void Machine::write(const Code& c) {
  const Placed v = value(c.kids[0]);
  const ConcreteLeaf& leaf = program_.leaves[c.leaf];
  if (!following_) {
    for (std::size_t k = 1; k < c.kids.size(); ++k) adds(c.kids[k]);
    if (leaf.slow) move(true, leaf.array, 0);
    return;
  }
  const std::int64_t at = flat(c.kids.data() + 1, leaf.extents, "a local array");
  if (leaf.slow) move(true, leaf.array, leaf.offset + at);
  if (!computing_) return;
  storage_[c.leaf][static_cast<std::size_t>(at)] = v.number;
  if (leaf.slow) {
    flow_.store(v, leaf.array, leaf.offset + at);
  } else {
    flow_.copy(v, place(c.leaf, at));
  }
}

void Machine::put(const Code& c) {
  const SlowArray& a = program_.arrays[program_.inputs];
  if (!following_) {
    for (std::size_t k = 0; k + 1 < c.kids.size(); ++k) adds(c.kids[k]);
    value(c.kids.back());
    move(true, program_.inputs, 0);
    return;
  }
  const std::int64_t at = flat(c.kids.data(), a.extents, a.name);
  const Placed v = value(c.kids.back());
  move(true, program_.inputs, at);
  if (!computing_) return;
  const auto k = static_cast<std::size_t>(at);
  if (written_[k]++ != 0) throw Fault{"E0708", "an element of " + a.name + " is written twice"};
  output_[k] = v.number;
  flow_.store(v, program_.inputs, at);
}

void Machine::run(const Code& c) {
  if (!following_ && !c.moves) return;
  step();
  switch (c.act) {
    case Act::kBlock:
      for (const Code& k : c.kids) run(k);
      return;
    case Act::kLoop:
      repeat(c, false, [&] { run(c.kids[1]); });
      return;
    case Act::kBranch: {
      bool taken = false;
      if (branch(c, &taken)) run(c.kids[taken ? 1 : 2]);
      return;
    }
    case Act::kWrite:
      return write(c);
    default:
      return put(c);
  }
}

Traffic Machine::run() {
  for (const Code& r : program_.requirements) {
    if (!condition(r)) throw Fault{"E0702", "a requirement does not hold"};
  }
  Traffic t;
  for (const ConcretePhase& p : program_.phases) {
    run(p.body);
    flow_.end_phase();
    t.footprints.push_back(p.declared + p.operands);
    if (t.footprint < t.footprints.back()) t.footprint = t.footprints.back();
  }
  for (const char w : written_) {
    if (w == 0) throw Fault{"E0708", "an element of the output is never written"};
  }
  for (std::size_t k = 0; k < moved_.size(); ++k) {
    t.arrays.push_back(moved_[k].name);
    t.per_array[moved_[k].name] = {moved_[k].loads, moved_[k].stores};
    if (k > program_.inputs) t.workspace += program_.arrays[k].words;
  }
  t.output = std::move(output_);
  t.steps = steps_;
  return t;
}

}  // namespace

Int Traffic::loads() const {
  Int n = 0;
  for (const auto& [name, moved] : per_array) n += moved.first;
  return n;
}

Int Traffic::stores() const {
  Int n = 0;
  for (const auto& [name, moved] : per_array) n += moved.second;
  return n;
}

Result<Traffic> simulate(const Spec& spec, const Term& final_term, const Sizes& sizes,
                         const SimulateOptions& options) {
  Diagnostic d;
  d.span.file = spec.path;
  try {
    const Concrete program = concretise(spec, final_term, sizes, options.outside, options.place);
    Machine machine(program, options);
    machine.take_inputs();
    return machine.run();
  } catch (const Fault& f) {
    d.code = f.code;
    d.message = f.message;
  } catch (const std::bad_alloc&) {
    d.code = "E0709";
    d.message = "not enough memory";
  }
  return d;
}

}  // namespace minimoa::cost
