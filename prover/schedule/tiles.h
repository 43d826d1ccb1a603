// Tiles of keys: a reduction of softmax states becomes a fold over tiles.
#pragma once

#include <optional>
#include <string>

#include "prover/schedule/axes.h"
#include "prover/schedule/stage.h"

namespace minimoa {

bool is_osm(const Term& t);

// red osm over keys  -->  red osm over tiles of red osm over a tile's keys.
// Returns how many conditions this puts in front of the guard: the last tile's,
// unless the tiles fill the range.
std::size_t split_keys(Deriver* d, const Position& red, const Axes& axes, const Tile& tile);

// Which tiles a mask may leave out: those that no row of the tile sees, or for
// each row those that it does not see.
enum class Skip { kNothing, kTiles, kRows };

// Where the mask, the guard after its first `tail` conditions, lets nothing of
// a tile through, the tile's states are the identity: says so at the tile's
// state, if the mask says anything.
bool exclude_tiles(Deriver* d, const Position& red, Binders variables, std::size_t tail);
// gen r. if k then x else st[r]  -->  if k then (gen r. x) else st.
void lift_condition(Deriver* d, const Position& gen);
// E0605 if the guard of the last tile does not reach into the rest of a mask.
void refuse_tables(const Deriver& d, const Position& tile);

// After block-state: the weighted sum over a tile's keys goes key by key, for
// all columns; guards that are true go away.
void sum_by_key(Deriver* d, const Position& below);

// Folds over the tiles at `red`, which stands in gen `row` if there is one.
// Returns where a tile is merged into the states: the body of the fold, or the
// branch of it in which the tile is not left out. The first `tail` conditions of
// the guard say that the key is there; the others are the mask.
Position fold_tiles(Deriver* d, const Position& red, const std::optional<Binders::value_type>& row,
                    Skip skip, std::size_t tail);

// Reads below host of the keys of one tile, those that mention `tile` and not
// `row`, go to buffers around host. Returns where the term at host stands now.
Position stage_key_tile(Deriver* d, const Position& host, const std::string& tile,
                        const std::string& row, std::size_t tail);

}  // namespace minimoa
