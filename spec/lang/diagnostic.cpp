// Printing of diagnostics: text in the manner of rustc, one line for editors,
// JSON, and SARIF 2.1.0 for code hosts.
// May be wrong: columns are code points; wide characters shift the carets.
#include "spec/lang/diagnostic.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "spec/lang/lexer.h"

namespace minimoa {
namespace {

constexpr std::size_t kLongestLine = 160;      // longer source lines are cut
constexpr std::size_t kMostPoints = 1u << 16;  // what is behind is not shown
constexpr std::size_t kHelpColumn = 36;

const char* severity_word(Severity s) {
  switch (s) {
    case Severity::kError:
      return "error";
    case Severity::kInconclusive:
      return "inconclusive";
    case Severity::kWarning:
      return "warning";
  }
  return "error";
}

std::string replace_all(std::string text, char from, char to) {
  std::replace(text.begin(), text.end(), from, to);
  return text;
}

// Line number `line` of the source as printable code points (one string each),
// tabs as blanks, controls and bidi marks replaced.
std::vector<std::string> source_line(const std::string& source, int line) {
  std::size_t start = 0;
  for (int k = 1; k < line && start != std::string::npos; ++k) {
    start = source.find('\n', start);
    if (start != std::string::npos) ++start;
  }
  std::vector<std::string> points;
  if (start == std::string::npos) return points;
  for (std::size_t i = start;
       i < source.size() && source[i] != '\n' && points.size() < kMostPoints;) {
    const std::size_t before = i;
    const long code = next_code_point(source, &i);
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    const bool hidden = (code >= 0x200B && code <= 0x200F) || code == 0x61C ||
                        (code >= 0x2028 && code <= 0x202E) || code == 0xFEFF ||
                        (code >= 0x2060 && code <= 0x206F);
    if (code == '\t') {
      points.emplace_back(" ");
    } else {
      points.push_back(control || hidden ? "\xEF\xBF\xBD" : source.substr(before, i - before));
    }
  }
  return points;
}

std::string rstrip(std::string s) {
  while (!s.empty() && s.back() == ' ') s.pop_back();
  return s;
}

// The line, and under it carets and label. Long lines show a window.
std::string excerpt(const Diagnostic& d, const std::string& source) {
  const std::vector<std::string> points = source_line(source, d.span.line);
  const std::size_t column =
      std::min(static_cast<std::size_t>(std::max(1, d.span.column)) - 1, kMostPoints);
  const std::size_t from =
      points.size() > kLongestLine && column > kLongestLine / 2 ? column - kLongestLine / 2 : 0;
  const std::size_t to = std::min(points.size(), from + kLongestLine);
  const std::string number = std::to_string(d.span.line);
  const std::string gutter(number.size() + 2, ' ');
  std::string text;
  for (std::size_t k = from; k < to; ++k) text += points[k];
  const std::size_t room = std::max<std::size_t>(to > column ? to - column : 1, 1);
  const std::size_t carets =
      std::clamp<std::size_t>(static_cast<std::size_t>(std::max(1, d.span.length)), 1, room);
  std::string out = gutter + "|\n";
  out += rstrip(" " + number + " | " + text) + "\n";
  out += rstrip(gutter + "| " + std::string(column - from, ' ') + std::string(carets, '^') + " " +
                d.label) +
         "\n";
  return out;
}

std::string help_line(const std::string& help) {
  const std::size_t bar = help.find(" | ");
  if (bar == std::string::npos) return "help: " + help + "\n";
  std::string words = help.substr(0, bar);
  words.resize(std::max(kHelpColumn, words.size() + 1), ' ');
  return "help: " + words + "|  " + help.substr(bar + 3) + "\n";
}

std::string headline(const Diagnostic& d) {
  return std::string(severity_word(d.severity)) + "[MOA-" + d.code + "]: " + d.message;
}

std::string place(const Span& s) {
  if (s.line == 0) return s.file;
  return s.file + ":" + std::to_string(s.line) + ":" + std::to_string(s.column);
}

std::string render_text(const Diagnostic& d, const std::string& source) {
  std::string out = headline(d) + "\n";
  std::string gutter = "   ";
  if (d.span.line > 0) {
    gutter = std::string(std::to_string(d.span.line).size() + 2, ' ');
    out += gutter.substr(1) + "--> " + place(d.span) + "\n";
    out += excerpt(d, source);
  } else if (!d.span.file.empty()) {
    out += "  --> " + d.span.file + "\n";
  }
  for (const std::string& n : d.notes) {
    out += gutter + (n.rfind("= ", 0) == 0 ? "" : "= ") + n + "\n";
  }
  for (const std::string& h : d.helps) out += help_line(h);
  return out;
}

std::string render_short(const Diagnostic& d) {
  const std::string at = place(d.span);
  return replace_all((at.empty() ? "" : at + ": ") + headline(d), '\n', ' ') + "\n";
}

nlohmann::ordered_json to_json(const Diagnostic& d) {
  return {{"severity", severity_word(d.severity)},
          {"code", "MOA-" + d.code},
          {"message", d.message},
          {"file", d.span.file},
          {"line", d.span.line},
          {"column", d.span.column},
          {"length", d.span.length},
          {"label", d.label},
          {"notes", d.notes},
          {"helps", d.helps}};
}

nlohmann::ordered_json sarif_result(const Diagnostic& d) {
  std::string text = d.message;
  if (!d.label.empty()) text += ": " + d.label;
  for (const std::string& n : d.notes) text += "\n" + n;
  for (const std::string& h : d.helps) text += "\nhelp: " + h;
  const bool warning = d.severity == Severity::kWarning;
  nlohmann::ordered_json r = {{"ruleId", "MOA-" + d.code},
                              {"kind", d.severity == Severity::kInconclusive ? "open" : "fail"},
                              {"level", warning ? "warning" : "error"},
                              {"message", {{"text", text}}}};
  if (d.severity == Severity::kInconclusive) r["level"] = "none";
  if (d.span.file.empty()) return r;
  nlohmann::ordered_json where = {{"artifactLocation", {{"uri", d.span.file}}}};
  if (d.span.line > 0) {
    where["region"] = {{"startLine", d.span.line},
                       {"startColumn", d.span.column},
                       {"endColumn", d.span.column + std::max(1, d.span.length)}};
  }
  r["locations"] = nlohmann::ordered_json::array({{{"physicalLocation", where}}});
  return r;
}

std::string render_sarif(const std::vector<Diagnostic>& ds) {
  using nlohmann::ordered_json;
  std::set<std::string> codes;
  ordered_json results = ordered_json::array();
  for (const Diagnostic& d : ds) {
    codes.insert("MOA-" + d.code);
    results.push_back(sarif_result(d));
  }
  ordered_json rules = ordered_json::array();
  for (const std::string& c : codes) rules.push_back({{"id", c}});
  const ordered_json driver = {{"name", "minimoa"}, {"rules", rules}};
  const ordered_json run = {
      {"tool", {{"driver", driver}}}, {"columnKind", "unicodeCodePoints"}, {"results", results}};
  const ordered_json root = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                             {"version", "2.1.0"},
                             {"runs", ordered_json::array({run})}};
  return root.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string render_json(const std::vector<Diagnostic>& ds) {
  using nlohmann::ordered_json;
  ordered_json all = ordered_json::array();
  for (const Diagnostic& d : ds) all.push_back(to_json(d));
  return all.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

int exit_code_of(const Diagnostic& d) {
  switch (d.severity) {
    case Severity::kWarning:
      return 0;
    case Severity::kInconclusive:
      return 3;
    case Severity::kError:
      break;
  }
  const std::string family = d.code.substr(0, 3);
  return family == "E01" || family == "E05" || family == "E09" ? 2 : 1;
}

}  // namespace

std::string render(const std::vector<Diagnostic>& ds, Format format,
                   const std::string& source_text) {
  std::string out;
  switch (format) {
    case Format::kJson:
      return render_json(ds);
    case Format::kSarif:
      return render_sarif(ds);
    case Format::kShort:
      for (const Diagnostic& d : ds) out += render_short(d);
      return out;
    case Format::kText:
      for (const Diagnostic& d : ds) {
        out += (out.empty() ? "" : "\n") + render_text(d, source_text);
      }
      return out;
  }
  return out;
}

// Input errors first (nothing was decided), then refutations, then doubt.
int exit_code(const std::vector<Diagnostic>& ds) {
  bool seen[4] = {};
  for (const Diagnostic& d : ds) seen[exit_code_of(d)] = true;
  return seen[2] ? 2 : seen[1] ? 1 : seen[3] ? 3 : 0;
}

}  // namespace minimoa
