// Where the values of a run are: words of fast memory, one event at a time.
//
// A place is a word of fast memory. Storage of let has a place for each
// element; a value on its way through an expression has one until it is used,
// and a result takes over the place of an operand where it can.
// May be wrong: a value may keep its place longer than a kernel would.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "spec/lang/term.h"

namespace minimoa::cost {

struct FlowEvent {
  enum class Kind { kLoad, kStore, kCompute, kDrop };
  Kind kind = Kind::kDrop;
  std::size_t place = 0;              // loaded, stored, result, or free from now on
  std::size_t array = 0;              // kLoad, kStore: slow memory
  std::int64_t element = 0;           //   and the element
  Op op = Op::kLet;                   // kCompute; kLet: a copy, kInt: a constant
  std::vector<std::size_t> operands;  // kCompute: places
};

// A value, and its place when events are wanted.
struct Placed {
  double number = 0;
  std::size_t place = 0;
  bool passing = false;  // free after its use
};

class Flow {
 public:
  using Sink = std::function<void(const FlowEvent&)>;
  // The first `stored` places belong to storage.
  Flow(const Sink& sink, std::size_t stored) : sink_(sink), written_(stored), next_(stored) {}

  Placed load(std::size_t array, std::int64_t element, double number);
  Placed constant(double number);
  Placed compute(Op op, const Placed& a, const Placed& b, double number);
  Placed compute(Op op, const Placed& a, double number);
  void store(const Placed& a, std::size_t array, std::int64_t element);
  void copy(const Placed& a, std::size_t to);  // into storage
  void drop(const Placed& a);                  // unless it is storage
  void end_phase();                            // storage is free again

 private:
  bool on() const { return static_cast<bool>(sink_); }
  std::size_t take();

  const Sink& sink_;
  std::vector<char> written_;  // places of storage in use
  std::size_t next_;
  std::vector<std::size_t> free_;
};

}  // namespace minimoa::cost
