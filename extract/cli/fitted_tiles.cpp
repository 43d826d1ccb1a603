// See fitted_tiles.h.
#include "extract/cli/fitted_tiles.h"

#include "extract/cli/tile_search.h"

namespace minimoa::cli {
namespace {

constexpr const char* kFile = "found.sched";

// A word of a shell's command line.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                          "0123456789_./,=+-") == std::string::npos;
  if (plain) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string search_command(const FittedRequest& request, const std::string& level) {
  std::string out = "minimoa search " + quoted(request.spec) + " --schedule " +
                    quoted(request.schedule) + " --machine " + quoted(request.machine_name);
  if (!level.empty()) out += " --level " + quoted(level);
  for (const std::string& p : request.points) out += " --at " + quoted(p);
  return out + " -o " + kFile;
}

// Why nothing is to be shown for this memory; empty: the search found better tiles.
std::string reason(const TileSearch& search, const FamilySearch& families,
                   const SearchTable& table) {
  const FamilyBest& best = table.rows.front().best;
  const Family& family = families.families().front();
  if (!best.why.empty()) return best.why.front().message;
  if (!best.best) {
    return "no tiles of this order fit: the smallest footprint is " + best.least_footprint.str() +
           " words" + (best.smallest.empty() ? "" : ", " + family.show(best.smallest));
  }
  const auto points = search.at(*table.memory);
  const auto written = families.cost(0, family.written(), points);
  if (!written || written->words > best.best->words) return "";
  for (std::size_t k = 0; k < points.size(); ++k) {
    if (written->footprints[k] > points[k].words) return "";
  }
  return "as written; no tiles of this order that were tried move less";
}

}  // namespace

std::optional<std::vector<FittedTiles>> fitted_tiles(Session* session, const Machine& machine,
                                                     const FittedRequest& request) {
  const auto search = prepare_search(
      session, {request.spec, request.machine_name, "", request.points, {request.schedule}});
  if (!search) return std::nullopt;
  auto families = families_for(session, *search, {request.schedule});
  if (!families) return std::nullopt;
  std::vector<FittedTiles> out;
  for (std::size_t k = 0; k < machine.levels.size(); ++k) {
    const SearchMemory& memory = search->memories[k];
    const SearchTable table = best_tiles(*search, &*families, memory);
    FittedTiles fitted;
    fitted.level = machine.levels[k];
    fitted.memory = memory.name;
    fitted.why = reason(*search, *families, table);
    if (fitted.why.empty()) {
      const Family& family = families->families().front();
      fitted.counted = *table.rows.front().best.best;
      const TileSizes& sizes = fitted.counted.tiles;
      for (std::size_t p = 0; p < sizes.size(); ++p) {
        fitted.sizes.emplace_back(family.parameters[p].name, sizes[p]);
      }
      fitted.command = search_command(request, machine.levels.size() > 1 ? memory.level : "");
      fitted.schedule_text = file_text(name_for(kFile, family), *search, *families, table);
      const auto schedule = parse_schedule(fitted.schedule_text, kFile);
      if (!schedule.ok()) {
        report(session, schedule.errors(), fitted.schedule_text);
        return std::nullopt;
      }
      fitted.made = make(session, request.spec, schedule.value());
      if (!fitted.made) return std::nullopt;
    }
    out.push_back(std::move(fitted));
  }
  return out;
}

}  // namespace minimoa::cli
