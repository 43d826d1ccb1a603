// Staging as uses of equations: guard-intro makes a read total, psi-empty and
// psi-gen right to left make it an element of an array, let-inline right to
// left shares that array around the loop that reads it again.
//
// May be wrong: a read that would be out of bounds where the buffer is filled;
// then the claim `safe` fails, never `equal`.
#include "prover/schedule/stage.h"

#include <cctype>

namespace minimoa {
namespace {

// Binders between `from` and p that the subterm at p mentions, outermost first.
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

std::string buffer_name(const Term& read) {
  const Term mem = read->op == Op::kIf ? read->kids[1] : read;
  std::string name = mem->kids[0]->name;
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace

void guard_read(Deriver* d, const Position& p, const Term& guard) {
  Hints h;
  h.sub["?g"] = print(guard);
  h.sub["?y"] = d->type_at(p).kind == Type::Kind::kIndex ? "0" : "(real 0)";
  d->step("guard-intro", p, h);
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
