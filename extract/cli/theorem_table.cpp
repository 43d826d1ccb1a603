#include "extract/cli/theorem_table.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "extract/cli/fitted_tiles.h"
#include "prover/bounds/levels.h"

namespace minimoa::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string padded(std::string s, std::size_t width) {
  if (s.size() < width) s.append(width - s.size(), ' ');
  return s;
}

std::string row_name(const TrafficRow& row) {
  return (row.store ? "stores of " : "loads of ") + row.array;
}

std::string count_text(const Multiple& m) {
  if (m.times == 1) return pretty(m.value);
  return "(" + pretty(m.value) + ") / " + std::to_string(m.times);
}

std::string optional_text(const std::optional<Int>& v) { return v ? v->str() : "unknown"; }

std::string verdict_text(const ClassVerdict& v, bool exact) {
  const std::string schedules = (v.klass == "any" ? "" : v.klass + " ") + "schedule";
  const std::string by = " (" + v.theorem->name + ", " + v.theorem->status() + ")";
  if (v.is_less) return "less than any " + schedules + " can do, so not one" + by;
  if (v.is_one) return "optimal: ratio 1, no " + schedules + " moves less" + by;
  return std::string("within a factor of ") + v.ratio + " of every " + schedules + by +
         (exact ? "" : ", traffic taken as its upper bound");
}

// ---------------------------------------------------------------- text

class Text {
 public:
  explicit Text(const Subject& subject) : s_(subject) {}

  void costs() const {
    std::cout << "costs of one worker in words (spec/COST.md)\n";
    line("footprint", pretty(s_.costs.footprint));
    line("workspace", pretty(s_.workspace));
    for (const TrafficRow& row : s_.costs.rows) {
      line(row_name(row), (row.exact ? "" : "at most ") + count_text(row.count));
    }
    for (const std::string& u : s_.costs.unclaimed) line(u, "unknown: no closed form was found");
    const bool exact = std::all_of(s_.costs.rows.begin(), s_.costs.rows.end(),
                                   [](const TrafficRow& row) { return row.exact; });
    if (const auto total = total_traffic(s_.spec, s_.costs)) {
      line("traffic", (exact ? "" : "at most ") + count_text(*total));
    }
  }

  void symbolic_part(const Machine* machine) const {
    costs();
    if (machine != nullptr) fits(*machine);
    instance();
    std::cout << "lower bounds (words: fast memory)\n";
    for (const Theorem& t : s_.theorems.theorems) {
      if (!concerns(t)) continue;
      const bool threshold = t.counted == Counted::kThreshold;
      line(t.name, std::string(threshold ? "compulsory traffic is reached iff words >= "
                                         : word_of(t.counted) + std::string(" >= ")) +
                       symbolic(s_, t) + conditions(t));
      if (!t.defines.empty()) line("", "where " + definitions(t));
      line("", t.klass + ", " + t.status());
    }
  }

  void point(const TableAt& at) const {
    std::cout << "at " << at.point.text << ": " << sizes_text(s_.spec, at.point.dims) << ", "
              << memory_text(at) << "\n";
    line("footprint",
         at.footprint.str() + (at.fits ? ", fits" : ", does not fit: no ratio is claimed"));
    line("workspace", at.workspace.str());
    for (std::size_t k = 0; k < at.rows.size(); ++k) {
      line(row_name(s_.costs.rows[k]),
           (s_.costs.rows[k].exact ? "" : "at most ") + at.rows[k].str());
    }
    line("traffic", std::string(at.exact || !at.total ? "" : "at most ") + optional_text(at.total) +
                        ": loads " + optional_text(at.loads) + ", stores " +
                        optional_text(at.stores));
    for (const BoundAt& b : at.bounds) {
      if (concerns(*b.theorem)) bound(at, b);
    }
    for (const BoundAt& b : at.wider) wider(at, b);
    for (const ClassVerdict& v : at.verdicts) line("verdict", verdict_text(v, at.exact));
  }

 private:
  static void line(const std::string& name, const std::string& text) {
    std::cout << "  " << padded(name, 15) << " " << text << "\n";
  }

  // Without explicit products only what the output alone says.
  bool concerns(const Theorem& t) const {
    return s_.what.instance.has_value() || (t.vars.size() == 1 && t.vars[0] == "outputs");
  }

  static std::string conditions(const Theorem& t) {
    std::string out;
    for (const Term& goal : t.where) {
      if (goal->kids[0]->op == Op::kInt) continue;  // 1 <= x: every size is positive
      out += (out.empty() ? ", if " : " and ") + condition_text(goal);
    }
    return out;
  }

