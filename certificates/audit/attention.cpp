// The form of attention, and the claim about it. See attention.h.
// Idea: for what is read where, loops and key become free names that no text can spell; a variable
// that is still bound then is one of an inner sum.
// How it may be wrong: each refusal says what could be claimed without it.
#include "attention.h"

namespace audit {
namespace {
void need(bool good, const char* code, const string& why) {
  if (!good) refuse(code, why);
}
Term op(Op op, const Term& a, const Term& b) { return make_op(op, {a, b}); }
// let unfolded, selections from gen done.
Term unfolded(const Term& term, const Spec& spec) {
  spec.budget.visit(1);
  Node copy = *term;
  for (Term& kid : copy.kids) kid = unfolded(kid, spec);
  const Term& array = copy.kids.empty() ? term : copy.kids.back();
  if (term->op == Op::kLet) return unfolded(instantiate(copy.kids[1], {copy.kids[0]}), spec);
  if (term->op != Op::kPsi || array->op != Op::kGen || copy.kids.size() < 2)
    return copy.kids == term->kids ? term : make(std::move(copy));
  copy.kids.back() = instantiate(array->kids[1], {copy.kids[0]});
  copy.kids.erase(copy.kids.begin());
  return unfolded(copy.kids.size() == 1 ? copy.kids[0] : make(std::move(copy)), spec);
}
const Term& child(const Term& term, Op op, size_t k, const char* code) {
  need(term->op == op, code, string("the operand has another form, at ") + word_of(op));
  return term->kids[k];
}
Term reduction(RedOp red, const Term& bound, const Term& guard, const Term& x) {
  return make({.op = Op::kRed, .red = red, .binders = {"j"}, .kids = {bound, guard, x}});
}
void collect(const Term& term, Op op, Terms& out) {
  if (term->op == op) out.push_back(term);
  for (const Term& kid : term->kids) collect(kid, op, out);
}

// ---- the claim ----
constexpr const char* kCode = "attention";
constexpr const char* kTheorems =
    "masked_keys_have_no_influence, weights_are_positive, weights_sum_to_one, mean_of_weights, "
    "empty_row, order_of_keys_does_not_matter, causal";
// An input that is not the array of a mem: no index would say which of its elements are read.
bool reads_whole(const Term& term, const Spec& spec) {
  if (term->op == Op::kFree) return spec.input(term->name) != nullptr;
  const auto whole = [&](const Term& kid) { return reads_whole(kid, spec); };
  return std::any_of(term->kids.begin() + (term->op == Op::kMem ? 1 : 0), term->kids.end(), whole);
}
// The key itself, moved by what is the same for all keys; else two keys could share an element.
// With a variable of an inner sum one key would read the elements of many.
bool moved(const Term& index, const Term& key) {
  if (alpha_equal(index, key)) return true;
  if (index->op != Op::kAdd && index->op != Op::kSub) return false;
  const auto fixed = [&](const Term& c) { return !has(c, key) && c->free_bound == 0; };
  const Terms& k = index->kids;
  return (fixed(k[1]) && moved(k[0], key)) ||
         (index->op == Op::kAdd && fixed(k[0]) && moved(k[1], key));
}
// FORMAT 14, 1 to 3: the key arrays.
string check_reads(const Attention& form, const Spec& spec) {
  Terms opened;
  for (Number k = 0; k < form.rows.depth; ++k)
    opened.push_back(free_var("'row" + std::to_string(k)));
  const Term key = free_var("'key");
  opened.push_back(key);
  const Term mask = instantiate(form.mask, opened);
  Terms reads;
  for (const Term& part : {form.score, form.value}) {
    // The weight of a key that is not masked would be nothing.
    need(all_of(part, Op::kBottom).empty(), kCode, "bottom in a score or value");
    need(!reads_whole(part, spec), kCode, "a score or value reads a whole input");
    collect(instantiate(part, opened), Op::kMem, reads);
  }
  // Else elements, perhaps of a masked key, decide which keys there are, or what stands for none.
  need(all_of(mask, Op::kIsZero).empty(), kCode, "the mask depends on an element");
  need(!reads_whole(mask, spec), kCode, "the mask reads a whole input");
  for (const Term& part : {form.m, form.empty})
    need(all_of(part, Op::kMem).empty() && !reads_whole(part, spec), kCode,
         "the number of keys or the empty value reads an input");
  std::map<string, std::pair<size_t, Term>> arrays;  // key arrays: position and index of the key
  for (const Term& read : reads)
    for (size_t k = 1; k < read->kids.size(); ++k)
      if (has(read->kids[k], key)) arrays.try_emplace(read->kids[0]->name, k, read->kids[k]);
  need(!arrays.empty(), kCode, "no input is read at the key");
  for (const auto& [name, at] : arrays)
    need(moved(at.second, key), kCode, name + " is read at an index that is not the key's own");
  for (const Term& read : reads) {
    const string& name = read->kids[0]->name;
    if (!arrays.contains(name)) continue;
    const auto& [position, index] = arrays.at(name);
    for (size_t k = 1; k < read->kids.size(); ++k)
      need(k == position ? alpha_equal(read->kids[k], index) : !has(read->kids[k], key), kCode,
           name + " is read in two ways");
  }
  // What it holds would decide whether its key is masked.
  for (const Term& read : all_of(mask, Op::kMem))
    need(!arrays.contains(read->kids[0]->name), kCode, "the mask reads a key array");
  string names;
  for (const auto& [name, at] : arrays) names += (names.empty() ? "" : ", ") + name;
  return names;
}
Term read_limit(const Json& text, Scope rows, const Strings& axes, const Spec& spec) {
  const Term limit = read_term(text.get<string>(), axes, spec);
  const std::function<bool(const Term&)> allowed = [&](const Term& t) {
    return (t->op == Op::kInt || t->op == Op::kBound || t->op == Op::kFree || t->op == Op::kMem ||
            is_index_arithmetic(t->op)) &&
           std::ranges::all_of(t->kids, allowed);
  };
  need(allowed(limit) && infer(limit, rows, spec).sort == Sort::kIndex, kCode,
       "the limit is not an index over dimensions, rows and integer inputs");
  return limit;
}
}  // namespace
void push_loop(Scope& scope, const string& name, const Term& bound) {
  scope.push({Entry::Kind::kLoop, name, bound, {}, scope.depth});
}
bool has(const Term& term, const Term& name) { return replace_all(term, name, integer(0)) != term; }
Terms all_of(const Term& term, Op op) {
  Terms out;
  collect(term, op, out);
  return out;
}
Attention read_attention(const Term& onf, const Spec& spec, const char* code) {
  Attention form;
  Term term = unfolded(onf, spec);
  for (; term->op == Op::kFor || term->op == Op::kParFor; term = Term(term->kids[1]))
    push_loop(form.rows, term->binders[0], term->kids[0]);
  const Terms indices = indices_of(*term);
  const auto depth = static_cast<size_t>(form.rows.depth);
  // Else rows that write the same elements would be counted as different ones.
  need(
      term->op == Op::kPut && indices.size() == depth && indices.size() == spec.output.shape.size(),
      code, "no full put directly within loops");
  for (size_t k = 0; k < depth; ++k) {
    const auto variable = [&](const Term& index) {
      return alpha_equal(index, bound_var(static_cast<Number>(k)));
    };
    const auto found = std::ranges::find_if(indices, variable);
    need(found != indices.end(), code, "the put's indices are not the loops' variables");
    form.axes.insert(form.axes.begin(), "o" + std::to_string(found - indices.begin()));
  }
  // The operand is built again of its parts and compared, since these occur repeatedly.
  const Term operand = operand_of(*term);
  const Term numerator = child(child(operand, Op::kIf, 1, code), Op::kQuot, 0, code);
  const Term m = form.m = child(numerator, Op::kRed, 0, code);
  const Term g = form.mask = numerator->kids[1];
  const Term w = child(numerator->kids[2], Op::kMul, 0, code);
  const Term x = form.score = child(child(w, Op::kExp, 0, code), Op::kSub, 0, code);
  form.value = numerator->kids[2]->kids[1];
  form.empty = operand->kids[2];
  const Term largest = reduction(RedOp::kMax, shift(m, 1), shift(g, 1, 1), shift(x, 1, 1));
  const Term weight = make_op(Op::kExp, {op(Op::kSub, x, largest)});
  const Term quotient =
      op(Op::kQuot, reduction(RedOp::kAdd, m, g, op(Op::kMul, weight, form.value)),
         reduction(RedOp::kAdd, m, g, weight));
  const Term any = make({.op = Op::kAny, .binders = {"j"}, .kids = {m, g}});
  need(alpha_equal(operand, make_op(Op::kIf, {any, quotient, form.empty})), code,
       "the parts of the operand do not agree");
  return form;
}
void check_attention(const Term& onf, const Json& json, Claims claims, Strings& lines,
                     Strings& assumptions) {
  if (json == Json::object()) return lines.push_back("attention: nothing is claimed");
  claims.place = kCode;
  require_keys(json, {"limit", "proofs"});
  const Attention form = read_attention(onf, claims.spec, kCode);
  const string arrays = check_reads(form, claims.spec);
  const Term limit = read_limit(json.at("limit"), form.rows, form.axes, claims.spec);
  Scope keys = form.rows;
  push_loop(keys, "j", form.m);
  const Condition claim{with(keys, form.mask), op(Op::kLt, bound_var(0), shift(limit, 1))};
  check_proofs("attention.proofs", claims.generator.step({claim}), json.at("proofs"),
               claims.spec.budget, claims.place, claims.holes);
  lines.push_back("attention: key arrays " + arrays + "; without a key " +
                  print(form.empty, form.axes) + ", else of keys below " + print(limit, form.axes) +
                  "; Coq AttentionProofs: " + kTheorems);
  // What is not proved may not read as if it were.
  if (!claims.holes.empty()) lines.back() += " (if the holes are filled)";
  assumptions.push_back("AttentionProofs.v of spec/coq holds and speaks of this form of attention");
}
}  // namespace audit
