// Bytes of files: a strict reader of certificates (FORMAT section 9), and SHA-256 (FIPS 180-4).
// Idea: nlohmann's SAX reader checks the grammar of JSON; our handler refuses whatever the format
// does not use and keeps the rest in one flat array, so that a hostile file cannot ask for much
// more memory than its own size. Files are named by their hash: a verdict is about these bytes.
// How it may be wrong: a lenient corner of the SAX reader that never reaches our handler (known: a
// byte order mark is skipped; we refuse it first).
#ifndef MINIMOA_AUDIT_JSON_H_
#define MINIMOA_AUDIT_JSON_H_

#include <string_view>

#include "term.h"

namespace audit {
constexpr size_t kMaxFileBytes = 16u << 20;

// 64 lower-case hexadecimal digits.
string sha256_hex(std::string_view bytes);
enum class JsonKind : std::uint8_t { kNumber, kString, kArray, kObject };

struct JsonNode {
  JsonKind kind;
  std::uint32_t value;  // the number, or the place of the string
  std::uint32_t end;    // the first node after this value
};

// Preorder; the members of an object are: key (a string), value, key, ..
struct JsonDocument {
  vector<JsonNode> nodes;
  Strings strings;
};

// A value inside a document that it keeps alive. Every accessor refuses (code "json") another kind.
class Json {
 public:
  Json() = default;
  static Json parse(std::string_view text);
  JsonKind kind() const { return node().kind; }
  std::uint32_t number() const;
  const string& str() const;
  vector<Json> items() const;             // of an array
  vector<Json> items(size_t size) const;  // of exactly this size
  std::map<string, Json> members() const;
  Json member(const string& key) const;
  std::map<string, string> strings() const;  // of an object of strings
  void require_keys(Strings keys) const;

 private:
  Json(std::shared_ptr<const JsonDocument> document, std::uint32_t at)
      : document_(std::move(document)), at_(at) {}
  const JsonNode& node() const { return document_->nodes[at_]; }
  const JsonNode& node(JsonKind kind, const char* what) const;
  std::shared_ptr<const JsonDocument> document_;
  std::uint32_t at_ = 0;
};

}  // namespace audit

#endif  // MINIMOA_AUDIT_JSON_H_
