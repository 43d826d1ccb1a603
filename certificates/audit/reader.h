// What is read: certificates as JSON (FORMAT section 9) and the hashes of files; S-expressions, and
// the one reader of terms: TEXT of a certificate, sides of rules (sections 1, 3, 4) and the rows of
// the spec language's table; the rules and the replay of a step.
// Idea: nlohmann's parser checks the grammar of JSON; we refuse whatever the format does not use.
// What is left are lists, objects, strings and small natural numbers, so that nlohmann's accessors
// can check the rest: they throw when a value has another kind (the audit's code "json"). A side of
// a rule stays an s-expression and is read with the rule variables' values at hand, so that reading
// it *is* instantiating it; there is no separate pattern matcher.
// How it may be wrong: a lenient corner of nlohmann's parser (known: a byte order mark is skipped;
// we refuse it first); a value placed below rule binders without its shift. The rules themselves
// are trusted; nothing here knows whether one is true.
#pragma once

#include <nlohmann/json.hpp>
#include <set>

#include "term.h"

namespace audit {
// ---- bytes (json.cpp) ----
using Json = nlohmann::json;
using StringMap = std::map<string, string>;

// SHA-256 (FIPS 180-4), 64 lower-case hexadecimal digits.
string sha256_hex(std::string_view bytes);
Json parse_json(std::string_view text);
const vector<Json>& items(const Json& list, std::optional<size_t> size = {});
// Refuses an object with other keys than these; returns it.
const Json& require_keys(const Json& object, Strings keys);
// An object of strings with exactly these keys.
StringMap strings(const Json& object, const Strings& keys);

// ---- texts (reader.cpp) ----
bool is_digit(char c);
bool is_word_char(char c);  // of identifiers
bool is_identifier(const string& text);
bool is_binder_name(const string& text);  // an identifier that is no word of section 1
// A literal of section 1; refuses another spelling or one beyond 2^62.
Number read_literal(const string& text);

// A text under reading, for the three lexers (s-expressions, .moa files, kernels).
struct Scanner {
  const string& text;
  const char* code;  // of refusals
  size_t at = 0;
  int line = 1;
  bool done() const { return at >= text.size(); }
  char peek(size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\n'; }
  bool sees(std::string_view what) const { return text.compare(at, what.size(), what) == 0; }
  string take(size_t size) { return text.substr((at += size) - size, size); }
  string take_while(bool (*good)(char)) {
    size_t size = 0;
    while (at + size < text.size() && good(text[at + size])) ++size;
    return take(size);
  }
  string take_line() { return take(std::min(text.find('\n', at), text.size()) - at); }
  [[noreturn]] void fail(const string& what) const {
    refuse(code, "line " + std::to_string(line) + ": " + what);
  }
};

struct Token {
  string text;
  int line = 0;
};

struct Sexp {
  string text = {};         // of an atom; of a "..." of a rules file, with the marks; empty: a list
  vector<Sexp> items = {};  // of a list
  int line = 0;
  bool quoted() const { return text.starts_with('"'); }
  bool list() const { return text.empty(); }
  bool atom() const { return !quoted() && !list(); }
  bool variable() const { return atom() && text[0] == '?'; }
  // Text of the first item if that is an atom, else empty.
  string head() const { return !items.empty() && items[0].atom() ? items[0].text : string(); }
  [[noreturn]] void fail(const string& what, const char* code = "syntax") const {
    refuse(code, "line " + std::to_string(line) + ": " + what);
  }
};

// All s-expressions of a text. Comments, strings, rule variables and names with hyphens only if
// `rules`; strings of several lines only if `lines`. Refuses anything else, and deep nesting.
vector<Sexp> read_sexps(const string& text, bool rules, bool lines = false);

// What a rule variable stands for.
struct Value {
  std::optional<Sort> sort = {};  // none: a term of any sort (spec_reader.cpp)
  int arity = 0;
  Terms terms = {};  // of kIndices any number; else one, below `arity` further variables
  Type type = {};    // of the one term if arity is 0
  Sexp text = {};    // as written
};
using Values = std::map<string, Value>;  // by name, with the question mark

// What a term is read in: TEXT over names of the specification, or a side of a rule over values.
struct SideReading {
  const Spec* spec = nullptr;
  Strings names = {};  // variables, outermost first
  const Values* values = nullptr;
  StringMap rename = {};          // of binders
  std::set<string> binders = {};  // filled: names of the binders
};
Term read_term(const Sexp& sexp, SideReading& reading);
// TEXT that is a term. Free names: `names` from the back, then dimensions and inputs.
Term read_term(const string& text, const Strings& names, const Spec& spec);
// TEXT of section 4 for a rule variable. Free names are those of the position, else a value could
// speak of variables that do not exist there.
Value read_value(const string& text, const Value& var, Scope& position, const Spec& spec);

// ---- rules and steps (replay.cpp) ----
struct Rule {
  string name, rule_class;
  Values vars;  // without what they stand for; arity -1: does not occur
  vector<Sexp> conditions;
  Sexp lhs, rhs;
};
using RuleTable = std::map<string, Rule>;

// Adds the rules of a file's text; refuses (code "rules") what is not section 3, and a name twice.
void read_rules(const string& text, RuleTable& table);

// One step of a certificate.
struct Step {
  string rule;
  bool left_to_right = true;
  vector<size_t> at;
  StringMap sub;    // "?a" -> TEXT
  StringMap names;  // binder of the new side -> name
};

// A boolean to be proved by the step's proofs, a term of the scope `context`.
struct Condition {
  Scope context;
  Term goal;
};

struct Replayed {
  Term term;                   // the whole term after the step
  vector<Condition> to_prove;  // in order of the rule's conditions
  string rule_class;
};

// Checks everything of the step but its proofs; refuses what is wrong.
Replayed replay_step(const Term& whole, const Step& step, const RuleTable& rules, const Spec& spec);
}  // namespace audit
