// minimoa search: of the orders in extract/schedules the tile sizes with the
// least traffic that fit a memory, as a table and as a schedule file.
//
// What is found, and how far that may be from the least: tile_search.h.
// May be wrong: only in what it prints of it.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "extract/cli/tile_search.h"
#include "extract/emit.h"
#include "extract/write.h"

namespace minimoa::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct SearchCommand {
  SearchOptions what;
  std::string output;
  bool force = false;
};

Diagnostic nothing_fits(const TileSearch& search, const FamilySearch& families,
                        const SearchTable& table) {
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

// What the names beside the ratios stand for: the class of schedules, and who says so.
void print_bounds(const SearchTable& table) {
  std::vector<std::string> told;
  for (const SearchRow& row : table.rows) {
    const Distance& d = row.distance;
    if (!row.best.best || d.theorem.empty()) continue;
    if (std::find(told.begin(), told.end(), d.theorem) != told.end()) continue;
    told.push_back(d.theorem);
    std::cout << "  ratio " << d.theorem << ": to the lower bound on " << d.text << "\n";
  }
}

void print_table(const FamilySearch& families, const SearchTable& table) {
  std::cout << table.memory->name << ": " << words_text(*table.memory) << "\n";
  Columns columns;
  columns.add({"family", "tiles", "footprint", "traffic", "ratio"});
  for (const SearchRow& row : table.rows) {
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
  print_bounds(table);
  if (!table.fits()) return;
  const FamilyBest& best = table.rows.front().best;
  const Family& f = families.families()[best.family];
  std::cout << "  best: " << named(f, best.best->tiles) << ": " << best_sentence(table.rows.front())
            << "\n"
            << (table.has_closed_form
                    ? "  derived: its closed forms give this footprint and traffic\n"
                    : "  derived: its closed form gives this footprint; the traffic was counted\n");
}

Json row_json(const FamilySearch& families, const SearchRow& row) {
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

Json table_json(const TileSearch& search, const FamilySearch& families, const SearchTable& table) {
  Json out = {{"memory", table.memory->name}, {"words", Json::array()}, {"table", Json::array()}};
  for (const Int& w : table.memory->words) out["words"].push_back(w.str());
  for (const SearchRow& row : table.rows) out["table"].push_back(row_json(families, row));
  out["best"] = nullptr;
  if (!table.fits()) return out;
  const FamilyBest& best = table.rows.front().best;
  const Family& f = families.families()[best.family];
  out["best"] = row_json(families, table.rows.front());
  out["best"]["text"] = best_sentence(table.rows.front());
  out["best"]["closed_form"] = table.has_closed_form;
  out["best"]["file"] = file_text(f.schedule.name, search, families, table);
  return out;
}

void write(Session* session, const SearchCommand& options, const std::string& text) {
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

void print_all(const Session& session, const TileSearch& search, const FamilySearch& families,
               const std::vector<SearchTable>& tables) {
  if (session.format == "json") {
    Json out = {{"spec", search.spec.spec.name}, {"points", Json::array()}};
    for (const GivenPoint& p : search.points) out["points"].push_back(p.text);
    out["memories"] = Json::array();
    for (const SearchTable& t : tables) out["memories"].push_back(table_json(search, families, t));
    out["searched"] = searched_lines();
    std::cout << out.dump(1) << "\n";
    return;
  }
  std::cout << "least traffic of " << search.spec.spec.name;
  for (const GivenPoint& p : search.points) std::cout << " at " << p.text;
  std::cout << "\n";
  for (const SearchTable& t : tables) print_table(families, t);
  std::cout << "searched\n";
  for (const std::string& line : searched_lines()) std::cout << "  " << line << "\n";
}

void search(Session* session, const SearchCommand& options) {
  const auto search = prepare_search(session, options.what);
  if (!search) return;
  if (!options.output.empty() && search->memories.size() > 1) {
    return fail(session, "E0911", "-o writes one schedule: say which memory with --level");
  }
  auto families = families_for(session, *search, options.what.schedules);
  if (!families) return;
  std::vector<SearchTable> tables;
  for (const SearchMemory& memory : search->memories) {
    SearchTable table = best_tiles(*search, &*families, memory);
    if (table.fits() && !confirmed(session, *search, *families, &table)) return;
    tables.push_back(std::move(table));
  }
  print_all(*session, *search, *families, tables);
  const bool any =
      std::any_of(tables.begin(), tables.end(), [](const SearchTable& t) { return t.fits(); });
  if (!any) {
    if (session->format == "json") return raise_code(session, 1);
    return report(session, {nothing_fits(*search, *families, tables.back())});
  }
  if (options.output.empty()) return;
  const SearchTable& table = tables.front();
  const Family& best = families->families()[table.rows.front().best.family];
  write(session, options, file_text(name_for(options.output, best), *search, *families, table));
}

}  // namespace

void add_search(CLI::App* app, Session* session) {
  auto options = std::make_shared<SearchCommand>();
  CLI::App* command = app->add_subcommand(
      "search",
      "Tile sizes that move the fewest words and fit a memory, within families of schedules: exit "
      "code 0 found, 1 nothing fits");
  command->add_option("SPEC", options->what.spec, "Spec file (.moa)")->required();
  command->add_option("--machine", options->what.machine,
                      "Fast memories to fit: a name in spec/machines, or a file");
  command->add_option("--level", options->what.level, "One memory of the machine (default: each)");
  command
      ->add_option("--at", options->what.points,
                   "Sizes as for prove; S (or words) is the fast memory if no machine says it; "
                   "repeatable: the sum is minimised (default: extract/sizes.txt)")
      ->take_all()
      ->allow_extra_args(false);
  command
      ->add_option("--schedule", options->what.schedules,
                   "A family: a schedule whose tile sizes are left open; repeatable (default: all "
                   "of extract/schedules)")
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("-o,--output", options->output, "Write the best schedule here");
  command->add_flag("--force", options->force, "Replace a file that holds something else");
  command->callback([session, options] { search(session, *options); });
}

}  // namespace minimoa::cli
