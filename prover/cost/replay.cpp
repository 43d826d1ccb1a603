// Three passes over a flow: forwards for what each word holds and whether the
// execution is possible; backwards from the final stores for what is live;
// forwards again for segments.
#include "prover/cost/replay.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "prover/cost/concrete.h"

namespace minimoa::cost {
namespace {

using Kind = Content::Kind;
using Address = std::pair<std::size_t, std::int64_t>;

[[noreturn]] void impossible(const std::string& why, std::size_t event) {
  throw Fault{"E0711", why + " at event " + std::to_string(event)};
}

// What the first pass leaves about an event.
struct Note {
  Kind kind = Kind::kConstant;  // of the word loaded, computed or stored
  std::int64_t row = 0, col = 0;
  bool product = false;
  std::int64_t before = 0;  // words in fast memory before it
};

// --- first pass ---

class Forwards {
 public:
  Forwards(const AttentionShape& shape, std::int64_t capacity)
      : shape_(shape), rules_(shape), capacity_(capacity) {}
  std::vector<Note> run(const std::vector<FlowEvent>& flow);
  void check_outputs() const;
  const std::map<Address, std::size_t>& last_stores() const { return last_stores_; }

 private:
  const Content& at(std::size_t place, std::size_t event) const {
    if (place < fast_.size() && used_[place] != 0) return fast_[place];
    impossible("a word is used that is not in fast memory", event);
  }
  Content result(const FlowEvent& e, std::size_t event, bool* product) const;
  void put(std::size_t place, Content c, std::size_t event);
  void drop(std::size_t place, std::size_t event);
  Content load(const FlowEvent& e, std::size_t event) const;
  void store(const FlowEvent& e, std::size_t event);

  const AttentionShape& shape_;
  Provenance rules_;
  std::int64_t capacity_;
  std::vector<Content> fast_;
  std::vector<char> used_;
  std::int64_t resident_ = 0;
  std::map<Address, Content> slow_;
  std::map<Address, std::size_t> last_stores_;  // to the output
};

void Forwards::put(std::size_t place, Content c, std::size_t event) {
  if (place >= fast_.size()) {
    fast_.resize(place + 1);
    used_.resize(place + 1);
  }
  if (used_[place] == 0 && ++resident_ > capacity_) impossible("more words than fit", event);
  used_[place] = 1;
  fast_[place] = std::move(c);
}

void Forwards::drop(std::size_t place, std::size_t event) {
  at(place, event);
  used_[place] = 0;
  --resident_;
}

Content Forwards::load(const FlowEvent& e, std::size_t event) const {
  const bool input = e.array < shape_.output;
  if (input) return rules_.loaded(e.array, e.element);
  const auto it = slow_.find({e.array, e.element});
  if (it == slow_.end()) impossible("a word is loaded that was never stored", event);
  return it->second;
}

void Forwards::store(const FlowEvent& e, std::size_t event) {
  if (e.array < shape_.output) impossible("an input is overwritten", event);
  slow_[{e.array, e.element}] = at(e.place, event);
  if (e.array == shape_.output) last_stores_[{e.array, e.element}] = event;
}

Content Forwards::result(const FlowEvent& e, std::size_t event, bool* product) const {
  if (e.operands.empty()) return {};
  const Content& a = at(e.operands[0], event);
  if (e.operands.size() == 1) return rules_.computed(e.op, a);
  if (e.operands.size() > 2) impossible("more than two operands", event);
  return rules_.computed(e.op, a, at(e.operands[1], event), product);
}

std::vector<Note> Forwards::run(const std::vector<FlowEvent>& flow) {
  std::vector<Note> notes;
  for (std::size_t k = 0; k < flow.size(); ++k) {
    const FlowEvent& e = flow[k];
    Note note;
    note.before = resident_;
    Content c;
    switch (e.kind) {
      case FlowEvent::Kind::kLoad:
        put(e.place, c = load(e, k), k);
        break;
      case FlowEvent::Kind::kCompute:
        put(e.place, c = result(e, k, &note.product), k);
        break;
      case FlowEvent::Kind::kStore:
        c = at(e.place, k);
        store(e, k);
        break;
      case FlowEvent::Kind::kDrop:
        drop(e.place, k);
        break;
    }
    note.kind = c.kind;
    note.row = c.row;
    note.col = c.col;
    notes.push_back(note);
  }
  return notes;
}

void Forwards::check_outputs() const {
  for (std::int64_t x = 0; x < shape_.heads * shape_.rows * shape_.dv; ++x) {
    const auto it = slow_.find({shape_.output, x});
    if (it == slow_.end())
      throw Fault{"E0711", "output element " + std::to_string(x) + " is missing"};
    const std::int64_t row = x / shape_.dv;
    const std::int64_t first = row / shape_.rows * shape_.keys;
    bool empty = true;
    for (std::int64_t j = 0; j < shape_.keys; ++j)
      empty = empty && !shape_.admitted(row, first + j);
    if (!empty && !rules_.complete(it->second, x)) {
      throw Fault{"E0711", "output element " + std::to_string(x) + " is no sum over all its keys"};
    }
  }
}

// --- second pass ---

// Which partial sums are live, from the final stores back: a copy lives from
// the event that makes it to the last one by which a product in it goes on.
class Lives {
 public:
  Lives(const std::vector<FlowEvent>& flow, const std::vector<Note>& notes,
        const std::map<Address, std::size_t>& finals);
  // Events that start a stay of partial sums of one output element.
  std::vector<char> stays() const;
  bool fixed(std::size_t event) const { return fixed_[event] != 0; }

