// Terms of the Mathematics of Arrays and of the loop language.
//
// One immutable tree type for everything between a spec and a loop program
// (certificates/FORMAT.md, section 1). Bound variables are named; equality is
// up to their names and substitution renames when it would capture.
// May be wrong: nothing here is trusted; the audit has its own terms.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace minimoa {

enum class Op {
  kInt,
  kVar,
  kTrue,
  kAdd,
  kSub,
  kMul,
  kDiv /* real "/" */,
  kMax,
  kMin,
  kExpSub,
  kIntDiv,
  kIntMod,
  kLt,
  kLe,
  kEq,
  kNe,
  kAnd,
  kOr,
  kNot,
  kAny,
  kIsZero,
  kReal,
  kRat,
  kBottom,
  kNeg,
  kExp,
  kExp2,
  kLog,
  kSqrt,
  kTanh,
  kIf,
  kRed,
  kOsMerge,
  kGen,
  kParGen,
  kPsi,
  kTran,
  kTake,
  kDrop,
  kCat,
  kRev,
  kRot,
  kReshape,
  kIota,
  kRedf,
  kInner,
  kOuter,
  kOmega,
  kOmega2,
  kLet,
  kLetSlow,
  kTup,
  kGet,
  kFold,
  kMem,
  kPut,
  kFor,
  kParFor,
  kWhen,
};

struct Node;
using Term = std::shared_ptr<const Node>;

// kids are in FORMAT.md's child order. For psi/put the operand is the last
// kid (indices first); for mem the array is kid 0; for reshape the array is
// last. name: variable name (kVar), or attribute operator words.
struct Node {
  Op op;
  std::vector<Term> kids;
  std::int64_t value = 0;            // kInt; kRat numerator; kGet component
  std::int64_t value2 = 0;           // kRat denominator
  std::string name;                  // kVar; kRed/kRedf f; kInner/kOuter f
  std::string name2;                 // kInner g (f in name); kOuter g in name
  std::vector<std::int64_t> attrs;   // kTran perm; kOmega k; kOmega2 a b
  std::vector<std::string> binders;  // bound names; fold: J, st; omega2: x, y
};

using Position = std::vector<std::size_t>;

// --- construction (all check arity by assertion) ---
Term mk(Op op, std::vector<Term> kids = {});
Term mk_int(std::int64_t v);
Term mk_var(std::string name);
Term mk_rat(std::int64_t p, std::int64_t q);
Term mk_bind(Op op, std::string v, Term n, Term body);  // gen pargen for parfor any
Term mk_red(std::string f, std::string j, Term n, Term g, Term x);
Term mk_let(std::string x, Term e, Term b, bool slow = false);
Term mk_fold(std::string j, std::string st, Term n, Term init, Term step);
Term mk_psi(std::vector<Term> index, Term a);
Term mk_put(std::vector<Term> index, Term e);
Term mk_mem(Term array, std::vector<Term> index);
Term mk_get(std::int64_t k, Term e);
Term with_kids(const Term& t, std::vector<Term> kids);  // same head, other kids

// Names that op binds in kid number `kid` of t (possibly none).
std::vector<std::string> bound_in(const Term& t, std::size_t kid);
// Number of index kids of psi/put/mem (the rest is the operand).
std::vector<Term> index_of(const Term& t);
Term operand_of(const Term& t);
const char* op_word(Op op);  // as written in s-expressions
std::optional<Op> op_from_word(std::string_view w);

// --- operations ---
std::set<std::string> free_vars(const Term& t);
bool mentions(const Term& t, const std::string& variable);  // free in t
// The parts of a conjunction, none of `true`; and back, of parts first .. last-1.
std::vector<Term> conjuncts(const Term& g);
Term conjunction(const std::vector<Term>& parts, std::size_t first, std::size_t last);
bool alpha_equal(const Term& a, const Term& b);
Term substitute(const Term& t, const std::map<std::string, Term>& s);  // capture-avoiding
Term at(const Term& t, const Position& p);
Term replace_at(const Term& t, const Position& p, const Term& by);
std::size_t size(const Term& t);
// name, name1, name2, .. : the first that is not in `used`.
std::string fresh(const std::string& name, const std::set<std::string>& used);
// All positions (pre-order) where pred holds.
std::vector<Position> find_all(const Term& t, const std::function<bool(const Term&)>& pred);

// --- s-expressions ---
std::string print(const Term& t);  // one line, canonical
std::optional<Term> parse_term(std::string_view text, std::string* error);
// MoA notation for people (show --stage ..): multi-line, Unicode if asked.
std::string pretty(const Term& t, bool unicode = false);

}  // namespace minimoa
