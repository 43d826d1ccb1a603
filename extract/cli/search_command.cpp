// minimoa search: of the orders in extract/schedules the tile sizes with the
// least traffic that fit a memory, as a table and as a schedule file.
//
// Costs are counted by prover/search; the member that a file is written for is
// also derived in full, and the closed forms of its certificate must say the same.
// May be wrong: another order, or one that these families do not have, may move
// less; the ratio to a lower bound says by how much at most.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "extract/cli/cli.h"
#include "extract/emit.h"
#include "prover/bounds/table.h"
#include "prover/search/search.h"

namespace minimoa::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct SearchOptions {
  std::string spec, machine, level, output;
  std::vector<std::string> points, schedules;
  bool force = false;
};

// A fast memory, with what it holds at each point.
struct Memory {
  std::string name;
  std::vector<Int> words;
};

// What does not depend on the memory.
struct Search {
  std::string root;
  LoadedSpec spec;
  RuleTable rules;
  Derivation onf;
  Recognised what;
  Theorems theorems;
  std::vector<GivenPoint> points;
  std::vector<Memory> memories;

  std::vector<SearchPoint> at(const Memory& memory) const {
    std::vector<SearchPoint> out;
    for (std::size_t k = 0; k < points.size(); ++k) {
      SearchPoint p{{}, memory.words[k]};
      for (const auto& [name, n] : points[k].dims) p.dims[name] = static_cast<std::int64_t>(n);
      out.push_back(p);
    }
    return out;
  }
};

// The best bound that speaks of every loop program, over all points.
struct Distance {
  Int bound = 0;
  std::string ratio, theorem, text;  // empty: no bound
};

struct Row {
  FamilyBest best;
  Distance distance;
};

struct Table {
  const Memory* memory = nullptr;
  std::vector<Row> rows;  // best first
  bool has_closed_form = false;
  bool fits() const { return !rows.empty() && rows.front().best.best.has_value(); }
};

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

