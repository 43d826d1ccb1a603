// The strict JSON reader. See json.h.
// Idea: every callback either appends one node or refuses; the nodes of a value are contiguous, so
// `end` is enough to walk them.
// How it may be wrong: `end` of a container is set when it closes; a handler that forgot one would
// make a value swallow its neighbours (tested).
#include "json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace audit {
namespace {
constexpr size_t kMaxJsonDepth = 200;
constexpr size_t kMaxJsonValues = 1'000'000;
constexpr std::uint32_t kMaxJsonNumber = 1'000'000;
constexpr size_t kMaxJsonItems = 50'000;  // in one list

class Handler : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Handler(JsonDocument& document) : document_(document) {}
  bool null() override { refuse("json", "null is not used"); }
  bool boolean(bool) override { refuse("json", "booleans are not used"); }
  bool binary(binary_t&) override { refuse("json", "binary is not used"); }
  // Without it "-1" could select the last element of a list somewhere.
  bool number_integer(number_integer_t) override { refuse("json", "negative number"); }
  // A 23-digit integer arrives here as well, already rounded.
  bool number_float(number_float_t, const string_t&) override {
    refuse("json", "fractional or long numbers");
  }
  // Without the limit a long integer would be cut to 32 bits.
  bool number_unsigned(number_unsigned_t value) override {
    if (value > kMaxJsonNumber) refuse("json", "number too large");
    return add(JsonKind::kNumber, static_cast<std::uint32_t>(value));
  }
  bool string(string_t& value) override {
    add(JsonKind::kString, static_cast<std::uint32_t>(document_.strings.size()));
    document_.strings.push_back(std::move(value));
    return true;
  }
  bool key(string_t& value) override { return string(value); }
  bool start_object(size_t) override { return open(JsonKind::kObject); }
  bool start_array(size_t) override { return open(JsonKind::kArray); }
  bool end_array() override { return close(); }
  // FORMAT 9; without it two readers may see two different values of a key.
  bool end_object() override {
    vector<std::string_view> keys;
    for (size_t at = open_.back() + 1; at < document_.nodes.size();
         at = document_.nodes[at + 1].end)
      keys.push_back(document_.strings[document_.nodes[at].value]);
    std::sort(keys.begin(), keys.end());
    if (std::adjacent_find(keys.begin(), keys.end()) != keys.end())
      refuse("json", "the same key twice in one object");
    return close();
  }
  bool parse_error(size_t at, const std::string&, const nlohmann::detail::exception&) override {
    refuse("json", "not JSON, near byte " + std::to_string(at));
  }

 private:
  bool add(JsonKind kind, std::uint32_t value) {
    if (document_.nodes.size() >= kMaxJsonValues) refuse("limit", "too many JSON values");
    const auto end = static_cast<std::uint32_t>(document_.nodes.size() + 1);
    document_.nodes.push_back({kind, value, end});
    return true;
  }
  // FORMAT 11; without it a depth bomb exhausts the stack of later readers.
  bool open(JsonKind kind) {
    if (open_.size() >= kMaxJsonDepth) refuse("limit", "JSON nested too deeply");
    open_.push_back(document_.nodes.size());
    return add(kind, 0);
  }
  bool close() {
    document_.nodes[open_.back()].end = static_cast<std::uint32_t>(document_.nodes.size());
    open_.pop_back();
    return true;
  }
  JsonDocument& document_;
  vector<size_t> open_;
};

}  // namespace
Json Json::parse(std::string_view text) {
  if (text.size() > kMaxFileBytes) refuse("limit", "file too large");
  if (text.starts_with("\xef\xbb\xbf")) refuse("json", "byte order mark");
  auto document = std::make_shared<JsonDocument>();
  Handler handler(*document);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &handler)) refuse("json", "not JSON");
  return Json(std::move(document), 0);
}
const JsonNode& Json::node(JsonKind kind, const char* what) const {
  if (node().kind != kind) refuse("json", string("expected ") + what);
  return node();
}
std::uint32_t Json::number() const { return node(JsonKind::kNumber, "a number").value; }
const string& Json::str() const {
  return document_->strings[node(JsonKind::kString, "a string").value];
}
vector<Json> Json::items() const {
  vector<Json> result;
  for (std::uint32_t at = at_ + 1; at < node(JsonKind::kArray, "a list").end;
       at = document_->nodes[at].end) {
    // FORMAT 11: no list of the format may be this long.
    if (result.size() >= kMaxJsonItems) refuse("limit", "list too long");
    result.push_back(Json(document_, at));
  }
  return result;
}
vector<Json> Json::items(size_t size) const {
  vector<Json> result = items();
  if (result.size() != size) refuse("json", "expected a list of " + std::to_string(size));
  return result;
}
std::map<string, Json> Json::members() const {
  std::map<string, Json> result;
  for (std::uint32_t at = at_ + 1; at < node(JsonKind::kObject, "an object").end;
       at = document_->nodes[at + 1].end)
    result.emplace(document_->strings[document_->nodes[at].value], Json(document_, at + 1));
  return result;
}
Json Json::member(const string& key) const {
  const std::map<string, Json> all = members();
  if (!all.contains(key)) refuse("json", "missing key \"" + key + "\"");
  return all.at(key);
}
std::map<string, string> Json::strings() const {
  std::map<string, string> result;
  for (const auto& [key, value] : members()) result[key] = value.str();
  return result;
}

// FORMAT 9, closed key sets; without it a certificate could carry text that a person reads and no
// checker does.
void Json::require_keys(Strings keys) const {
  Strings have;
  for (const auto& [key, value] : members()) have.push_back(key);
  std::sort(keys.begin(), keys.end());
  if (have == keys) return;
  string names;
  for (const string& name : keys) names += " " + name;
  refuse("json", "an object must have exactly the keys" + names);
}

}  // namespace audit
