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

// Each read (guarded or not) becomes an element of a buffer over the binders
// between host and read that it mentions; buffers are shared around the term at
// host. Returns where that term stands now.
Position stage_reads(Deriver* d, const Position& host, const std::vector<Position>& reads);

}  // namespace minimoa