 private:
  static constexpr std::size_t kDead = ~std::size_t{0};
  struct Interval {
    std::size_t from, to;
  };
  void use(std::size_t place, std::size_t event);
  void made(std::size_t place, std::size_t event, const Note& note);

  std::vector<std::size_t> last_use_;  // of what a place holds now; kDead: none
  std::vector<char> fixed_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<Interval>> lives_;
};

void Lives::use(std::size_t place, std::size_t event) {
  if (place >= last_use_.size()) last_use_.resize(place + 1, kDead);
  if (last_use_[place] == kDead) last_use_[place] = event;
}

void Lives::made(std::size_t place, std::size_t event, const Note& note) {
  lives_[{note.row, note.col}].push_back({event, last_use_[place]});
  last_use_[place] = kDead;
}

Lives::Lives(const std::vector<FlowEvent>& flow, const std::vector<Note>& notes,
             const std::map<Address, std::size_t>& finals)
    : fixed_(flow.size()) {
  // Operands that were sums when they were used, by event.
  std::vector<std::vector<std::size_t>> sums(flow.size());
  std::vector<char> is_sum;
  for (std::size_t k = 0; k < flow.size(); ++k) {
    const FlowEvent& e = flow[k];
    if (e.place >= is_sum.size()) is_sum.resize(e.place + 1);
    for (std::size_t p : e.operands) {
      if (is_sum[p] != 0) sums[k].push_back(p);
    }
    const bool makes = e.kind == FlowEvent::Kind::kLoad || e.kind == FlowEvent::Kind::kCompute;
    if (makes) is_sum[e.place] = notes[k].kind == Kind::kSum;
  }
  std::set<Address> wanted;  // slow words that a live load reads later
  for (std::size_t k = flow.size(); k-- > 0;) {
    const FlowEvent& e = flow[k];
    const Address address{e.array, e.element};
    const bool live = e.place < last_use_.size() && last_use_[e.place] != kDead;
    if (e.kind == FlowEvent::Kind::kStore && notes[k].kind == Kind::kSum) {
      const auto last = finals.find(address);
      const bool final_store = last != finals.end() && last->second == k;
      if (wanted.erase(address) != 0 || final_store) use(e.place, k);
    } else if (e.kind == FlowEvent::Kind::kLoad && live) {
      made(e.place, k, notes[k]);
      wanted.insert(address);
    } else if (e.kind == FlowEvent::Kind::kCompute && live) {
      made(e.place, k, notes[k]);
      fixed_[k] = notes[k].product;
      for (std::size_t p : sums[k]) use(p, k);
    }
  }
}

std::vector<char> Lives::stays() const {
  std::vector<char> out(fixed_.size());
  for (const auto& [element, lives] : lives_) {
    std::size_t until = kDead;  // end of the stay so far
    for (auto life = lives.rbegin(); life != lives.rend(); ++life) {
      if (until == kDead || life->from > until) out[life->from] = 1;
      until = until == kDead ? life->to : std::max(until, life->to);
    }
  }
  return out;
}

// --- third pass ---

void close_segment(Segment s, const AttentionShape& shape, Replay* out) {
  const double most = static_cast<double>(shape.dv) *
                      most_pairs(static_cast<double>(s.resident + s.ticks), shape.dk, shape.dv);
  const auto products = static_cast<double>(s.products);
  s.fill = s.products == 0 ? 0 : most > 0 ? products / most : 2;
  out->fill = std::max(out->fill, s.fill);
  out->segments.push_back(s);
}

Replay measure(const std::vector<FlowEvent>& flow, const std::vector<Note>& notes,
               const Lives& lives, const AttentionShape& shape, std::int64_t capacity,
               std::int64_t stretch) {
  Replay out;
  const std::vector<char> stays = lives.stays();
  Segment segment;
  std::int64_t limit = capacity + stretch;
  for (std::size_t k = 0; k < flow.size(); ++k) {
    const bool load = flow[k].kind == FlowEvent::Kind::kLoad;
    const bool input = load && flow[k].array < shape.output;
    const bool tick = input || (load && notes[k].kind == Kind::kPair) || stays[k] != 0;
    if (tick && segment.ticks == limit) {
      close_segment(segment, shape, &out);
      segment = {notes[k].before, 0, 0, 0};
      limit = stretch;
    }
    segment.ticks += tick;
    segment.products += lives.fixed(k);
    out.ticks += tick;
    out.products += lives.fixed(k);
    out.loads += load;
    out.stores += flow[k].kind == FlowEvent::Kind::kStore;
    out.peak = std::max(out.peak, notes[k].before);
  }
  close_segment(segment, shape, &out);
  const double moved = static_cast<double>(out.loads + out.stores);
  const auto s = static_cast<double>(capacity);
  out.lemma1 = out.ticks <= out.loads + out.stores;
  out.lemma2 = out.fill <= 1 + 1e-12;
  out.theorem = moved * most_pairs(2 * s, shape.dk, shape.dv) * (1 + 1e-12) >=
                s * static_cast<double>(shape.pairs());
  return out;
}

}  // namespace

double most_pairs(double budget, std::int64_t dk, std::int64_t dv) {
  const auto k = static_cast<double>(dk);
  const auto v = static_cast<double>(dv);
  const double scores =
      dv <= dk ? budget * budget / (4 * (k + v) * (k + v)) : budget * budget / (16 * k * v);
  const double root = std::sqrt(budget + v * v) - v;
  const double private_words = budget >= 3 * v * v ? root * root : std::pow(budget / 3, 1.5) / v;
  return std::max(scores, private_words);
}

Result<Replay> replay(const std::vector<FlowEvent>& flow, const AttentionShape& shape,
                      std::int64_t capacity, std::int64_t stretch) {
  Diagnostic d;
  try {
    Forwards forwards(shape, capacity);
    const std::vector<Note> notes = forwards.run(flow);
    forwards.check_outputs();
    const Lives lives(flow, notes, forwards.last_stores());
    Replay out = measure(flow, notes, lives, shape, capacity, stretch > 0 ? stretch : capacity);
    if (out.products != shape.pairs() * shape.dv) {
      throw Fault{"E0711", "the products that reach the output are not one for each summand"};
    }
    return out;
  } catch (const Fault& f) {
    d.code = f.code;
    d.message = f.message;
  }
  return d;
}

}  // namespace minimoa::cost
