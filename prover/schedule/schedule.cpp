// Reader of schedule files: line by line, strict, every problem with its place.
//
// A line is blank, a comment (`#` to the end of line), or a directive with its
// words. The first directive is `schedule NAME`; `softmax` must be said.
// May be wrong: a schedule that it should refuse; then the derivation stops or
// gives a kernel that is still proved equal, only not the one that was meant.
#include "prover/schedule/schedule.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "spec/lang/diagnostic.h"

namespace minimoa {
namespace {

constexpr std::size_t kMaxBytes = 16384;
constexpr std::size_t kMaxLine = 200;
constexpr std::size_t kMaxName = 48;

using Word = SpannedWord;

bool is_name(const std::string& w) {
  if (w.empty() || w.size() > kMaxName) return false;
  if (!std::isalpha(static_cast<unsigned char>(w[0]))) return false;
  return std::all_of(w.begin(), w.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

class Reader {
 public:
  Reader(const std::string& text, const std::string& path) : text_(text) {
    out_.text = text;
    out_.path = path;
  }
  Result<Schedule> run();

 private:
  void error(const std::string& code, const std::string& message, const Span& span,
             std::vector<std::string> helps = {});
  bool readable();
  void read_line(const std::string& line, int number);
  void directive(const std::vector<Word>& words);
  void name(const std::vector<Word>& words);
  void tile(const std::vector<Word>& words, std::vector<Tile>* to);
  void softmax(const std::vector<Word>& words);
  void materialise(const std::vector<Word>& words);
  void pack(const std::vector<Word>& words);
  void unroll(const std::vector<Word>& words);
  void target(const std::vector<Word>& words);
  void check_lanes();
  void axes(const std::vector<Word>& words, std::vector<AxisRef>* to);
  void bound(const std::vector<Word>& words);
  bool arity(const std::vector<Word>& words, std::size_t n, const std::string& form);
  bool once(const std::vector<Word>& words);
  void check_whole();
  Span line_span(int number, std::size_t column, std::size_t length) const {
    return {out_.path, number, static_cast<int>(column) + 1, static_cast<int>(length)};
  }

  const std::string& text_;
  Schedule out_;
  std::vector<Diagnostic> errors_;
  std::vector<std::string> seen_;  // directives that may stand once
  Span last_;                      // end of the text, for what is missing
};

void Reader::error(const std::string& code, const std::string& message, const Span& span,
                   std::vector<std::string> helps) {
  Diagnostic d;
  d.code = code;
  d.message = message;
  d.span = span;
  d.helps = std::move(helps);
  errors_.push_back(std::move(d));
}

// Printable ASCII, tabs and newlines, of bounded length.
bool Reader::readable() {
  if (text_.size() > kMaxBytes) {
    error("E0507", "the schedule is longer than " + std::to_string(kMaxBytes) + " bytes",
          line_span(1, 0, 1));
    return false;
  }
  int number = 1;
  std::size_t start = 0;
  for (std::size_t k = 0; k < text_.size(); ++k) {
    const unsigned char c = static_cast<unsigned char>(text_[k]);
    if (c == '\n') {
      ++number;
      start = k + 1;
    } else if ((c < 32 && c != '\t') || c > 126) {
      error("E0507", "expected printable ASCII, got byte " + std::to_string(c),
            line_span(number, k - start, 1));
      return false;
    } else if (k - start >= kMaxLine) {
      error("E0507", "the line is longer than " + std::to_string(kMaxLine) + " characters",
            line_span(number, kMaxLine, 1));
      return false;
    }
  }
  return true;
}

void Reader::read_line(const std::string& line, int number) {
  std::vector<Word> words;
  const std::size_t end = std::min(line.find('#'), line.size());
  for (std::size_t k = 0; k < end;) {
    if (line[k] == ' ' || line[k] == '\t') {
      ++k;
      continue;
    }
    const std::size_t stop = std::min(line.find_first_of(" \t#", k), end);
    words.push_back({line.substr(k, stop - k), line_span(number, k, stop - k)});
    k = stop;
  }
  if (!words.empty()) directive(words);
}

bool Reader::arity(const std::vector<Word>& words, std::size_t n, const std::string& form) {
  if (words.size() == n) return true;
  const Span& at = words.size() > n ? words[n].span : words.back().span;
  error("E0501", "expected `" + form + "`, got " + std::to_string(words.size()) + " words", at,
        {form});
  return false;
}

bool Reader::once(const std::vector<Word>& words) {
  if (std::find(seen_.begin(), seen_.end(), words[0].text) == seen_.end()) {
    seen_.push_back(words[0].text);
    return true;
  }
  error("E0508", "`" + words[0].text + "` is said twice", words[0].span);
  return false;
}

void Reader::directive(const std::vector<Word>& words) {
  const std::string& head = words[0].text;
  if (head != "schedule" && out_.name.empty() && seen_.empty()) {
    seen_.push_back("schedule");  // reported once
    error("E0509", "expected `schedule NAME` first, got `" + head + "`", words[0].span,
          {"schedule flash"});
  }
  if (head == "schedule") return name(words);
  if (head == "tile") return tile(words, &out_.tiles);
  if (head == "softmax") return softmax(words);
  if (head == "materialise") return materialise(words);
  if (head == "stage") return axes(words, &out_.stage);
  if (head == "skip") return axes(words, &out_.skip);
  if (head == "outer") return axes(words, &out_.outer);
  if (head == "halve") return axes(words, &out_.halve);
  if (head == "split" || head == "retain") {
    if (once(words)) tile(words, head == "split" ? &out_.splits : &out_.retains);
    return;
  }
  if (head == "pack") return pack(words);
  if (head == "parallel") return axes(words, &out_.parallel);
  if (head == "lanes") return axes(words, &out_.lanes);
  if (head == "unroll") return unroll(words);
  if (head == "target") return target(words);
  if (head == "bound") return bound(words);
  error("E0501",
        "unknown directive `" + head +
            "`; expected schedule, tile, softmax, materialise, stage, retain, skip, outer, halve, "
            "split, pack, parallel, lanes, unroll, target or bound",
        words[0].span);
}

void Reader::name(const std::vector<Word>& words) {
  if (!once(words) || !arity(words, 2, "schedule NAME")) return;
  if (!is_name(words[1].text)) {
    error("E0501",
          "expected a name of at most " + std::to_string(kMaxName) +
              " letters, digits and `_`, got `" + words[1].text + "`",
          words[1].span);
    return;
  }
  out_.name = words[1].text;
}

// `all` (0), or a decimal of at most 18 digits without leading zeros; a sign is
// an error too.
std::optional<std::int64_t> tile_size(const std::string& w) {
  if (w == "all") return 0;
  if (w.empty() || w.size() > 18 || w[0] == '0') return std::nullopt;
  std::int64_t n = 0;
  for (const char c : w) {
    if (c < '0' || c > '9') return std::nullopt;
    n = 10 * n + (c - '0');
  }
  return n <= kMaxTile ? std::optional(n) : std::nullopt;
}

void Reader::tile(const std::vector<Word>& words, std::vector<Tile>* to) {
  if (!arity(words, 3, words[0].text + " AXIS SIZE")) return;
  if (!is_name(words[1].text)) {
    error("E0501", "expected the name of an axis, got `" + words[1].text + "`", words[1].span);
    return;
  }
  const std::optional<std::int64_t> size = tile_size(words[2].text);
  if (!size) {
    error("E0502",
          "expected a tile size in 1 .. " + std::to_string(kMaxTile) + " or `all`, got `" +
              words[2].text + "`",
          words[2].span, {words[0].text + " " + words[1].text + " 64"});
    return;
  }
  for (const Tile& t : *to) {
    if (t.axis != words[1].text) continue;
    error("E0508", "axis `" + t.axis + "` is tiled twice", words[1].span);
    return;
  }
  Span span = words[0].span;
  span.length = words[2].span.column + words[2].span.length - span.column;
  to->push_back({words[1].text, *size, span});
}

void Reader::softmax(const std::vector<Word>& words) {
  if (!once(words) || !arity(words, 2, "softmax online")) return;
  if (words[1].text == "two-pass") {
    out_.softmax = SoftmaxForm::kTwoPass;
  } else if (words[1].text == "online") {
    out_.softmax = SoftmaxForm::kOnline;
  } else {
    error("E0501", "expected `two-pass` or `online`, got `" + words[1].text + "`", words[1].span);
  }
  out_.softmax_span = words[0].span;
}

void Reader::materialise(const std::vector<Word>& words) {
  if (!once(words) || !arity(words, 2, "materialise scores")) return;
  if (words[1].text != "scores") {
    error("E0501", "expected `scores`, got `" + words[1].text + "`", words[1].span);
    return;
  }
  out_.materialise_scores = true;
  out_.materialise_span = words[0].span;
}

void Reader::pack(const std::vector<Word>& words) {
  if (!once(words) || !arity(words, 2, "pack heads")) return;
  if (words[1].text != "heads") {
    error("E0501", "expected `heads`, got `" + words[1].text + "`", words[1].span);
    return;
  }
  out_.pack_heads = true;
}

void Reader::unroll(const std::vector<Word>& words) {
  if (!once(words) || !arity(words, 2, "unroll 4")) return;
  const std::optional<std::int64_t> n = tile_size(words[1].text);
  if (!n || *n < 2 || *n > kMaxUnroll) {
    error(
        "E0502",
        "expected a number in 2 .. " + std::to_string(kMaxUnroll) + ", got `" + words[1].text + "`",
        words[1].span, {"unroll 4"});
    return;
  }
  out_.unroll = *n;
  out_.unroll_span = words[0].span;
}

void Reader::target(const std::vector<Word>& words) {
  if (!once(words) || !arity(words, 2, "target avx512")) return;
  if (!is_name(words[1].text)) {
    error("E0501", "expected the name of a target, got `" + words[1].text + "`", words[1].span);
    return;
  }
  out_.target = words[1].text;
  out_.target_span = words[1].span;
}

void Reader::axes(const std::vector<Word>& words, std::vector<AxisRef>* to) {
  if (!once(words)) return;
  if (words.size() < 2) {
    error("E0501", "expected axes after `" + words[0].text + "`", words[0].span,
          {words[0].text + " row"});
  }
  for (std::size_t k = 1; k < words.size(); ++k) {
    const Word& w = words[k];
    const bool again =
        std::any_of(to->begin(), to->end(), [&](const AxisRef& r) { return r.axis == w.text; });
    if (!is_name(w.text)) {
      error("E0501", "expected the name of an axis, got `" + w.text + "`", w.span);
    } else if (again) {
      error("E0508", "axis `" + w.text + "` is named twice", w.span);
    } else {
      to->push_back({w.text, w.span});
    }
  }
}

void Reader::bound(const std::vector<Word>& words) {
  auto line = parse_bound_line(words);
  if (!line.ok()) {
    errors_.insert(errors_.end(), line.errors().begin(), line.errors().end());
    return;
  }
  for (const BoundLine& b : out_.bounds) {
    if (b.text == line.value().text) error("E0508", "this bound is asked for twice", words[0].span);
  }
  out_.bounds.push_back(std::move(line.value()));
}

void Reader::check_whole() {
  const auto said = [&](const char* w) {
    return std::find(seen_.begin(), seen_.end(), w) != seen_.end();
  };
  if (!said("schedule")) error("E0509", "no `schedule NAME` line", last_, {"schedule flash"});
  if (!said("softmax")) {
    error("E0509", "no `softmax` line", last_, {"softmax online", "softmax two-pass"});
  }
  if (out_.materialise_scores && out_.softmax == SoftmaxForm::kOnline) {
    error("E0510", "`materialise scores` contradicts `softmax online`, which keeps no scores",
          out_.materialise_span, {"softmax two-pass"});
  }
}

// Lanes need a target, and nothing else of a target is known.
void Reader::check_lanes() {
  if (out_.lanes.empty() && out_.target != "portable") {
    error("E0510", "a vector target without lanes", out_.target_span, {"lanes row"});
  }
  if (!out_.lanes.empty() && out_.target == "portable") {
    error("E0510", "lanes need a vector target", out_.lanes[0].span, {"target avx512"});
  }
  if (out_.lanes.empty() && out_.unroll != 1) {
    error("E0510", "loops are unrolled below lanes only", out_.unroll_span, {"lanes row"});
  }
}

Result<Schedule> Reader::run() {
  if (!readable()) return errors_;
  int number = 0;
  for (std::size_t start = 0; start < text_.size();) {
    const std::size_t end = std::min(text_.find('\n', start), text_.size());
    last_ = line_span(++number, 0, std::max<std::size_t>(end - start, 1));
    read_line(text_.substr(start, end - start), number);
    start = end + 1;
  }
  if (number == 0) last_ = line_span(1, 0, 1);
  if (errors_.empty()) check_whole();
  if (errors_.empty()) check_lanes();
  if (!errors_.empty()) return errors_;
  return std::move(out_);
}

}  // namespace

Result<Schedule> parse_schedule(const std::string& text, const std::string& path) {
  return Reader(text, path).run();
}

}  // namespace minimoa
