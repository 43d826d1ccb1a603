// The `attend` block: the core term of LANGUAGE.md section 3, last table.
// May be wrong: only in the shape of the term; the audit builds its own.
#include <utility>

#include "spec/lang/elaborator.h"

namespace minimoa::elaboration {

void Elaborator::attend_head(const Item& i) {
  const NameAt& out = i.names[0];
  if (!output_ || out.text != output_->text) {
    find_name(out.text, out.span);
    fail("E0108", "`" + out.text + "` is not the output", out.span, "`attend` defines the output");
  }
  find_name(out.text, out.span);
  const std::size_t rank = output_type_.shape.size();
  if (i.names.size() - 1 != rank) {
    fail("E0203", "wrong number of indices for `" + out.text + "`", out.span,
         "expected " + std::to_string(rank) + " indices, got " + std::to_string(i.names.size() - 1),
         {declared({mk_var(out.text)}, {})});
  }
  for (std::size_t k = 1; k < i.names.size(); ++k) {
    Entry e;
    e.kind = Entry::Kind::kBound;
    e.type = index_type();
    declare(i.names[k], e);
  }
}

void Elaborator::attend_field(const Field& f, AttendParts* parts) {
  const std::string& word = f.word.text;
  if (word == "mask") {
    parts->mask = condition(*f.expr).core;
    parts->mask_span = f.expr->span;
    return;
  }
  Term t = scalar(*f.expr, word.c_str()).core;
  if (word == "score")
    parts->score = std::move(t);
  else if (word == "bias")
    parts->bias = std::move(t);
  else if (word == "value")
    parts->value = std::move(t);
  else
    parts->empty = std::move(t);
}

void Elaborator::attend(const Item& i) {
  start_definition(i.names[0]);
  attend_head(i);
  AttendParts parts;
  parts.n = index(*i.expr).core;
  Entry e;
  e.kind = Entry::Kind::kBound;
  e.type = index_type();
  declare(i.over, e);
  const bool good = attend_fields(i, &parts);
  for (std::size_t k = 1; k < i.names.size(); ++k) close_name(i.names[k]);
  if (good) spec_.core = attend_core(i, parts);
}

// core:  (gen (b B) .. (let (s) (gen (j N) X) (let (m) (red max ..) QUOT)))
Term Elaborator::attend_core(const Item& i, const AttendParts& parts) {
  const std::string& j = i.over.text;
  const std::string s = fresh_name("s"), m = fresh_name("m");
  const Term n = parts.n;
  const Term x = parts.bias ? mk(Op::kAdd, {parts.score, parts.bias}) : parts.score;
  const Term mask = parts.mask ? parts.mask : mk(Op::kTrue);
  const auto score_at = [&] { return mk_psi({mk_var(j)}, mk_var(s)); };
  const auto weight = [&] { return mk(Op::kExp, {mk(Op::kSub, {score_at(), mk_var(m)})}); };
  const Term maximum = mk_red("max", j, n, mask, score_at());
  const Term above = mk_red("add", j, n, mask, mk(Op::kMul, {weight(), parts.value}));
  const Term below = mk_red("add", j, n, mask, weight());
  Term quot = mk(Op::kDiv, {above, below});
  if (parts.empty) {
    const Term some = mk_bind(Op::kAny, j, n, mask);
    quot = mk(Op::kIf, {some, quot, parts.empty});
  }
  Term body = mk_let(s, mk_bind(Op::kGen, j, n, x), mk_let(m, maximum, quot));
  const Span where = parts.mask ? parts.mask_span : i.span;
  map_->add(maximum, where);
  map_->add(body, i.span);
  if (!parts.empty) map_->rows.push_back({maximum, where, true});
  for (std::size_t k = i.names.size(); k-- > 1;) {
    body = mk_bind(Op::kGen, i.names[k].text, output_type_.shape[k - 1], body);
    map_->add(body, i.names[k].span);
  }
  check_size(body, false, i.span);
  return body;
}

}  // namespace minimoa::elaboration
