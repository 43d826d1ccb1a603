// Inside of spec/lang/elaborate*.cpp: names, values, and the class that types.
//
// Errors are thrown within these files only and caught once per item or field:
// one cause, one message. A name whose item failed is `kBroken`; using it
// throws Poisoned, which reports nothing.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "spec/lang/elaborate.h"
#include "spec/lang/term.h"
#include "spec/lang/types.h"

namespace minimoa::elaboration {

struct Value {
  Term core;
  Type type;
};

struct Entry {
  enum class Kind { kDim, kInput, kOutput, kIndexLet, kValueLet, kBound, kClosed, kBroken };
  Kind kind = Kind::kBroken;
  Type type;
  Term unfold;  // kIndexLet
  Span span;
};

struct Failure {
  Diagnostic diagnostic;
};
struct Poisoned {};

inline constexpr std::uint64_t kMaxTermNodes = 200000;  // FORMAT.md, section 11
inline constexpr std::uint64_t kMaxTermDepth = 200;
inline constexpr std::uint64_t kMaxMonomials = 20000;

class Elaborator {
 public:
  Elaborator(const Ast& ast, SourceMap* map);
  Result<Spec> run();

 private:
  // --- errors (elaborate.cpp) ---
  [[noreturn]] void fail(const char* code, std::string message, Span span, std::string label,
                         std::vector<std::string> notes = {},
                         std::vector<std::string> helps = {}) const;
  template <typename F>
  bool guarded(F f);
  std::string declared(const std::vector<Term>& extents,
                       const std::vector<const Expr*>& exprs) const;
  void mention(const std::string& name, std::vector<std::string>* out) const;
  void mention_names(const Expr& e, std::vector<std::string>* out) const;
  // --- names (elaborate.cpp) ---
  void declare(const NameAt& name, Entry entry);
  void close_name(const NameAt& name) { names_[name.text].kind = Entry::Kind::kClosed; }
  void break_name(const std::string& name);
  const Entry& find_name(const std::string& name, const Span& span) const;
  std::vector<std::string> did_you_mean(const std::string& name) const;
  std::string fresh_name(const std::string& wish);
  // --- items (elaborate.cpp) ---
  void item(const Item& i);
  void dims(const Item& i);
  void require(const Item& i);
  void let(const Item& i);
  void input(const Decl& d);
  void output(const Item& i);
  Array array(const Decl& d);
  void over_dims(const Term& t, const Expr& e, const char* what) const;
  void define(const Item& i);
  void start_definition(const NameAt& name);
  void check_whole(const Span& span) const;
  // --- attend (elaborate_attend.cpp) ---
  struct AttendParts {
    Term n, score, bias, mask, value, empty;
    Span mask_span;
  };
  void attend(const Item& i);
  void attend_head(const Item& i);
  bool attend_fields(const Item& i, AttendParts* parts);
  void attend_field(const Field& f, AttendParts* parts);
  Term attend_core(const Item& i, const AttendParts& parts);
  // --- expressions (elaborate_expr.cpp) ---
  Value eval(const Expr& e);
  Value make(Term core, Type type, const Expr& e);
  Value decimal(const Expr& e);
  Value name(const Expr& e);
  Value minus(const Expr& e);
  Value binary(const Expr& e);
  Value comparison(const Expr& e);
  Value index_binary(const Expr& e, Op op, Value a, Value b);
  Value pointwise(const Expr& e, Op op, Value a, Value b);
  Value call(const Expr& e);
  Value binder(const Expr& e);
  Value conditional(const Expr& e);
  Value index(const Expr& e);
  Value condition(const Expr& e);
  Value real(const Expr& e);
  Value scalar(const Expr& e, const char* what);
  Value real(Value v, const Expr& e) const;
  Value array_of(const Expr& e);
  void need_rank(const Value& v, std::size_t least, const Expr& e, const char* word) const;
  void need_reals(const Value& v, const Expr& e) const;
  [[noreturn]] void wrong_type(const std::string& wanted, const Value& v, const Expr& e) const;
  [[noreturn]] void shapes_differ(const Expr& e, const Type& a, const Type& b) const;
  void check_size(const Term& t, bool is_index, const Span& span) const;
  // --- structural words (elaborate_struct.cpp) ---
  Value select(const Expr& e);
  Value psi(const Expr& e, const Expr& array, std::vector<Value> index,
            const std::vector<const Expr*>& at);
  void need_ranges(const Expr& array, const Value& a, std::size_t axis, const Term& index,
                   const Expr& at) const;
  Value monadic(const Expr& e);
  Value monadic_word(const Expr& e, Value a);
  Value dyadic(const Expr& e);
  Value dyadic_left(const Expr& e);
  Value left_word(const Expr& e, const std::vector<Term>& u, Value a);
  Value both_word(const Expr& e, const Value& a, const Value& b);
  Value omega2(const Expr& e, const Value& a, const Value& b);
  Value inner(const Expr& e, const Value& a, const Value& b);
  Value cat(const Expr& e, const Value& a, const Value& b);
  Value tran(const Expr& e, std::vector<std::int64_t> perm, Value a);
  Value take(const Expr& e, const std::vector<Term>& ks, Value a);
  Value take_one(const Expr& e, const Term& k, Value a);
  Value reshape(const Expr& e, const std::vector<Term>& u, Value a);
  Value softmax(const Expr& e, Value a);
  std::int64_t omega_rank(const Expr& e, std::size_t which, const Value& a, const Expr& at) const;
  Value omega_cell(const std::string& x, std::int64_t k, const Value& a) const;
  Value wrap_omega(const Expr& e, std::int64_t k, const std::string& x, const Value& body,
                   const Value& a);

  struct Cost {
    std::uint64_t nodes = 1, depth = 1, monomials = 1;
  };
  Cost cost(const Term& t) const;

  const Ast& ast_;
  SourceMap* map_;
  Spec spec_;
  std::map<std::string, Entry> names_;
  std::set<std::string> used_;
  std::vector<std::pair<std::string, Term>> lets_;
  std::optional<NameAt> output_, definition_;
  Type output_type_;
  std::vector<Diagnostic> errors_;
  mutable std::map<Term, Cost> costs_;
};

// --- small helpers (elaborate_expr.cpp) ---
Type index_type();
Type bool_type();
Type real_type(std::vector<Term> shape = {});
Type array_type(std::vector<Term> shape, Type::ElemKind elem);
bool is_index(const Type& t);
bool is_array(const Type& t);
std::string describe(const Type& t);
std::string spell_shape(const std::vector<Term>& shape);  // <B H S D>
Term node(Node n);

}  // namespace minimoa::elaboration