  static std::string memory_text(const TableAt& at) {
    const std::string size = at.words.str() + " words of fast memory";
    if (at.is_footprint) return size + " (the schedule's footprint)";
    return size + (at.memory == "fast" ? "" : " (" + at.memory + ")");
  }

  void fits(const Machine& machine) const {
    for (const Level& level : machine.levels) {
      const auto words = level.words();
      line("fits " + level.name, "of " + machine.name + " iff footprint <= " +
                                     (words ? std::to_string(*words) : "words"));
    }
  }

  void instance() const {
    if (!s_.what.instance) {
      std::cout << "no theorem on explicit products applies: " << s_.what.why << "\n";
      return;
    }
    const ProductInstance& i = *s_.what.instance;
    std::cout << "explicit products of " << i.query << ", " << i.key << " and " << i.value
              << (i.dense ? ", no mask" : ", masked") << "\n";
    line("dk, dv", pretty(i.dk) + ", " + pretty(i.dv));
    line("E", count_text(i.pairs));
    line("rows", (i.dense ? "" : "at least ") + count_text(i.rows));
    line("cols", (i.dense ? "" : "at least ") + count_text(i.cols));
    line("n, m, heads", pretty(i.n) + ", " + pretty(i.m) + ", " + pretty(i.heads));
  }

  static void bound(const TableAt& at, const BoundAt& b) {
    if (!b.broken.empty()) {
      line(b.theorem->name, "does not apply here: needs " + b.broken);
    } else if (b.theorem->counted == Counted::kThreshold) {
      line(b.theorem->name, "compulsory traffic is reached iff words >= " + b.words.str() +
                                (at.words >= b.words ? ": yes" : ": no"));
    } else if (b.words <= 0) {
      line(b.theorem->name, "says nothing here");
    } else {
      line(b.theorem->name, std::string(word_of(b.theorem->counted)) + " >= " + b.words.str() +
                                (b.ratio.empty() ? "" : ", ratio " + b.ratio));
    }
  }

  // No class of one schedule: of processors or of bytes. No verdict.
  static void wider(const TableAt& at, const BoundAt& b) {
    const Theorem& t = *b.theorem;
    if (!b.broken.empty() || b.words <= 0) {
      line(t.name,
           b.broken.empty() ? "says nothing here" : "does not apply here: needs " + b.broken);
      return;
    }
    const std::string by = " (" + t.klass + ", " + t.status() + ")";
    const auto p = at.point.more.find("p");
    const std::string all =
        p == at.point.more.end() ? "" : " of " + p->second.str() + " processors";
    switch (t.counted) {
      case Counted::kCrossing:
        return line(t.name, (all.empty() ? "one" : "one" + all) +
                                " receives and sends >= " + b.words.str() + by);
      case Counted::kBytes:
        return line(t.name, "bytes >= " + b.words.str() + by);
      case Counted::kTotal:
      case Counted::kLoads:
      case Counted::kStores:
      case Counted::kThreshold:
        return line(t.name, word_of(t.counted) + all + " >= " + b.words.str() +
                                (b.ratio.empty() ? "" : ", ratio " + b.ratio) + by);
    }
  }

  const Subject& s_;
};

// ---------------------------------------------------------------- json

Json count_json(const Multiple& m) {
  return {{"times", m.times}, {"words", print(m.value)}, {"text", count_text(m)}};
}

Json sizes_json(const Spec& spec, const Sizes& sizes) {
  Json out = Json::object();
  for (const std::string& d : spec.dims) out[d] = sizes.at(d).str();
  return out;
}

Json costs_json(const Subject& s) {
  Json out;
  out["footprint"] = print(s.costs.footprint);
  out["workspace"] = print(s.workspace);
  out["traffic"] = Json::array();
  for (const TrafficRow& row : s.costs.rows) {
    Json r = {{"array", row.array}, {"kind", row.store ? "store" : "load"}, {"exact", row.exact}};
    r["count"] = count_json(row.count);
    out["traffic"].push_back(r);
  }
  out["unclaimed"] = s.costs.unclaimed;
  return out;
}

Json instance_json(const Recognised& what) {
  if (!what.instance) return {{"recognised", false}, {"why", what.why}};
  const ProductInstance& i = *what.instance;
  Json out = {{"recognised", true}, {"dense", i.dense}};
  const std::pair<const char*, Term> terms[] = {
      {"dk", i.dk}, {"dv", i.dv}, {"n", i.n}, {"m", i.m}, {"heads", i.heads}};
  for (const auto& [name, term] : terms) out[name] = print(term);
  out["pairs"] = count_json(i.pairs);
  out["rows"] = count_json(i.rows);
  out["cols"] = count_json(i.cols);
  return out;
}

