// Changes texts made of brackets and words by whole parts, so that they stay balanced.
//
// Bytes at random rarely give a second s-expression; a part put in place of another one does.
// FUZZ_TREES makes it the mutator of a harness, every second time libFuzzer's own (with its
// dictionary). May be wrong: brackets in strings and comments count, so some results are not
// balanced; they are inputs, too.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace fuzz {
using Random = std::minstd_rand;

inline std::size_t below(Random& random, std::size_t count) { return random() % count; }

struct Part {
  std::size_t begin, size;
};

// The bracketed groups and the words of a text.
inline std::vector<Part> parts_of(const std::string& text) {
  std::vector<Part> parts;
  std::vector<std::size_t> open;
  const auto word = [&](std::size_t at) {
    return std::string(" \n()[]{},;\"").find(text[at]) == std::string::npos;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '(') open.push_back(at);
    if (text[at] == ')' && !open.empty()) {
      parts.push_back({open.back(), at + 1 - open.back()});
      open.pop_back();
    }
    if (!word(at) || (at > 0 && word(at - 1))) continue;
    std::size_t end = at;
    while (end < text.size() && word(end)) ++end;
    parts.push_back({at, end - at});
  }
  return parts;
}

// One part is removed, doubled, put around itself, or replaced by another one.
inline std::string mutated_tree(const std::string& text, Random& random) {
  const std::vector<Part> parts = parts_of(text);
  if (parts.empty()) return text;
  const Part old = parts[below(random, parts.size())], other = parts[below(random, parts.size())];
  const std::string was = text.substr(old.begin, old.size);
  std::string now = text.substr(other.begin, other.size);
  switch (below(random, 8)) {
    case 0:
      now.clear();
      break;
    case 1:
      now = was + " " + was;
      break;
    case 2:
      now = was + " " + now;
      break;
    case 3:
      now = "(" + now + " " + was + ")";
      break;
    default:
      break;
  }
  return text.substr(0, old.begin) + now + text.substr(old.begin + old.size);
}

// libFuzzer's own changes of a string.
inline std::string mutated_bytes(std::string text, std::size_t most) {
  const std::size_t size = std::min(text.size(), most);
  text.resize(most);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, most));
  return text;
}

// What a mutator of libFuzzer gives back; too long a result counts as no result.
inline std::size_t given(const std::string& text, std::uint8_t* data, std::size_t size,
                         std::size_t most) {
  if (text.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::copy(text.begin(), text.end(), data);
  return text.size();
}
}  // namespace fuzz

#define FUZZ_TREES                                                                     \
  extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, \
                                                 std::size_t most, unsigned seed) {    \
    fuzz::Random random(seed);                                                         \
    if (fuzz::below(random, 2) == 0) return LLVMFuzzerMutate(data, size, most);        \
    const std::string text(reinterpret_cast<const char*>(data), size);                 \
    return fuzz::given(fuzz::mutated_tree(text, random), data, size, most);            \
  }
