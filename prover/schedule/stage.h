// Staging: reads of inputs go through fast buffers.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "prover/rewrite/deriver.h"

namespace minimoa {

// x at p becomes (if guard x 0); the guard must hold at p.
void guard_read(Deriver* d, const Position& p, const Term& guard);

// Reads of float inputs below `host` for which `wanted` says yes; it is given
// the read and the binders between host and read that it mentions.
using Binders = std::vector<std::pair<std::string, Term>>;
using Wanted = std::function<bool(const Term& read, const Binders& below)>;
std::vector<Position> reads_below(const Deriver& d, const Position& host, const Wanted& wanted);

// Reads get what is known on the way from `host` to them and can be said of a
// buffer, which has only a read's own variables: the first `tail` conditions,
// which keep a last tile within its range, and what choices below them say.
// `more` is known at all of them besides.
void guard_reads(Deriver* d, const Position& host, const std::vector<Position>& reads,
                 std::size_t tail, const std::optional<Term>& more = std::nullopt);

// Conditions that choices between `host` and p say at p, without the binders
// that p does not mention; with a `tail`, from the first choice that says that
// many and only if its first `tail` conditions are such.
std::vector<Term> known_at(const Deriver& d, const Position& host, const Position& p,
                           std::size_t tail);

// Binders between `from` and p that the subterm at p mentions, outermost first.
Binders enclosing(const Deriver& d, const Position& from, const Position& p);

// Each read (guarded or not) becomes an element of a buffer over the binders
// between host and read that it mentions; buffers are shared around the term at
// host. Returns where that term stands now.
Position stage_reads(Deriver* d, const Position& host, const std::vector<Position>& reads);
// The same for reads that are elements of buffers (Deriver::stage) already.
Position share_buffers(Deriver* d, const Position& host, const std::vector<Position>& reads);

}  // namespace minimoa
