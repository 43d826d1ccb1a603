// Terms in the notation of the Mathematics of Arrays, for people.
//
// Two printers: inline text with as few brackets as spec/LANGUAGE.md's
// grammar allows, and blocks of indented lines for loops, shared values,
// folds and whatever is too long for a line. May be wrong: this text is never
// read back; certificates hold s-expressions.
#include <cassert>

#include "spec/lang/term.h"

namespace minimoa {
namespace {

constexpr std::size_t kLineLength = 96;

// How tightly a form binds; an operand that binds less gets brackets.
constexpr int kOpen = 0;  // sum, gen, let, if: reach to the right
constexpr int kOr = 1, kAnd = 2, kNot = 3, kCmp = 4;
constexpr int kStruct = 4;  // array operators: no operand of arithmetic
constexpr int kAdd = 5, kMul = 6, kUnary = 7, kPrim = 9;

struct Binary {
  Op op;
  const char* ascii;
  const char* unicode;
  int level;
};

constexpr Binary kInfix[] = {
    {Op::kAdd, " + ", " + ", kAdd},        {Op::kSub, " - ", " - ", kAdd},
    {Op::kMul, " * ", " × ", kMul},        {Op::kDiv, " / ", " / ", kMul},
    {Op::kIntDiv, " div ", " div ", kMul}, {Op::kIntMod, " mod ", " mod ", kMul},
    {Op::kLt, " < ", " < ", kCmp},         {Op::kLe, " <= ", " ≤ ", kCmp},
    {Op::kEq, " == ", " == ", kCmp},       {Op::kNe, " != ", " ≠ ", kCmp},
    {Op::kAnd, " and ", " ∧ ", kAnd},      {Op::kOr, " or ", " ∨ ", kOr},
};

// The infix operator that op is, or null.
const Binary* infix_of(Op op) {
  for (const Binary& b : kInfix) {
    if (b.op == op) return &b;
  }
  return nullptr;
}

// Written as word(argument, ..).
bool is_call(Op op) {
  return op == Op::kMax || op == Op::kMin || op == Op::kExpSub || op == Op::kExp ||
         op == Op::kExp2 || op == Op::kLog || op == Op::kTanh || op == Op::kOsMerge;
}

bool is_gen(Op op) { return op == Op::kGen || op == Op::kParGen; }

bool is_let(Op op) { return op == Op::kLet || op == Op::kLetSlow; }

bool is_loop(Op op) { return op == Op::kFor || op == Op::kParFor; }

// Does t hold something that reads badly on one line?
bool wants_lines(const Term& t) {
  if (is_let(t->op) || t->op == Op::kFold || is_loop(t->op)) return true;
  for (const Term& k : t->kids) {
    if (wants_lines(k)) return true;
  }
  return false;
}

class Printer {
 public:
  explicit Printer(bool unicode) : unicode_(unicode) {}

  std::string run(const Term& t) {
    block(t, 0, "", "");
    if (!out_.empty()) out_.pop_back();
    return out_;
  }

 private:
  const char* pick(const char* ascii, const char* unicode) const {
    return unicode_ ? unicode : ascii;
  }

  // --- one line ---

  std::string inline_text(const Term& t, int need) const {
    const auto [text, level] = form(t);
    return level < need ? '(' + text + ')' : text;
  }

  struct Form {
    std::string text;
    int level;
  };

  Form form(const Term& t) const {
    const Binary* infix = infix_of(t->op);
    if (infix != nullptr) return infix_form(t, *infix);
    if (t->op == Op::kInt) {
      return {std::to_string(t->value), t->value < 0 ? kUnary : kPrim};
    }
    if (t->op == Op::kVar) return {t->name, kPrim};
    if (t->op == Op::kTrue || t->op == Op::kBottom) {
      return {op_word(t->op), kPrim};
    }
    if (t->op == Op::kReal) return form(t->kids[0]);
    if (t->op == Op::kTup) return {arguments(t), kPrim};
    if (is_call(t->op)) return {op_word(t->op) + arguments(t), kPrim};
    return unary_form(t);
  }