Json theorem_json(const Subject& s, const Theorem& t) {
  Json out = {{"name", t.name}, {"class", t.klass}, {"status", t.coq.empty() ? "assumed" : "Coq"}};
  out["coq"] = t.coq.empty() ? Json(nullptr) : Json(t.coq);
  out["cite"] = t.cite;
  out["counts"] = word_of(t.counted);
  out["bound"] = symbolic(s, t);
  out["define"] = definitions(t);
  out["where"] = Json::array();
  for (const Term& goal : t.where) out["where"].push_back(condition_text(goal));
  return out;
}

Json bounds_json(const std::vector<BoundAt>& bounds) {
  Json out = Json::array();
  for (const BoundAt& b : bounds) {
    Json row = {{"theorem", b.theorem->name}, {"applies", b.broken.empty()}};
    if (!b.broken.empty()) {
      row["needs"] = b.broken;
    } else {
      const bool bytes = b.theorem->counted == Counted::kBytes;
      row[bytes ? "bytes" : "words"] = b.words.str();
    }
    if (!b.ratio.empty()) row["ratio"] = b.ratio;
    out.push_back(row);
  }
  return out;
}

Json point_json(const Subject& s, const TableAt& at) {
  Json out = {{"at", at.point.text}, {"memory", at.memory}, {"words", at.words.str()}};
  out["sizes"] = sizes_json(s.spec, at.point.dims);
  out["footprint"] = at.footprint.str();
  out["workspace"] = at.workspace.str();
  out["fits"] = at.fits;
  if (!at.fits) out["smallest"] = sizes_json(s.spec, at.smallest);
  out["exact"] = at.exact;
  const auto number = [](const std::optional<Int>& v) {
    return v ? Json(v->str()) : Json(nullptr);
  };
  out["loads"] = number(at.loads);
  out["stores"] = number(at.stores);
  out["traffic"] = number(at.total);
  out["bounds"] = bounds_json(at.bounds);
  if (!at.wider.empty()) out["wider"] = bounds_json(at.wider);
  out["verdicts"] = Json::array();
  for (const ClassVerdict& v : at.verdicts) {
    out["verdicts"].push_back({{"class", v.klass},
                               {"theorem", v.theorem->name},
                               {"status", v.theorem->coq.empty() ? "assumed" : "Coq"},
                               {"bound", v.words.str()},
                               {"ratio", v.ratio},
                               {"text", verdict_text(v, at.exact)}});
  }
  return out;
}

// ---------------------------------------------------------------- whole

Diagnostic refusal(const Spec& spec, const TableAt& at) {
  Diagnostic d;
  d.code = "E0613";
  d.message = "the footprint of " + at.footprint.str() + " words does not fit " + at.memory +
              ", which holds " + at.words.str();
  d.notes.push_back("= counterexample: " + sizes_text(spec, at.smallest));
  return d;
}

// Every --at, read; reports and gives nothing if one cannot be.
std::optional<std::vector<TableAt>> evaluate(Session* session, const Subject& subject,
                                             const TableOptions& options, const Machine* machine) {
  std::vector<TableAt> out;
  for (const std::string& text : options.points) {
    const auto point = parse_point(text, subject.spec, subject.what);
    if (!point.ok()) {
      report(session, point.errors());
      raise_code(session, kUsage);
      return std::nullopt;
    }
    for (TableAt& at : table_at(subject, point.value(), machine)) out.push_back(std::move(at));
  }
  for (const TableAt& at : out) {
    if (!contradicts(subject, at)) continue;
    fail(session, "E0999", "a lower bound exceeds the traffic at " + at.point.text);
    return std::nullopt;
  }
  return out;
}

// What all tables of one command share.
struct Rows {
  Theorems theorems, wider;
  Recognised what;
};

// Refers to both.
Subject subject_of(const Made& made, const Rows& rows) {
  std::string error;
  const Term workspace = parse_term(made.bundle.workspace, &error).value_or(mk_int(0));
  return {made.spec.spec, made.bundle.costs, workspace, rows.what, rows.theorems, &rows.wider};
}

// A memory that the schedule does not fit, with some of its buffers outside.
struct Beyond {
  Outside outside;
  TableAt at;
};

