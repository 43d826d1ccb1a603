// Line searches over tile sizes; see search.h.
#include "prover/search/search.h"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

namespace minimoa {

namespace {

bool less(const Member& a, const Member& b) {
  return std::tie(a.words, a.footprint, a.tiles) < std::tie(b.words, b.footprint, b.tiles);
}

}  // namespace

std::vector<std::int64_t> tile_candidates(const std::vector<std::int64_t>& extents,
                                          std::int64_t largest) {
  std::set<std::int64_t> out{1, largest};
  for (const std::int64_t n : extents) {
    // q tiles for sizes ceil(n / q) ..; the next smaller size has more tiles.
    for (std::int64_t size = n; size >= 1;) {
      const std::int64_t tiles = (n + size - 1) / size;
      const std::int64_t least = (n + tiles - 1) / tiles;
      if (least <= largest) out.insert(least);
      size = least - 1;
    }
  }
  return {out.begin(), out.end()};
}

namespace {

// One family at given points.
class Lines {
 public:
  using Count = std::function<std::optional<MemberTraffic>(const TileSizes&, std::size_t point,
                                                           const std::optional<Int>& enough)>;
  Lines(const FamilyModel& model, const Family& family, const std::vector<SearchPoint>& points,
        Count count)
      : model_(model), family_(family), points_(points), count_(std::move(count)) {
    for (const SearchPoint& p : points) {
      for (const auto& [name, n] : p.dims) extents_.insert(n);
    }
  }

  FamilyBest run() {
    FamilyBest out;
    out.smallest = TileSizes(family_.parameters.size(), 1);
    out.least_footprint = largest_footprint(out.smallest);
    if (!fits(out.smallest)) return out;
    for (const TileSizes& start : starts()) improve_from(start);
    out.best = best_;
    if (!best_) {
      Diagnostic d;
      d.code = "E0615";
      d.message = "schedules like " + family_.schedule.name + " cannot be compared at these sizes";
      out.why.push_back(d);
    }
    return out;
  }

 private:
  Int largest_footprint(const TileSizes& tiles) const {
    Int out = 0;
    for (const SearchPoint& p : points_) out = std::max(out, model_.footprint(tiles, p.dims));
    return out;
  }

  bool fits(const TileSizes& tiles) const {
    return std::all_of(points_.begin(), points_.end(), [&](const SearchPoint& p) {
      return model_.footprint(tiles, p.dims) <= p.words;
    });
  }

  // The footprint grows with every tile size: halving finds the largest that fits.
  std::int64_t largest(TileSizes tiles, std::size_t k) const {
    std::int64_t low = 1, high = std::min(kMaxTile, *extents_.rbegin());
    while (low < high) {
      tiles[k] = (low + high + 1) / 2;
      if (fits(tiles)) {
        low = tiles[k];
      } else {
        high = tiles[k] - 1;
      }
    }
    return low;
  }

  bool retained(std::size_t k) const { return family_.parameters[k].of == SizeOf::kRetained; }

  // What is retained is loaded once: the most that fits beside the tiles is best.
  // False if the tiles fill the memory.
  bool fill(TileSizes* tiles) const {
    for (std::size_t k = 0; k < tiles->size(); ++k) {
      if (retained(k)) (*tiles)[k] = 1;
    }
    if (!fits(*tiles)) return false;
    for (std::size_t k = 0; k < tiles->size(); ++k) {
      if (retained(k)) (*tiles)[k] = largest(*tiles, k);
    }
    return true;
  }

  // For each order of the parameters each as large as fits beside those before
  // it, the others 1; the written tiles.
  std::vector<TileSizes> starts() const {
    const std::size_t n = family_.parameters.size();
    std::vector<std::size_t> order(n);
    for (std::size_t k = 0; k < n; ++k) order[k] = k;
    std::vector<TileSizes> out;
    do {
      TileSizes tiles(n, 1);
      for (const std::size_t k : order) {
        tiles[k] = largest(tiles, k);
        if (std::find(out.begin(), out.end(), tiles) == out.end()) out.push_back(tiles);
      }
      if (n == 0) out.push_back(tiles);
    } while (std::next_permutation(order.begin(), order.end()));
    if (fits(family_.written())) out.push_back(family_.written());
    return out;
  }

  // Nothing if it is not better than `than`.
  std::optional<Member> better(const TileSizes& tiles, const std::optional<Member>& than) const {
    Member out;
    out.tiles = tiles;
    for (std::size_t p = 0; p < points_.size(); ++p) {
      const std::optional<Int> enough =
          than ? std::optional<Int>(than->words - out.words + 1) : std::nullopt;
      const auto traffic = count_(tiles, p, enough);
      if (!traffic || !traffic->complete) return std::nullopt;
      out.words += traffic->words;
      out.traffic.push_back(traffic->words);
      out.exact = out.exact && traffic->exact;
      out.footprints.push_back(model_.footprint(tiles, points_[p].dims));
    }
    out.footprint = *std::max_element(out.footprints.begin(), out.footprints.end());
    if (than && !less(out, *than)) return std::nullopt;
    return out;
  }

