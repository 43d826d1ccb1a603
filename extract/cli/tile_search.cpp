// See tile_search.h.
#include "extract/cli/tile_search.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace minimoa::cli {
namespace {

namespace fs = std::filesystem;

// ---------------------------------------------------------------- input

std::vector<std::string> default_points(Session* session, const std::string& root,
                                        const std::string& spec) {
  const auto bytes = read_file(session, (fs::path(root) / "extract" / "sizes.txt").string());
  if (!bytes) return {};
  std::vector<std::string> out;
  std::istringstream in(*bytes);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string name, point;
    if (words >> name >> point && name == spec) out.push_back(point);
  }
  if (out.empty()) {
    fail(session, "E0911", "extract/sizes.txt has no sizes for " + spec + ": say --at");
  }
  return out;
}

bool read_points(Session* session, const SearchOptions& options, TileSearch* out) {
  auto texts = options.points;
  if (texts.empty()) texts = default_points(session, out->root, out->spec.spec.name);
  for (const std::string& text : texts) {
    auto point = parse_point(text, out->spec.spec, out->what);
    if (!point.ok()) {
      report(session, point.errors());
      raise_code(session, kUsage);
      return false;
    }
    out->points.push_back(std::move(point.value()));
  }
  return !texts.empty();
}

// Words of a memory of S words, S given with each point.
std::optional<std::vector<Int>> given_words(Session* session, const TileSearch& search,
                                            const std::string& memory) {
  std::vector<Int> out;
  for (const GivenPoint& p : search.points) {
    if (!p.memory) {
      fail(session, "E0911", memory + ": say S=WORDS in --at " + p.text);
      return std::nullopt;
    }
    out.push_back(*p.memory);
  }
  return out;
}

bool read_memories(Session* session, const SearchOptions& options, TileSearch* out) {
  if (options.machine.empty()) {
    if (!options.level.empty()) {
      fail(session, "E0911", "--level needs --machine");
      return false;
    }
    const auto words = given_words(session, *out, "no --machine");
    if (words) out->memories.push_back({"fast", "", *words});
    return words.has_value();
  }
  const auto machine = load_machine(session, out->root, options.machine);
  if (!machine) return false;
  std::string known;
  for (const Level& level : machine->levels) {
    known += " " + level.name;
    if (!options.level.empty() && level.name != options.level) continue;
    const std::string name = machine->name + " " + level.name;
    if (const auto words = level.words()) {
      out->memories.push_back({name, level.name, std::vector<Int>(out->points.size(), *words)});
      continue;
    }
    const auto words = given_words(session, *out, name);
    if (!words) return false;
    out->memories.push_back({name, level.name, *words});
  }
  if (!out->memories.empty()) return true;
  fail(session, "E0911",
       machine->name + " has no memory '" + options.level + "'; its memories are" + known);
  return false;
}

std::optional<std::vector<Schedule>> read_schedules(Session* session, const std::string& root,
                                                    std::vector<std::string> names) {
  if (names.empty()) {
    std::error_code error;
    for (const auto& e : fs::directory_iterator(fs::path(root) / "extract" / "schedules", error)) {
      if (e.path().extension() == ".sched") names.push_back(e.path().string());
    }
    std::sort(names.begin(), names.end());
  }
  std::vector<Schedule> out;
  for (const std::string& name : names) {
    auto schedule = load_schedule(session, schedule_path(root, name));
    if (!schedule) return std::nullopt;
    out.push_back(std::move(*schedule));
  }
  return out;
}

}  // namespace

std::optional<TileSearch> prepare_search(Session* session, const SearchOptions& options) {
  const auto root = find_root(session);
  if (!root) return std::nullopt;
  auto spec = load_spec(session, options.spec);
  if (!spec) return std::nullopt;
  auto rules = load_rules(session, *root);
  if (!rules) return std::nullopt;
  auto theorems = load_theorems((fs::path(*root) / "spec" / "bounds").string());
  if (!theorems.ok()) {
    report(session, theorems.errors());
    return std::nullopt;
  }
  auto onf = reduce(spec->spec, *rules);
  if (!onf.ok()) {
    report(session, onf.errors(), spec->bytes);
    return std::nullopt;
  }
  TileSearch out{*root,
                 std::move(*spec),
                 std::move(*rules),
                 std::move(onf.value()),
                 {},
                 std::move(theorems.value()),
                 {},
                 {}};
  out.what = recognise(out.spec.spec, out.rules, out.onf);
  if (!read_points(session, options, &out) || !read_memories(session, options, &out)) {
    return std::nullopt;
  }
  return out;
}

std::vector<SearchPoint> TileSearch::at(const SearchMemory& memory) const {
  std::vector<SearchPoint> out;
  for (std::size_t k = 0; k < points.size(); ++k) {
    SearchPoint p{{}, memory.words[k]};
    for (const auto& [name, n] : points[k].dims) p.dims[name] = static_cast<std::int64_t>(n);
    out.push_back(p);
  }
  return out;
}

std::optional<FamilySearch> families_for(Session* session, const TileSearch& search,
                                         const std::vector<std::string>& schedules) {
  const auto read = read_schedules(session, search.root, schedules);
  if (!read) return std::nullopt;
  return FamilySearch(search.spec.spec, search.rules, search.onf, families_of(*read));
}

// ---------------------------------------------------------------- table

