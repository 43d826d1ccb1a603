// A recursive descent over the tokens of one line; see bound_line.h.
#include "prover/schedule/bound_line.h"

#include <cctype>

namespace minimoa {
namespace {

constexpr const char* kForm =
    "bound THEOREM [within RATIO] [words N] [at NAME = N, ..] [where A <= B, ..]";

bool starts_name(const std::string& w) {
  return !w.empty() && (std::isalpha(static_cast<unsigned char>(w[0])) != 0 || w[0] == '_');
}

// At most 15 digits, no leading zero.
std::optional<std::int64_t> whole(const std::string& w) {
  if (w.empty() || w.size() > 15 || (w.size() > 1 && w[0] == '0')) return std::nullopt;
  std::int64_t n = 0;
  for (const char c : w) {
    if (c < '0' || c > '9') return std::nullopt;
    n = 10 * n + (c - '0');
  }
  return n;
}

// P, P/Q or P.DDD, at least 1.
std::optional<std::pair<std::int64_t, std::int64_t>> ratio(const std::string& w) {
  std::optional<std::int64_t> p, q = 1;
  if (const std::size_t slash = w.find('/'); slash != std::string::npos) {
    p = whole(w.substr(0, slash));
    q = whole(w.substr(slash + 1));
  } else if (const std::size_t dot = w.find('.'); dot != std::string::npos) {
    const std::string digits = w.substr(dot + 1);
    const auto front = whole(w.substr(0, dot));
    const bool short_enough = !digits.empty() && digits.size() <= 6 && front && *front < 1000000;
    if (!short_enough || digits.find_first_not_of("0123456789") != std::string::npos) {
      return std::nullopt;
    }
    p = *front;
    for (const char c : digits) {
      p = 10 * *p + (c - '0');
      q = 10 * *q;
    }
  } else {
    p = whole(w);
  }
  if (!p || !q || *q < 1 || *p < *q) return std::nullopt;
  return std::make_pair(*p, *q);
}

class Parser {
 public:
  explicit Parser(const std::vector<SpannedWord>& words) {
    for (const SpannedWord& w : words) split(w);
    out_.span = words.front().span;
    const Span& last = words.back().span;
    out_.span.length = last.column + last.length - out_.span.column;
    for (const SpannedWord& t : tokens_) {
      out_.text += (out_.text.empty() || t.text == "," ? "" : " ") + t.text;
    }
  }

  Result<BoundLine> run() {
    at_ = 1;
    if (!name(&out_.theorem)) return wrong("the name of a theorem");
    if (take("within")) {
      out_.within = ratio(text());
      if (!out_.within) return wrong("a ratio of at least 1, as 1.058 or 529/500");
      ++at_;
    }
    if (take("words")) {
      out_.words = whole(text());
      if (!out_.words || *out_.words < 1) return wrong("a number of words");
      ++at_;
    }
    if (take("at")) {
      if (auto bad = sizes()) return *bad;
    }
    if (take("where")) {
      if (auto bad = conditions()) return *bad;
    }
    if (at_ < tokens_.size()) return wrong("the end of the line");
    return std::move(out_);
  }

 private:
  // Relations and commas need no blanks around them.
  void split(const SpannedWord& w) {
    const auto kind = [](char c) {
      return c == ',' ? 2 : c == '<' || c == '>' || c == '=' ? 1 : 0;
    };
    for (std::size_t k = 0; k < w.text.size();) {
      std::size_t end = k + 1;
      while (end < w.text.size() && kind(w.text[k]) != 2 && kind(w.text[end]) == kind(w.text[k])) {
        ++end;
      }
      Span span = w.span;
      span.column += static_cast<int>(k);
      span.length = static_cast<int>(end - k);
      tokens_.push_back({w.text.substr(k, end - k), span});
      k = end;
    }
  }

  const std::string& text() const {
    static const std::string kNone;
    return at_ < tokens_.size() ? tokens_[at_].text : kNone;
  }
  bool take(const std::string& word) {
    if (text() != word) return false;
    ++at_;
    return true;
  }
  bool name(std::string* out) {
    if (!starts_name(text())) return false;
    *out = text();
    ++at_;
    return true;
  }

  std::vector<Diagnostic> wrong(const std::string& expected) const {
    Diagnostic d;
    d.code = "E0501";
    const bool ended = at_ >= tokens_.size();
    d.message =
        "expected " + expected + (ended ? ", got the end of the line" : ", got `" + text() + "`");
    d.span = ended ? tokens_.back().span : tokens_[at_].span;
    d.helps.push_back(kForm);
    return {d};
  }

  std::optional<std::vector<Diagnostic>> sizes() {
    do {
      std::string size;
      if (!name(&size)) return wrong("a size");
      if (!take("=")) return wrong("`=`");
      const auto value = whole(text());
      if (!value || *value < 1) return wrong("a number of at least 1");
      ++at_;
      for (const auto& [known, number] : out_.at) {
        if (known == size) return wrong("each size once");
      }
      out_.at.emplace_back(size, *value);
    } while (take(","));
    return std::nullopt;
  }

  std::optional<BoundSize> side() {
    BoundSize out;
    if (name(&out.name)) return out;
    const auto value = whole(text());
    if (!value) return std::nullopt;
    out.number = *value;
    ++at_;
    return out;
  }

  // a >= b as b <= a.
  std::optional<std::vector<Diagnostic>> conditions() {
    do {
      const auto left = side();
      if (!left) return wrong("a size or a number");
      const std::string relation = text();
      const bool turned = relation == ">" || relation == ">=";
      if (!turned && relation != "<" && relation != "<=" && relation != "==") {
        return wrong("one of < <= == >= >");
      }
      ++at_;
      const auto right = side();
      if (!right) return wrong("a size or a number");
      const std::string plain = relation == ">" ? "<" : relation == ">=" ? "<=" : relation;
      out_.where.push_back({plain, turned ? *right : *left, turned ? *left : *right});
    } while (take(","));
    return std::nullopt;
  }

  std::vector<SpannedWord> tokens_;
  std::size_t at_ = 0;
  BoundLine out_;
};

}  // namespace

Result<BoundLine> parse_bound_line(const std::vector<SpannedWord>& words) {
  return Parser(words).run();
}

}  // namespace minimoa