  Form unary_form(const Term& t) const {
    if (t->op == Op::kRat) {
      return {std::to_string(t->value) + '/' + std::to_string(t->value2), kMul};
    }
    if (t->op == Op::kNot) {
      return {pick("not ", "¬ ") + inline_text(t->kids[0], kNot), kNot};
    }
    if (t->op == Op::kNeg) {
      return {'-' + inline_text(t->kids[0], kUnary), kUnary};
    }
    if (t->op == Op::kIsZero) {
      return {inline_text(t->kids[0], kAdd) + " == 0", kCmp};
    }
    if (t->op == Op::kSqrt) return {pick("sqrt", "√") + arguments(t), kPrim};
    if (t->op == Op::kGet) {
      return {inline_text(t->kids[0], kPrim) + '.' + std::to_string(t->value), kPrim};
    }
    return open_form(t);
  }

  Form infix_form(const Term& t, const Binary& infix) const {
    if (is_ceiling(t)) {
      return {"ceil(" + inline_text(t->kids[0]->kids[0], kMul) + " / " +
                  inline_text(t->kids[1], kUnary) + ')',
              kPrim};
    }
    const bool cmp = infix.level == kCmp;
    const int left = cmp ? kAdd : infix.level;
    const int right = cmp ? kAdd : infix.level + 1;
    return {inline_text(t->kids[0], left) + pick(infix.ascii, infix.unicode) +
                inline_text(t->kids[1], right),
            infix.level};
  }

  // (div (+ n (- B 1)) B)
  static bool is_ceiling(const Term& t) {
    if (t->op != Op::kIntDiv || t->kids[0]->op != Op::kAdd) return false;
    const Term less = t->kids[0]->kids[1];
    return less->op == Op::kSub && alpha_equal(less->kids[0], t->kids[1]) &&
           less->kids[1]->op == Op::kInt && less->kids[1]->value == 1;
  }

  std::string arguments(const Term& t) const { return '(' + joined(t->kids, ", ", kOpen) + ')'; }

  std::string joined(const std::vector<Term>& ts, const char* between, int need) const {
    std::string out;
    for (std::size_t i = 0; i < ts.size(); ++i) {
      if (i > 0) out += between;
      out += inline_text(ts[i], need);
    }
    return out;
  }

  // Forms that reach as far to the right as they can.
  Form open_form(const Term& t) const {
    const auto rest = [&](std::size_t k) { return inline_text(t->kids[k], kOpen); };
    if (t->op == Op::kIf) {
      return {"if " + rest(0) + " then " + rest(1) + " else " + rest(2), kOpen};
    }
    if (t->op == Op::kAny) return {"any(" + bound(t) + ") " + rest(1), kOpen};
    if (t->op == Op::kRed) return {red_head(t) + ' ' + rest(2), kOpen};
    if (is_gen(t->op)) {
      const Gens g = gens(t);
      return {gen_head(g) + ' ' + inline_text(g.body, kOpen), kOpen};
    }
    if (is_let(t->op)) {
      return {let_head(t, t->kids[0]) + inline_text(shared(t), kOpen) + " in " + rest(1), kOpen};
    }
    if (t->op == Op::kFold) {
      return {fold_head(t) + ", init " + rest(1) + ": " + rest(2), kOpen};
    }
    if (t->op == Op::kPut) {
      return {put_head(t) + inline_text(operand_of(t), kOpen), kOpen};
    }
    if (is_loop(t->op) || t->op == Op::kWhen) {
      return {statement_head(t) + ' ' + rest(1), kOpen};
    }
    if (t->op == Op::kMem) return {memory(t), kPrim};
    if (t->op == Op::kPsi) return selection(t);
    return array_form(t);
  }

  // v < n
  std::string bound(const Term& t) const {
    return t->binders[0] + " < " + inline_text(t->kids[0], kAdd);
  }

