// What is the same in all lanes (certificates/FORMAT.md section 15), for whoever
// walks a final term with its placement.
//
// The idea: below a lane binder a name varies from lane to lane if it is the
// lane variable or bound there by `let` or as the state of a `fold`. A walk
// keeps one Lanes and enters children with it.
// May be wrong: nothing here is trusted; the audit says for itself what is uniform.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "prover/schedule/placement.h"
#include "spec/lang/term.h"
#include "spec/lang/types.h"

namespace minimoa {

class Lanes {
 public:
  explicit Lanes(const Placement& place) : place_(&place) {}
  Lanes enter(const Term& t, std::size_t kid) const;  // inside kid number `kid` of t

  // What `let` shares here has room for this many lanes; 0: not below a lane binder.
  std::int64_t room() const { return room_; }
  bool uniform(const Term& t) const;  // one value for all lanes; true outside of them
  // Are both sides of the choice t evaluated? Its condition varies from lane to
  // lane; or within the steps of an unrolled loop, and something else in t does.
  bool blended(const Term& t) const;
  // minimoa::enter, without a condition that excludes nothing.
  Scope scope(const Term& t, std::size_t kid, const Scope& outer, const Spec& spec) const;

 private:
  const Placement* place_;
  std::int64_t room_ = 0;
  std::set<std::string> varying_, unrolled_;  // names in scope
};

// Is there a lane binder in t?
bool has_lanes(const Placement& place, const Term& t);

}  // namespace minimoa
