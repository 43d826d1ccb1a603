// Terms, types and scopes of the auditor (FORMAT sections 1 and 2).
//
// Idea: a term is an immutable tree of shared nodes. Bound variables are de
// Bruijn indices (0 = innermost), so equality up to renaming is plain equality
// and substitution cannot capture; binder names are kept beside them because
// TEXT in a certificate and the C++ lowering refer to them. Dimensions and
// inputs are kFree nodes with a name.
// How it may be wrong: a table below that says which child a binder scopes
// over; a forgotten shift when a term moves below a binder.
#ifndef MINIMOA_AUDIT_TERM_H_
#define MINIMOA_AUDIT_TERM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace audit {

// The one exception of the auditor: caught in main, which reports INVALID.
struct Refused {
  std::string code;  // "limit", "syntax", "scope", "type", "rule", ...
  std::string text;  // one sentence
};

// FORMAT section 11.
constexpr int kMaxDepth = 200;
constexpr std::size_t kMaxNodes = 200000;
constexpr std::int64_t kMaxLiteral = std::int64_t{1} << 62;

enum class Op {
  kInt,    // value: the literal (Index)
  kBound,  // value: de Bruijn index; 0 is the innermost enclosing variable
  kFree,   // name: dimension or input (or a fresh atom made by a client)
  kAdd, kSub, kMul,   // + - *, on index or pointwise
  kDiv, kMod,         // div mod, index only
  kTrue, kLt, kLe, kEq, kNe, kAnd, kOr, kNot,
  kAny,     // (any (j n) g): kids n, g
  kIsZero,
  kReal,    // (real i)
  kRat,     // (rat p q): attrs p, q; no kids
  kBottom,
  kQuot,    // (/ a b)
  kMax, kMin, kNeg, kExp, kExp2, kLog, kSqrt, kTanh, kExpSub,
  kIf,       // kids c, x, y
  kRed,      // (red f (j n) g x): red f; kids n, g, x
  kOsMerge,
  kGen, kParGen,  // kids n, body
  kPsi,      // (psi (vec p..) A): kids p.., A
  kTran,     // attrs t0 t1 ..; kid A
  kTake, kDrop,  // kids k, A
  kCat, kRev,
  kRot,      // kids k, A
  kReshape,  // kids u.., A
  kIota,
  kRedF,     // (redf f A): red f; kid A
  kInner,    // (inner f g A B): red f, point g; kids A, B
  kOuter,    // (outer g A B): point g; kids A, B
  kOmega,    // (omega k (x) body A): attrs k; kids body, A
  kOmega2,   // (omega2 a b (x y) body A B): attrs a, b; kids body, A, B
  kLet, kLetSlow,  // kids e, b
  kTup,
  kGet,      // (get k e): attrs k; kid e
  kFold,     // (fold (J n) (st) init step): kids n, init, step
  kMem,      // (mem A (vec p..)): kids A, p..
  kPut,      // (put (vec p..) E): kids p.., E
  kFor, kParFor,  // kids n, P
  kWhen,     // kids g, P
};

enum class RedOp { kAdd, kMul, kMax, kMin, kOsm };

struct Node;
using Term = std::shared_ptr<const Node>;

struct Node {
  Op op = Op::kTrue;
  std::int64_t value = 0;            // kInt, kBound
  std::string name;                  // kFree
  std::vector<std::int64_t> attrs;   // see Op
  RedOp red = RedOp::kAdd;           // kRed, kRedF, kInner
  Op point = Op::kAdd;               // kInner, kOuter
  // Cosmetic names of the bound variables, in written order: one for
  // kAny kRed kGen kParGen kOmega kLet kLetSlow kFor kParFor, two for
  // kFold (J, st) and kOmega2 (x, y), else none. With two, the second one is
  // de Bruijn index 0 and the first one index 1.
  std::vector<std::string> binders;
  std::vector<Term> kids;            // FORMAT child order
  // Computed by make():
  std::size_t size = 1;              // nodes of the tree
  int depth = 1;                     // nesting
  std::int64_t free_bound = 0;       // all free de Bruijn indices are < this
};

// Completes a node; refuses (code "limit") depth > 200 or > 200,000 nodes and
// literals beyond 2^62. Does not check arity or types.
Term make(Node node);
Term make_op(Op op, std::vector<Term> kids);
Term integer(std::int64_t value);
Term bound_var(std::int64_t index);
Term free_var(std::string name);

