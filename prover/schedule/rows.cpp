// What both forms of the softmax do with rows: split them, stage what they
// read, or stage all keys around them.
//
// A read belongs to the key if it mentions a binder whose bound is the number
// of keys. May be wrong: a sum inside a score over as many terms as there are
// keys looks the same; then a buffer holds more or less than it should, which
// the footprint shows and the values do not.
#include "prover/schedule/rows.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "prover/schedule/stage.h"

namespace minimoa {

std::string outer_name(const Deriver& d, const std::string& v) {
  std::string outer = v;
  outer[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(outer[0])));
  if (outer == v) outer += "o";
  return d.fresh_name(outer);
}

std::string split_rows(Deriver* d, const std::string& row, std::int64_t size) {
  Hints h;
  h.sub["?B"] = std::to_string(size);
  h.names["I"] = outer_name(*d, row);
  h.names["r"] = d->fresh_name("r");
  d->step("for-split", d->loop(row), h);
  return h.names["r"];
}

void refuse_table(const Term& read) {
  const std::string name = read->kids[0]->name;
  stuck("E0605", "the mask reads " + name + " at the rows or keys of a tile, which may leave it",
        {"a mask made of indices: j <= i + (T - S)", "a schedule without tiles: naive, resident"});
}

namespace {

// Where the guard of a read at p has to stand, from `value` downwards: a value
// is guarded itself, with all that its indices read; an index by the value that
// is made of it. A condition cannot be guarded: both its parts are checked
// alone (certificates/FORMAT.md, section 6).
Position place_of_guard(const Deriver& d, const Position& value, const Position& p) {
  Position place = value;
  for (std::size_t k = value.size(); k < p.size(); ++k) {
    const Position above(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(k));
    const Type::Kind kind = d.type_at(above).kind;
    if (kind == Type::Kind::kBool) refuse_table(at(d.term(), p));
    if (at(d.term(), above)->op == Op::kMem) return above;
    if (kind == Type::Kind::kArr) place = above;
  }
  return d.type_at(p).kind == Type::Kind::kIndex ? place : p;
}

}  // namespace

// Reads that could leave the array in the row tail get the tail's guard.
void guard_row_reads(Deriver* d, const Position& value, const Term& guard, const std::string& r) {
  std::set<Position> places;
  for (const Position& q : find_all(at(d->term(), value), [&](const Term& t) {
         return t->op == Op::kMem && mentions(t, r);
       })) {
    Position p = value;
    p.insert(p.end(), q.begin(), q.end());
    places.insert(place_of_guard(*d, value, p));
  }
  // Innermost last: a guard does not move what stands before it in pre-order.
  for (auto p = places.rbegin(); p != places.rend(); ++p) guard_read(d, *p, guard);
}

namespace {

bool has_key(const Binders& below, const Axes& axes, const std::string& row) {
  return std::any_of(below.begin(), below.end(), [&](const auto& b) {
    return b.first != row && alpha_equal(b.second, axes.keys);
  });
}

}  // namespace

void stage_rows(Deriver* d, const Position& host, const std::string& row, const Axes& axes,
                const std::optional<Term>& guard) {
  const auto reads = reads_below(*d, host, [&](const Term& read, const Binders& below) {
    return mentions(read, row) && !has_key(below, axes, row);
  });
  guard_reads(d, host, reads, 0, guard);
  stage_reads(d, host, reads);
}

void retain_keys(Deriver* d, const Position& host, const Axes& axes, std::int64_t count) {
  const std::string row = axes.row.value_or("");
  const auto is_key = [&](const Binders::value_type& b) {
    return b.first != row && alpha_equal(b.second, axes.keys);
  };
  auto reads = reads_below(*d, host, [&](const Term& read, const Binders& below) {
    return !mentions(read, row) && has_key(below, axes, row);
  });
  for (Position& p : reads) {
    Binders buffer = enclosing(*d, host, p);
    const auto key = std::find_if(buffer.begin(), buffer.end(), is_key);
    const Term j = mk_var(key->first);
    std::vector<Term> known = known_at(*d, host, p, 0);
    known.insert(known.begin(), mk(Op::kLt, {j, key->second}));
    Hints h;
    h.sub["?g"] = print(mk(Op::kLt, {j, mk_int(count)}));
    d->step("if-same", p, h, true);
    p.push_back(1);
    guard_read(d, p, conjunction(known, 0, known.size()));
    key->second = mk_int(count);
    d->stage(p, buffer);
  }
  share_buffers(d, host, reads);
}

void stage_whole_keys(Deriver* d, const Position& host, const Axes& axes) {
  const std::string row = axes.row.value_or("");
  const auto reads = reads_below(*d, host, [&](const Term& read, const Binders& below) {
    return !mentions(read, row) && has_key(below, axes, row);
  });
  guard_reads(d, host, reads, 0);
  stage_reads(d, host, reads);
}

}  // namespace minimoa
