// Theorems, the product, and ratios. See bounds.h.
// Idea: the variables of the product's loops are opened: they become free names that no text can
// spell ("'row 0", "'column", "'key", "'dk"), so that parts of different depth can be compared.
// How it may be wrong: each refusal says what could be claimed without it.
#include "bounds.h"

namespace audit {
namespace {
using Quantities = std::map<string, Term>;  // what the variables of theorems stand for
[[noreturn]] void no_ratio(const string& why) { refuse("ratio", why); }
[[noreturn]] void no_product(const string& why) { refuse("product", why); }
void need(bool good, const string& why) {
  if (!good) no_product(why);
}
Term op(Op op, const Term& a, const Term& b) { return make_op(op, {a, b}); }

// ---- theorem files ----
// In forms: ? a word, ! a string, . anything, * any number of things.
constexpr const char* kForms =
    "(class ? (doc !)) (class ? (within ?) (doc !)) (var ? (doc !)) (theorem ? (doc !) (cite !) "
    "(coq ?) (class ?) (per ?) (vars *) (define *) (where *) (bound ? . .))";
constexpr size_t kCoq = 4, kClass = 5, kPer = 6, kVars = 7, kDefine = 8, kWhere = 9, kBound = 10;
constexpr const char* kNames[] = {"S",    "dk", "dv", "E",     "rows",
                                  "cols", "n",  "m",  "heads", "outputs"};
constexpr const char* kKinds[] = {"total", "loads", "stores", "threshold"};
constexpr const char* kPers[] = {"all", "group"};
constexpr Op kArithmetic[] = {Op::kAdd, Op::kSub, Op::kMul, Op::kDiv, Op::kMin, Op::kMax};
constexpr Op kRelations[] = {Op::kLe, Op::kLt, Op::kEq};
template <class List, class Item>
bool among(const List& list, const Item& item) {
  return std::ranges::find(list, item) != std::end(list);
}
void good(bool holds, const Sexp& at, const string& what) {
  if (!holds) at.fail(what, "theorems");
}
bool matches(const Sexp& sexp, const Sexp& form) {
  if (form.atom() || !sexp.list())
    return form.text == "?"   ? sexp.atom()
           : form.text == "!" ? sexp.quoted()
                              : form.text == "." || form.text == sexp.text;
  const bool open = form.items.back().text == "*";
  const size_t size = form.items.size() - (open ? 1 : 0);
  bool all = open ? sexp.items.size() >= size : sexp.items.size() == size;
  for (size_t k = 0; all && k < size; ++k) all = matches(sexp.items[k], form.items[k]);
  return all;
}
// The first word of a part of a theorem; what follows the part's name.
const string& word(const Sexp& theorem, size_t part) { return theorem.items[part].items[1].text; }
vector<Sexp> rest(const Sexp& theorem, size_t part) {
  return {theorem.items[part].items.begin() + 1, theorem.items[part].items.end()};
}
// A TERM or (with the relations) a COND over these names.
Term read_bound(const Sexp& sexp, const Quantities& names, bool condition = false) {
  if (sexp.atom() && !condition) {
    if (names.contains(sexp.text)) return names.at(sexp.text);
    good(is_digit(sexp.text[0]), sexp, "a name that has no value here");
    return integer(read_literal(sexp.text));
  }
  const auto op = op_from_word(sexp.head());
  good(op && (condition ? among(kRelations, *op) : among(kArithmetic, *op)) &&
           sexp.items.size() == 3,
       sexp, "not a term or condition of a theorem");
  return make_op(*op, {read_bound(sexp.items[1], names), read_bound(sexp.items[2], names)});
}
// The conditions, then numerator and denominator.
Terms statement(const Sexp& theorem, const Quantities& values) {
  Quantities names;
  for (const Sexp& var : rest(theorem, kVars))
    if (values.contains(var.text)) names[var.text] = values.at(var.text);
  for (const Sexp& item : rest(theorem, kDefine))
    names[item.head()] = read_bound(item.items[1], names);
  Terms out;
  for (const Sexp& item : rest(theorem, kWhere)) out.push_back(read_bound(item, names, true));
  for (const size_t k : {2, 3}) out.push_back(read_bound(theorem.items[kBound].items[k], names));
  return out;
}
// Of every row, used or not.
void check_theorem(const Sexp& theorem, const Theorems& theorems) {
  good(among(kPers, word(theorem, kPer)), theorem, "neither all nor group");
  good(theorems.classes.contains(word(theorem, kClass)), theorem, "a class that is not declared");
  good(among(kKinds, word(theorem, kBound)), theorem, "a kind of bound that is unknown");
  Quantities any;
  for (const Sexp& var : rest(theorem, kVars)) {
    good(among(kNames, var.text), var, "not a variable of theorems");
    any[var.text] = free_var("'" + var.text);
  }
  std::set<string> defined(std::begin(kNames), std::end(kNames));
  for (const Sexp& item : rest(theorem, kDefine))
    // A name that meant two things would be read in one way here and in another by people.
    good(item.items.size() == 2 && is_identifier(item.head()) && defined.insert(item.head()).second,
         item, "not a definition, or of a name that has another meaning");
  statement(theorem, any);
}
}  // namespace
void read_theorems(const string& text, Theorems& theorems) {
  const vector<Sexp> forms = read_sexps(kForms, true);
  for (const Sexp& sexp : read_sexps(text, true)) {
    const auto fits = [&](const Sexp& form) { return matches(sexp, form); };
    good(std::ranges::any_of(forms, fits), sexp, "not a form of a theorem file");
    const string head = sexp.head();
    const string& name = sexp.items[1].text;
    string plain = name;
    if (head == "class") std::ranges::replace(plain, '-', '_');
    good(is_identifier(plain), sexp, "no name");
    good(theorems.names.insert(name).second, sexp, "a name twice");
    if (head == "theorem") check_theorem(sexp, theorems);
    if (head == "theorem") theorems.rows[name] = sexp;
    good(head != "var" || among(kNames, name), sexp, "not a variable of theorems");
    if (head != "class") continue;
    good(sexp.items.size() == 3 || theorems.classes.contains(word(sexp, 2)), sexp,
         "within a class that is not declared");
    theorems.classes.insert(name);
  }
}

// ---- the product ----
namespace {
// Not zero, no negative coefficient, dimensions alone: at least 1 for all sizes. Bounds below 0
// would make products of two positive; a quotient may be negative.
bool plainly_positive(const Term& term, const Spec& spec) {
  if (!dimensions_only(term, spec)) return false;
  Reading reading{spec.budget};
  const Poly poly = index_poly(term, reading);
  return !poly.terms().empty() &&
         std::ranges::all_of(poly.terms(), [](const auto& part) { return part.second > 0; }) &&
         std::ranges::all_of(reading.atoms,
                             [](const Atom& atom) { return atom.kind == AtomKind::kVariable; });
}
// Neither opened variables nor arrays; dimensions and literals.
bool constant(const Term& term, const Spec& spec) {
  if (term->op == Op::kFree) return spec.is_dim(term->name);
  return std::ranges::all_of(term->kids, [&](const Term& kid) { return constant(kid, spec); });
}
// With an `if` or `bottom` a pair could need no work at all.
bool plain(const Term& term) {
  const Op op = term->op;
  return (op == Op::kInt || op == Op::kFree || op == Op::kBound || op == Op::kReal ||
          op == Op::kRat || op == Op::kMem || op == Op::kRed || op == Op::kTrue ||
          is_index_arithmetic(op) || pointwise_arity(op) > 0) &&
         std::ranges::all_of(term->kids, plain);
}
bool no_binder(const Term& term) {
  return term->binders.empty() && std::ranges::all_of(term->kids, no_binder);
}
// FORMAT 13, 2: the factors of a product.
void factors_of(const Term& term, Terms& out) {
  const bool quotient = term->op == Op::kQuot && all_of(term->kids[1], Op::kMem).empty();
  if (term->op != Op::kMul && !quotient) return out.push_back(term);
  factors_of(term->kids[0], out);
  if (!quotient) factors_of(term->kids[1], out);
}
// The indices without the first one that is this variable, which no other one mentions.
Terms other_indices(const Term& read, const Term& variable) {
  Terms indices = indices_of(*read);
  const auto same = [&](const Term& index) { return alpha_equal(index, variable); };
  const auto found = std::ranges::find_if(indices, same);
  need(found != indices.end(), "no index of a read is the element's");
  indices.erase(found);
  for (const Term& index : indices) need(!has(index, variable), "an element in two indices");
  return indices;
}
// The variable moved by what no loop changes: other keys for other values of it.
bool moved(const Term& index, const Term& variable, const Spec& spec) {
  if (alpha_equal(index, variable)) return true;
  if (index->op != Op::kAdd && index->op != Op::kSub) return false;
  const Terms& k = index->kids;
  return (dimensions_only(k[1], spec) && moved(k[0], variable, spec)) ||
         (dimensions_only(k[0], spec) && moved(k[1], variable, spec));
}
Term without_ones(Terms factors) {
  std::erase_if(factors, [](const Term& f) { return f->op == Op::kInt && f->value == 1; });
  return product(factors);
}
void add_parts(const Term& guard, Terms& out) {
  if (guard->op == Op::kAnd)
    for (const Term& part : guard->kids) add_parts(part, out);
  else if (guard->op != Op::kTrue)
    out.push_back(guard);
}

// What the spec computes, and how much of it.
class Product {
 public:
  Product(const Spec& spec, Claims& claims) : spec_(spec), claims_(claims) {}
  void add_values(const Term& onf, const Json& json, Quantities& values) {
    claims_.place = "product";
    require_keys(json, {"column", "heads", "nests", "pairs", "rows", "cols"});
    open(read_attention(onf, spec_, "product"), json.at("column").get<size_t>());
    read_score();
    group(json.at("heads"));
    count(json);
    values.insert(values_.begin(), values_.end());
  }

