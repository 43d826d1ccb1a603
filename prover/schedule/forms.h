// The two forms of a softmax-weighted mean, each a list of rule uses.
#pragma once

#include "prover/schedule/axes.h"

namespace minimoa {

// `parallel`: how many loops the schedule names as tasks.
void two_pass(Deriver* d, const Axes& axes, const Schedule& s, std::size_t parallel);
void online(Deriver* d, const Axes& axes, const Schedule& s,
            const std::vector<std::string>& parallel);

// Two more orders of the online form, after osm-share, with states in slow
// memory: tiles of keys outermost; parts of the keys that are merged at the end.
void keys_outer(Deriver* d, const Axes& axes, const Schedule& s,
                const std::vector<std::string>& parallel);
void keys_in_parts(Deriver* d, const Axes& axes, const Schedule& s,
                   const std::vector<std::string>& parallel);

// Shared: lets around the written value move around the put; the statement
// inside of the batch loops.
void lift_lets_out_of_put(Deriver* d);
Position first_statement_below(const Deriver& d, const std::vector<std::string>& batch);

}  // namespace minimoa
