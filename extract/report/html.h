// HTML text: escaping and the few elements that a report is made of.
//
// Everything that is not markup of this folder goes through escaped(): texts
// come from certificates and specs, which anybody may have written.
// May be wrong: a caller that forgets; tests put markup into every string of a
// certificate that reaches the page.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace minimoa::html {

std::string escaped(const std::string& text);
// <NAME>content</NAME>; content is markup already.
std::string element(const std::string& name, const std::string& content,
                    const std::string& css_class = "");
std::string code(const std::string& text);  // text is not markup
std::string section(const std::string& id, const std::string& title, const std::string& content);
std::string folded(const std::string& summary, const std::string& content);  // both are markup

// A table whose rows become blocks on small screens. Cells are markup.
class Table {
 public:
  explicit Table(std::vector<std::string> head) : head_(std::move(head)) {}
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  std::string text() const;

 private:
  std::vector<std::string> head_;
  std::vector<std::vector<std::string>> rows_;
};

// The whole file: title (not markup) and body; styles are inline, nothing is fetched.
std::string page(const std::string& title, const std::string& body);

// A bar that shows part / whole; full and in the colour of failure where the
// part is larger.
std::string bar(double part, double whole);
// 159,383,552 for a decimal number.
std::string grouped(const std::string& digits);

}  // namespace minimoa::html
