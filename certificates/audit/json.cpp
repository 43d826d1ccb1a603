// The strict JSON reader. See json.h.
// Idea: every callback of nlohmann's SAX parser either adds one value to the innermost open list or
// object, or refuses; limits are kept while the document grows. (The library's own filter, a
// callback of parse(), searches the whole list after each object: quadratic.)
// How it may be wrong: a container that is not closed would swallow its neighbours (tested).
#include "json.h"

#include <algorithm>
#include <ranges>

namespace audit {
namespace {
constexpr size_t kMaxJsonValues = 1'000'000;  // keys count as well
constexpr std::uint64_t kMaxJsonNumber = 1'000'000;
constexpr size_t kMaxJsonItems = 50'000;  // in one list or object

class Handler : public nlohmann::json_sax<Json> {
 public:
  bool null() override { refuse("json", "null is not used"); }
  bool boolean(bool) override { refuse("json", "booleans are not used"); }
  bool binary(binary_t&) override { refuse("json", "binary is not used"); }
  // Without it "-1" could select the last element of a list somewhere.
  bool number_integer(number_integer_t) override { refuse("json", "negative number"); }
  // A 23-digit integer arrives here as well, already rounded.
  bool number_float(number_float_t, const string_t&) override {
    refuse("json", "fractional or long numbers");
  }
  // Without the limit a long integer would be cut to fewer bits somewhere.
  bool number_unsigned(number_unsigned_t value) override {
    if (value > kMaxJsonNumber) refuse("json", "number too large");
    return add(value);
  }
  bool string(string_t& value) override { return add(std::move(value)); }
  // FORMAT 9; without it two readers may see two different values of a key.
  bool key(string_t& value) override {
    if (open_.back()->contains(value)) refuse("json", "the same key twice in one object");
    count();
    key_ = std::move(value);
    return true;
  }
  bool start_object(size_t) override { return add(Json::object()); }
  bool start_array(size_t) override { return add(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(size_t at, const std::string&, const nlohmann::detail::exception&) override {
    refuse("json", "not JSON, near byte " + std::to_string(at));
  }
  Json document;

 private:
  void count() {
    if (++values_ > kMaxJsonValues) refuse("limit", "too many JSON values");
  }
  bool add(Json value) {
    count();
    Json* place = &document;
    if (!open_.empty()) {
      Json& container = *open_.back();
      // FORMAT 11: no list of the format may be this long.
      if (container.size() >= kMaxJsonItems) refuse("limit", "list too long");
      place = container.is_object() ? &container[key_] : &container.emplace_back();
    }
    *place = std::move(value);
    if (place->is_primitive()) return true;
    // FORMAT 11; without it a depth bomb exhausts the stack of later readers.
    if (open_.size() >= kMaxDepth) refuse("limit", "JSON nested too deeply");
    open_.push_back(place);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  size_t values_ = 0;
  string_t key_;
  vector<Json*> open_;  // only the last one grows, so the others stay where they are
};

}  // namespace
Json parse_json(std::string_view text) {
  if (text.size() > kMaxFileBytes) refuse("limit", "file too large");
  if (text.starts_with("\xef\xbb\xbf")) refuse("json", "byte order mark");
  Handler handler;
  if (!Json::sax_parse(text.begin(), text.end(), &handler)) refuse("json", "not JSON");
  return std::move(handler.document);
}
const vector<Json>& items(const Json& list) {
  if (!list.is_array()) refuse("json", "expected a list");
  return list.get_ref<const Json::array_t&>();
}
const vector<Json>& items(const Json& list, size_t size) {
  if (items(list).size() != size) refuse("json", "expected a list of " + std::to_string(size));
  return items(list);
}

// FORMAT 9, closed key sets; without it a certificate could carry text that a person reads and no
// checker does.
const Json& require_keys(const Json& object, Strings keys) {
  std::ranges::sort(keys);
  if (object.is_object() &&
      std::ranges::equal(object.get_ref<const Json::object_t&>() | std::views::keys, keys))
    return object;
  refuse("json", "expected an object with exactly the keys " + Json(keys).dump());
}
StringMap strings(const Json& object, const Strings& keys) {
  return require_keys(object, keys).get<StringMap>();
}

}  // namespace audit
