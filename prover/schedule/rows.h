// The row loop: tiles of rows, and what a tile of rows reads.
#pragma once

#include "prover/schedule/axes.h"

namespace minimoa {

// A name for the loop over tiles of the axis v.
std::string outer_name(const Deriver& d, const std::string& v);

// for i<n. P  -->  for I. for r<size. when I*size+r < n. P. Returns the name r.
std::string split_rows(Deriver* d, const std::string& row, std::int64_t size);

// A mask that reads an element at a row or key of a tile: E0605.
[[noreturn]] void refuse_table(const Term& read);

// Reads that could leave the array in the row tail get the tail's guard.
void guard_row_reads(Deriver* d, const Position& value, const Term& guard, const std::string& r);

// Reads below `host` that mention the row variable and no key go to a buffer
// around host; with a guard, each is made total by it first.
void stage_rows(Deriver* d, const Position& host, const std::string& row, const Axes& axes,
                const std::optional<Term>& guard);

// The same for the first `count` keys only: a read of another key stays, in the
// other branch of a choice.
void retain_keys(Deriver* d, const Position& host, const Axes& axes, std::int64_t count);

// Reads below `host` that mention a key and no row go to buffers around host
// that hold all keys.
void stage_whole_keys(Deriver* d, const Position& host, const Axes& axes);

}  // namespace minimoa
