// Changes JSON as JSON: a value is removed, doubled, swapped or replaced by another of the
// document, a number becomes another one, a text is changed as a text. FUZZ_JSON makes it the
// mutator of a harness; now and then the bytes are changed as they are, so that what is no JSON
// comes, too.
#pragma once

#include <nlohmann/json.hpp>

#include "tests/fuzz/tree_mutator.h"

namespace fuzz {
using Json = nlohmann::json;

inline void collect(Json& json, std::vector<Json*>& all) {
  all.push_back(&json);
  if (json.is_structured())
    for (Json& item : json) collect(item, all);
}

// Numbers stand in texts, too: multipliers, literals.
inline void mutate_text(Json& json, Random& random) {
  static const char* const kTexts[] = {"0",  "1",  "-1", "2", "16777216", "4611686018427387904",
                                       "-0", "01", "",   "?", "valid",    "N"};
  const std::string text = json.get<std::string>();
  switch (below(random, 3)) {
    case 0:
      json = kTexts[below(random, std::size(kTexts))];
      break;
    case 1:
      json = mutated_tree(text, random);
      break;
    default:
      json = mutated_bytes(text, text.size() + 16);
      break;
  }
}

inline void mutate_list(Json& list, const Json& other, Random& random) {
  if (list.empty()) return list.push_back(other);
  const auto at = list.begin() + static_cast<std::ptrdiff_t>(below(random, list.size()));
  const auto to = list.begin() + static_cast<std::ptrdiff_t>(below(random, list.size()));
  switch (below(random, 4)) {
    case 0:
      list.erase(at);
      break;
    case 1:
      list.insert(at, Json(*to));
      break;
    case 2:
      list.insert(at, other);
      break;
    default:
      std::swap(*at, *to);
      break;
  }
}

inline void mutate_value(Json& json, Random& random) {
  std::vector<Json*> all;
  collect(json, all);
  Json& one = *all[below(random, all.size())];
  const Json other = *all[below(random, all.size())];
  const bool replaced = below(random, 3) == 0;
  if (replaced) {
    one = other;
  } else if (one.is_array()) {
    mutate_list(one, other, random);
  } else if (one.is_string()) {
    mutate_text(one, random);
  } else if (one.is_object() && !one.empty()) {
    const auto key = std::next(one.begin(), static_cast<std::ptrdiff_t>(below(random, one.size())));
    if (below(random, 8) == 0) one.erase(key);
  } else if (one.is_number()) {
    one = below(random, 4) == 0 ? random() % 70000 : below(random, 8);
  }
}

inline std::string mutated_json(const std::string& text, Random& random) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || below(random, 16) == 0) return mutated_bytes(text, text.size() + 64);
  for (std::size_t times = 1 + below(random, 3); times > 0; --times) mutate_value(json, random);
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}
}  // namespace fuzz

#define FUZZ_JSON                                                                      \
  extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, \
                                                 std::size_t most, unsigned seed) {    \
    fuzz::Random random(seed);                                                         \
    const std::string text(reinterpret_cast<const char*>(data), size);                 \
    return fuzz::given(fuzz::mutated_json(text, random), data, size, most);            \
  }