// How many variables the node binds in child number `child` (0, 1 or 2).
int bound_in(const Node& node, std::size_t child);
// How many children at the front (kPsi, kPut, kReshape) or after child 0
// (kMem) are indices of the vector.
std::size_t index_count(const Node& node);
// The indices of psi/put/reshape/mem, without the array operand.
std::vector<Term> indices_of(const Node& node);
// The array operand of psi/put/reshape (last child) or mem (child 0).
const Term& operand_of(const Node& node);

// Equality up to the names of bound variables.
bool alpha_equal(const Term& a, const Term& b);
// Adds `by` to every variable with index >= cutoff. A negative `by` takes
// variables out: refuses (code "scope") when one of those that go is mentioned.
Term shift(const Term& term, std::int64_t by, std::int64_t cutoff = 0);
// True if variable number `index` of the surrounding scope occurs in the term.
bool mentions(const Term& term, std::int64_t index);
// Replaces variable k (k < args.size()) of `body` by args[args.size()-1-k]:
// args are in written binder order, so (x y) <- args[0], args[1]. The args are
// terms of the scope without these variables; other variables move down.
Term instantiate(const Term& body, const std::vector<Term>& args);
// The subterm at a position (FORMAT children); refuses a wrong path.
const Term& subterm(const Term& root, const std::vector<std::size_t>& at);
Term replace(const Term& root, const std::vector<std::size_t>& at,
             const Term& with);

// The word of an operator in an s-expression ("+", "div", "red", ..).
const char* word_of(Op op);
const char* word_of(RedOp op);
// What follows the word in the written form (see the table in term.cpp).
const char* form_of(Op op);
// Operators that stand for pointwise functions of values; arity 1 or 2, else 0.
int pointwise_arity(Op op);
std::optional<Op> op_from_word(const std::string& word);
std::optional<Op> pointwise_from_word(const std::string& word);
std::optional<RedOp> redop_from_word(const std::string& word);

// Prints with the cosmetic names; `names` are those of the enclosing binders,
// outermost first. A name that is shadowed is printed with a `'` and its
// index, so that the output is unambiguous (it is for people only).
std::string print(const Term& term, std::vector<std::string> names = {});

// ---- types (section 2) ----------------------------------------------------

enum class Sort { kIndex, kBool, kStmt, kArr };
enum class Elem { kReal, kInt, kTup };

struct Type {
  Sort sort = Sort::kIndex;
  std::vector<Term> shape;   // kArr
  Elem elem = Elem::kReal;   // kArr
  std::vector<Type> parts;   // kTup
};
Type shift(const Type& type, std::int64_t by);

// ---- scopes and contexts (section 4) --------------------------------------

// What encloses a position, from the root down.
struct Entry {
  enum class Kind {
    kLoop,   // gen pargen red any fold for parfor: term = the bound n
    kLet,    // let letslow: term = e
    kCell,   // x of omega, x or y of omega2: term = null
    kState,  // st of fold: term = init
    kGuard,  // not a variable: term = a boolean that holds
  };
  Kind kind = Kind::kLoop;
  std::string name;        // of the variable
  Term term;
  Type type;               // of the variable
  std::int64_t depth = 0;  // variables outside: scope of `term` and `type`
  bool slow = false;       // letslow
};

struct Scope {
  std::vector<Entry> entries;  // guards included
  std::int64_t depth = 0;      // number of variables
  void push(Entry entry);      // the caller sets entry.depth
  void truncate(std::size_t size);  // drops all entries from number `size`
  const Entry* variable(std::int64_t index) const;  // null if out of range
  std::vector<std::string> names() const;           // outermost first
};

// One element of the context of a position, in the scope of the position:
// loop: 0 <= var and var <= bound - 1; otherwise the boolean `guard` holds.
struct ContextItem {
  bool loop = false;
  Term var, bound;
  Term guard;
};
std::vector<ContextItem> context_of(const Scope& scope);

// ---- the specification -----------------------------------------------------

enum class InputKind { kF32, kF16, kBf16, kI32 };

struct Array {
  std::string name;
  InputKind kind = InputKind::kF32;
  std::vector<Term> shape;            // index terms over dimensions
  std::optional<std::pair<Term, Term>> range;  // i32: lo <= x < hi
};

struct Spec {
  std::string name;
  std::vector<std::string> dims;      // in order of declaration
  std::vector<Term> assumptions;      // the requires, one boolean each
  std::vector<Array> inputs;          // in order of declaration
  Array output;
  Term core;                          // E; the first term is (put (vec) E)
  bool is_dim(const std::string& name) const;
  const Array* input(const std::string& name) const;  // null if none
};

// The first term of the replay.
Term first_term(const Spec& spec);
// For comparing readers: the core term on one line (not used by the verdict).
std::string print_core(const Spec& spec);

}  // namespace audit

#endif  // MINIMOA_AUDIT_TERM_H_
