// What: the strict JSON reader. See json.h.
// The idea: every callback either appends one node or refuses; the nodes of a
// value are contiguous, so `end` is enough to walk them.
// How it may be wrong: `end` of a container is set when it closes; a handler
// that forgot one would make a value swallow its neighbours (tested).
#include "json.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "term.h"

namespace audit {
namespace {

class Handler : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Handler(JsonDocument& document) : document_(document) {}

  bool null() override { refuse("null is not used"); }
  bool boolean(bool) override { refuse("booleans are not used"); }
  bool number_integer(number_integer_t) override {
    // Without it "-1" could select the last element of a list somewhere.
    refuse("negative numbers are not used");
  }
  bool number_unsigned(number_unsigned_t value) override {
    // Without it a long integer would be cut to 32 bits below.
    if (value > kMaxJsonNumber) refuse("number too large");
    add(JsonKind::kNumber, static_cast<std::uint32_t>(value));
    return true;
  }
  bool number_float(number_float_t, const string_t&) override {
    // A 23-digit integer arrives here as well, already rounded.
    refuse("fractional or long numbers are not used");
  }
  bool string(string_t& value) override {
    add_string(value);
    return true;
  }
  bool binary(binary_t&) override { refuse("binary is not used"); }
  bool start_object(std::size_t) override { return open(JsonKind::kObject); }
  bool key(string_t& value) override {
    add_string(value);
    return true;
  }
  bool end_object() override {
    check_keys(open_.back());
    return close();
  }
  bool start_array(std::size_t) override { return open(JsonKind::kArray); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t at, const std::string&,
                   const nlohmann::detail::exception&) override {
    refuse("not JSON, near byte " + std::to_string(at));
  }

 private:
  [[noreturn]] static void refuse(const std::string& why) {
    throw Refused{"json", why};
  }
  void add(JsonKind kind, std::uint32_t value) {
    if (document_.nodes.size() >= kMaxJsonValues) {
      throw Refused{"limit", "too many JSON values"};
    }
    const auto end = static_cast<std::uint32_t>(document_.nodes.size() + 1);
    document_.nodes.push_back({kind, value, end});
  }
  void add_string(string_t& value) {
    add(JsonKind::kString,
        static_cast<std::uint32_t>(document_.strings.size()));
    document_.strings.push_back(std::move(value));
  }
  bool open(JsonKind kind) {
    // FORMAT 11; without it a depth bomb exhausts the stack of later readers.
    if (open_.size() >= kMaxJsonDepth) {
      throw Refused{"limit", "JSON nested too deeply"};
    }
    open_.push_back(static_cast<std::uint32_t>(document_.nodes.size()));
    add(kind, 0);
    return true;
  }
  bool close() {
    document_.nodes[open_.back()].end =
        static_cast<std::uint32_t>(document_.nodes.size());
    open_.pop_back();
    return true;
  }
  // FORMAT 9; without it two readers may see two different values of a key.
  void check_keys(std::uint32_t object) const {
    std::vector<std::string_view> keys;
    std::uint32_t at = object + 1;
    while (at < document_.nodes.size()) {
      keys.push_back(document_.strings[document_.nodes[at].value]);
      at = document_.nodes[at + 1].end;
    }
    std::sort(keys.begin(), keys.end());
    if (std::adjacent_find(keys.begin(), keys.end()) != keys.end()) {
      refuse("the same key twice in one object");
    }
  }

  JsonDocument& document_;
  std::vector<std::uint32_t> open_;
};

}  // namespace

Json Json::parse(std::string_view text) {
  if (text.size() > kMaxFileBytes) throw Refused{"limit", "file too large"};
  if (text.starts_with("\xef\xbb\xbf")) {
    throw Refused{"json", "byte order mark"};
  }
  auto document = std::make_shared<JsonDocument>();
  Handler handler(*document);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &handler)) {
    throw Refused{"json", "not JSON"};
  }
  return Json(std::move(document), 0);
}

JsonKind Json::kind() const { return node().kind; }

std::uint32_t Json::number() const {
  if (kind() != JsonKind::kNumber) throw Refused{"json", "expected a number"};
  return node().value;
}

const std::string& Json::string() const {
  if (kind() != JsonKind::kString) throw Refused{"json", "expected a string"};
  return document_->strings[node().value];
}

std::vector<Json> Json::items() const {
  if (kind() != JsonKind::kArray) throw Refused{"json", "expected a list"};
  std::vector<Json> result;
  for (std::uint32_t at = at_ + 1; at < node().end;
       at = document_->nodes[at].end) {
    // FORMAT 11: no list of the format may be this long.
    if (result.size() >= kMaxJsonItems) throw Refused{"limit", "list too long"};
    result.push_back(Json(document_, at));
  }
  return result;
}

std::vector<Json> Json::items(std::size_t size) const {
  std::vector<Json> result = items();
  if (result.size() != size) {
    throw Refused{"json", "expected a list of " + std::to_string(size)};
  }
  return result;
}

std::vector<std::string> Json::keys() const {
  if (kind() != JsonKind::kObject) throw Refused{"json", "expected an object"};
  std::vector<std::string> result;
  for (std::uint32_t at = at_ + 1; at < node().end;
       at = document_->nodes[at + 1].end) {
    result.push_back(document_->strings[document_->nodes[at].value]);
  }
  return result;
}

Json Json::member(std::string_view key) const {
  if (kind() != JsonKind::kObject) throw Refused{"json", "expected an object"};
  for (std::uint32_t at = at_ + 1; at < node().end;
       at = document_->nodes[at + 1].end) {
    if (document_->strings[document_->nodes[at].value] == key) {
      return Json(document_, at + 1);
    }
  }
  throw Refused{"json", "missing key \"" + std::string(key) + "\""};
}

// FORMAT 9, closed key sets; without it a certificate could carry text that a
// person reads and no checker does.
void Json::require_keys(const std::vector<std::string>& expected) const {
  std::vector<std::string> have = keys();
  std::vector<std::string> want = expected;
  std::sort(have.begin(), have.end());
  std::sort(want.begin(), want.end());
  if (have != want) {
    std::string names;
    for (const std::string& name : want) names += " " + name;
    throw Refused{"json", "an object must have exactly the keys" + names};
  }
}

}  // namespace audit