 private:
  struct Row {
    string name;
    Term variable, bound;
    bool shared = false;
  };
  struct Counting {
    const char* name;
    Json row;  // as of `traffic`
    TrafficRow site;
  };
  static bool among_terms(const Terms& terms, const Term& term) {
    return std::ranges::any_of(terms, [&](const Term& t) { return alpha_equal(t, term); });
  }
  void open(const Attention& form, size_t column) {
    Terms variables;
    for (const Entry& loop : form.rows.entries) {
      need(plainly_positive(loop.term, spec_), "the bound of a loop is not plainly positive");
      variables.push_back(free_var("'row " + std::to_string(rows_.size())));
      rows_.push_back({loop.name, variables.back(), loop.term});
    }
    need(column < rows_.size(), "no such column");
    need(plainly_positive(form.m, spec_), "the keys' bound is not plainly positive");
    variables.push_back(key_);
    guard_ = instantiate(form.mask, variables);
    score_ = instantiate(form.score, variables);
    value_ = instantiate(form.value, variables);
    column_ = rows_[column].variable;
    need(has(value_, column_) && !has(score_, column_) && !has(guard_, column_),
         "the column is not of the values alone");
    need(no_binder(guard_) && plain(score_) && plain(value_), "a pair that may need no work");
    values_ = {{"dv", rows_[column].bound}, {"m", form.m}};
    rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(column));
  }
  // FORMAT 13, 2 to 4.
  void read_score() {
    const Terms reds = all_of(score_, Op::kRed);
    need(reds.size() == 1 && reds[0]->red == RedOp::kAdd && reds[0]->kids[1]->op == Op::kTrue &&
             all_of(value_, Op::kRed).empty(),
         "not one sum in the score, none in the value");
    need(plainly_positive(reds[0]->kids[0], spec_), "the sum's bound is not plainly positive");
    values_["dk"] = reds[0]->kids[0];
    const Term element = free_var("'dk");
    Terms factors;
    factors_of(instantiate(reds[0]->kids[2], {element}), factors);
    Term query, key;
    for (const Term& factor : factors) {
      const Terms reads = all_of(factor, Op::kMem);
      // A factor that could be 0 for some elements would make them superfluous.
      need(reads.empty() ? constant(factor, spec_) : reads.size() == 1, "a factor of the score");
      if (reads.empty()) continue;
      Term& place = has(reads[0], key_) ? key : query;
      need(!place, "two reads of queries or of keys");
      place = reads[0];
    }
    const Terms values = all_of(value_, Op::kMem);
    need(query && key && values.size() == 1, "not one read of queries, keys and values each");
    for (const Term& read : {query, key, values[0]})
      need(std::ranges::count_if(Terms{query, key, values[0]},
                                 [&](const Term& other) {
                                   return operand_of(*other)->name == operand_of(*read)->name;
                                 }) == 1 &&
               spec_.input(operand_of(*read)->name)->elem == Elem::kReal,
           "reads that are not of three inputs of reals");
    const Terms own = other_indices(query, element);
    for (const Row& row : rows_)
      need(among_terms(own, row.variable), "rows that may read the same query");
    keys_ = other_indices(key, element);
    need(std::ranges::is_permutation(keys_, other_indices(values[0], column_), alpha_equal),
         "keys and values of different indices");
  }
  // FORMAT 13, 5 and 6.
  void group(const Json& heads) {
    Terms sets, same_keys;  // factors of heads, of n
    size_t quotients = 0;
    for (const Term& index : keys_) {
      if (has(index, key_)) {
        need(moved(index, key_, spec_), "an index that may be the same for two keys");
        continue;
      }
      if (dimensions_only(index, spec_)) continue;
      const bool quotient = index->op == Op::kDiv && dimensions_only(index->kids[1], spec_);
      const Term& variable = quotient ? index->kids[0] : index;
      const auto row = std::ranges::find_if(
          rows_, [&](const Row& r) { return alpha_equal(r.variable, variable); });
      need(row != rows_.end() && !row->shared, "an index of the keys that is not of one row");
      row->shared = true;
      if (!quotient) {
        sets.push_back(row->bound);
        continue;
      }
      const Term& b = index->kids[1];
      need(quotients < items(heads).size(), "a quotient without heads");
      const vector<Json>& entry = items(heads[quotients++], 2);
      sets.push_back(dimensions(entry[0]));
      same_keys.push_back(b);
      const Term all = op(Op::kAdd, row->bound, op(Op::kSub, b, integer(1)));
      prove("product.heads", {{}, op(Op::kEq, op(Op::kDiv, all, b), sets.back())}, entry[1]);
    }
    need(quotients == items(heads).size(), "heads for no quotient");
    for (const Row& row : rows_)
      if (!row.shared) same_keys.push_back(row.bound);
    values_["heads"] = without_ones(sets);
    values_["n"] = without_ones(same_keys);
  }
  Term dimensions(const Json& text) const {
    const Term term = read_term(text.get<string>(), {}, spec_);
    need(dimensions_only(term, spec_), "not made of dimensions");
    return term;
  }
  void prove(const char* list, const Condition& claim, const Json& proofs) {
    check_proofs(list, claims_.generator.step({claim}), proofs, spec_.budget, claims_.place,
                 claims_.holes);
  }
  // A binder-free term in which loop k of the names is the variable of level k.
  static Term closed(Term term, const Terms& variables) {
    for (size_t k = 0; k < variables.size(); ++k)
      term =
          replace_all(term, variables[k], bound_var(static_cast<Number>(variables.size() - 1 - k)));
    return term;
  }
  // The site within the loops and those conditions that are counted; the others are proved.
  void add_site(const char* name, const Scope& loops, const Terms& conditions, const Json& counted,
                const Json& row) {
    Scope scope = loops;
    items(counted, conditions.size());
    for (size_t k = 0; k < conditions.size(); ++k)
      if (counted[k] == "count")
        scope = with(scope, conditions[k]);
      else
        prove(name, {loops, conditions[k]}, counted[k]);
    const Site site = site_in(scope, spec_, nests_, reading_);
    // A condition on data taken as true would make E too large.
    need(site.exact, "a count that depends on data");
    sites_.push_back({name, {"", "", "exact", row[0], row[1], row[2]}, {"", false, {site}}});
  }
  void count(const Json& json) {
    Terms variables, guards;
    Strings names;
    Scope loops;
    for (const Row& row : rows_) {
      variables.push_back(row.variable);
      names.push_back(row.name);
      push_loop(loops, row.name, row.bound);
    }
    add_parts(guard_, guards);
    add_pairs(loops, variables, guards, json.at("pairs"));
    if (!items(json.at("rows")).empty())
      add_rows(loops, variables, guards, names, items(json.at("rows"), 5));
    if (!items(json.at("cols")).empty()) add_cols(guards, items(json.at("cols"), 5));
    const vector<Counted> nests = claims_.all(nests_, json.at("nests"));
    for (Counting& counting : sites_) {
      claims_.place = counting.name;
      claims_.row(counting.site, nests, counting.row);
      Term words = counting.site.words;
      if (counting.name == string("cols")) words = op(Op::kMul, values_.at("heads"), words);
      // The floor of a whole number; more than the count can never stand for it.
      if (counting.site.times != 1) words = op(Op::kDiv, words, integer(counting.site.times));
      values_[counting.name] = words;
    }
  }
  void add_pairs(Scope loops, Terms variables, Terms guards, const Json& json) {
    items(json, 3);
    push_loop(loops, "j", values_.at("m"));
    variables.push_back(key_);
    for (Term& guard : guards) guard = closed(guard, variables);
    add_site("E", loops, guards, Json(Strings(guards.size(), "count")), json);
  }
  static Json tail(const vector<Json>& row) { return {row[2], row[3], row[4]}; }
  static void add_range(const Term& index, const Term& bound, Terms& conditions) {
    conditions.push_back(op(Op::kLe, integer(0), index));
    conditions.push_back(op(Op::kLt, index, bound));
  }
  // Rows that have at least the key J.
  void add_rows(const Scope& loops, const Terms& variables, Terms guards, const Strings& names,
                const vector<Json>& json) {
    const Term J = read_cost(json[0], names, spec_);
    for (Term& guard : guards) guard = replace_all(closed(guard, variables), key_, J);
    add_range(J, values_.at("m"), guards);
    add_site("rows", loops, guards, json[1], tail(json));
  }
  // Keys that at least the row A has; in each head, since g tells no heads apart.
  void add_cols(Terms guards, const vector<Json>& json) {
    Scope loop;
    push_loop(loop, "j", values_.at("m"));
    Terms ranges;
    size_t used = 0;
    for (Term& guard : guards) guard = closed(guard, {key_});
    for (const Row& row : rows_) {
      for (const Term& guard : guards)
        need(!row.shared || !has(guard, row.variable), "a mask that differs between heads");
      if (row.shared) continue;
      need(used < items(json[0]).size(), "not a row for each that is free");
      const Term A = read_cost(json[0][used++], {"j"}, spec_);
      for (Term& guard : guards) guard = replace_all(guard, row.variable, A);
      add_range(A, row.bound, ranges);
    }
    need(used == json[0].size(), "not a row for each that is free");
    guards.insert(guards.end(), ranges.begin(), ranges.end());
    add_site("cols", loop, guards, json[1], tail(json));
  }
  const Spec& spec_;
  Claims& claims_;
  vector<Row> rows_;  // of all loops; later without the column
  const Term key_ = free_var("'key");
  Term column_, guard_, score_, value_;
  Terms keys_;  // indices of the key read but for the element's
  Quantities values_;
  vector<Nest> nests_;
  Reading reading_{spec_.budget};
  vector<Counting> sites_;
};

// ---- ratios ----
using Pins = std::map<string, Number>;
// With the literals of `at`, and operators of literals done.
Term pinned(const Term& term, const Pins& at, const Spec& spec) {
  spec.budget.visit(1);
  if (term->op == Op::kFree && at.contains(term->name)) return integer(at.at(term->name));
  Node copy = *term;
  for (Term& kid : copy.kids) kid = pinned(kid, at, spec);
  const auto literal = [](const Term& kid) { return kid->op == Op::kInt; };
  const bool division = term->op == Op::kDiv;
  if (!among(kArithmetic, term->op) || !std::ranges::all_of(copy.kids, literal) ||
      (division && copy.kids[1]->value <= 0))
    return copy.kids == term->kids ? term : make(std::move(copy));
  const Int a = copy.kids[0]->value;
  const Int b = copy.kids[1]->value;
  Int value = division ? floor_div(a, b) : term->op == Op::kMul ? Int(a * b) : Int(a + b);
  if (term->op == Op::kSub) value = a - b;
  if (term->op == Op::kMin || term->op == Op::kMax)
    value = (term->op == Op::kMin) == (a < b) ? a : b;
  // What is no literal stays an operator, and is exact as a polynomial.
  return abs(value) > kMaxLiteral ? make(std::move(copy)) : integer(static_cast<Number>(value));
}
Pins read_pins(const Json& json, const Spec& spec) {
  Pins at;
  for (const Json& pin : items(json)) {
    const Int value = parse_integer(items(pin, 2)[1].get<string>());
    const string name = pin[0].get<string>();
    if (!spec.is_dim(name) || value < 1 || value > Int(1) << 24 ||
        !at.emplace(name, static_cast<Number>(value)).second)
      no_ratio("at: not a dimension and its size, or twice");
  }
  return at;
}
Term read_condition(const Json& text, const Spec& spec) {
  const Term term = read_term(text.get<string>(), {}, spec);
  if (!among(kRelations, term->op) || !dimensions_only(term->kids[0], spec) ||
      !dimensions_only(term->kids[1], spec))
    no_ratio("where: not an inequality of dimensions");
  return term;
}
Int read_size(const Json& text) {
  const Int size = parse_integer(text.get<string>());
  if (size > kMaxLiteral) no_ratio("a ratio beyond 2^62");
  return size;
}

// One entry of `ratios`.
class Ratio {
 public:
  Ratio(const Sexp& theorem, const Program& program, const Claims& claims, const Json& json)
      : theorem_(theorem),
        program_(program),
        claims_(claims),
        spec_(claims.spec),
        json_(json),
        at_(read_pins(json.at("at"), spec_)),
        region_(spec_) {
    std::erase_if(region_.dims, [&](const string& dim) { return at_.contains(dim); });
    region_.core = pinned(spec_.core, at_, spec_);
    for (Term& require : region_.assumptions) require = pinned(require, at_, spec_);
    for (const Json& text : items(json.at("where"))) where_.push_back(read_condition(text, spec_));
    for (const Term& condition : where_) scope_ = with(scope_, pinned(condition, at_, spec_));
  }
  string check(Quantities values, const string& name) {
    const Term words = read_term(json_.at("words").get<string>(), {}, spec_);
    if (!dimensions_only(words, spec_)) no_ratio("words: not made of dimensions");
    values["S"] = words;
    Terms fits;
    for (const Term& footprint : program_.costs.footprints)
      fits.push_back(op(Op::kLe, footprint, words));
    claims_.place = name + ".point";
    check_point(fits);
    Terms hypotheses = statement(theorem_, values);
    const Term denominator = hypotheses.back();
    hypotheses.pop_back();
    const Term goal = distance(hypotheses.back(), denominator, values);
    hypotheses.back() = op(Op::kLe, integer(1), denominator);
    prove(name, {{"fits", fits}, {"hypotheses", hypotheses}, {"proof", {goal}}});
    return line(words);
  }