  std::string red_head(const Term& t) const {
    std::string word = t->name;
    if (word == "add") word = pick("sum", "Σ");
    if (word == "mul") word = "prod";
    if (word == "max") word = pick("max", "⌈");
    if (word == "min") word = pick("min", "⌊");
    std::string guard;
    if (t->kids[1]->op != Op::kTrue) {
      guard = " | " + inline_text(t->kids[1], kOpen);
    }
    return word + '(' + bound(t) + guard + ')';
  }

  // Nested gens are written as one: gen(b < B, h < H) body.
  struct Gens {
    Op op;
    std::string bounds;
    Term body;
  };
  Gens gens(const Term& t) const {
    Gens g{t->op, bound(t), t->kids[1]};
    while (g.body->op == g.op) {
      g.bounds += ", " + bound(g.body);
      g.body = g.body->kids[1];
    }
    return g;
  }

  static std::string gen_head(const Gens& g) {
    return (g.op == Op::kGen ? "gen(" : "parallel gen(") + g.bounds + ')';
  }

  // let s[j < T] =
  std::string let_head(const Term& t, const Term& e) const {
    std::string head = "let " + t->binders[0];
    if (is_gen(e->op)) {
      const Gens g = gens(e);
      head += (g.op == Op::kGen ? "[" : "[parallel ") + g.bounds + ']';
    }
    return head + (t->op == Op::kLetSlow ? " @slow = " : " = ");
  }

  Term shared(const Term& t) const {
    const Term e = t->kids[0];
    return is_gen(e->op) ? gens(e).body : e;
  }

  std::string fold_head(const Term& t) const {
    return "fold " + bound(t) + ", state " + t->binders[1];
  }

  std::string put_head(const Term& t) const {
    const std::vector<Term> index = index_of(t);
    if (index.empty()) return "O = ";
    return "O[" + joined(index, ",", kOpen) + "] = ";
  }

  std::string statement_head(const Term& t) const {
    if (t->op == Op::kWhen) {
      return "when " + inline_text(t->kids[0], kOpen) + ':';
    }
    return (t->op == Op::kFor ? "for " : "parallel for ") + bound(t) + ':';
  }

  // Q[b*Q.s0 + h*Q.s1]
  std::string memory(const Term& t) const {
    const std::string name = inline_text(operand_of(t), kPrim);
    const std::vector<Term> index = index_of(t);
    std::string out;
    for (std::size_t k = 0; k < index.size(); ++k) {
      if (k > 0) out += " + ";
      out += inline_text(index[k], kPrim) + pick("*", "×") + name + ".s" + std::to_string(k);
    }
    return name + '[' + (index.empty() ? "0" : out) + ']';
  }

  Form selection(const Term& t) const {
    const std::vector<Term> index = index_of(t);
    const Term a = operand_of(t);
    if (!index.empty() && form(a).level == kPrim) {
      return {inline_text(a, kPrim) + '[' + joined(index, ",", kOpen) + ']', kPrim};
    }
    return {vector(index) + pick(" psi ", " ψ ") + inline_text(a, kPrim), kStruct};
  }

  std::string vector(const std::vector<Term>& index) const {
    return pick("<", "⟨") + joined(index, " ", kPrim) + pick(">", "⟩");
  }

  // --- array operators ---

  Form array_form(const Term& t) const {
    if (t->op == Op::kOmega) {
      return {cell_function(t) + ' ' + omega_word(t) + ' ' + operand(t->kids[1]), kStruct};
    }
    if (t->op == Op::kOmega2) {
      return {inline_text(t->kids[1], kPrim) + ' ' + cell_function2(t) + ' ' + omega_word(t) + ' ' +
                  inline_text(t->kids[2], kPrim),
              kStruct};
    }
    if (t->op == Op::kCat || t->op == Op::kInner || t->op == Op::kOuter) {
      return {inline_text(t->kids[0], kPrim) + ' ' + word(t) + ' ' + inline_text(t->kids[1], kPrim),
              kStruct};
    }
    return {word(t) + ' ' + operand(t->kids.back()), kStruct};
  }

