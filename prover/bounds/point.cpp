#include "prover/bounds/point.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace minimoa {
namespace {

const std::set<std::string> kMore = {"p", "bytes", "eq", "ek", "ev", "eo", "ep"};
const std::set<std::string> kGeneric = {"n", "m", "d", "dk", "dv", "h", "b"};

// name=number, separated by commas. Numbers have at most 18 digits.
std::optional<std::vector<std::pair<std::string, Int>>> pairs_of(const std::string& text) {
  std::vector<std::pair<std::string, Int>> out;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(',', from), text.size());
    const std::string part = text.substr(from, to - from);
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || equals == 0) return std::nullopt;
    const std::string digits = part.substr(equals + 1);
    const bool number = !digits.empty() && digits.size() <= 18 &&
                        digits.find_first_not_of("0123456789") == std::string::npos &&
                        (digits[0] != '0' || digits == "0");
    if (!number) return std::nullopt;
    out.push_back({part.substr(0, equals), Int(digits)});
    from = to + 1;
  }
  return out;
}

class PointReader {
 public:
  PointReader(const Spec& spec, const Recognised& what) : spec_(spec), what_(what) {}

  Result<GivenPoint> run(const std::string& text) {
    const auto parts = pairs_of(text);
    if (!parts) return problem("E0911", "--at " + text + ": expected NAME=NUMBER,NAME=NUMBER,..");
    out_.text = text;
    generic_ = std::any_of(parts->begin(), parts->end(), [&](const auto& p) {
      return kGeneric.count(p.first) != 0 && !is_dimension(p.first);
    });
    for (const auto& [name, value] : *parts) {
      const std::string wrong = take(name, value);
      if (!wrong.empty()) return problem("E0911", "--at " + text + ": " + wrong);
    }
    return complete();
  }

 private:
  bool is_dimension(const std::string& name) const {
    return std::find(spec_.dims.begin(), spec_.dims.end(), name) != spec_.dims.end();
  }

  std::string take(const std::string& name, const Int& value) {
    const bool memory = name == "S" && (generic_ || !is_dimension(name));
    if (memory || (name == "words" && !is_dimension(name))) {
      if (out_.memory || value < 1) return "the fast memory is one positive number of words";
      out_.memory = value;
      return "";
    }
    if (is_dimension(name)) return set(name, value);
    if (kMore.count(name) != 0) {
      const bool fresh = value >= 1 && out_.more.emplace(name, value).second;
      return fresh ? "" : "'" + name + "' is one positive number";
    }
    if (kGeneric.count(name) == 0) return "'" + name + "' is not a dimension" + known();
    if (!what_.instance) return "'" + name + "' has no meaning here: " + what_.why;
    const auto role = what_.instance->roles.find(name);
    if (role == what_.instance->roles.end()) {
      return "no single dimension is '" + name + "'" + known();
    }
    for (const std::string& d : role->second) {
      const std::string wrong = set(d, value);
      if (!wrong.empty()) return wrong;
    }
    return "";
  }

  std::string set(const std::string& dimension, const Int& value) {
    const auto it = out_.dims.emplace(dimension, value).first;
    return it->second == value ? "" : "two values for dimension '" + dimension + "'";
  }

  std::string known() const {
    std::string out = "; dimensions are";
    for (const std::string& d : spec_.dims) out += " " + d;
    return out;
  }

  Result<GivenPoint> complete() {
    for (const std::string& d : spec_.dims) out_.dims.emplace(d, Int(1));
    for (const auto& [name, value] : out_.dims) {
      if (value < 1 || value > kLargestDimension) {
        return problem("E0702", "--at " + out_.text + ": " + name + " lies outside of 1 .. " +
                                    std::to_string(kLargestDimension));
      }
    }
    for (const Term& r : spec_.requires_) {
      if (truth_of(r, out_.dims).value_or(false)) continue;
      return problem("E0702", "--at " + out_.text + ": the spec requires " + pretty(r));
    }
    return out_;
  }

  const Spec& spec_;
  const Recognised& what_;
  GivenPoint out_;
  bool generic_ = false;
};

}  // namespace

Result<GivenPoint> parse_point(const std::string& text, const Spec& spec, const Recognised& what) {
  return PointReader(spec, what).run(text);
}

}  // namespace minimoa
