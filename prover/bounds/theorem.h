// Lower-bound theorems as data: the rows of spec/bounds/*.thm.
//
// A row says for which class of schedules it speaks, under which conditions,
// and which quotient of index terms the traffic is at least. Rows are read
// strictly and linted: what a row uses it declares, and the reverse.
// May be wrong: that a row says what its Coq theorem says is read by people;
// the reader sees only its form. A row with coq none is an assumption.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spec/lang/diagnostic.h"
#include "spec/lang/term.h"

namespace minimoa {

struct BoundVar {
  std::string name, doc;
};
struct BoundClass {
  std::string name, within, doc;  // within: empty for the widest class
};
// What a bound is compared with. kThreshold: compulsory traffic is attained
// in the class if and only if S >= the bound. The last two only in rows that no
// certificate may cite (spec/bounds/wider).
enum class Counted { kTotal, kLoads, kStores, kThreshold, kCrossing, kBytes };
const char* word_of(Counted counted);

struct Theorem {
  std::string name, doc, cite, klass;
  std::string coq;         // empty: not in the Coq development, assumed
  bool per_group = false;  // for one set of keys: sets are added up
  std::vector<std::string> vars;
  std::vector<std::pair<std::string, Term>> defines;  // in order; over vars and earlier ones
  std::vector<Term> where;
  Counted counted = Counted::kTotal;
  Term numerator, denominator;
  Term held;  // kCrossing only
  Span span;

  std::string status() const { return coq.empty() ? "assumed" : "Coq " + coq; }
};

struct Theorems {
  std::vector<BoundClass> classes;
  std::vector<BoundVar> vars;
  std::vector<Theorem> theorems;
  std::vector<std::pair<std::string, std::string>> files;  // path, text

  const BoundClass* find_class(const std::string& name) const;
  // Does a bound for class `wide` hold for the schedules of class `narrow`?
  bool covers(const std::string& wide, const std::string& narrow) const;
};

// What rows may speak of: what a certificate knows, or also of processors and bytes.
enum class Vocabulary { kCertificate, kWider };
// Files as (path, text), in order.
Result<Theorems> parse_theorems(const std::vector<std::pair<std::string, std::string>>& files,
                                Vocabulary vocabulary = Vocabulary::kCertificate);
// Every *.thm of a folder, sorted by name; of no folder inside of it.
Result<Theorems> load_theorems(const std::string& folder,
                               Vocabulary vocabulary = Vocabulary::kCertificate);

}  // namespace minimoa
