// The theorem table of one schedule: its costs, the lower bounds that apply to
// its spec, and at given sizes what these are and how far apart.
//
// All of it is computed here; what a certificate says about ratios is ratio.h.
// Bounds come from spec/bounds with the sizes of instance.h; a bound is used at sizes where
// every condition of its row holds, and for no others.
// May be wrong: as far as instance.h, the rows, or the costs are wrong. A bound
// above the traffic of a schedule of its own class would show it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "prover/bounds/machine.h"
#include "prover/bounds/point.h"
#include "prover/bounds/theorem.h"
#include "prover/cost/cost.h"

namespace minimoa {

struct Subject {  // what the table is about
  const Spec& spec;
  const Costs& costs;
  Term workspace;
  const Recognised& what;
  const Theorems& theorems;
  const Theorems* wider = nullptr;  // spec/bounds/wider
};

struct BoundAt {
  const Theorem* theorem = nullptr;
  Int words;           // of all groups, rounded up: traffic is a whole number
  std::string ratio;   // what the schedule moves / words, if that is known
  std::string broken;  // does not apply: the condition that fails, as text
};

// The best bound on loads + stores for one class.
struct ClassVerdict {
  std::string klass;
  const Theorem* theorem = nullptr;
  Int words;
  std::string ratio;     // 3 decimals, rounded up; "1" if exactly that
  bool is_one = false;   // traffic = bound
  bool is_less = false;  // traffic < bound: the schedule is not of this class
};

struct TableAt {
  GivenPoint point;
  std::string memory;         // which fast memory
  Int words;                  // its size
  bool is_footprint = false;  // the size is the schedule's own need
  Int footprint, workspace;
  bool fits = false;
  Sizes smallest;         // does not fit: sizes that were made smaller one after the other
  std::vector<Int> rows;  // of costs.rows
  std::optional<Int> loads, stores, total;  // none: some array is not claimed
  bool exact = true;                        // false: traffic is at most this
  std::vector<BoundAt> bounds;
  std::vector<ClassVerdict> verdicts;
  std::vector<BoundAt> wider;  // of the rows whose numbers the point gives; no verdict
};

// One entry for each level of the machine, or one for the point's memory.
std::vector<TableAt> table_at(const Subject& subject, const GivenPoint& point,
                              const Machine* machine);
// The entry for one memory of `words`.
TableAt table_in(const Subject& subject, const GivenPoint& point, const std::string& memory,
                 const Int& words);
// A bound of a class that every loop program belongs to exceeds the traffic.
bool contradicts(const Subject& subject, const TableAt& at);
// Lines of a schedule that ask for the ratios of this table: at its sizes, but
// for any number of heads and of whatever else changes all counts alike.
std::vector<std::string> bound_lines(const Spec& spec, const Recognised& what, const TableAt& at);
// What all this rests on, one sentence each.
std::vector<std::string> assumptions(const Subject& subject, const std::vector<TableAt>& tables,
                                     const Machine* machine);

// a / b to three decimals, rounded up; "1" if a = b. b > 0.
std::string ratio_text(const Int& a, const Int& b);
// The bound over dimensions if that is short, else over the row's variables;
// fast memory is called `words`.
std::string symbolic(const Subject& subject, const Theorem& theorem);
// The names that a row introduces: "A = .., B = ..".
std::string definitions(const Theorem& theorem);
std::string condition_text(const Term& goal);

}  // namespace minimoa
