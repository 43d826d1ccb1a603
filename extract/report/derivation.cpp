#include "extract/report/derivation.h"

#include "extract/report/html.h"

namespace minimoa {
namespace {

using html::element;
using html::escaped;

std::string term(const Term& t) { return element("pre", escaped(pretty(t, true))); }

std::string step_markup(const Derivation& d, std::size_t k, const RuleTable& rules) {
  const Step& step = d.steps[k];
  const Rule* rule = rules.find(step.rule);
  std::string summary = std::to_string(k + 1) + " &nbsp;" + html::code(step.rule);
  if (step.rl) summary += " <span class=\"soft\">right to left</span>";
  std::string content;
  if (rule != nullptr) {
    summary += " <span class=\"soft\">" + escaped(doc_of(*rule)) + "</span>";
    content = element("p", escaped(class_of(*rule) + "; " + cite_of(*rule)), "soft");
  }
  return html::folded(summary, content + term(at(d.terms[k], step.at)) + "becomes" +
                                   term(at(d.terms[k + 1], step.at)));
}

std::string stage(const Derivation& d, const RuleTable& rules, const std::string& title,
                  std::size_t begin, std::size_t end) {
  std::string steps;
  for (std::size_t k = begin; k < end; ++k) steps += step_markup(d, k, rules);
  return element("h3", escaped(title)) + term(d.terms[end]) +
         html::folded(std::to_string(end - begin) + " steps from the stage before", steps);
}

}  // namespace

std::string derivation_markup(const Derivation& d, const RuleTable& rules) {
  return element("p", "Each step replaces one subterm by an equal one and names the rule.",
                 "soft") +
         element("h3", "The spec, unfolded") + term(d.start) +
         stage(d, rules, "Denotational normal form: no array operator is left", 0, d.dnf) +
         stage(d, rules, "Operational normal form: reads at their places in memory", d.dnf, d.onf) +
         stage(d, rules, "Loop program: the schedule's equations", d.onf, d.steps.size());
}

}  // namespace minimoa
