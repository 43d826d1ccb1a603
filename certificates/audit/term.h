// Terms, types, scopes and specifications (FORMAT sections 1, 2 and 4).
// Idea: a term is an immutable tree of shared nodes. Bound variables are de Bruijn indices (0 =
// innermost), so equality up to renaming is plain equality and substitution cannot capture; names
// of binders are kept beside them, because TEXT and the lowering refer to them. How it may be
// wrong: AUDIT_OPS (children, scopes, sorts); a missing shift below a binder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace audit {
using std::size_t;
using std::string;
using std::vector;
using Number = std::int64_t;
using Numbers = vector<Number>;
using Strings = vector<string>;

// The one exception of the auditor; becomes the reason of an INVALID claim.
struct Refused {
  string code, text;
};
[[noreturn]] inline void refuse(const string& code, const string& text) {
  throw Refused{code, text};
}

// FORMAT section 11.
constexpr int kMaxDepth = 200;
constexpr size_t kMaxNodes = 200000;
constexpr std::uint64_t kMaxMultiplications = 2'000'000;
constexpr std::uint64_t kMaxTypedNodes = 5'000'000;
constexpr Number kMaxLiteral = Number{1} << 62;

// What is left for one certificate; without it a short file could keep the auditor busy for hours.
struct Budget {
  std::uint64_t multiplications = kMaxMultiplications;  // long coefficients count by 64-bit words
  std::uint64_t nodes = kMaxTypedNodes;                 // typed, printed or translated
  void multiply(std::uint64_t amount) { take(multiplications, amount, "too many multiplications"); }
  void visit(std::uint64_t amount) { take(nodes, amount, "too many typed nodes"); }

 private:
  static void take(std::uint64_t& left, std::uint64_t amount, const char* what) {
    if (amount > left) refuse("limit", what);
    left -= amount;
  }
};

// Section 1 in one table: operator, word, written form, sorts.
// Form, one letter per item: k child; K child below the node's binders; B (name child); L (name);
// M (name name); v (vec child..); a natural attribute; i integer attribute; p (attribute ..);
// r reduction; R reduction but osm; g operator of inner and outer; * any number of k; ! none.
// Sorts of the children: Index, Bool, Stmt; P: index or array, first of the pointwise operators; V:
// array; N: V of rank >= 1; A: of reals; M: A of rank >= 1; R: real scalar; O: softmax state; D:
// what the reduction takes; X: all but Bool. The last letter is that of all further children; where
// the form begins with v, the first letter is that of all but the last child. Then '>', or '=' if
// the last two children have one type; then the node's sort, or the child whose type it has; if
// neither, see types.cpp. Last, C++ of FORMAT 8.3 with operands @0, @1; if none, see lowering.cpp.
// clang-format off
#define AUDIT_OPS(X) \
  X(kInt, "", "!", ">I") X(kBound, "", "!", ">") X(kFree, "", "!", ">") \
  X(kAdd, "+", "kk", "PP>", "(@0 + @1)") X(kSub, "-", "kk", "PP>", "(@0 - @1)") \
  X(kMul, "*", "kk", "PP>", "(@0 * @1)") X(kDiv, "div", "kk", "II>I", "(@0 / @1)") \
  X(kMod, "mod", "kk", "II>I", "(@0 % @1)") X(kTrue, "true", "!", ">B", "true") \
  X(kLt, "<", "kk", "II>B", "(@0 < @1)") X(kLe, "<=", "kk", "II>B", "(@0 <= @1)") \
  X(kEq, "==", "kk", "II>B", "(@0 == @1)") X(kNe, "!=", "kk", "II>B", "(@0 != @1)") \
  X(kAnd, "and", "kk", "BB>B", "(@0 && @1)") X(kOr, "or", "kk", "BB>B", "(@0 || @1)") \
  X(kNot, "not", "k", "B>B", "(!@0)") X(kAny, "any", "BK", "IB>B") \
  X(kIsZero, "iszero", "k", "R>B", "(@0 == 0.0f)") \
  X(kReal, "real", "k", "I>R", "static_cast<float>(@0)") X(kRat, "rat", "ia", ">R") \
  X(kBottom, "bottom", "!", ">R", "kBottom") X(kQuot, "/", "kk", "PP>", "(@0 / @1)") \
  X(kMax, "max", "kk", "PP>", "maximum(@0, @1)") X(kMin, "min", "kk", "PP>", "minimum(@0, @1)") \
  X(kNeg, "neg", "k", "P>", "(-@0)") X(kExp, "exp", "k", "P>", "std::exp(@0)") \
  X(kExp2, "exp2", "k", "P>", "std::exp2(@0)") X(kLog, "log", "k", "P>", "std::log(@0)") \
  X(kSqrt, "sqrt", "k", "P>", "std::sqrt(@0)") X(kTanh, "tanh", "k", "P>", "std::tanh(@0)") \
  X(kExpSub, "expsub", "kk", "PP>", "expsub(@0, @1)") X(kIf, "if", "kkk", "BPP=1") \
  X(kRed, "red", "rBKK", "IBD>2") X(kOsMerge, "osmerge", "kk", "OO=0") X(kGen, "gen", "BK", "IV>") \
  X(kParGen, "pargen", "BK", "IV>") X(kPsi, "psi", "vk", "IV>") X(kTran, "tran", "pk", "V>") \
  X(kTake, "take", "kk", "IN>") X(kDrop, "drop", "kk", "IN>") X(kCat, "cat", "kk", "NN>") \
  X(kRev, "rev", "k", "N>0") X(kRot, "rot", "kk", "IN>1") X(kReshape, "reshape", "vk", "IV>") \
  X(kIota, "iota", "k", "I>") X(kRedF, "redf", "Rk", "M>") X(kInner, "inner", "Rgkk", "MM>") \
  X(kOuter, "outer", "gkk", "AA>") X(kOmega, "omega", "aLKk", "VV>") \
  X(kOmega2, "omega2", "aaMKkk", "VVV>") X(kLet, "let", "LkK", "VX>1") \
  X(kLetSlow, "letslow", "LkK", "VX>1") X(kTup, "tup", "*", "V>") X(kGet, "get", "ak", "V>") \
  X(kFold, "fold", "BLkK", "IVV=1") X(kMem, "mem", "kv", "VI>") X(kPut, "put", "vk", "IA>") \
  X(kFor, "for", "BK", "IS>S") X(kParFor, "parfor", "BK", "IS>S") X(kWhen, "when", "kk", "BS>S")
