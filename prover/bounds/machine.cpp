// The only file that includes toml++, which is large and throws; it is called
// with texts of sane size only.
#include "prover/bounds/machine.h"

#include <algorithm>
#include <set>

#include <toml++/toml.h>

namespace minimoa {
namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 50;

constexpr std::size_t kLargestText = 8192;

struct Bad {
  Diagnostic why;
};

Diagnostic too_large(const std::string& path) {
  Diagnostic d;
  d.code = "E0524";
  d.message = "the file has more than " + std::to_string(kLargestText) + " bytes";
  d.span = {path, 0, 0, 1};
  return d;
}

class MachineReader {
 public:
  explicit MachineReader(const std::string& path) : path_(path) {}

  Machine run(const toml::table& file) const {
    only(file, {"name", "doc", "level"}, file);
    Machine out{text(file, "name"), text(file, "doc"), {}};
    const toml::array* levels = file["level"].as_array();
    if (levels == nullptr || levels->empty()) bad(file, "expected at least one [[level]]");
    for (const toml::node& node : *levels) {
      const toml::table* level = node.as_table();
      if (level == nullptr) bad(node, "expected [[level]]");
      out.levels.push_back(read_level(*level));
    }
    check(out, file);
    return out;
  }

 private:
  [[noreturn]] void bad(const toml::node& at, const std::string& message) const {
    Diagnostic d;
    d.code = "E0524";
    d.message = message;
    d.span = {path_, static_cast<int>(at.source().begin.line),
              static_cast<int>(at.source().begin.column), 1};
    throw Bad{d};
  }

  void only(const toml::table& t, const std::set<std::string>& keys, const toml::node& at) const {
    for (const auto& [key, value] : t) {
      const std::string name(key.str());
      if (keys.count(name) == 0) bad(value, "unknown key '" + name + "'");
    }
    for (const std::string& key : keys) {
      if (!t.contains(key)) bad(at, "key '" + key + "' is missing");
    }
  }

  std::string text(const toml::table& t, const std::string& key) const {
    const auto value = t[key].value_exact<std::string>();
    if (!value || value->empty()) bad(*t.get(key), "'" + key + "' is not a string");
    return *value;
  }

  bool says(const toml::table& t, const std::string& key, const std::string& word) const {
    const auto value = t[key].value_exact<std::string>();
    return value && *value == word;
  }

  std::int64_t positive(const toml::table& t, const std::string& key) const {
    const auto value = t[key].value_exact<std::int64_t>();
    if (!value || *value < 1 || *value > kLargest) {
      bad(*t.get(key), "'" + key + "' is not a whole number from 1 to 2^50");
    }
    return *value;
  }

  std::optional<double> measured(const toml::table& t, const std::string& key) const {
    if (says(t, key, "unknown")) return std::nullopt;
    const auto value = t[key].value_exact<double>();
    if (!value || !(*value > 0) || *value > 1e18) {
      bad(*t.get(key), "'" + key + "' is neither a positive decimal number nor \"unknown\"");
    }
    return *value;
  }

  Level read_level(const toml::table& t) const {
    only(t, {"name", "capacity", "word", "fill_bandwidth", "energy"}, t);
    Level out;
    out.name = text(t, "name");
    if (!says(t, "capacity", "S")) out.capacity = positive(t, "capacity");
    out.word = positive(t, "word");
    if (out.capacity && *out.capacity < out.word) bad(t, "the memory holds no word");
    out.fill_bandwidth = measured(t, "fill_bandwidth");
    out.energy = measured(t, "energy");
    return out;
  }

  void check(const Machine& m, const toml::node& at) const {
    std::set<std::string> names;
    for (std::size_t k = 0; k < m.levels.size(); ++k) {
      const Level& level = m.levels[k];
      if (!names.insert(level.name).second) bad(at, "level '" + level.name + "' is given twice");
      if (!level.capacity && m.levels.size() > 1) {
        bad(at, "a machine with capacity \"S\" has one level");
      }
      if (k > 0 && *level.capacity <= *m.levels[k - 1].capacity) {
        bad(at, "levels stand from the fastest to the slowest, each larger than the one before");
      }
    }
  }

  std::string path_;
};

}  // namespace

Result<Machine> parse_machine(const std::string& text, const std::string& path) {
  try {
    // The library takes a dotted key apart by recursion: of a longer one the stack would not do.
    if (text.size() > kLargestText) throw Bad{too_large(path)};
    return MachineReader(path).run(toml::parse(text, path));
  } catch (const toml::parse_error& e) {
    const toml::source_position& place = e.source().begin;
    Diagnostic d;
    d.code = "E0524";
    d.message = std::string(e.description());
    d.span = {path, static_cast<int>(place.line), static_cast<int>(place.column), 1};
    return d;
  } catch (const Bad& b) {
    return b.why;
  }
}

}  // namespace minimoa
