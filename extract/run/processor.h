// What the processor that runs this program can do.
#pragma once

#include <string>
#include <vector>

namespace minimoa {

// Those of `needs`, features as /proc/cpuinfo lists them, that are not there.
// Where that file is missing or has another form, all of them.
std::vector<std::string> missing_features(const std::vector<std::string>& needs);

}  // namespace minimoa