bool read_points(Session* session, const SearchOptions& options, Search* out) {
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
std::optional<std::vector<Int>> given_words(Session* session, const Search& search,
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

bool read_memories(Session* session, const SearchOptions& options, Search* out) {
  if (options.machine.empty()) {
    if (!options.level.empty()) {
      fail(session, "E0911", "--level needs --machine");
      return false;
    }
    const auto words = given_words(session, *out, "no --machine");
    if (words) out->memories.push_back({"fast", *words});
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
      out->memories.push_back({name, std::vector<Int>(out->points.size(), *words)});
      continue;
    }
    const auto words = given_words(session, *out, name);
    if (!words) return false;
    out->memories.push_back({name, *words});
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

std::optional<Search> prepare(Session* session, const SearchOptions& options) {
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
  Search out{*root,
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
  if (!options.output.empty() && out.memories.size() > 1) {
    fail(session, "E0911", "-o writes one schedule: say which memory with --level");
    return std::nullopt;
  }
  return out;
}

// ---------------------------------------------------------------- table

Distance distance_of(const Search& search, const Memory& memory, const Member& member) {
  Distance out;
  for (std::size_t k = 0; k < search.points.size(); ++k) {
    Costs costs;
    costs.footprint = mk_int(static_cast<std::int64_t>(member.footprints[k]));
    costs.rows.push_back({"all",
                          false,
                          member.exact,
                          {1, mk_int(static_cast<std::int64_t>(member.traffic[k]))},
                          nullptr});
    GivenPoint point = search.points[k];
    point.memory = memory.words[k];
    const Subject subject{search.spec.spec, costs, mk_int(0), search.what, search.theorems};
    const TableAt at = table_at(subject, point, nullptr).front();
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
    if (out.theorem.empty())
      out.text = schedules + " (" + name + ", " + best->theorem->status() + ")";
    if (!out.theorem.empty() && out.theorem != name) out.text = "the sum of the points' bounds";
    out.theorem = k == 0 || out.theorem == name ? name : "bounds";
  }
  out.ratio = ratio_text(member.words, out.bound);
  return out;
}

// The closed forms of the derived member must say what was counted.
bool confirmed(Session* session, const Search& search, const FamilySearch& families, Table* table) {
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

Diagnostic nothing_fits(const Search& search, const FamilySearch& families, const Table& table) {
  const FamilyBest& least = table.rows.front().best;
  Diagnostic d;
  if (!least.why.empty()) {
    d.code = "E0615";
    d.message = "no family of schedules can be searched for " + search.spec.spec.name + ": " +
                least.why.front().message;
    return d;
  }
  d.code = "E0614";
  d.message = "no schedule of the families searched fits " + table.memory->name + ", which holds " +
              table.memory->words.front().str() + " words";
  d.notes.push_back("= smallest footprint: " + least.least_footprint.str() + " words, " +
                    named(families.families()[least.family], least.smallest));
  for (const GivenPoint& p : search.points) d.notes.push_back("= at " + p.text);
  return d;
}

// ---------------------------------------------------------------- output

std::string best_sentence(const Row& row) {
  const std::string most = row.best.best->exact ? "" : " (traffic taken as its upper bound)";
  const Distance& d = row.distance;
  if (d.theorem.empty()) return "the smallest traffic of the families searched; no bound applies";
  return "the smallest traffic of the families searched; " +
         (d.ratio == "1" ? "equal to the lower bound on "
                         : "within a factor of " + d.ratio + " of ") +
         d.text + most;
}

std::vector<std::string> searched_lines() {
  return {"families: the orders of the schedules named, each literal tile size left open",
          "tile sizes 1 .. 65536: for an extent n the sizes ceil(n / q), q = 1, 2, .., and the "
          "largest that fits",
          "from several members of a family, one tile size after the other, until none is better",
          "sizes that are not named with --at are 1; several points: the sum of their traffic"};
}

class Columns {
 public:
  void add(std::vector<std::string> cells) { lines_.push_back(std::move(cells)); }
  void print() const {
    std::vector<std::size_t> width;
    for (const auto& line : lines_) {
      width.resize(std::max(width.size(), line.size()));
      for (std::size_t k = 0; k < line.size(); ++k) width[k] = std::max(width[k], line[k].size());
    }
    for (const auto& line : lines_) {
      std::string out = " ";
      for (std::size_t k = 0; k < line.size(); ++k) {
        out += " " + line[k];
        if (k + 1 < line.size()) out.append(width[k] - line[k].size() + 1, ' ');
      }
      std::cout << out << "\n";
    }
  }

 private:
  std::vector<std::vector<std::string>> lines_;
};

std::string words_text(const Memory& memory) {
  std::string out;
  for (const Int& w : memory.words) {
    if (out.empty() || w != memory.words.front()) out += (out.empty() ? "" : ", ") + w.str();
  }
  return out + " words";
}

void print_table(const FamilySearch& families, const Table& table) {
  std::cout << table.memory->name << ": " << words_text(*table.memory) << "\n";
  Columns columns;
  columns.add({"family", "tiles", "footprint", "traffic", "ratio"});
  for (const Row& row : table.rows) {
    const Family& f = families.families()[row.best.family];
    if (row.best.best) {
      const Member& m = *row.best.best;
      columns.add(
          {f.names(), f.show(m.tiles), m.footprint.str(),
           (m.exact ? "" : "at most ") + m.words.str(),
           row.distance.theorem.empty() ? "-" : row.distance.ratio + " " + row.distance.theorem});
    } else if (row.best.why.empty()) {
      columns.add({f.names(), f.show(row.best.smallest),
                   row.best.least_footprint.str() + ", does not fit", "-", "-"});
    } else {
      columns.add({f.names(), "-", "-", "-", row.best.why.front().message});
    }
  }
  columns.print();
  if (!table.fits()) return;
  const FamilyBest& best = table.rows.front().best;
  const Family& f = families.families()[best.family];
  std::cout << "  best: " << named(f, best.best->tiles) << ": " << best_sentence(table.rows.front())
            << "\n"
            << (table.has_closed_form
                    ? "  derived: its closed forms give this footprint and traffic\n"
                    : "  derived: its closed form gives this footprint; the traffic was counted\n");
}

Json row_json(const FamilySearch& families, const Row& row) {
  const Family& f = families.families()[row.best.family];
  Json out = {{"family", f.schedule.name}, {"also", f.also}, {"schedule", f.schedule.path}};
  out["fits"] = false;
  const auto tiles = [&](const TileSizes& sizes) {
    Json j = Json::object();
    for (std::size_t k = 0; k < sizes.size(); ++k) j[f.parameters[k].name] = sizes[k];
    return j;
  };
  if (!row.best.why.empty()) {
    out["why"] = row.best.why.front().message;
    return out;
  }
  out["fits"] = row.best.best.has_value();
  if (!row.best.best) {
    out["tiles"] = tiles(row.best.smallest);
    out["footprint"] = row.best.least_footprint.str();
    return out;
  }
  const Member& m = *row.best.best;
  out["tiles"] = tiles(m.tiles);
  out["footprint"] = m.footprint.str();
  out["traffic"] = m.words.str();
  out["exact"] = m.exact;
  if (row.distance.theorem.empty()) return out;
  out["bound"] = row.distance.bound.str();
  out["theorem"] = row.distance.theorem;
  out["ratio"] = row.distance.ratio;
  return out;
}

Json table_json(const FamilySearch& families, const Table& table) {
  Json out = {{"memory", table.memory->name}, {"words", Json::array()}, {"table", Json::array()}};
  for (const Int& w : table.memory->words) out["words"].push_back(w.str());
  for (const Row& row : table.rows) out["table"].push_back(row_json(families, row));
  out["best"] = nullptr;
  if (!table.fits()) return out;
  const FamilyBest& best = table.rows.front().best;
  const Family& f = families.families()[best.family];
  out["best"] = row_json(families, table.rows.front());
  out["best"]["text"] = best_sentence(table.rows.front());
  out["best"]["closed_form"] = table.has_closed_form;
  out["best"]["file"] = member_text(f, best.best->tiles, f.schedule.name);
  return out;
}

// ---------------------------------------------------------------- file

// A comment of a schedule: printable, and not too long for a line.
std::string comment(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text.size() <= 190 ? text : text.substr(0, 187) + "...";
}

std::string name_for(const std::string& path, const Family& family) {
  std::string name = fs::path(path).stem().string();
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c == '_' || (c < 128 && std::isalnum(c) != 0);
  });
  const bool usable = !name.empty() && plain && name.size() <= 48 && name[0] != '_' &&
                      std::isdigit(static_cast<unsigned char>(name[0])) == 0;
  return usable ? name : family.schedule.name;
}

std::string file_text(const SearchOptions& options, const Search& search,
                      const FamilySearch& families, const Table& table) {
  const Row& row = table.rows.front();
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
  return member_text(f, row.best.best->tiles, name_for(options.output, f), lines);
}

void write(Session* session, const SearchOptions& options, const std::string& text) {
  std::error_code error;
  std::string what = "wrote ";
  if (fs::exists(options.output, error) && !fs::is_directory(options.output, error)) {
    const auto before = read_file(session, options.output);
    if (!before) return;
    if (*before == text) what = "unchanged ";
    if (*before != text && !options.force) {
      return fail(session, "E0916", options.output + " holds something else; --force replaces it");
    }
  }
  if (what == "wrote ") {
    const auto written = write_file(options.output, text);
    if (!written.ok()) return report(session, written.errors());
  }
  if (session->format != "json") std::cout << what << options.output << "\n";
}

// ---------------------------------------------------------------- whole

void print_all(const Session& session, const Search& search, const FamilySearch& families,
               const std::vector<Table>& tables) {
  if (session.format == "json") {
    Json out = {{"spec", search.spec.spec.name}, {"points", Json::array()}};
    for (const GivenPoint& p : search.points) out["points"].push_back(p.text);
    out["memories"] = Json::array();
    for (const Table& t : tables) out["memories"].push_back(table_json(families, t));
    out["searched"] = searched_lines();
    std::cout << out.dump(1) << "\n";
    return;
  }
  std::cout << "least traffic of " << search.spec.spec.name;
  for (const GivenPoint& p : search.points) std::cout << " at " << p.text;
  std::cout << "\n";
  for (const Table& t : tables) print_table(families, t);
  std::cout << "searched\n";
  for (const std::string& line : searched_lines()) std::cout << "  " << line << "\n";
}

void search(Session* session, const SearchOptions& options) {
  const auto search = prepare(session, options);
  if (!search) return;
  const auto schedules = read_schedules(session, search->root, options.schedules);
  if (!schedules) return;
  FamilySearch families(search->spec.spec, search->rules, search->onf, families_of(*schedules));
  std::vector<Table> tables;
  for (const Memory& memory : search->memories) {
    Table table{&memory, {}};
    for (FamilyBest& best : families.run(search->at(memory))) {
      Row row{std::move(best), {}};
      if (row.best.best) row.distance = distance_of(*search, memory, *row.best.best);
      table.rows.push_back(std::move(row));
    }
    if (table.fits() && !confirmed(session, *search, families, &table)) return;
    tables.push_back(std::move(table));
  }
  print_all(*session, *search, families, tables);
  const bool any =
      std::any_of(tables.begin(), tables.end(), [](const Table& t) { return t.fits(); });
  if (!any) {
    if (session->format == "json") return raise_code(session, 1);
    return report(session, {nothing_fits(*search, families, tables.back())});
  }
  if (options.output.empty()) return;
  write(session, options, file_text(options, *search, families, tables.front()));
}

}  // namespace

void add_search(CLI::App* app, Session* session) {
  auto options = std::make_shared<SearchOptions>();
  CLI::App* command = app->add_subcommand(
      "search",
      "Tile sizes that move the fewest words and fit a memory, within families of schedules: exit "
      "code 0 found, 1 nothing fits");
  command->add_option("SPEC", options->spec, "Spec file (.moa)")->required();
  command->add_option("--machine", options->machine,
                      "Fast memories to fit: a name in spec/machines, or a file");
  command->add_option("--level", options->level, "One memory of the machine (default: each)");
  command
      ->add_option("--at", options->points,
                   "Sizes as for prove; S (or words) is the fast memory if no machine says it; "
                   "repeatable: the sum is minimised (default: extract/sizes.txt)")
      ->take_all()
      ->allow_extra_args(false);
  command
      ->add_option("--schedule", options->schedules,
                   "A family: a schedule whose tile sizes are left open; repeatable (default: all "
                   "of extract/schedules)")
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("-o,--output", options->output, "Write the best schedule here");
  command->add_flag("--force", options->force, "Replace a file that holds something else");
  command->callback([session, options] { search(session, *options); });
}

}  // namespace minimoa::cli