#define AUDIT_OP_NAME(op, ...) op,
enum class Op { AUDIT_OPS(AUDIT_OP_NAME) };
// clang-format on
// Of types (section 2), and of rule variables that stand for no single term.
enum class Sort { kIndex, kBool, kStmt, kArr, kIndices, kOp, kRedOp, kPerm, kNat };
enum class RedOp { kAdd, kMul, kMax, kMin, kOsm };

struct Node;
using Term = std::shared_ptr<const Node>;
using Terms = vector<Term>;

struct Node {
  Op op = Op::kTrue;
  Number value = 0;                  // kInt; kBound: de Bruijn index
  string name = {};                  // kFree: dimension or input (or a fresh atom made by a client)
  Numbers attrs = {};                // letters a, i, p of the form
  RedOp red = RedOp::kAdd;           // letters r, R
  Op point = Op::kAdd;               // letter g
  Strings binders = {};              // names in written order; the last one is de Bruijn index 0
  Terms kids = {};                   // FORMAT child order
  std::optional<Sort> must_be = {};  // of what a rule variable stood for: its kind
  size_t size = 1;                   // by make(): nodes of the tree
  int depth = 1;                     // by make(): nesting
  Number free_bound = 0;             // by make(): all free de Bruijn indices are < this
};

// Completes a node within the limits of section 11. Does not check arity or types.
Term make(Node node);
Term make_op(Op op, Terms kids);
Term integer(Number value);
Term bound_var(Number index);
Term free_var(string name);
Term product(const Terms& extents);  // left-associated; 1 if there are none

// How many variables the node binds in child number `child` (0, 1 or 2).
int bound_in(const Node& node, size_t child);
// The indices of psi/put/reshape/mem (else none), and the array operand beside them.
Terms indices_of(const Node& node);
const Term& operand_of(const Node& node);

