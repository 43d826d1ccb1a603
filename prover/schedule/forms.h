// The two forms of a softmax-weighted mean, each a list of rule uses.
#pragma once

#include "prover/schedule/axes.h"

namespace minimoa {

// `parallel`: how many loops the schedule names as tasks.
void two_pass(Deriver* d, const Axes& axes, const Schedule& s, std::size_t parallel);
void online(Deriver* d, const Axes& axes, const Schedule& s,
            const std::vector<std::string>& parallel);

// Three more orders of the online form, after osm-share, with states in slow
// memory: tiles of keys outermost; parts of the keys that are merged at the end;
// two halves, of which the second one is merged where the output is written.
void keys_outer(Deriver* d, const Axes& axes, const Schedule& s,
                const std::vector<std::string>& parallel);
void keys_in_parts(Deriver* d, const Axes& axes, const Schedule& s,
                   const std::vector<std::string>& parallel);
void keys_in_halves(Deriver* d, const Axes& axes, const Schedule& s,
                    const std::vector<std::string>& parallel);

// The slow array's definition, over `axes`: the leading ones that are named in
// `parallel` run as tasks.
void place_definition(Deriver* d, const std::vector<std::string>& axes,
                      const std::vector<std::string>& parallel);

// Shared: lets around the written value move around the put; the statement
// inside of the batch loops.
void lift_lets_out_of_put(Deriver* d);
Position first_statement_below(const Deriver& d, const std::vector<std::string>& batch);

}  // namespace minimoa
