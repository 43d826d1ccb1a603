// Staging as uses of equations: guard-intro makes a read total, psi-empty and
// psi-gen right to left make it an element of an array, let-inline right to
// left shares that array around the loop that reads it again.
//
// May be wrong: a read that would be out of bounds where the buffer is filled;
// then the claim `safe` fails, never `equal`.
#include "prover/schedule/stage.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>

namespace minimoa {

Binders enclosing(const Deriver& d, const Position& from, const Position& p) {
  Binders out;
  const Term target = at(d.term(), p);
  Term t = at(d.term(), from);
  for (std::size_t k = from.size(); k < p.size(); ++k) {
    for (const std::string& v : bound_in(t, p[k])) {
      if (mentions(target, v)) out.push_back({v, t->kids[0]});
    }
    t = t->kids[p[k]];
  }
  return out;
}

namespace {

std::string buffer_name(const Term& read) {
  Term mem = read;
  while (mem->op != Op::kMem) mem = mem->kids[mem->op == Op::kIf ? 1 : 0];
  std::string name = mem->kids[0]->name;
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

// What a choice says in its branch `kid`, condition by condition.
std::vector<Term> said_by(const Term& choice, std::size_t kid) {
  std::vector<Term> all = conjuncts(choice->kids[0]);
  if (kid == 1) return all;
  if (all.size() != 1 || (all[0]->op != Op::kLt && all[0]->op != Op::kLe)) return {};
  const Term& c = all[0];
  return {mk(c->op == Op::kLt ? Op::kLe : Op::kLt, {c->kids[1], c->kids[0]})};
}

}  // namespace

std::vector<Term> known_at(const Deriver& d, const Position& host, const Position& p,
                           std::size_t count) {
  const Term read = at(d.term(), p);
  std::vector<Term> out;
  std::set<std::string> foreign;
  const auto own = [&](const Term& c) {
    return std::none_of(foreign.begin(), foreign.end(),
                        [&](const std::string& v) { return mentions(c, v); });
  };
  Term t = at(d.term(), host);
  for (std::size_t k = host.size(); k < p.size(); ++k) {
    for (const std::string& v : bound_in(t, p[k])) {
      if (!mentions(read, v)) foreign.insert(v);
    }
    if (t->op == Op::kIf && p[k] != 0) {
      const std::vector<Term> said = said_by(t, p[k]);
      const auto tail = said.begin() + static_cast<std::ptrdiff_t>(std::min(count, said.size()));
      if (out.size() >= count) {
        std::copy_if(said.begin(), said.end(), std::back_inserter(out), own);
      } else if (p[k] == 1 && said.size() >= count && std::all_of(said.begin(), tail, own)) {
        out.assign(said.begin(), tail);
      }
    }
    t = t->kids[p[k]];
  }
  if (out.size() < count) stuck("E0690", "a read of keys outside of the guard of the last tile");
  return out;
}

void guard_read(Deriver* d, const Position& p, const Term& guard) {
  Hints h;
  h.sub["?g"] = print(guard);
  h.sub["?y"] = "(real 0)";
  d->step("guard-intro", p, h);
}

void guard_reads(Deriver* d, const Position& host, const std::vector<Position>& reads,
                 std::size_t tail, const std::optional<Term>& more) {
  for (const Position& p : reads) {
    std::vector<Term> known = known_at(*d, host, p, tail);
    if (more) known.insert(known.begin(), *more);
    if (!known.empty()) guard_read(d, p, conjunction(known, 0, known.size()));
  }
}

std::vector<Position> reads_below(const Deriver& d, const Position& host, const Wanted& wanted) {
  std::vector<Position> out;
  const auto is_read = [](const Term& t) { return t->op == Op::kMem; };
  for (const Position& q : find_all(at(d.term(), host), is_read)) {
    Position p = host;
    p.insert(p.end(), q.begin(), q.end());
    if (d.type_at(p).kind == Type::Kind::kIndex) continue;
    if (wanted(at(d.term(), p), enclosing(d, host, p))) out.push_back(p);
  }
  return out;
}

Position stage_reads(Deriver* d, const Position& host, const std::vector<Position>& reads) {
  for (const Position& p : reads) d->stage(p, enclosing(*d, host, p));
  return share_buffers(d, host, reads);
}

Position share_buffers(Deriver* d, const Position& host, const std::vector<Position>& reads) {
  Position now = host;
  for (const Position& p : reads) {
    Position q = now;
    q.insert(q.end(), p.begin() + static_cast<std::ptrdiff_t>(host.size()), p.end());
    const Term element = at(d->term(), q);
    const Term buffer = operand_of(element);
    if (buffer->op == Op::kVar) continue;  // shared with an earlier read
    Term inner = buffer;
    while (inner->op == Op::kGen) inner = inner->kids[1];
    d->share(now, buffer, buffer_name(inner));
    now.push_back(1);
  }
  return now;
}

}  // namespace minimoa
