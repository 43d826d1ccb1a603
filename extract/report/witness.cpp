#include "extract/report/witness.h"

#include <algorithm>
#include <numeric>

namespace minimoa {
namespace {

using nlohmann::json;

Witness kind_of(const json& proof) {
  if (proof.is_object()) return Witness::kHole;
  Witness kind = Witness::kLinear;
  for (const json& step : proof) {
    const std::string name = step.at(0).get<std::string>();
    if (name == "split") {
      kind = Witness::kCases;
    } else if (name == "mul" || name == "sq" || name == "use" || name == "floordiv") {
      kind = std::max(kind, Witness::kProduct);
    } else if (name == "cut") {
      kind = std::max(kind, Witness::kCut);
    }
  }
  return kind;
}

void add_proofs(const json& proofs, ClaimWitnesses* out) {
  for (const json& proof : proofs) ++out->count[static_cast<std::size_t>(kind_of(proof))];
}

// A tree of cases (section 12).
void add_tree(const json& tree, ClaimWitnesses* out) {
  const std::string name = tree.at(0).get<std::string>();
  for (std::size_t k = 1; k < tree.size(); ++k) {
    if (name == "cases") {
      add_tree(tree.at(k), out);
    } else {
      ++out->count[static_cast<std::size_t>(kind_of(tree.at(k)))];
    }
  }
}

void add_nests(const json& nests, ClaimWitnesses* out) {
  for (const json& nest : nests) {
    for (const json& tree : nest.at("proofs")) add_tree(tree, out);
  }
}

// rows and cols of the product: conditions that are proved, then the tree.
void add_count(const json& count, ClaimWitnesses* out) {
  if (count.empty()) return;
  for (const json& condition : count.at(1)) {
    if (condition.is_array()) add_proofs(condition, out);
  }
  add_tree(count.back(), out);
}

ClaimWitnesses ratio_of(const json& c) {
  ClaimWitnesses out{"ratio", "counts of the product, hypotheses and inequalities"};
  const json& product = c.at("product");
  if (product.empty()) return out;
  for (const json& head : product.at("heads")) add_proofs(head.at(1), &out);
  add_nests(product.at("nests"), &out);
  add_tree(product.at("pairs").back(), &out);
  add_count(product.at("rows"), &out);
  add_count(product.at("cols"), &out);
  for (const json& entry : c.at("ratios")) {
    for (const char* key : {"fits", "hypotheses"}) {
      for (const json& tree : entry.at(key)) add_tree(tree, &out);
    }
    add_tree(entry.at("proof"), &out);
  }
  return out;
}

}  // namespace

const char* word_of(Witness kind) {
  switch (kind) {
    case Witness::kLinear:
      return "linear";
    case Witness::kCut:
      return "with cuts";
    case Witness::kProduct:
      return "with products";
    case Witness::kCases:
      return "with cases";
    case Witness::kHole:
      return "hole";
  }
  return "";
}

std::size_t ClaimWitnesses::total() const {
  return std::accumulate(count.begin(), count.end(), std::size_t{0});
}

std::vector<ClaimWitnesses> witnesses_of(const json& c) {
  ClaimWitnesses equal{"equal", "divisors, the spec's own obligations, conditions of steps"};
  add_proofs(c.at("divisors"), &equal);
  add_proofs(c.at("spec_proofs"), &equal);
  for (const json& step : c.at("steps")) add_proofs(step.at("proofs"), &equal);
  ClaimWitnesses safe{"safe", "bounds, sizes, write-once, cover"};
  add_proofs(c.at("safe"), &safe);
  ClaimWitnesses traffic{"traffic", "sums over loops, and their totals"};
  add_nests(c.at("costs").at("nests"), &traffic);
  for (const json& row : c.at("costs").at("traffic")) add_tree(row.back(), &traffic);
  return {equal, safe, traffic, ratio_of(c)};
}

}  // namespace minimoa