Subject subject_of(const Made& made, const Rows& rows, const Outside& outside) {
  const Subject whole = subject_of(made, rows);
  return {whole.spec, outside.costs, whole.workspace, whole.what, whole.theorems, whole.wider};
}

std::optional<std::vector<Beyond>> beyond(Session* session, const Made& made, const Rows& rows,
                                          const std::vector<TableAt>& tables,
                                          const Machine* machine) {
  std::vector<Beyond> out;
  for (const TableAt& at : tables) {
    if (machine == nullptr || at.fits) continue;
    const Derivation& d = made.bundle.derivation;
    auto outside = outside_of(made.spec.spec, d.final_term(), at.point.dims, at.words, d.place);
    if (!outside) continue;
    out.push_back({std::move(*outside), {}});
    Beyond& last = out.back();
    const Subject subject = subject_of(made, rows, last.outside);
    last.at = table_in(subject, at.point, at.memory, at.words);
    if (!contradicts(subject, last.at)) continue;
    fail(session, "E0999", "a lower bound exceeds the traffic at " + at.point.text);
    return std::nullopt;
  }
  return out;
}

Json beyond_json(const Beyond& b, const Made& made, const Rows& rows) {
  const Subject subject = subject_of(made, rows, b.outside);
  Json out = {{"outside", b.outside.buffers}, {"costs", costs_json(subject)}};
  out["point"] = point_json(subject, b.at);
  return out;
}

void print_beyond(const Beyond& b, const Made& made, const Rows& rows) {
  const Subject subject = subject_of(made, rows, b.outside);
  std::string names;
  for (const std::string& name : b.outside.buffers) names += (names.empty() ? "" : ", ") + name;
  std::cout << "across " << b.at.memory << ", outside of it " << names << " (computed here)\n";
  const Text text(subject);
  text.costs();
  text.point(b.at);
}

// The order with other tiles, for one memory: its tables, if there is one.
struct Fitted {
  FittedTiles tiles;
  std::vector<TableAt> tables;
};

bool as_counted(const Fitted& f) {
  for (std::size_t k = 0; k < f.tables.size(); ++k) {
    const TableAt& at = f.tables[k];
    if (at.footprint != f.tiles.counted.footprints[k]) return false;
    if (at.total && *at.total != f.tiles.counted.traffic[k]) return false;
  }
  return true;
}

// Without sizes, or where the size of a memory is not said, there is nothing to fit.
std::optional<std::vector<Fitted>> fit(Session* session, const Rows& rows,
                                       const TableOptions& options, const Machine* machine,
                                       const std::vector<TableAt>& tables) {
  const bool sized =
      std::none_of(tables.begin(), tables.end(), [](const TableAt& at) { return at.is_footprint; });
  std::vector<Fitted> out;
  if (machine == nullptr || tables.empty() || !sized) return out;
  auto found = fitted_tiles(session, *machine,
                            {options.spec, options.schedule, options.machine, options.points});
  if (!found) return std::nullopt;
  for (FittedTiles& f : *found) {
    out.push_back({std::move(f), {}});
    Fitted& last = out.back();
    if (!last.tiles.made) continue;
    const Machine one{machine->name, machine->doc, {last.tiles.level}};
    auto at = evaluate(session, subject_of(*last.tiles.made, rows), options, &one);
    if (!at) return std::nullopt;
    last.tables = std::move(*at);
    if (!as_counted(last)) {
      fail(session, "E0999", "the derived schedule costs other than what was searched for");
      return std::nullopt;
    }
  }
  return out;
}

Json fitted_json(const Fitted& f, const Rows& rows) {
  Json out = {{"memory", f.tiles.memory}};
  if (!f.tiles.made) {
    out["tiles"] = nullptr;
    out["why"] = f.tiles.why;
    return out;
  }
  const Subject subject = subject_of(*f.tiles.made, rows);
  for (const auto& [name, size] : f.tiles.sizes) out["tiles"][name] = size;
  out["schedule"] = f.tiles.schedule_text;
  out["command"] = f.tiles.command;
  out.update(claims_json(f.tiles.made->bundle, subject.spec));
  out["costs"] = costs_json(subject);
  out["points"] = Json::array();
  for (const TableAt& at : f.tables) out["points"].push_back(point_json(subject, at));
  return out;
}

