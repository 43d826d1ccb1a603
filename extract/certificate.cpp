// The writer builds one JSON value per line and joins lines by hand, because
// no library prints an array with one element per line and elements compact.
// May be wrong: see certificate.h.
#include "extract/certificate.h"

#include <algorithm>

#include "extract/emit.h"

namespace minimoa {
namespace {

using Json = nlohmann::ordered_json;

// ---------------------------------------------------------------- evidence

std::string counterexample_text(const Proved& p) {
  std::string out;
  for (const auto& [name, value] : p.counterexample) {
    out += (out.empty() ? "" : ", ") + name + " = " + value;
  }
  return out;
}

Diagnostic refuted(const Spec& spec, const std::string& claim, const Proved& p) {
  Diagnostic d;
  d.code = "E0612";
  d.message = "obligation of claim " + claim + " does not hold: " + p.label;
  d.span.file = spec.path;
  if (p.goal) d.notes.push_back("= goal: " + pretty(p.goal));
  if (!p.counterexample.empty()) d.notes.push_back("= counterexample: " + counterexample_text(p));
  return d;
}

bool is_hole(const Proved& p) { return p.proof.is_object() && p.proof.contains("hole"); }

// Refutations become diagnostics; what has no proof becomes a hole with a name.
void settle(const Spec& spec, const std::string& claim, const std::string& list,
            std::vector<Proved>* proofs, std::vector<std::string>* holes,
            std::vector<Diagnostic>* errors) {
  for (std::size_t k = 0; k < proofs->size(); ++k) {
    Proved& p = (*proofs)[k];
    if (p.decision == Decision::kRefuted) {
      errors->push_back(refuted(spec, claim, p));
      continue;
    }
    if (!is_hole(p) && (p.decision != Decision::kProved || !p.proof.is_array())) {
      p.proof = {{"hole", p.decision == Decision::kProved ? "no-witness" : "resource-limit"}};
    }
    if (!is_hole(p)) continue;
    holes->push_back(list + " " + std::to_string(k) + ": " + p.proof["hole"].get<std::string>() +
                     (p.label.empty() ? "" : " (" + p.label + ")"));
  }
}

// ---------------------------------------------------------------- text

std::string compact(const Json& j) { return j.dump(-1, ' ', true, Json::error_handler_t::replace); }

// [ with one element per line.
std::string lines(const std::vector<std::string>& elements) {
  if (elements.empty()) return "[]";
  std::string out = "[\n";
  for (std::size_t k = 0; k < elements.size(); ++k) {
    out += "  " + elements[k] + (k + 1 < elements.size() ? ",\n" : "\n");
  }
  return out + " ]";
}

std::string proof_lines(const std::vector<Proved>& proofs) {
  std::vector<std::string> out;
  for (const Proved& p : proofs) out.push_back(compact(Json(p.proof)));
  return lines(out);
}

Json hashed(const HashedFile& f) {
  Json j;
  j["path"] = f.path;
  j["sha256"] = f.sha256;
  return j;
}

std::string step_text(const Step& step, const std::vector<Proved>& proofs) {
  Json j;
  j["rule"] = step.rule;
  j["dir"] = step.rl ? "rl" : "lr";
  j["at"] = Json(step.at);
  j["sub"] = Json::object();
  for (const auto& [name, text] : step.sub) j["sub"][name] = text;
  j["names"] = Json::object();
  for (const auto& [name, text] : step.names) j["names"][name] = text;
  j["proofs"] = Json::array();
  for (const Proved& p : proofs) j["proofs"].push_back(Json(p.proof));
  return compact(j);
}

std::string step_lines(const Derivation& d, const Evidence& evidence) {
  static const std::vector<Proved> kNone;
  std::vector<std::string> out;
  for (std::size_t k = 0; k < d.steps.size(); ++k) {
    out.push_back(step_text(d.steps[k], k < evidence.steps.size() ? evidence.steps[k] : kNone));
  }
  return lines(out);
}

std::string rule_lines(std::vector<HashedFile> rules) {
  std::sort(rules.begin(), rules.end(),
            [](const HashedFile& a, const HashedFile& b) { return a.path < b.path; });
  std::vector<std::string> out;
  for (const HashedFile& f : rules) out.push_back(compact(hashed(f)));
  return lines(out);
}

Json schedule_json(const Schedule& s) {
  Json j;
  j["name"] = s.name;
  j["text"] = s.text;
  j["sha256"] = sha256_hex(s.text);
  return j;
}

Json kernel_json(const CertificateParts& parts, const Placement& place) {
  Json j;
  j["path"] = parts.kernel.path;
  j["body_sha256"] = parts.kernel.sha256;
  j["target"] = place.target;
  j["flags"] = parts.instructions ? parts.instructions->flags : "-std=c++17 -O2";
  return j;
}

Json place_json(const Placement& place) {
  Json j = Json::object();
  if (place.portable()) return j;
  j["lanes"] = place.lanes;
  j["unroll"] = Json::array();
  for (const auto& [name, count] : place.unroll) {
    j["unroll"].push_back(Json::array({name, std::to_string(count)}));
  }
  j["turned"] = place.turned;
  return j;
}

Json witness_json(const Spec& spec, const Evidence& evidence) {
  Json j = Json::object();
  for (const std::string& d : spec.dims) {
    const auto it = evidence.witness.find(d);
    if (it != evidence.witness.end()) j[d] = it->second;
  }
  return j;
}

Json cover_json(const Evidence& evidence) {
  Json j = Json::array();
  for (const auto& [name, text] : evidence.cover) j.push_back(Json::array({name, text}));
  return j;
}

// ---------------------------------------------------------------- costs

Json multiple_json(const Multiple& m) {
  return Json::array({std::to_string(m.times), print(m.value)});
}

std::string nest_text(const std::optional<ClosedNest>& nest) {
  Json j;
  j["sums"] = Json::array();
  j["proofs"] = Json::array();
  if (nest) {
    for (const Multiple& m : nest->sums) j["sums"].push_back(multiple_json(m));
    for (const nlohmann::json& tree : nest->proofs) j["proofs"].push_back(Json(tree));
  }
  return compact(j);
}

std::string row_text(const TrafficRow& row) {
  return compact(
      Json::array({row.array, row.store ? "store" : "load", row.exact ? "exact" : "bound",
                   std::to_string(row.count.times), print(row.count.value), Json(row.proof)}));
}

// ---------------------------------------------------------------- ratios

Json trees_json(const std::vector<nlohmann::json>& trees) {
  Json out = Json::array();
  for (const nlohmann::json& t : trees) out.push_back(Json(t));
  return out;
}

void append_count(const LoopCount& c, Json* out) {
  out->push_back(std::to_string(c.count.times));
  out->push_back(print(c.count.value));
  out->push_back(Json(c.proof));
}

// Nests of the counts, each once.
std::string product_nests(const Spec& spec, const std::vector<const LoopCount*>& counts) {
  std::vector<std::string> out, known;
  for (const LoopCount* c : counts) {
    for (std::size_t k = 0; k < c->nests.size(); ++k) {
      const std::string key = key_of(c->nests[k], spec);
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      known.push_back(key);
      out.push_back(nest_text(c->sums[k]));
    }
  }
  return lines(out);
}

std::string product_text(const Spec& spec, const std::optional<ProductInstance>& product) {
  if (!product) return "{}";
  const ProductEvidence& e = product->evidence;
  Json heads = Json::array();
  for (const auto& [term, proofs] : e.heads) {
    heads.push_back(Json::array({print(term), Json(proofs)}));
  }
  std::vector<const LoopCount*> counts = {&e.pairs};
  Json pairs = Json::array(), rows = Json::array(), cols = Json::array();
  append_count(e.pairs, &pairs);
  if (e.rows) {
    rows.push_back(print(e.rows->chosen[0]));
    rows.push_back(trees_json(e.rows->conditions));
    append_count(*e.rows, &rows);
    counts.push_back(&*e.rows);
  }
  if (e.cols) {
    Json chosen = Json::array();
    for (const Term& t : e.cols->chosen) chosen.push_back(print(t));
    cols.push_back(chosen);
    cols.push_back(trees_json(e.cols->conditions));
    append_count(*e.cols, &cols);
    counts.push_back(&*e.cols);
  }
  return "{\"column\": " + std::to_string(e.column) + ", \"heads\": " + compact(heads) +
         ", \"nests\": " + product_nests(spec, counts) + ",\n  \"pairs\": " + compact(pairs) +
         ",\n  \"rows\": " + compact(rows) + ",\n  \"cols\": " + compact(cols) + "}";
}

std::string ratio_text(const Spec& spec, const RatioClaim& c) {
  Json j, point = Json::object();
  j["theorem"] = c.theorem.name;
  j["words"] = print(c.words);
  j["at"] = Json::array();
  for (const std::string& d : spec.dims) {
    const auto n = c.region.at.find(d);
    if (n != c.region.at.end()) j["at"].push_back(Json::array({d, std::to_string(n->second)}));
  }
  j["where"] = Json::array();
  for (const Term& g : c.region.where) j["where"].push_back(print(g));
  for (const std::string& d : spec.dims) point[d] = c.point.at(d).str();
  j["point"] = point;
  j["fits"] = trees_json(c.fits);
  j["hypotheses"] = trees_json(c.hypotheses);
  j["ratio"] = Json::array({c.p.str(), c.q.str()});
  j["proof"] = Json(c.proof);
  return compact(j);
}

std::string ratio_lines(const Spec& spec, const RatioClaims& ratios) {
  std::vector<std::string> out;
  for (const RatioClaim& c : ratios.claims) out.push_back(ratio_text(spec, c));
  return lines(out);
}

std::string attention_text(const Attention& attention) {
  Json out = Json::object();
  if (const auto& c = attention.claim) {
    out["limit"] = print(c->axes_limit);
    out["proofs"] = Json::array({c->proof.proof});
  }
  return compact(out);
}

std::string costs_text(const Costs& costs) {
  std::vector<std::string> nests, rows;
  for (const auto& nest : costs.sums) nests.push_back(nest_text(nest));
  for (const TrafficRow& row : costs.rows) rows.push_back(row_text(row));
  Json footprints = Json::array();
  for (const Term& t : costs.footprints) footprints.push_back(print(t));
  return "{\"footprint\": " + compact(footprints) + ", \"nests\": " + lines(nests) +
         ", \"traffic\": " + lines(rows) + "}";
}

Json producer_json() {
  Json j;
  j["name"] = "minimoa";
  j["version"] = "0.1.0";
  return j;
}

}  // namespace

Result<Evidence> prove_all(const Spec& spec, const RuleTable& rules, const Derivation& d,
                           const BoundsQuestion& question) {
  Prover prover(spec);
  Evidence out;
  std::vector<Diagnostic> errors;
  auto witness = prover.witness();
  if (!witness.ok()) return witness.errors();
  out.witness = std::move(witness.value());
  out.divisors = prover.divisors(spec.core, d.final_term());
  settle(spec, "equal", "divisors", &out.divisors, &out.holes, &errors);
  out.spec = prover.spec_proofs(spec.core);
  settle(spec, "equal", "spec", &out.spec, &out.holes, &errors);
  for (std::size_t k = 0; k < d.steps.size(); ++k) {
    out.steps.push_back(prover.step(d.steps[k]));
    const std::string list = "step " + std::to_string(k) + " (" + d.steps[k].rule + ")";
    settle(spec, "equal", list, &out.steps.back(), &out.holes, &errors);
  }
  out.safe = prover.safe(d.final_term(), &out.cover, d.place);
  settle(spec, "safe", "safe", &out.safe, &out.holes, &errors);
  out.costs = costs_of(spec, d.final_term(), &prover, {}, d.place);
  if (!errors.empty()) return errors;
  out.attention = claim_attention(spec, rules, d, &prover);
  if (question.bounds.empty()) return out;
  auto ratios =
      prove_ratios({spec, d, out.costs, *question.what, *question.theorems}, question.bounds);
  if (!ratios.ok()) return ratios.errors();
  out.ratios = std::move(ratios.value());
  return out;
}

std::string certificate_text(const Spec& spec, const Schedule& schedule, const Derivation& d,
                             const Evidence& evidence, const CertificateParts& parts) {
  Json stages;
  stages["dnf"] = d.dnf;
  stages["onf"] = d.onf;
  const std::vector<std::pair<std::string, std::string>> entries = {
      {"format", compact("minimoa.cert/1")},
      {"spec", compact(hashed(parts.spec))},
      {"rules", rule_lines(parts.rules)},
      {"schedule", compact(schedule_json(schedule))},
      {"kernel", compact(kernel_json(parts, d.place))},
      {"instructions",
       parts.instructions ? compact(hashed(parts.instructions->file)) : std::string("{}")},
      {"place", compact(place_json(d.place))},
      {"witness", compact(witness_json(spec, evidence))},
      {"divisors", proof_lines(evidence.divisors)},
      {"spec_proofs", proof_lines(evidence.spec)},
      {"stages", compact(stages)},
      {"steps", step_lines(d, evidence)},
      {"safe", proof_lines(evidence.safe)},
      {"cover", compact(cover_json(evidence))},
      {"workspace", compact(parts.workspace)},
      {"costs", costs_text(evidence.costs)},
      {"theorems", evidence.ratios.claims.empty() ? "[]" : rule_lines(parts.theorems)},
      {"product", product_text(spec, evidence.ratios.product)},
      {"ratios", ratio_lines(spec, evidence.ratios)},
      {"attention", attention_text(evidence.attention)},
      {"producer", compact(producer_json())},
  };
  std::string out = "{\n";
  for (std::size_t k = 0; k < entries.size(); ++k) {
    out += " \"" + entries[k].first + "\": " + entries[k].second +
           (k + 1 < entries.size() ? ",\n" : "\n");
  }
  return out + "}\n";
}

}  // namespace minimoa