  // Lines through the start, then through what is better than all before, one
  // after the other, until no line has a better member.
  void improve_from(const TileSizes& start) {
    TileSizes here = start;
    const auto try_it = [&](const TileSizes& tiles) {
      auto found = better(tiles, best_);
      if (!found) return false;
      best_ = std::move(found);
      here = tiles;
      return true;
    };
    try_it(start);
    for (bool improved = true; improved;) {
      improved = false;
      for (std::size_t k = 0; k < start.size(); ++k) {
        if (retained(k)) continue;
        TileSizes tiles = here;
        for (std::size_t r = 0; r < start.size(); ++r) {
          if (retained(r)) tiles[r] = 1;
        }
        const auto sizes = tile_candidates({extents_.begin(), extents_.end()}, largest(tiles, k));
        // The largest first: they are counted in the fewest steps.
        for (auto size = sizes.rbegin(); size != sizes.rend(); ++size) {
          tiles[k] = *size;
          if (fill(&tiles) && try_it(tiles)) improved = true;
        }
      }
    }
  }

  const FamilyModel& model_;
  const Family& family_;
  const std::vector<SearchPoint>& points_;
  Count count_;
  std::set<std::int64_t> extents_;
  std::optional<Member> best_;
};

}  // namespace

namespace {

// Without the tile sizes that the order does not leave open: those with which
// it applies to the spec only as written.
Family opened(const Spec& spec, const RuleTable& rules, const Derivation& onf, Family family) {
  const auto applies = [&](const TileSizes& sizes) {
    const auto schedule = member(family, sizes);
    return schedule.ok() && derive_from(onf, spec, rules, schedule.value()).ok();
  };
  if (!applies(family.written())) return family;
  std::vector<TileParameter> open;
  for (std::size_t k = 0; k < family.parameters.size(); ++k) {
    TileSizes sizes = family.written();
    sizes[k] += 1;
    if (applies(sizes)) open.push_back(family.parameters[k]);
  }
  family.parameters = open;
  return family;
}

}  // namespace

FamilySearch::FamilySearch(const Spec& spec, const RuleTable& rules, const Derivation& onf,
                           std::vector<Family> families)
    : families_(std::move(families)) {
  for (Family& f : families_) {
    f = opened(spec, rules, onf, std::move(f));
    auto model = FamilyModel::make(spec, rules, onf, f);
    why_.push_back(model.ok() ? std::vector<Diagnostic>{} : model.errors());
    models_.push_back(model.ok() ? std::optional(std::move(model.value())) : std::nullopt);
  }
}

FamilyBest FamilySearch::run(std::size_t family, const std::vector<SearchPoint>& points) {
  FamilyBest out;
  if (models_[family]) {
    const FamilyModel& model = *models_[family];
    const auto count = [&](const TileSizes& tiles, std::size_t point,
                           const std::optional<Int>& enough) {
      auto& known = counted_[{family, tiles}][points[point].dims];
      const bool usable = known && (known->complete || (enough && known->words >= *enough));
      if (!usable) known = model.traffic(tiles, points[point].dims, enough);
      return known;
    };
    out = Lines(model, families_[family], points, count).run();
  }
  out.family = family;
  if (!models_[family]) out.why = why_[family];
  return out;
}

std::vector<FamilyBest> FamilySearch::run(const std::vector<SearchPoint>& points) {
  std::vector<FamilyBest> out;
  for (std::size_t k = 0; k < families_.size(); ++k) out.push_back(run(k, points));
  const auto group = [](const FamilyBest& f) { return f.best ? 0 : f.why.empty() ? 1 : 2; };
  std::stable_sort(out.begin(), out.end(), [&](const FamilyBest& a, const FamilyBest& b) {
    if (group(a) != group(b)) return group(a) < group(b);
    if (!a.best) return a.why.empty() && a.least_footprint < b.least_footprint;
    return std::tie(a.best->words, a.best->footprint) < std::tie(b.best->words, b.best->footprint);
  });
  return out;
}

std::optional<Member> FamilySearch::cost(std::size_t family, const TileSizes& tiles,
                                         const std::vector<SearchPoint>& points) const {
  if (!models_[family]) return std::nullopt;
  Member out;
  out.tiles = tiles;
  for (const SearchPoint& p : points) {
    const auto traffic = models_[family]->traffic(tiles, p.dims);
    if (!traffic) return std::nullopt;
    out.traffic.push_back(traffic->words);
    out.words += traffic->words;
    out.exact = out.exact && traffic->exact;
    out.footprints.push_back(models_[family]->footprint(tiles, p.dims));
    out.footprint = std::max(out.footprint, out.footprints.back());
  }
  return out;
}

}  // namespace minimoa