void print_fitted(const Fitted& f, const Rows& rows) {
  std::string tiles = f.tiles.why;
  for (const auto& [name, size] : f.tiles.sizes) {
    tiles += (tiles.empty() ? "" : ", ") + name + " " + std::to_string(size);
  }
  std::cout << "tiles for " << f.tiles.memory << ": " << tiles << "\n";
  if (!f.tiles.made) return;
  const Subject subject = subject_of(*f.tiles.made, rows);
  std::cout << "  the same order; as a file: " << f.tiles.command << "\n";
  print_claims(f.tiles.made->bundle, subject.spec);
  const Text text(subject);
  text.costs();
  for (const TableAt& at : f.tables) text.point(at);
  print_verdict(f.tiles.made->bundle);
}

// A machine refuses what does not fit its largest memory, which comes last.
std::vector<Diagnostic> refusals(const Spec& spec, const std::vector<TableAt>& tables,
                                 const Machine* machine) {
  const std::size_t levels = machine != nullptr ? machine->levels.size() : 1;
  std::vector<Diagnostic> out;
  for (std::size_t k = levels - 1; k < tables.size(); k += levels) {
    if (!tables[k].fits) out.push_back(refusal(spec, tables[k]));
  }
  return out;
}

struct Printed {
  const Made& made;
  const Rows& rows;
  const std::vector<TableAt>& tables;
  const std::vector<Beyond>& beyond;
  const std::vector<Fitted>& fitted;
  const Machine* machine;

  std::vector<std::string> assumed() const {
    std::vector<TableAt> all = tables;
    for (const Beyond& b : beyond) all.push_back(b.at);
    for (const Fitted& f : fitted) all.insert(all.end(), f.tables.begin(), f.tables.end());
    return assumptions(subject_of(made, rows), all, machine);
  }
};

void print_json(const Printed& p) {
  const Subject subject = subject_of(p.made, p.rows);
  Json out = claims_json(p.made.bundle, subject.spec);
  out["costs"] = costs_json(subject);
  out["instance"] = instance_json(subject.what);
  out["theorems"] = Json::array();
  for (const Theorem& t : subject.theorems.theorems) {
    out["theorems"].push_back(theorem_json(subject, t));
  }
  out["points"] = Json::array();
  for (const TableAt& at : p.tables) out["points"].push_back(point_json(subject, at));
  out["beyond"] = Json::array();
  for (const Beyond& b : p.beyond) out["beyond"].push_back(beyond_json(b, p.made, p.rows));
  out["fitted"] = Json::array();
  for (const Fitted& f : p.fitted) out["fitted"].push_back(fitted_json(f, p.rows));
  out["assumptions"] = p.assumed();
  std::cout << out.dump(1) << "\n";
}

void print_text(const Printed& p) {
  const Subject subject = subject_of(p.made, p.rows);
  print_claims(p.made.bundle, subject.spec);
  const Text text(subject);
  text.symbolic_part(p.machine);
  for (const TableAt& at : p.tables) text.point(at);
  for (const Beyond& b : p.beyond) print_beyond(b, p.made, p.rows);
  std::cout << "assumed\n";
  for (const std::string& a : p.assumed()) std::cout << "  " << a << "\n";
  print_verdict(p.made.bundle);
  for (const Fitted& f : p.fitted) print_fitted(f, p.rows);
}

}  // namespace

void print_table(Session* session, const Made& made, const TableOptions& options) {
  const auto bounds = std::filesystem::path(made.root) / "spec" / "bounds";
  auto theorems = load_theorems(bounds.string());
  if (!theorems.ok()) return report(session, theorems.errors());
  auto wider = load_theorems((bounds / "wider").string(), Vocabulary::kWider);
  if (!wider.ok()) return report(session, wider.errors());
  std::optional<Machine> machine;
  if (!options.machine.empty()) {
    machine = load_machine(session, made.root, options.machine);
    if (!machine) return;
  }
  const Machine* chosen = machine ? &*machine : nullptr;
  const Rows rows{std::move(theorems.value()), std::move(wider.value()),
                  made.bundle.what ? *made.bundle.what
                                   : recognise(made.spec.spec, made.rules, made.bundle.derivation)};
  const auto tables = evaluate(session, subject_of(made, rows), options, chosen);
  if (!tables) return;
  const auto outside = beyond(session, made, rows, *tables, chosen);
  if (!outside) return;
  const auto fitted = fit(session, rows, options, chosen, *tables);
  if (!fitted) return;
  const Printed printed{made, rows, *tables, *outside, *fitted, chosen};
  const bool json = session->format == "json";
  json ? print_json(printed) : print_text(printed);
  const auto refused = refusals(made.spec.spec, *tables, chosen);
  if (refused.empty()) return;
  if (json) return raise_code(session, 1);
  report(session, refused);
}

}  // namespace minimoa::cli
