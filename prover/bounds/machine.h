// Machines as data: spec/machines/*.toml, memories from the fastest to the slowest.
// May be wrong: sizes are what the file says; nothing is measured.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spec/lang/diagnostic.h"

namespace minimoa {

struct Level {
  std::string name;
  std::optional<std::int64_t> capacity;  // bytes; none: S words, a parameter
  std::int64_t word = 1;                 // bytes of an element
  std::optional<double> fill_bandwidth;  // bytes per second from the next slower memory
  std::optional<double> energy;          // joule per byte, the same way
  // Words that it holds; none: the parameter S.
  std::optional<std::int64_t> words() const {
    return capacity ? std::optional<std::int64_t>(*capacity / word) : std::nullopt;
  }
};

struct Machine {
  std::string name, doc;
  std::vector<Level> levels;  // at least one
};

// A strict subset of TOML: the keys of spec/machines/abstract.toml, each once.
Result<Machine> parse_machine(const std::string& text, const std::string& path);

}  // namespace minimoa
