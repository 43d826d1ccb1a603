// Grouped queries: for-group cuts the loop over query heads into groups, after
// which no read of keys or values mentions the head inside of a group; for-join
// makes that head and the row one axis. A tile of rows then holds the heads of
// a group side by side, and a key that the tile loads serves all of them.
//
// May be wrong: a head that the values read by two different quotients is taken
// for no group, although one of the quotients might be made of the other; then
// keys are loaded for each head, which the traffic shows.
#include "prover/schedule/pack.h"

#include <algorithm>
#include <optional>

namespace minimoa {
namespace {

struct Group {
  std::string head;  // the loop over query heads
  Term size;         // heads of a group
};

// k, if t mentions v only in quotients (div v k) of one k.
std::optional<Term> quotient_of(const Term& t, const std::string& v) {
  const auto is_quotient = [&](const Term& u) {
    return u->op == Op::kIntDiv && u->kids[0]->op == Op::kVar && u->kids[0]->name == v;
  };
  const auto quotients = find_all(t, is_quotient);
  if (quotients.empty()) return std::nullopt;
  Term by;
  for (const Position& p : quotients) {
    const Term k = at(t, p)->kids[1];
    if (mentions(k, v) || (by && !alpha_equal(k, by))) return std::nullopt;
    by = k;
  }
  const auto is_v = [&](const Term& u) { return u->op == Op::kVar && u->name == v; };
  return find_all(t, is_v).size() == quotients.size() ? std::optional(by) : std::nullopt;
}

std::optional<Group> group_of(const Deriver& d) {
  const WeightedMean mean = mean_of(d);
  for (const std::string& v : loop_names(d)) {
    if (const auto size = quotient_of(mean.value, v)) return Group{v, *size};
  }
  return std::nullopt;
}

// How many groups: n = q * size, by name where the size is (div n q).
Term groups(const Term& heads, const Term& size) {
  const bool named = size->op == Op::kIntDiv && alpha_equal(size->kids[0], heads);
  return named ? size->kids[1] : mk(Op::kIntDiv, {heads, size});
}

// for h < n. P  -->  for group. for member. P, quotients by the name of the group.
// Returns the name of the inner loop.
std::string cut_into_groups(Deriver* d, const Group& g) {
  const Position loop = d->loop(g.head);
  const Term t = at(d->term(), loop);
  const std::string group = d->fresh_name("group");
  const std::string head = d->fresh_name(g.head);
  const Term quotient = mk(Op::kIntDiv, {mk_var(g.head), g.size});
  Term body = t->kids[1];
  for (const Position& p :
       find_all(body, [&](const Term& u) { return alpha_equal(u, quotient); })) {
    body = replace_at(body, p, mk_var(group));
  }
  body = substitute(body, {{g.head, mk_var(head)}});
  Hints h;
  h.sub["?q"] = print(groups(t->kids[0], g.size));
  h.sub["?B"] = print(g.size);
  h.sub["?P"] = "(fn (" + head + " " + group + ") " + print(body) + ")";
  h.names["I"] = g.head;
  h.names["r"] = d->fresh_name("g");
  d->step("for-group", loop, h);
  return h.names["r"];
}

}  // namespace

void pack_heads(Deriver* d) {
  const auto group = group_of(*d);
  if (!group) return;
  const std::string member = cut_into_groups(d, *group);
  Axes axes = classify(*d);
  if (axes.row == member) return;  // one query: the heads of a group are the rows
  // batch.., row, member, col
  std::erase(axes.batch, member);
  std::vector<std::string> want = axes.batch;
  want.push_back(*axes.row);
  want.push_back(member);
  want.push_back(axes.col);
  sort_loops(d, want);
  Hints h;
  h.names["r"] = d->fresh_name("row");
  d->step("for-join", d->loop(*axes.row), h);
}

}  // namespace minimoa
