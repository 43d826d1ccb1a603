// Texts of schedules with other literals; see family.h.
#include "prover/search/family.h"

#include <algorithm>
#include <sstream>

namespace minimoa {

namespace {

std::string directive(const TileParameter& p, const std::string& size) {
  const auto line = [&](const char* word) { return word + (" " + p.axis + " " + size); };
  switch (p.of) {
    case SizeOf::kTile:
      return line("tile");
    case SizeOf::kPart:
      return line("split");
    case SizeOf::kRetained:
      return line("retain");
  }
  return "";
}

// The words of a line without its comment, one blank between them.
std::string words_of(const std::string& line) {
  std::istringstream in(line.substr(0, line.find('#')));
  std::string out;
  for (std::string word; in >> word;) out += (out.empty() ? "" : " ") + word;
  return out;
}

// The order: directives but the name and the bounds, a size for each parameter.
std::vector<std::string> order_lines(const Family& family, const std::vector<std::string>& sizes) {
  std::vector<std::string> out;
  std::istringstream in(family.schedule.text);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    std::string words = words_of(line);
    if (words.empty() || words.starts_with("schedule ")) continue;
    if (words.starts_with("bound ")) continue;  // said of these sizes, not of others
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      if (family.parameters[k].line == number) words = directive(family.parameters[k], sizes[k]);
    }
    out.push_back(words);
  }
  return out;
}

std::vector<std::string> as_text(const TileSizes& sizes) {
  std::vector<std::string> out;
  for (const std::int64_t size : sizes) out.push_back(std::to_string(size));
  return out;
}

}  // namespace

TileSizes Family::written() const {
  TileSizes out;
  for (const TileParameter& p : parameters) out.push_back(p.written);
  return out;
}

std::string Family::names() const {
  std::string out = schedule.name;
  for (const std::string& name : also) out += ", " + name;
  return out;
}

std::string Family::show(const TileSizes& sizes) const {
  std::string out;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    out += (out.empty() ? "" : ", ") + parameters[k].name + " " + std::to_string(sizes[k]);
  }
  return out.empty() ? "-" : out;
}

Family family_of(const Schedule& schedule) {
  Family out{schedule, {}, {}};
  const auto add = [&](const std::vector<Tile>& tiles, SizeOf of, const std::string& name) {
    for (const Tile& t : tiles) {
      if (!t.whole()) out.parameters.push_back({name + t.axis, of, t.axis, t.span.line, t.size});
    }
  };
  add(schedule.splits, SizeOf::kPart, "part of ");
  add(schedule.tiles, SizeOf::kTile, "");
  add(schedule.retains, SizeOf::kRetained, "kept ");
  return out;
}

std::vector<Family> families_of(const std::vector<Schedule>& schedules) {
  std::vector<Family> out;
  for (const Schedule& s : schedules) {
    if (!s.lanes.empty()) continue;  // their tiles follow the registers, not the memory
    const auto same =
        std::find_if(out.begin(), out.end(), [&](const Family& f) { return sizes_in(f, s); });
    if (same == out.end()) {
      out.push_back(family_of(s));
    } else {
      same->also.push_back(s.name);
    }
  }
  return out;
}

std::optional<TileSizes> sizes_in(const Family& family, const Schedule& schedule) {
  const Family other = family_of(schedule);
  TileSizes out;
  for (const TileParameter& p : family.parameters) {
    for (const TileParameter& q : other.parameters) {
      if (p.of == q.of && p.axis == q.axis) out.push_back(q.written);
    }
  }
  if (out.size() != family.parameters.size()) return std::nullopt;
  if (order_lines(family, as_text(out)) != order_lines(other, as_text(other.written()))) {
    return std::nullopt;
  }
  return out;
}

std::string member_text(const Family& family, const TileSizes& sizes, const std::string& name,
                        const std::vector<std::string>& comments,
                        const std::vector<std::string>& bounds) {
  std::string out;
  for (const std::string& c : comments) out += "# " + c + "\n";
  out += "schedule " + name + "\n";
  for (const std::string& line : order_lines(family, as_text(sizes))) out += line + "\n";
  for (const std::string& line : bounds) out += line + "\n";
  return out;
}

Result<Schedule> member(const Family& family, const TileSizes& sizes) {
  return parse_schedule(member_text(family, sizes, family.schedule.name), family.schedule.path);
}

}  // namespace minimoa
