// One loop program with names for the tile sizes; see model.h.
#include "prover/search/model.h"

#include <algorithm>
#include <numeric>

#include "prover/cost/footprint.h"
#include "prover/cost/sums.h"

namespace minimoa {

namespace {

// Sizes of the members that are compared: primes, so that no two of the
// expressions below have the same values in both.
constexpr std::int64_t kFirst[] = {10007, 499, 977};
constexpr std::int64_t kSecond[] = {20011, 1009, 1499};

// What a literal of a loop program may stand for, with its two values.
struct Meaning {
  std::string name;  // stands for the literal, until all literals are known
  Term term;
  std::int64_t first = 0, second = 0;
};

std::optional<Term> generalise(const Term& a, const Term& b, const std::vector<Meaning>& meanings) {
  if (a->op == Op::kInt && b->op == Op::kInt) {
    if (a->value == b->value) return a;
    for (const Meaning& m : meanings) {
      if (m.first == a->value && m.second == b->value) return mk_var(m.name);
    }
    return std::nullopt;
  }
  const bool same = a->op == b->op && a->kids.size() == b->kids.size() && a->value == b->value &&
                    a->value2 == b->value2 && a->name == b->name && a->name2 == b->name2 &&
                    a->attrs == b->attrs && a->binders == b->binders;
  if (!same) return std::nullopt;
  std::vector<Term> kids;
  for (std::size_t k = 0; k < a->kids.size(); ++k) {
    auto kid = generalise(a->kids[k], b->kids[k], meanings);
    if (!kid) return std::nullopt;
    kids.push_back(std::move(*kid));
  }
  return kids.empty() ? a : with_kids(a, std::move(kids));
}

Diagnostic not_countable(const Family& family, const std::string& why) {
  Diagnostic d;
  d.code = "E0615";
  d.message = "schedules like " + family.schedule.name + " cannot be compared: " + why;
  return d;
}

// A loop program in which tile sizes are names, as a term over spec's dimensions.
class Maker {
 public:
  Maker(const Spec& spec, const RuleTable& rules, const Derivation& onf, const Family& family,
        const std::vector<std::string>& names)
      : spec_(spec), rules_(rules), onf_(onf), family_(family), names_(names) {}

  // divides: {part, tile} if the parts are whole tiles.
  Result<Term> run(const std::vector<std::size_t>& divides) {
    const TileSizes first = sizes(kFirst, divides, 13), second = sizes(kSecond, divides, 17);
    const auto a = loops(first), b = loops(second);
    if (!a.ok()) return a;
    if (!b.ok()) return b;
    const auto out = generalise(a.value(), b.value(), meanings(first, second, divides));
    if (!out) return not_countable(family_, "members differ in more than their tile sizes");
    // A member that neither of the two is.
    TileSizes third = first;
    for (std::size_t k = 0; k < third.size(); ++k) third[k] = 2 + 3 * static_cast<int>(k);
    if (!divides.empty()) third[divides[0]] = 7 * third[divides[1]];
    const auto c = loops(third);
    if (!c.ok()) return c;
    std::map<std::string, Term> literals, terms;
    for (const Meaning& m : meanings(third, third, divides)) {
      literals[m.name] = mk_int(m.first);
      terms[m.name] = m.term;
    }
    if (print(c.value()) != print(substitute(*out, literals))) {
      return not_countable(family_, "a member is not the one that its tile sizes stand for");
    }
    return substitute(*out, terms);
  }

 private:
  TileSizes sizes(const std::int64_t* from, const std::vector<std::size_t>& divides,
                  std::int64_t ratio) const {
    TileSizes out(from, from + family_.parameters.size());
    if (!divides.empty()) out[divides[0]] = ratio * out[divides[1]];
    return out;
  }

  Result<Term> loops(const TileSizes& sizes) const {
    const auto schedule = member(family_, sizes);
    if (!schedule.ok()) return schedule.errors();
    const auto d = derive_from(onf_, spec_, rules_, schedule.value());
    if (!d.ok()) return d.errors();
    if (!d.value().place.portable()) return not_countable(family_, "it has lanes");
    return d.value().final_term();
  }

  std::vector<Meaning> meanings(const TileSizes& first, const TileSizes& second,
                                const std::vector<std::size_t>& divides) const {
    std::vector<Meaning> out;
    for (std::size_t k = 0; k < names_.size(); ++k) {
      const Term name = mk_var(names_[k]);
      out.push_back({"'" + names_[k], name, first[k], second[k]});
      const Term less_one = mk(Op::kSub, {name, mk_int(1)});
      out.push_back({"'" + names_[k] + "-1", less_one, first[k] - 1, second[k] - 1});
    }
    if (divides.empty()) return out;
    const std::size_t part = divides[0], tile = divides[1];
    const Term ratio = mk(Op::kIntDiv, {mk_var(names_[part]), mk_var(names_[tile])});
    out.push_back({"'ratio", ratio, first[part] / first[tile], second[part] / second[tile]});
    return out;
  }