// Equality up to the names of bound variables.
bool alpha_equal(const Term& a, const Term& b);
// Adds `by` to every variable with index >= cutoff. A negative `by` takes variables out: refuses
// (code "scope") when one of those that go is mentioned.
Term shift(const Term& term, Number by, Number cutoff = 0);
Terms shift(Terms terms, Number by);
// True if variable number `index` of the surrounding scope occurs in the term.
bool mentions(const Term& term, Number index);
// Replaces the innermost variables of `body` by args (in written binder order, terms of the scope
// without these variables); other variables move down.
Term instantiate(const Term& body, const Terms& args, Number cutoff = 0);
// Replaces the subterm at a position (FORMAT children); refuses a wrong path.
Term replace(const Term& root, const vector<size_t>& at, const Term& with, size_t level = 0);

// A row of AUDIT_OPS.
struct OpRow {
  Op op;
  const char *word, *form, *sorts, *cpp = "";
};
const OpRow& row(Op op);
const char* word_of(Op op);
const char* word_of(RedOp op);
int pointwise_arity(Op op);  // 1 or 2; 0: not pointwise
std::optional<Op> op_from_word(const string& word);
std::optional<RedOp> redop_from_word(const string& word);
bool is_permutation(Numbers numbers, size_t size);  // of 0 .. size-1
bool is_index_arithmetic(Op op);                    // + - * div mod
// For people; `names` are those of the enclosing binders, outermost first.
string print(const Term& term, Strings names = {});

// ---- types (section 2) ----
enum class Elem { kReal, kInt, kTup };

struct Type {
  Sort sort = Sort::kIndex;
  Terms shape = {};         // kArr
  Elem elem = Elem::kReal;  // kArr
  vector<Type> parts = {};  // kTup
};
Type shift(Type type, Number by);

// ---- scopes and contexts (section 4) ----

// What encloses a position, from the root down.
struct Entry {
  // kLoop: a variable with 0 <= variable < term. kValue: of let, omega or fold. kGuard: no
  // variable; the boolean `term` holds.
  enum class Kind { kLoop, kValue, kGuard };
  Kind kind = Kind::kLoop;
  string name;
  Term term;
  Type type;         // of the variable
  Number depth = 0;  // variables outside: the scope of `term` and `type`
};

struct Scope {
  vector<Entry> entries;
  Number depth = 0;  // number of variables
  void push(Entry entry);
  void truncate(size_t size);                 // drops all entries from number `size`
  const Entry* variable(Number index) const;  // null if out of range
  Strings names() const;                      // of the variables, outermost first
};

// ---- the specification ----
struct Array {
  string name;
  Elem elem = Elem::kReal;                     // kInt: i32
  Terms shape;                                 // index terms over dimensions
  std::optional<std::pair<Term, Term>> range;  // i32: lo <= x < hi
};

struct Spec {
  string name;
  Strings dims;          // in order of declaration
  Terms assumptions;     // the requires, one boolean each
  vector<Array> inputs;  // in order of declaration
  Array output;
  Term core;  // E; the first term is (put (vec) E)
  bool is_dim(const string& name) const;
  const Array* input(const string& name) const;  // null if none
  vector<Array> arrays() const;                  // the inputs, then the output
  mutable Budget budget;                         // of everything that is done with this spec
};

// The auditor's own reader of .moa files (spec_reader.cpp): refuses (code "spec") "line N: ..".
Spec read_spec(const string& text);

// ---- judgements (types.cpp) ----
// The type of a term in a scope (left as it was); refuses (code "type") an ill-typed one.
Type infer(const Term& term, Scope& scope, const Spec& spec);
// Equality as polynomials, without facts.
bool same_index(const Term& a, const Term& b, const Scope& scope, const Spec& spec);
bool same_shape(const Terms& a, const Terms& b, const Scope& scope, const Spec& spec);
// Pushes what child number `child` sees beyond `scope`: variables with their types, then a guard (g
// for x of red and P of when, c or (not c) for the branches of if). Undo with scope.truncate().
void enter(const Term& node, size_t child, Scope& scope, const Spec& spec);
// True for index arithmetic over literals and dimensions.
bool dimensions_only(const Term& term, const Spec& spec);
}  // namespace audit
