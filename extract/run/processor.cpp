// The first line "flags : .." of /proc/cpuinfo; all cores are taken to be alike.
// May be wrong: on a machine with cores of two kinds.
#include "extract/run/processor.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace minimoa {

std::vector<std::string> missing_features(const std::vector<std::string>& needs) {
  std::ifstream in("/proc/cpuinfo");
  std::set<std::string> there;
  for (std::string line; there.empty() && std::getline(in, line);) {
    if (line.rfind("flags", 0) != 0) continue;
    std::istringstream words(line.substr(std::min(line.find(':'), line.size() - 1) + 1));
    for (std::string word; words >> word;) there.insert(word);
  }
  std::vector<std::string> out;
  for (const std::string& feature : needs) {
    if (there.count(feature) == 0) out.push_back(feature);
  }
  return out;
}

}  // namespace minimoa