  // The operand of a monadic word: another such word needs no brackets.
  std::string operand(const Term& t) const {
    const bool monadic =
        t->op == Op::kRev || t->op == Op::kIota || t->op == Op::kRedf || t->op == Op::kTran;
    return inline_text(t, monadic ? kStruct : kPrim);
  }

  // The operator with its left argument, if it has one that is no array.
  std::string word(const Term& t) const {
    const Op op = t->op;
    if (op == Op::kTran) {
      return (is_reversal(t) ? "" : numbers(t->attrs) + ' ') + pick("tran", "⍉");
    }
    if (op == Op::kReshape) {
      return vector({t->kids.begin(), t->kids.end() - 1}) + pick(" rho", " ρ");
    }
    if (op == Op::kCat) return pick("cat", "⧺");
    if (op == Op::kRev) return pick("rev", "Φ");
    if (op == Op::kIota) return pick("iota", "ι");
    if (op == Op::kInner) return reducer(t->name) + '.' + point(t->name2);
    if (op == Op::kOuter) return "o." + point(t->name);
    if (op == Op::kRedf) {
      const std::string f = reducer(t->name);
      return f + (f == "max" || f == "min" ? " red" : "red");
    }
    assert(op == Op::kTake || op == Op::kDrop || op == Op::kRot);
    const std::string left = inline_text(t->kids[0], kPrim);
    if (op == Op::kTake) return left + pick(" take", " △");
    if (op == Op::kDrop) return left + pick(" drop", " ▽");
    return left + pick(" rot", " θ");
  }

  std::string reducer(const std::string& f) const {
    if (f == "add") return "+";
    if (f == "mul") return pick("*", "×");
    if (f == "max") return pick("max", "⌈");
    return pick("min", "⌊");
  }

  std::string point(const std::string& g) const {
    if (g == "*") return pick("*", "×");
    if (g == "/") return pick("/", "÷");
    return g;
  }

  static bool is_reversal(const Term& t) {
    for (std::size_t k = 0; k < t->attrs.size(); ++k) {
      const auto mirrored = static_cast<std::int64_t>(t->attrs.size() - 1 - k);
      if (t->attrs[k] != mirrored) return false;
    }
    return true;
  }

  std::string numbers(const std::vector<std::int64_t>& ns) const {
    std::string out;
    for (const std::int64_t n : ns) {
      out += (out.empty() ? "" : " ") + std::to_string(n);
    }
    return pick("<", "⟨") + out + pick(">", "⟩");
  }

  std::string omega_word(const Term& t) const {
    std::string out;
    for (const std::int64_t n : t->attrs) {
      out += (out.empty() ? "" : " ") + std::to_string(n);
    }
    return std::string(pick("omega", "Ω")) + '<' + out + '>';
  }

  static bool is_name(const Term& t, const std::string& name) {
    return t->op == Op::kVar && t->name == name;
  }

  // rev in `rev omega<1> A`; a general body is written (x: body).
  std::string cell_function(const Term& t) const {
    const Term body = t->kids[0];
    const bool named = body->op == Op::kRev || body->op == Op::kTran || body->op == Op::kRedf ||
                       body->op == Op::kTake || body->op == Op::kDrop || body->op == Op::kRot ||
                       body->op == Op::kReshape;
    if (named && is_name(body->kids.back(), t->binders[0])) return word(body);
    return '(' + t->binders[0] + ": " + inline_text(body, kOpen) + ')';
  }

  std::string cell_function2(const Term& t) const {
    const Term body = t->kids[0];
    const bool named = body->op == Op::kInner || body->op == Op::kOuter || body->op == Op::kCat;
    if (named && is_name(body->kids[0], t->binders[0]) && is_name(body->kids[1], t->binders[1])) {
      return word(body);
    }
    return '(' + t->binders[0] + ' ' + t->binders[1] + ": " + inline_text(body, kOpen) + ')';
  }

  // --- lines ---

  void line(int indent, const std::string& text) {
    out_ += std::string(static_cast<std::size_t>(indent) * 2, ' ') + text + '\n';
  }