 private:
  using Lists = vector<std::pair<const char*, Terms>>;
  // In an empty region everything holds.
  void check_point(const Terms& fits) const {
    Spec all = spec_;
    all.assumptions.insert(all.assumptions.end(), where_.begin(), where_.end());
    all.assumptions.insert(all.assumptions.end(), fits.begin(), fits.end());
    for (const auto& [dim, value] : at_)
      all.assumptions.push_back(op(Op::kEq, free_var(dim), integer(value)));
    check_witness(all, json_.at("point"));
  }
  Term distance(Term least, const Term& denominator, const Quantities& values) {
    const string& kind = word(theorem_, kBound);
    const Int p = read_size(items(json_.at("ratio"), 2)[0]);
    const Int q = read_size(json_.at("ratio")[1]);
    // Nothing is better than a lower bound.
    if (q < 1 || p < q) no_ratio("not 1 <= q <= p");
    optimal_ = p == q && kind == "total";
    Int common = 1;
    vector<TrafficRow> rows = program_.costs.rows;
    std::erase_if(rows,
                  [&](const TrafficRow& row) { return kind == (row.store ? "loads" : "stores"); });
    for (const TrafficRow& row : rows) {
      // What is not claimed may be any number of words.
      if (!row.words) no_ratio("the traffic of " + row.array + " is not claimed");
      common = lcm(common, Int(row.times));
    }
    const auto literal = [](const Int& value) {
      if (value > kMaxLiteral) refuse("limit", "a literal beyond 2^62");
      return integer(static_cast<Number>(value));
    };
    Term sum;
    for (const TrafficRow& row : rows) {
      const Term part = op(Op::kMul, literal(common / row.times), row.words);
      sum = sum ? op(Op::kAdd, sum, part) : part;
    }
    if (!sum) no_ratio("no traffic of this kind");
    if (word(theorem_, kPer) == "group") {
      if (!values.contains("heads")) no_ratio("no value of heads");
      least = op(Op::kMul, values.at("heads"), least);
    }
    return op(Op::kLe, op(Op::kMul, op(Op::kMul, literal(q), denominator), sum),
              op(Op::kMul, op(Op::kMul, literal(p), literal(common)), least));
  }
  // Divisors that are plainly positive, as quotients of nothing else.
  void add_divisors(const Term& term, Terms& out) const {
    for (const Term& kid : term->kids) add_divisors(kid, out);
    if (term->op == Op::kDiv && plainly_positive(term->kids[1], region_))
      out.push_back(op(Op::kDiv, integer(0), term->kids[1]));
  }
  void prove(const string& name, Lists lists) {
    Terms divided = {pinned(program_.final_term, at_, spec_)};
    region_.budget = spec_.budget;
    for (const Entry& entry : scope_.entries) add_divisors(entry.term, divided);
    for (auto& [list, goals] : lists) {
      for (Term& goal : goals) add_divisors(goal = pinned(goal, at_, region_), divided);
      const Json& trees = json_.at(list);
      if (list != string("proof")) items(trees, goals.size());
    }
    Generator generator(region_);
    // Those of section 7 are proved for all sizes, those of add_divisors need no proof.
    generator.divisors(make_op(Op::kTup, divided));
    Claims claims{region_, generator, claims_.place, claims_.holes};
    for (const auto& [list, goals] : lists)
      for (size_t k = 0; k < goals.size(); ++k) {
        const bool one = list == string("proof");
        claims.place = name + "." + list + (one ? "" : "[" + std::to_string(k) + "]");
        claims.prove(one ? json_.at(list) : json_.at(list)[k], {scope_, goals[k]});
      }
    spec_.budget = region_.budget;  // else every entry would have all of it again
  }
  string line(const Term& words) const {
    string region;
    for (const auto& [dim, value] : at_) region += ", " + dim + " = " + std::to_string(value);
    for (const Term& condition : where_) region += ", " + print(condition);
    const string ratio =
        json_.at("ratio")[0].get<string>() + "/" + json_.at("ratio")[1].get<string>();
    const string& coq = word(theorem_, kCoq);
    return "ratio " + theorem_.items[1].text + ": class " + word(theorem_, kClass) + ", " +
           (coq == "none" ? "assumed" : "Coq " + coq) + ", " + print(words) + " words" + region +
           ": " + (optimal_ ? "optimal" : "within a factor of " + ratio);
  }
  const Sexp& theorem_;
  const Program& program_;
  Claims claims_;
  const Spec& spec_;
  const Json& json_;
  const Pins at_;
  Spec region_;  // at `at`
  Terms where_;
  Scope scope_;  // of all claims: the conditions of `where`
  bool optimal_ = false;
};
}  // namespace
void check_ratios(const Program& program, const Json& certificate, const Theorems& theorems,
                  Claims claims, Strings& lines, Strings& assumptions) {
  const vector<Json>& ratios = items(certificate.at("ratios"));
  const Json& product = certificate.at("product");
  Quantities values;
  const Terms& extents = claims.spec.output.shape;
  if (std::ranges::all_of(extents, [&](const Term& e) { return plainly_positive(e, claims.spec); }))
    values["outputs"] = audit::product(extents);
  if (ratios.empty() && product != Json::object()) no_product("is given, but no ratio is claimed");
  if (ratios.empty()) return lines.push_back("ratio: none is claimed");
  if (product != Json::object())
    Product(claims.spec, claims).add_values(program.onf, product, values);
  Strings accepted;  // nothing is reported if a later one is refused
  for (size_t k = 0; k < ratios.size(); ++k) {
    const string name = claims.place = "ratios[" + std::to_string(k) + "]";
    require_keys(ratios[k], {"theorem", "words", "at", "where", "point", "fits", "hypotheses",
                             "ratio", "proof"});
    const auto found = theorems.rows.find(ratios[k].at("theorem").get<string>());
    if (found == theorems.rows.end()) no_ratio("no such theorem");
    const auto& [theorem, row] = *found;
    if (word(row, kBound) == "threshold") no_ratio("a threshold is no bound of traffic");
    accepted.push_back(Ratio(row, program, claims, ratios[k]).check(values, name));
    // What is not proved may not read as if it were.
    if (!claims.holes.empty()) accepted.back() += " (if the holes are filled)";
    const string& coq = word(row, kCoq);
    assumptions.push_back("theorem " + theorem + " of spec/bounds holds, by " +
                          (coq == "none" ? "its source" : "Coq " + coq + " of spec/coq"));
    if (word(row, kPer) == "group")
      assumptions.push_back("theorem " + theorem + ": bounds of separate sets of keys add up");
  }
  lines.insert(lines.end(), accepted.begin(), accepted.end());
}
}  // namespace audit
