#include "extract/report/page.h"

#include "extract/report/curves.h"
#include "extract/report/derivation.h"
#include "extract/report/html.h"
#include "extract/report/witness.h"
#include "prover/bounds/region.h"

namespace minimoa {
namespace {

using html::code;
using html::element;
using html::escaped;
using html::Table;

struct Meaning {
  const char* claim;
  const char* text;
};
constexpr Meaning kMeanings[] = {
    {"equal", "the kernel computes what the spec says, over the reals"},
    {"safe", "accesses in bounds, indices fit, each output element written once, no races"},
    {"workspace", "words of slow memory beside inputs and output"},
    {"footprint", "words of fast memory that one task needs"},
    {"traffic", "words that cross between slow and fast memory, by array"},
    {"ratio", "distance from lower bounds, on the regions below"},
    {"text", "the C++ text is the lowering of the derived loop program"},
};

std::string meaning_of(const std::string& claim) {
  for (const Meaning& m : kMeanings) {
    if (claim == m.claim) return m.text;
  }
  return "";
}

std::string verdict_markup(const std::string& verdict) {
  return element("span", escaped(verdict), verdict == "VALID" ? "good" : "bad");
}

std::string list(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& i : items) out += element("li", escaped(i)) + "\n";
  return element("ul", out);
}

std::string count_text(const Multiple& m) {
  if (m.times == 1) return pretty(m.value);
  return "(" + pretty(m.value) + ") / " + std::to_string(m.times);
}

std::string words_of(const std::optional<Int>& v) {
  return v ? html::grouped(v->str()) : "unknown";
}

std::string head(const ReportParts& p) {
  std::string verdict = element(
      "p", "Not audited: <code>minimoa-audit</code> was not found beside this program.", "bad");
  if (p.audit) {
    verdict = element("p", "<code>minimoa-audit</code> says " + verdict_markup(p.audit->verdict) +
                               ". It checks the certificate from the spec, the rules and the "
                               "kernel text, without the prover.");
  }
  return element("h1", escaped(p.spec.name + " · " + p.schedule.name)) +
         element("p",
                 "spec " + code(p.spec_path) + ", kernel " + code(p.bundle.kernel_path) +
                     ", certificate " + code(p.bundle.certificate_path),
                 "lead") +
         verdict;
}

std::string claims(const ReportParts& p) {
  if (!p.audit) return "";
  Table table({"claim", "verdict", "what it says"});
  for (const AuditClaim& c : p.audit->claims) {
    std::string text = escaped(meaning_of(c.claim));
    if (c.verdict != "VALID")
      text += "<br>" + escaped("[" + c.code + "] " + c.place + " " + c.text);
    table.row({code(c.claim), verdict_markup(c.verdict), text});
  }
  std::string out = table.text();
  if (!p.audit->holes.empty()) out += element("h3", "Holes") + list(p.audit->holes);
  return html::section("claims", "What is claimed, and what the audit says", out);
}

std::string costs(const ReportParts& p) {
  const Costs& c = p.subject.costs;
  Table table({"quantity", "words, for all sizes"});
  table.row({"footprint", code(pretty(c.footprint))});
  table.row({"workspace", code(pretty(p.subject.workspace))});
  for (const TrafficRow& row : c.rows) {
    table.row({escaped((row.store ? "stores of " : "loads of ") + row.array),
               (row.exact ? "" : "at most ") + code(count_text(row.count))});
  }
  for (const std::string& u : c.unclaimed) {
    table.row({escaped(u), "not claimed: no closed form was found"});
  }
  if (const auto total = total_traffic(p.spec, c)) {
    table.row({"traffic, in all", code(count_text(*total))});
  }
  return html::section("costs", "Memory and traffic",
                       element("p",
                               "Closed forms in the memory model of <code>spec/COST.md</code>, "
                               "one word for each element.",
                               "soft") +
                           table.text());
}

std::string ratio_text(const RatioClaim& c) {
  const std::string schedules =
      c.theorem.klass == "any" ? "every schedule" : "every " + c.theorem.klass + " schedule";
  if (c.optimal()) return "optimal: " + schedules + " moves at least as much";
  return "within a factor of " + ratio_text_of(c) + " of " + schedules;
}

std::string certified_ratios(const ReportParts& p) {
  Table table({"lower bound", "fast memory", "region of sizes", "distance"});
  for (const RatioClaim& c : p.bundle.ratios.claims) {
    const std::string region = region_text(p.spec, c.region);
    table.row({escaped(c.theorem.name + " (" + c.theorem.status() + ")"),
               c.own_words ? "the footprint" : escaped(pretty(c.words) + " words"),
               region.empty() ? "all sizes" : code(region), escaped(ratio_text(c))});
  }
  if (table.empty()) return element("p", "The certificate compares with no lower bound.");
  std::string out = table.text();
  if (!p.bundle.ratios.left_out.empty()) {
    out += element("p", "Asked for by the schedule and left out:", "soft") +
           list(p.bundle.ratios.left_out);
  }
  return out;
}

std::string bound_text(const TableAt& at, const BoundAt& b) {
  if (!b.broken.empty()) return "<span class=\"soft\">needs " + code(b.broken) + "</span>";
  if (b.theorem->counted == Counted::kThreshold) {
    return "compulsory traffic iff memory &ge; " + html::grouped(b.words.str()) +
           (at.words >= b.words ? ": yes" : ": no");
  }
  if (b.words <= 0) return "<span class=\"soft\">says nothing here</span>";
  return escaped(word_of(b.theorem->counted)) + " &ge; " + html::grouped(b.words.str());
}

std::string point(const ReportParts& p, const TableAt& at) {
  Table numbers({"fast memory", "footprint", "workspace", "loads", "stores", "traffic"});
  numbers.row({html::grouped(at.words.str()), html::grouped(at.footprint.str()),
               html::grouped(at.workspace.str()), words_of(at.loads), words_of(at.stores),
               (at.exact ? "" : "at most ") + words_of(at.total)});
  Table bounds({"lower bound", "class", "at these sizes", "ratio"});
  for (const BoundAt& b : at.bounds) {
    const bool silent = !p.subject.what.instance && b.theorem->vars.size() > 1;
    if (silent) continue;
    bounds.row({escaped(b.theorem->name + " (" + b.theorem->status() + ")"),
                escaped(b.theorem->klass), bound_text(at, b), escaped(b.ratio)});
  }
  std::string title = escaped(sizes_text(p.spec, at.point.dims));
  if (!at.fits) title += " <span class=\"bad\">does not fit</span>";
  return element("h3", title) + numbers.text() +
         html::folded("all lower bounds at these sizes", bounds.text());
}

std::string distance(const ReportParts& p) {
  std::string out = certified_ratios(p);
  out += element("p",
                 "The table above is part of the certificate. Below are values at single sizes, "
                 "computed for this page and not certified.",
                 "soft");
  for (const TableAt& at : p.tables) out += point(p, at);
  return html::section("distance", "Distance from lower bounds", out);
}

std::string chart(const ReportParts& p) {
  const TableAt& at = p.tables.front();
  const std::string drawing = html::svg(traffic_chart(p.subject, at));
  if (drawing.empty()) return "";
  const bool masked = p.subject.what.instance && !p.subject.what.instance->dense;
  std::string caption =
      "At " + sizes_text(p.spec, at.point.dims) +
      ". This schedule moves the same number of words in every memory that holds its footprint. "
      "Dashed: lower bounds; no schedule of the class lies below. Curves marked textbook are "
      "formulas, not certified: tiles grow with the memory.";
  if (masked)
    caption = "At " + sizes_text(p.spec, at.point.dims) +
              ". Dashed: lower bounds; no schedule of the class lies below. Curves of "
              "known orders are drawn for specs without a mask only.";
  return html::section("chart", "Traffic against fast memory",
                       element("figure", drawing + element("figcaption", escaped(caption))));
}

std::string memories(const ReportParts& p) {
  const TableAt& at = p.tables.front();
  Table table(
      {"machine", "memory", "words it holds", "footprint " + html::grouped(at.footprint.str())});
  for (const Machine& machine : p.machines) {
    for (const Level& level : machine.levels) {
      const auto words = level.words();
      if (!words) continue;
      const bool fits = at.footprint <= *words;
      table.row({escaped(machine.name), escaped(level.name), html::grouped(std::to_string(*words)),
                 html::bar(at.footprint.convert_to<double>(), static_cast<double>(*words)) +
                     element("span", fits ? "fits" : "does not fit", fits ? "good" : "bad")});
    }
  }
  if (table.empty()) return "";
  return html::section("memories", "Footprint against the memories of machines",
                       element("p",
                               "At " + escaped(sizes_text(p.spec, at.point.dims)) +
                                   "; bars are shares of the memory.",
                               "soft") +
                           table.text());
}

std::string obligations(const ReportParts& p) {
  const auto found = witnesses_of(nlohmann::json::parse(p.bundle.certificate_text));
  std::vector<std::string> head = {"claim", "obligations about", "in all"};
  for (const Witness w :
       {Witness::kLinear, Witness::kCut, Witness::kProduct, Witness::kCases, Witness::kHole}) {
    head.emplace_back(word_of(w));
  }
  Table table(head);
  for (const ClaimWitnesses& c : found) {
    std::vector<std::string> cells = {code(c.claim), escaped(c.what), std::to_string(c.total())};
    for (const std::size_t n : c.count) cells.push_back(std::to_string(n));
    table.row(cells);
  }
  return html::section("obligations", "Obligations and their witnesses",
                       element("p",
                               "The audit states each obligation itself and checks its "
                               "witness in exact integer arithmetic.",
                               "soft") +
                           table.text());
}

std::string assumed(const ReportParts& p) {
  std::vector<std::string> items;
  if (p.audit) items = p.audit->assumptions;
  std::string out = items.empty() ? "" : list(items);
  if (p.audit && !p.audit->classes.empty()) {
    out += element("p", "Classes of the rules used:") + list(p.audit->classes);
  }
  out += element("h3", "Not covered") +
         list({"rounding: equality is over the reals; floating point is tested, not certified",
               "time and energy; real caches, whose hits the memory model does not count",
               "the compiler, the processor, and the caller's pointers and strides",
               "that the spec is the attention that you wanted",
               "schedules outside of the class that a lower bound names"});
  return html::section("assumed", "What is assumed, and what is not covered", out);
}

}  // namespace

std::string report_page(const ReportParts& p) {
  const std::string body =
      head(p) + claims(p) + costs(p) + distance(p) + chart(p) + memories(p) +
      html::section("derivation", "Derivation", derivation_markup(p.bundle.derivation, p.rules)) +
      html::section("schedule", "Schedule", element("pre", escaped(p.schedule.text))) +
      obligations(p) + assumed(p);
  return html::page("Minimoa report: " + p.spec.name + ", " + p.schedule.name, body);
}

}  // namespace minimoa