namespace {

// The bounds at each point beside a member's costs there.
std::vector<TableAt> tables_of(const TileSearch& search, const SearchMemory& memory,
                               const Member& member) {
  std::vector<TableAt> out;
  for (std::size_t k = 0; k < search.points.size(); ++k) {
    const auto number = [](const Int& n) { return mk_int(static_cast<std::int64_t>(n)); };
    Costs costs;
    costs.footprint = number(member.footprints[k]);
    costs.rows.push_back({"all", false, member.exact, {1, number(member.traffic[k])}, nullptr});
    GivenPoint point = search.points[k];
    point.memory = memory.words[k];
    const Subject subject{search.spec.spec, costs, mk_int(0), search.what, search.theorems};
    out.push_back(table_at(subject, point, nullptr).front());
  }
  return out;
}

Distance distance_of(const TileSearch& search, const SearchMemory& memory, const Member& member) {
  Distance out;
  for (const TableAt& at : tables_of(search, memory, member)) {
    const ClassVerdict* best = nullptr;
    for (const ClassVerdict& v : at.verdicts) {
      if (!search.theorems.covers(v.klass, "explicit-product-orderly")) continue;
      if (best == nullptr || v.words > best->words) best = &v;
    }
    if (best == nullptr) return {};
    out.bound += best->words;
    const std::string schedules =
        "every " + (best->klass == "any" ? "" : best->klass + " ") + "schedule";
    const std::string name = best->theorem->name;
    const bool first = out.theorem.empty();
    if (first) out.text = schedules + " (" + name + ", " + best->theorem->status() + ")";
    if (!first && out.theorem != name) out.text = "the sum of the points' bounds";
    out.theorem = first || out.theorem == name ? name : "bounds";
  }
  out.ratio = ratio_text(member.words, out.bound);
  return out;
}

}  // namespace

bool confirmed(Session* session, const TileSearch& search, const FamilySearch& families,
               SearchTable* table) {
  const FamilyBest& first = table->rows.front().best;
  const auto schedule = member(families.families()[first.family], first.best->tiles);
  std::vector<Sizes> points;
  for (const GivenPoint& p : search.points) points.push_back(p.dims);
  const auto costs = schedule.ok() ? check_member(search.spec.spec, search.rules, search.onf,
                                                  schedule.value(), points)
                                   : Result<std::vector<MemberCosts>>(schedule.errors());
  if (!costs.ok()) {
    report(session, costs.errors());
    return false;
  }
  table->has_closed_form = true;
  for (std::size_t k = 0; k < points.size(); ++k) {
    const MemberCosts& c = costs.value()[k];
    const bool same = c.footprint == first.best->footprints[k] &&
                      (!c.traffic || *c.traffic == first.best->traffic[k]);
    table->has_closed_form = table->has_closed_form && c.traffic;
    if (same) continue;
    fail(session, "E0999",
         "the derived schedule costs other than what was searched for at " + search.points[k].text);
    return false;
  }
  return true;
}

std::string named(const Family& f, const TileSizes& tiles) {
  return f.schedule.name + (tiles.empty() ? "" : " with tiles " + f.show(tiles));
}

SearchTable best_tiles(const TileSearch& search, FamilySearch* families,
                       const SearchMemory& memory) {
  SearchTable out{&memory, {}};
  for (FamilyBest& best : families->run(search.at(memory))) {
    SearchRow row{std::move(best), {}};
    if (row.best.best) row.distance = distance_of(search, memory, *row.best.best);
    out.rows.push_back(std::move(row));
  }
  return out;
}

std::string best_sentence(const SearchRow& row) {
  const std::string most = row.best.best->exact ? "" : " (traffic taken as its upper bound)";
  const Distance& d = row.distance;
  if (d.theorem.empty()) return "the smallest traffic of the families searched; no bound applies";
  return "the smallest traffic of the families searched; " +
         (d.ratio == "1" ? "equal to the lower bound on "
                         : "within a factor of " + d.ratio + " of ") +
         d.text + most;
}

std::string words_text(const SearchMemory& memory) {
  std::string out;
  for (const Int& w : memory.words) {
    if (out.empty() || w != memory.words.front()) out += (out.empty() ? "" : ", ") + w.str();
  }
  return out + " words";
}

// ---------------------------------------------------------------- file

namespace {

// A comment of a schedule: printable, and not too long for a line.
std::string comment(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text.size() <= 190 ? text : text.substr(0, 187) + "...";
}

}  // namespace

std::string name_for(const std::string& path, const Family& family) {
  std::string name = fs::path(path).stem().string();
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c == '_' || (c < 128 && std::isalnum(c) != 0);
  });
  const bool usable = !name.empty() && plain && name.size() <= 48 && name[0] != '_' &&
                      std::isdigit(static_cast<unsigned char>(name[0])) == 0;
  return usable ? name : family.schedule.name;
}

std::string file_text(const std::string& name, const TileSearch& search,
                      const FamilySearch& families, const SearchTable& table) {
  const SearchRow& row = table.rows.front();
  const Family& f = families.families()[row.best.family];
  std::vector<std::string> lines = {
      comment("Found by minimoa search for " + search.spec.spec.name + " on " + table.memory->name +
              ", " + words_text(*table.memory) + ":"),
      comment("the order of " + named(f, row.best.best->tiles))};
  for (std::size_t k = 0; k < search.points.size(); ++k) {
    lines.push_back(comment("at " + search.points[k].text + ": footprint " +
                            row.best.best->footprints[k].str() + ", traffic " +
                            row.best.best->traffic[k].str() + " words"));
  }
  lines.push_back(comment(best_sentence(row)));
  std::vector<std::string> bounds;
  for (const TableAt& at : tables_of(search, *table.memory, *row.best.best)) {
    for (const std::string& line : bound_lines(search.spec.spec, search.what, at)) {
      if (std::find(bounds.begin(), bounds.end(), line) == bounds.end()) bounds.push_back(line);
    }
  }
  return member_text(f, row.best.best->tiles, name, lines, bounds);
}

}  // namespace minimoa::cli
