// Bytes of files: a strict reader of certificates (FORMAT section 9), and SHA-256 (FIPS 180-4).
// Idea: nlohmann's parser checks the grammar; we refuse whatever the format does not use. What is
// left are lists, objects, strings and small natural numbers, so that nlohmann's accessors can
// check the rest: they throw when a value has another kind (the audit's code "json").
// How it may be wrong: a lenient corner of the parser (known: a byte order mark is skipped; we
// refuse it first).
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "term.h"

namespace audit {
using Json = nlohmann::json;
using StringMap = std::map<string, string>;

// 64 lower-case hexadecimal digits.
string sha256_hex(std::string_view bytes);
Json parse_json(std::string_view text);
const vector<Json>& items(const Json& list, std::optional<size_t> size = {});
// Refuses an object with other keys than these; returns it.
const Json& require_keys(const Json& object, Strings keys);
// An object of strings with exactly these keys.
StringMap strings(const Json& object, const Strings& keys);
}  // namespace audit
