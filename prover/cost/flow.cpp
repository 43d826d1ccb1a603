// The bookkeeping of flow.h.
#include "prover/cost/flow.h"

namespace minimoa::cost {

std::size_t Flow::take() {
  if (free_.empty()) return next_++;
  const std::size_t place = free_.back();
  free_.pop_back();
  return place;
}

Placed Flow::load(std::size_t array, std::int64_t element, double number) {
  if (!on()) return {number, 0, false};
  const std::size_t place = take();
  sink_({FlowEvent::Kind::kLoad, place, array, element, Op::kLet, {}});
  return {number, place, true};
}

Placed Flow::constant(double number) {
  if (!on()) return {number, 0, false};
  const std::size_t place = take();
  sink_({FlowEvent::Kind::kCompute, place, 0, 0, Op::kInt, {}});
  return {number, place, true};
}

Placed Flow::compute(Op op, const Placed& a, const Placed& b, double number) {
  if (!on()) return {number, 0, false};
  const std::size_t place = a.passing ? a.place : b.passing ? b.place : take();
  sink_({FlowEvent::Kind::kCompute, place, 0, 0, op, {a.place, b.place}});
  if (b.passing && b.place != place) drop(b);
  return {number, place, true};
}

Placed Flow::compute(Op op, const Placed& a, double number) {
  if (!on()) return {number, 0, false};
  const std::size_t place = a.passing ? a.place : take();
  sink_({FlowEvent::Kind::kCompute, place, 0, 0, op, {a.place}});
  return {number, place, true};
}

void Flow::store(const Placed& a, std::size_t array, std::int64_t element) {
  if (!on()) return;
  sink_({FlowEvent::Kind::kStore, a.place, array, element, Op::kLet, {}});
  drop(a);
}

void Flow::copy(const Placed& a, std::size_t to) {
  if (!on()) return;
  sink_({FlowEvent::Kind::kCompute, to, 0, 0, Op::kLet, {a.place}});
  written_[to] = 1;
  drop(a);
}

void Flow::drop(const Placed& a) {
  if (!on() || !a.passing) return;
  sink_({FlowEvent::Kind::kDrop, a.place, 0, 0, Op::kLet, {}});
  free_.push_back(a.place);
}

void Flow::end_phase() {
  for (std::size_t place = 0; on() && place < written_.size(); ++place) {
    if (written_[place] == 0) continue;
    sink_({FlowEvent::Kind::kDrop, place, 0, 0, Op::kLet, {}});
    written_[place] = 0;
  }
}

}  // namespace minimoa::cost
