// A loop program at given sizes, ready to be executed step by step.
//
// The idea: FORMAT.md section 8 says which statements a loop program stands
// for. `concretise` does the same walk with the sizes filled in and keeps, for
// each step, whether it can move words at all and on which loop variables that
// depends. What a worker declares (COST.md section 4) is added up on the way.
// May be wrong: a form that FORMAT.md lowers otherwise; the tests compare the
// values that the steps compute with the reference interpreter.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "prover/obligations/polynomial.h"
#include "prover/schedule/placement.h"
#include "spec/lang/spec.h"
#include "spec/lang/term.h"

namespace minimoa::cost {

using Sizes = std::map<std::string, std::int64_t>;

// Thrown inside of this folder only; becomes a Diagnostic at its boundary.
struct Fault {
  std::string code, message;
};

// One step or expression. The meaning of kids, by act:
//   kOp      operands of `op`; kInt and dimensions: `value`; kVar: `slot`
//   kElement an element of input array `array`: the indices
//   kRead    an element of leaf `leaf`: the indices
//   kWrite   the value, then the indices into leaf `leaf`
//   kPut     the indices into the output, then the value
//   kBlock   steps in order; kSharing: steps, last the value of all
//   kBranch  condition, then, otherwise (steps or values)
//   kLoop    bound, body; variable `slot`
//   kReduce  bound, guard, summand; variable `slot`; operator `name`
//   kAny     bound, guard; variable `slot`
// Lanes (FORMAT.md section 15) run one after the other.
enum class Act {
  kOp,
  kElement,
  kRead,
  kWrite,
  kPut,
  kBlock,
  kSharing,
  kBranch,
  kLoop,
  kReduce,
  kAny,
};

struct Code {
  Act act = Act::kOp;
  Op op = Op::kTrue;
  std::vector<Code> kids;
  std::int64_t value = 0, value2 = 0;
  std::string name;
  std::size_t slot = 0, leaf = 0, array = 0;
  // What follows is found by `concretise`.
  bool moves = false;               // there is a load or a store in it
  bool real_data = false;           // its value needs elements of real inputs
  bool whole_data = false;          // its value needs elements of integer inputs
  std::set<std::size_t> free;       // loop variables in it
  std::set<std::size_t> control;    // those on which the number of moves depends
  bool of_lane = false;             // its value differs from lane to lane
  bool both = false;                // all operands are evaluated, whatever the first one says
  std::optional<std::size_t> once;  // moves a word only where this lane variable is 0
};

// An array in slow memory: inputs, then the output, then those of letslow.
struct SlowArray {
  std::string name;
  bool whole = false;  // an input of integers
  std::vector<std::int64_t> extents;
  std::int64_t words = 0;
};

// Storage of let and letslow (FORMAT.md section 8.3).
struct ConcreteLeaf {
  bool slow = false;
  std::size_t array = 0;    // when slow
  std::int64_t offset = 0;  // of its first element in that array
  std::vector<std::int64_t> extents;
  std::int64_t words = 0;
  bool lanes = false;  // the last axis is that of the lanes
};

struct ConcretePhase {
  Code body;
  bool lanes = false;  // there is a lane binder in it
  Int declared = 0;    // leaves of let, accumulators, vector registers
  Int operands = 0;    // most values that one statement holds at once
};

struct Concrete {
  std::vector<SlowArray> arrays;
  std::size_t inputs = 0;  // arrays[inputs] is the output
  std::vector<ConcreteLeaf> leaves;
  std::vector<Code> requirements;  // conditions over the sizes
  std::vector<ConcretePhase> phases;
  std::size_t slots = 0;
};

// Throws Fault: E0702 (sizes), E0610 (no loop program), E0709 (too large).
// outside: names of `let` whose values lie in slow memory.
Concrete concretise(const Spec& spec, const Term& final_term, const Sizes& sizes,
                    const std::set<std::string>& outside = {}, const Placement& place = {});

}  // namespace minimoa::cost
