// The strict JSON reader, and SHA-256. See reader.h.
// Idea: the limits are checked on the text, before the library builds a document; the rest on the
// document. (The library's own filter, a callback of parse(), takes quadratic time.) SHA-256 pads
// the message once, in memory, and compresses it block by block.
// How it may be wrong: a string that ends elsewhere than we think; then the library, too, must have
// read it so. Padding at block borders (55, 56, 63, 64 bytes): tested.
#include "reader.h"

#include <array>
#include <bit>

namespace audit {
namespace {
constexpr size_t kMaxJsonValues = 1'000'000;  // keys count as well
constexpr std::uint64_t kMaxJsonNumber = 1'000'000;
constexpr size_t kMaxJsonItems = 50'000;  // in one list or object

// The number of keys in a text that is JSON, and what it would ask for.
size_t count_keys(std::string_view text) {
  size_t keys = 0;
  size_t values = 1;  // at least so many
  size_t depth = 0;
  bool quoted = false;
  for (size_t k = 0; k < text.size(); ++k) {
    const char c = text[k];
    if (c == '\\') ++k;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    const bool opens = c == '[' || c == '{';
    if (opens) ++depth;
    if (depth > 0 && (c == ']' || c == '}')) --depth;
    if (c == ':') ++keys;
    if (opens || c == ':' || c == ',') ++values;
    // FORMAT 11; without it a depth bomb exhausts the stack of later readers.
    if (depth > kMaxDepth) refuse("limit", "JSON nested too deeply");
    if (values > kMaxJsonValues) refuse("limit", "too many JSON values");
  }
  return keys;
}

// The number of keys in a document; refuses what the format does not use.
size_t count_keys(const Json& json) {
  // Without it "-1" could select the last element of a list somewhere; a long integer would be cut
  // to fewer bits, or is a fraction here, already rounded.
  if (json.is_string() || (json.is_number_unsigned() && json <= kMaxJsonNumber)) return 0;
  if (!json.is_structured())
    refuse("json", "neither a string nor an integer from 0 to 1000000: " + json.dump());
  // FORMAT 11: no list of the format may be this long.
  if (json.size() > kMaxJsonItems) refuse("limit", "list too long");
  size_t keys = json.is_object() ? json.size() : 0;
  for (const Json& item : json) keys += count_keys(item);
  return keys;
}
constexpr std::array<std::uint32_t, 64> kRound = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
void compress(std::string_view block, std::array<std::uint32_t, 8>& hash) {
  std::array<std::uint32_t, 64> w{};
  for (size_t k = 0; k < 64; ++k) w[k / 4] = w[k / 4] << 8 | static_cast<unsigned char>(block[k]);
  for (size_t t = 16; t < 64; ++t) {
    const std::uint32_t x = w[t - 15];
    const std::uint32_t y = w[t - 2];
    w[t] = w[t - 16] + w[t - 7] + (std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3)) +
           (std::rotr(y, 17) ^ std::rotr(y, 19) ^ (y >> 10));
  }
  std::array<std::uint32_t, 8> s = hash;
  for (size_t t = 0; t < 64; ++t) {
    const std::uint32_t e = s[4];
    const std::uint32_t a = s[0];
    const std::uint32_t t1 = s[7] + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                             ((e & s[5]) ^ (~e & s[6])) + kRound[t] + w[t];
    const std::uint32_t t2 = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) +
                             ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
    s = {t1 + t2, a, s[1], s[2], s[3] + t1, e, s[5], s[6]};
  }
  for (size_t k = 0; k < 8; ++k) hash[k] += s[k];
}
}  // namespace
Json parse_json(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) refuse("json", "byte order mark");
  const size_t keys = count_keys(text);
  Json document = Json::parse(text.begin(), text.end(), nullptr, false);
  if (document.is_discarded()) refuse("json", "not JSON");
  // FORMAT 9; else two readers may see two different values of a key. A document keeps one.
  if (count_keys(document) != keys) refuse("json", "the same key twice in one object");
  return document;
}
const vector<Json>& items(const Json& list, std::optional<size_t> size) {
  if (!list.is_array() || list.size() != size.value_or(list.size()))
    refuse("json", "expected a list" + (size ? " of " + std::to_string(*size) : ""));
  return list.get_ref<const Json::array_t&>();
}

// FORMAT 9, closed key sets; else a certificate could carry text that people read, but no checker.
const Json& require_keys(const Json& object, Strings keys) {
  Strings found;
  for (const auto& item : object.items()) found.push_back(item.key());
  std::ranges::sort(keys);
  if (object.is_object() && found == keys) return object;
  refuse("json", "expected an object with exactly the keys " + Json(keys).dump());
}
StringMap strings(const Json& object, const Strings& keys) {
  return require_keys(object, keys).get<StringMap>();
}
string sha256_hex(std::string_view bytes) {
  std::array<std::uint32_t, 8> hash = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  string message(bytes);
  message.push_back('\x80');
  while (message.size() % 64 != 56) message.push_back('\0');
  for (int shift = 56; shift >= 0; shift -= 8)
    message.push_back(static_cast<char>((bytes.size() * 8 >> shift) & 0xff));
  for (size_t k = 0; k < message.size(); k += 64)
    compress(std::string_view(message).substr(k, 64), hash);
  string hex;
  for (const std::uint32_t word : hash)
    for (int shift = 28; shift >= 0; shift -= 4)
      hex.push_back("0123456789abcdef"[(word >> shift) & 0xf]);
  return hex;
}
}  // namespace audit