  const Spec& spec_;
  const RuleTable& rules_;
  const Derivation& onf_;
  const Family& family_;
  const std::vector<std::string>& names_;
};

// Names that nothing else in the spec has.
std::vector<std::string> tile_names(const Spec& spec, const Derivation& onf, std::size_t n) {
  std::set<std::string> used(spec.dims.begin(), spec.dims.end());
  for (const Array& a : spec.inputs) used.insert(a.name);
  used.insert(spec.output.name);
  const std::set<std::string> free = free_vars(onf.final_term());
  used.insert(free.begin(), free.end());
  std::vector<std::string> out;
  for (std::size_t k = 0; k < n; ++k) {
    out.push_back(fresh("tile_size", used));
    used.insert(out.back());
  }
  return out;
}

}  // namespace

Result<FamilyModel> FamilyModel::make(const Spec& spec, const RuleTable& rules,
                                      const Derivation& onf, const Family& family) {
  FamilyModel out;
  const std::size_t n = family.parameters.size();
  if (n > std::size(kFirst)) return not_countable(family, "it has more than three tile sizes");
  out.names_ = tile_names(spec, onf, n);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t j = 0; j < n; ++j) {
      const TileParameter &part = family.parameters[k], &tile = family.parameters[j];
      if (part.of == SizeOf::kPart && tile.of == SizeOf::kTile && part.axis == tile.axis) {
        out.whole_ = {k, j};
      }
    }
  }
  Spec with_tiles = spec;
  with_tiles.dims.insert(with_tiles.dims.end(), out.names_.begin(), out.names_.end());
  const auto make = [&](const std::vector<std::size_t>& divides,
                        Program* to) -> std::vector<Diagnostic> {
    const auto loops = Maker(spec, rules, onf, family, out.names_).run(divides);
    if (!loops.ok()) return loops.errors();
    to->footprints = footprint_terms(with_tiles, loops.value());
    const Sites found = find_sites(with_tiles, loops.value());
    for (const Nest& nest : found.nests) {
      auto count = NestCount::of(nest, with_tiles);
      if (!count) return {not_countable(family, "how often a loop runs depends on data")};
      to->nests.push_back(std::move(*count));
    }
    for (const minimoa::Site& s : found.sites) {
      to->sites.push_back({s.count.factors, s.count.nests});
      to->exact = to->exact && s.count.exact;
    }
    return {};
  };
  auto errors = make({}, &out.plain_);
  if (errors.empty() && !out.whole_.empty()) errors = make(out.whole_, &out.even_);
  if (!errors.empty()) return errors;
  return out;
}

const FamilyModel::Program& FamilyModel::program(const TileSizes& tiles) const {
  if (whole_.empty()) return plain_;
  return tiles[whole_[0]] % tiles[whole_[1]] == 0 ? even_ : plain_;
}

SmallSizes FamilyModel::with_tiles(const TileSizes& tiles, const SmallSizes& dims) const {
  SmallSizes out = dims;
  for (std::size_t k = 0; k < names_.size(); ++k) out[names_[k]] = tiles[k];
  return out;
}

Int FamilyModel::footprint(const TileSizes& tiles, const SmallSizes& dims) const {
  Sizes values;
  for (const auto& [name, value] : with_tiles(tiles, dims)) values[name] = value;
  Int out = 0;
  for (const Term& f : program(tiles).footprints) {
    out = std::max(out, words_needed(f, values));
  }
  return out;
}

std::optional<MemberTraffic> FamilyModel::traffic(const TileSizes& tiles, const SmallSizes& dims,
                                                  const std::optional<Int>& enough) const {
  const Program& p = program(tiles);
  const SmallSizes sizes = with_tiles(tiles, dims);
  const auto steps = [&](const Site& s) {
    std::int64_t out = 0;
    for (const std::size_t k : s.nests) out = std::max(out, p.nests[k].steps(sizes));
    return out;
  };
  // What is cheap to count first: it may already be enough.
  std::vector<std::pair<std::int64_t, std::size_t>> order;
  for (std::size_t k = 0; k < p.sites.size(); ++k) order.emplace_back(steps(p.sites[k]), k);
  std::sort(order.begin(), order.end());
  std::vector<std::optional<Int>> counts(p.nests.size());
  MemberTraffic out{0, p.exact, true};
  for (const auto& [price, number] : order) {
    if (enough && out.words >= *enough) break;
    Int words = 1;
    for (const Term& f : p.sites[number].factors) words *= value_at(f, sizes);
    const bool stops = enough && words > 0 && p.sites[number].nests.size() == 1;
    for (const std::size_t k : p.sites[number].nests) {
      // A part of a count is used for this site alone: its words are enough.
      const auto most =
          stops ? std::optional<Int>(ceil_quotient(*enough - out.words, words)) : std::nullopt;
      if (!counts[k]) counts[k] = p.nests[k].at(sizes, most);
      if (!counts[k]) return std::nullopt;
      words *= *counts[k];
    }
    out.words += words;
  }
  out.complete = !enough || out.words < *enough;
  return out;
}

Result<std::vector<MemberCosts>> check_member(const Spec& spec, const RuleTable& rules,
                                              const Derivation& onf, const Schedule& member,
                                              const std::vector<Sizes>& points) {
  const auto d = derive_from(onf, spec, rules, member);
  if (!d.ok()) return d.errors();
  Prover prover(spec);
  prover.divisors(spec.core, d.value().final_term());
  const Costs costs = costs_of(spec, d.value().final_term(), &prover, {}, d.value().place);
  const auto total = total_traffic(spec, costs);
  std::vector<MemberCosts> out;
  for (const Sizes& at : points) {
    MemberCosts c{words_needed(costs.footprint, at), std::nullopt};
    if (total) {
      if (const auto words = value_of(total->value, at)) c.traffic = *words / total->times;
    }
    out.push_back(c);
  }
  return out;
}

}  // namespace minimoa