  // before + t + after, on one line if that reads well.
  void block(const Term& t, int indent, const std::string& before, const std::string& after) {
    if (!wants_lines(t)) {
      const std::string text = before + inline_text(t, kOpen) + after;
      const std::size_t used = static_cast<std::size_t>(indent) * 2;
      if (used + text.size() <= kLineLength) return line(indent, text);
    }
    if (!lines(t, indent, before, after)) {
      line(indent, before + inline_text(t, kOpen) + after);
    }
  }

  // Several lines for t; false if its form has none.
  bool lines(const Term& t, int indent, const std::string& before, const std::string& after) {
    if (is_let(t->op)) {
      let_lines(t, indent, before, after);
    } else if (is_loop(t->op) || t->op == Op::kWhen) {
      loop_lines(t, indent);
    } else if (t->op == Op::kPut) {
      block_after(put_head(t), operand_of(t), indent, after);
    } else if (is_gen(t->op)) {
      const Gens g = gens(t);
      line(indent, before + gen_head(g));
      block(g.body, indent + 1, "", after);
    } else if (t->op == Op::kRed) {
      line(indent, before + red_head(t));
      block(t->kids[2], indent + 1, "", after);
    } else if (t->op == Op::kFold) {
      fold_lines(t, indent, before, after);
    } else if (t->op == Op::kIf) {
      line(indent, before + "if " + inline_text(t->kids[0], kOpen) + " then");
      block(t->kids[1], indent + 1, "", "");
      block(t->kids[2], indent, "else ", after);
    } else if (t->op == Op::kTup) {
      tuple_lines(t, indent, before, after);
    } else {
      return infix_lines(t, indent, before, after);
    }
    return true;
  }

  void let_lines(const Term& t, int indent, const std::string& before, const std::string& after) {
    if (!before.empty()) {
      line(indent, before);
      ++indent;
    }
    block_after(let_head(t, t->kids[0]), shared(t), indent, "");
    block(t->kids[1], indent, "", after);
  }

  // head = e, with e's lines below the head if it has several.
  void block_after(const std::string& head, const Term& e, int indent, const std::string& after) {
    const std::string text = head + inline_text(e, kOpen) + after;
    const std::size_t used = static_cast<std::size_t>(indent) * 2;
    if (!wants_lines(e) && used + text.size() <= kLineLength) {
      return line(indent, text);
    }
    line(indent, head.substr(0, head.size() - 1));
    block(e, indent + 1, "", after);
  }

  void loop_lines(const Term& t, int indent) {
    std::string head = statement_head(t);
    Term body = t->kids[1];
    while (is_loop(t->op) && body->op == t->op) {
      head.pop_back();
      head += ", " + bound(body) + ':';
      body = body->kids[1];
    }
    line(indent, head);
    block(body, indent + 1, "", "");
  }

  void fold_lines(const Term& t, int indent, const std::string& before, const std::string& after) {
    line(indent, before + fold_head(t));
    block(t->kids[1], indent + 1, "init ", "");
    block(t->kids[2], indent + 1, "", after);
  }

  void tuple_lines(const Term& t, int indent, const std::string& before, const std::string& after) {
    line(indent, before + "(");
    for (std::size_t i = 0; i < t->kids.size(); ++i) {
      const bool last = i + 1 == t->kids.size();
      block(t->kids[i], indent + 1, "", last ? ")" + after : ",");
    }
  }

  bool infix_lines(const Term& t, int indent, const std::string& before, const std::string& after) {
    const Binary* infix = infix_of(t->op);
    if (infix == nullptr || wants_lines(t)) return false;
    const std::string word = pick(infix->ascii, infix->unicode);
    line(indent, before + inline_text(t->kids[0], infix->level));
    line(indent + 1, word.substr(1) + inline_text(t->kids[1], infix->level + 1) + after);
    return true;
  }

  const bool unicode_;
  std::string out_;
};

}  // namespace

std::string pretty(const Term& t, bool unicode) { return Printer(unicode).run(t); }

}  // namespace minimoa
