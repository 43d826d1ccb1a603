// What: a strict reader of certificate files (FORMAT section 9).
// The idea: nlohmann's SAX reader checks the grammar of JSON; our handler
// refuses whatever the format does not use (null, booleans, negative, long or
// fractional numbers, equal keys, deep nesting) and keeps the rest in one flat
// array, twelve bytes per value, so that a hostile file cannot ask for much
// more memory than its own size.
// How it may be wrong: a lenient corner of the SAX reader that never reaches
// our handler (known ones: a byte order mark is skipped; we refuse it first).
#ifndef MINIMOA_AUDIT_JSON_H_
#define MINIMOA_AUDIT_JSON_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace audit {

constexpr std::size_t kMaxFileBytes = 16u << 20;
constexpr std::size_t kMaxJsonDepth = 200;
constexpr std::size_t kMaxJsonValues = 1'500'000;
constexpr std::uint32_t kMaxJsonNumber = 1'000'000;
constexpr std::size_t kMaxJsonItems = 50'000;  // in one list

enum class JsonKind : std::uint8_t { kNumber, kString, kArray, kObject };

struct JsonNode {
  JsonKind kind;
  std::uint32_t value;  // the number, or the place of the string
  std::uint32_t end;    // the first node after this value
};

// Preorder; the members of an object are: key (a string), value, key, ..
struct JsonDocument {
  std::vector<JsonNode> nodes;
  std::vector<std::string> strings;
};

// A value inside a document that it keeps alive.
class Json {
 public:
  static Json parse(std::string_view text);

  JsonKind kind() const;
  std::uint32_t number() const;
  const std::string& string() const;
  std::vector<Json> items() const;                  // of an array
  std::vector<Json> items(std::size_t size) const;  // of exactly this size
  std::vector<std::string> keys() const;
  Json member(std::string_view key) const;
  void require_keys(const std::vector<std::string>& keys) const;

 private:
  Json(std::shared_ptr<const JsonDocument> document, std::uint32_t at)
      : document_(std::move(document)), at_(at) {}
  const JsonNode& node() const { return document_->nodes[at_]; }

  std::shared_ptr<const JsonDocument> document_;
  std::uint32_t at_;
};

}  // namespace audit

#endif  // MINIMOA_AUDIT_JSON_H_
