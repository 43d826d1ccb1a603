#include "extract/report/html.h"

#include <algorithm>
#include <cstdio>

namespace minimoa::html {
namespace {

// Light and dark by the reader's preference. Colours of lines: Okabe and Ito's
// palette, which people with any colour vision can tell apart.
constexpr const char* kStyle = R"css(
:root { color-scheme: light dark; --ink: #1a1c20; --soft: #5a606b; --rule: #d9dce2; --paper: #ffffff;
  --tint: #f4f5f8; --good: #00664b; --bad: #a33100; --c0: #0072b2; --c1: #c75a00; --c2: #007a5a;
  --c3: #a3487a; --c4: #4a4f58; --c5: #8a6d00; --c6: #2a7fa8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e6ea; --soft: #a3a9b4; --rule: #363b44;
  --paper: #14161a; --tint: #1d2026; --good: #4fd1a5; --bad: #ff9466; --c0: #6cb8ec; --c1: #f39a4a;
  --c2: #3fc79a; --c3: #e08fbc; --c4: #b9bec8; --c5: #e3c74a; --c6: #86c9ec; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, "Segoe UI", "Liberation Sans", sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.75rem 0 .6rem; padding-top: .9rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
p { max-width: 46rem; margin: .5rem 0; }
.lead { color: var(--soft); }
code, pre, td.f { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; font-size: .86em; }
code { overflow-wrap: anywhere; }
pre { margin: .3rem 0 .8rem; padding: .6rem .8rem; background: var(--tint); border-radius: 4px;
  overflow-x: auto; line-height: 1.45; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .85rem; }
th, td { padding: .35rem 1rem .35rem 0; border-bottom: 1px solid var(--rule); vertical-align: top;
  overflow-wrap: anywhere; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
.soft { color: var(--soft); }
details { border-bottom: 1px solid var(--rule); padding: .3rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
details details { border: 0; padding: .1rem 0 .1rem 1rem; }
figure { margin: 1rem 0; }
figcaption { color: var(--soft); font-size: .9rem; max-width: 46rem; }
svg { width: 100%; height: auto; display: block; }
svg.bar { width: 12rem; max-width: 100%; height: .6rem; display: inline-block; margin-right: .6rem; }
svg text { fill: var(--ink); font: 13px system-ui, "Liberation Sans", sans-serif; }
svg .axis { fill: var(--soft); }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.small { display: none; }
ul { padding-left: 1.2rem; max-width: 52rem; } li { margin: .2rem 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  main { padding: 1.25rem .9rem 3rem; }
  .wide { display: none; } .small { display: block; }
  table, tbody, tr, td { display: block; width: 100%; }
  thead { display: none; }
  tr { border-bottom: 1px solid var(--rule); padding: .5rem 0; }
  td { border: 0; padding: .1rem 0; }
  td:empty { display: none; }
  td[data-name] { display: grid; grid-template-columns: 7.5rem 1fr; column-gap: .6rem; }
  td[data-name]::before { content: attr(data-name); color: var(--soft); font-size: .78rem;
    line-height: 1.9; }
}
@media print { details > * { display: block; } }
)css";

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string element(const std::string& name, const std::string& content,
                    const std::string& css_class) {
  const std::string attribute = css_class.empty() ? "" : " class=\"" + css_class + "\"";
  return "<" + name + attribute + ">" + content + "</" + name + ">";
}

std::string code(const std::string& text) { return element("code", escaped(text)); }

std::string section(const std::string& id, const std::string& title, const std::string& content) {
  return "<section id=\"" + id + "\">\n" + element("h2", escaped(title)) + "\n" + content +
         "</section>\n";
}

std::string folded(const std::string& summary, const std::string& content) {
  return "<details><summary>" + summary + "</summary>\n" + content + "</details>\n";
}

std::string Table::text() const {
  std::string out = "<table><thead><tr>";
  for (const std::string& h : head_) out += element("th", escaped(h));
  out += "</tr></thead><tbody>\n";
  for (const auto& cells : rows_) {
    out += "<tr>";
    for (std::size_t k = 0; k < cells.size(); ++k) {
      const std::string name = k < head_.size() ? head_[k] : "";
      out += "<td" + (name.empty() ? "" : " data-name=\"" + escaped(name) + "\"") + "><div>" +
             cells[k] + "</div></td>";
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table>\n";
}

std::string page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         escaped(title) + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<main>\n" +
         body + "</main>\n</body>\n</html>\n";
}

std::string bar(double part, double whole) {
  const double share = std::clamp(part / whole, 0.004, 1.0);
  char width[16];
  std::snprintf(width, sizeof width, "%.1f", 200 * share);
  return "<svg class=\"bar\" viewBox=\"0 0 200 10\" aria-hidden=\"true\"><rect width=\"200\" "
         "height=\"10\" fill=\"var(--rule)\"/><rect width=\"" +
         std::string(width) + "\" height=\"10\" fill=\"var(" + (part > whole ? "--bad" : "--c0") +
         ")\"/></svg>";
}

std::string grouped(const std::string& digits) {
  std::string out;
  for (std::size_t k = 0; k < digits.size(); ++k) {
    const std::size_t left = digits.size() - k;
    if (k > 0 && left % 3 == 0 && digits[k - 1] != '-') out += ',';
    out += digits[k];
  }
  return out;
}

}  // namespace minimoa::html
