// Printing is line by line: a line is text that may be broken at its blanks,
// and the blank at the least bracket depth is preferred.
// May be wrong: see portable.h. A comment never decides anything.
#include "extract/targets/portable.h"

#include <algorithm>
#include <utility>

namespace minimoa {
namespace {

constexpr std::size_t kWidth = 98;

// ---------------------------------------------------------------- lines

// Best blank of text to break at, so that the first part fits into `room`.
std::size_t break_at(const std::string& text, std::size_t room) {
  std::size_t best = std::string::npos;
  int depth = 0, best_depth = 0;
  for (std::size_t k = 0; k < text.size(); ++k) {
    if (text[k] == '(' || text[k] == '[') ++depth;
    if (text[k] == ')' || text[k] == ']') --depth;
    if (text[k] != ' ' || k == 0) continue;
    if (k > room && best != std::string::npos) break;
    const bool early = k < room / 2;
    if (best == std::string::npos || early || depth <= best_depth || best < room / 2) {
      best = k;
      best_depth = depth;
    }
    if (k > room) break;
  }
  return best;
}

class Printer {
 public:
  Printer(const Spec& spec, const std::string& schedule, const Program& program,
          const Origins& origins, const InstructionTable* rows)
      : spec_(spec),
        k_(symbol_prefix(spec, schedule)),
        program_(program),
        origins_(origins),
        rows_(rows) {}
  std::string run();

 private:
  void line(const std::string& text = "");
  void open(const std::string& text) { line(text), ++indent_; }
  void close(const std::string& text = "}") { --indent_, line(text); }
  void comment(const std::string& text);
  void frame_head();
  void arguments();
  void helpers();
  void instructions();
  void code(const std::string& text);
  void check();
  void size_function(const std::string& what, const std::string& value, const std::string& about);
  void run_function();
  void phase(std::size_t q);
  void phase_comment(const Phase& phase, std::size_t q);
  void block_comment(const Term& source);
  void rules_comment(const std::vector<std::string>& binders);
  void block(const Block& b);
  void statement(const CodeStatement& s);
  std::string tasks(const Phase& phase) const;
  std::vector<std::pair<std::string, std::size_t>> arrays() const;

  const Spec& spec_;
  const std::string k_;
  const Program& program_;
  const Origins& origins_;
  const InstructionTable* rows_;
  std::string out_;
  std::size_t indent_ = 0;
};

void Printer::line(const std::string& text) {
  std::string rest = text;
  std::size_t indent = 2 * indent_;
  while (indent + rest.size() > kWidth) {
    const std::size_t k = break_at(rest, kWidth - indent);
    if (k == std::string::npos) break;
    out_ += std::string(indent, ' ') + rest.substr(0, k) + "\n";
    rest = rest.substr(k + 1);
    indent = 2 * indent_ + 4;
  }
  if (!rest.empty()) out_ += std::string(indent, ' ') + rest;
  out_ += "\n";
}

void Printer::comment(const std::string& text) {
  const std::string lead = std::string(2 * indent_, ' ') + "//";
  std::string rest = comment_text(text);
  bool first = true;
  while (!rest.empty()) {
    const std::string pad = first ? " " : "   ";
    const std::size_t room = std::max<std::size_t>(kWidth - lead.size() - pad.size(), 30);
    std::size_t k = rest.size();
    if (k > room) {
      k = rest.rfind(' ', room);
      if (k == std::string::npos || k == 0) k = rest.find(' ');
      if (k == std::string::npos) k = rest.size();
    }
    out_ += lead + pad + rest.substr(0, k) + "\n";
    rest = k < rest.size() ? rest.substr(k + 1) : "";
    first = false;
  }
}

std::vector<std::pair<std::string, std::size_t>> Printer::arrays() const {
  std::vector<std::pair<std::string, std::size_t>> out;
  for (const Array& a : spec_.inputs) out.push_back({a.name, a.shape.size()});
  out.push_back({spec_.output.name, spec_.output.shape.size()});
  return out;
}

// ---------------------------------------------------------------- frame

void Printer::arguments() {
  open("struct " + k_ + "_args {");
  line("std::size_t size;");
  for (const std::string& d : spec_.dims) line("std::int64_t " + d + ";");
  const auto array = [&](const Array& a, const std::string& type) {
    line(type + " " + a.name + ";");
    line("std::int64_t " + a.name + "_s[" +
         std::to_string(std::max<std::size_t>(a.shape.size(), 1)) + "];");
  };
  for (const Array& a : spec_.inputs) {
    array(a, a.elem == Elem::kI32 ? "const std::int32_t*" : "const float*");
  }
  array(spec_.output, "float*");
  line("float* workspace;");
  line("float* scratch;");
  line("std::int64_t workers;");
  line("void (*parallel_for)(void*, std::int64_t, " + k_ + "_task, void*);");
  line("void* parallel_context;");
  close("};");
}

void Printer::frame_head() {
  for (const char* h : {"cmath", "cstddef", "cstdint", "limits"}) {
    line(std::string("#include <") + h + ">");
  }
  if (rows_ != nullptr) line("#include <" + rows_->include + ">");
  line();
  line("extern \"C\" {");
  line();
  for (const std::string& l : contract_lines(spec_)) comment(l);
  line("typedef void (*" + k_ + "_task)(void*, std::int64_t, std::int64_t);");
  arguments();
  const std::string args = "(const struct " + k_ + "_args* p);";
  line("std::int32_t " + k_ + "_check" + args);
  line("std::int64_t " + k_ + "_workspace" + args);
  line("std::int64_t " + k_ + "_scratch" + args);
  line("std::int32_t " + k_ + "_run" + args);
  line();
  line("}");
  line();
}

void Printer::helpers() {
  const std::string i64 = "std::int64_t ";
  comment("Limits of the contract; sizes are counted up to kMaxCount, -1 means more.");
  line("constexpr " + i64 + "kMaxDim = 16777216;");
  line("constexpr " + i64 + "kMaxStride = 68719476736;");
  line("constexpr " + i64 + "kMaxCount = 1099511627776;");
  comment("bottom: the maximum of nothing; expsub of it is 0.");
  line("constexpr float kBottom = -std::numeric_limits<float>::infinity();");
  const auto inline_function = [&](const std::string& head, const std::string& body) {
    open("[[maybe_unused]] inline " + head + " {");
    line("return " + body + ";");
    close();
  };
  inline_function("float maximum(float x, float y)", "x < y ? y : x");
  inline_function("float minimum(float x, float y)", "y < x ? y : x");
  inline_function("float expsub(float x, float y)", "x == kBottom ? 0.0f : std::exp(x - y)");
  inline_function("std::int64_t product(std::int64_t x, std::int64_t y)",
                  "x < 0 || y < 0 || (y != 0 && x > kMaxCount / y) ? -1 : x * y");
  inline_function("std::int64_t total(std::int64_t x, std::int64_t y)",
                  "x < 0 || y < 0 || x > kMaxCount - y ? -1 : x + y");
}

// A function on one line: a line for each of its statements.
void Printer::code(const std::string& text) {
  std::string rest = text;
  std::replace(rest.begin(), rest.end(), '\n', ' ');
  const auto cut = [&](std::size_t end) {
    line(rest.substr(0, end));
    const std::size_t next = rest.find_first_not_of(' ', end);
    rest = next == std::string::npos ? "" : rest.substr(next);
  };
  const std::size_t head = rest.find('{');
  if (head == std::string::npos) return line(rest);
  cut(head + 1);
  ++indent_;
  for (std::size_t k = rest.find(';'); k != std::string::npos; k = rest.find(';')) cut(k + 1);
  --indent_;
  if (!rest.empty()) line(rest);
}

// The rows of the target, as their file has them.
void Printer::instructions() {
  line();
  comment("Instructions of the target " + rows_->target + " (" + rows_->path + ").");
  for (const Instruction& row : rows_->rows) {
    comment(row.doc);
    code(row.code);
  }
}

void Printer::check() {
  comment("0 if the arguments keep the contract, else the first status that applies.");
  open("std::int32_t " + k_ + "_check(const struct " + k_ + "_args* p) {");
  line("if (p == nullptr || p->size != sizeof(struct " + k_ + "_args)) { return 1; }");
  line("const " + k_ + "_args& a = *p;");
  line("static_cast<void>(a);");
  for (const std::string& d : spec_.dims) {
    line("if (a." + d + " < 1 || a." + d + " > kMaxDim) { return 2; }");
  }
  for (const std::string& r : program_.requires_) line("if (!(" + r + ")) { return 3; }");
  for (const auto& [name, rank] : arrays()) {
    for (std::size_t k = 0; k < rank; ++k) {
      const std::string s = "a." + name + "_s[" + std::to_string(k) + "]";
      line("if (" + s + " < 0 || " + s + " > kMaxStride) { return 4; }");
    }
  }
  for (const auto& [name, rank] : arrays()) line("if (a." + name + " == nullptr) { return 5; }");
  line("return 0;");
  close();
}

void Printer::size_function(const std::string& what, const std::string& value,
                            const std::string& about) {
  line();
  comment(about);
  open("std::int64_t " + k_ + "_" + what + "(const struct " + k_ + "_args* p) {");
  line("if (" + k_ + "_check(p) != 0) { return -1; }");
  line("const " + k_ + "_args& a = *p;");
  line("static_cast<void>(a);");
  line("return " + value + ";");
  close();
}

std::string Printer::tasks(const Phase& phase) const {
  std::string out = "1";
  for (const ParallelBinder& b : phase.parallel) out = "product(" + out + ", " + b.extent + ")";
  return out;
}

void Printer::run_function() {
  line();
  comment("Computes every element of " + spec_.output.name +
          ", or returns a status other than 0 and writes none.");
  open("std::int32_t " + k_ + "_run(const struct " + k_ + "_args* p) {");
  line("const std::int32_t status = " + k_ + "_check(p);");
  line("if (status != 0) { return status; }");
  line("const " + k_ + "_args& a = *p;");
  line("const std::int64_t workspace = " + k_ + "_workspace(p);");
  line("const std::int64_t scratch = " + k_ + "_scratch(p);");
  line("const std::int64_t workers = a.workers < 1 ? 1 : a.workers;");
  line("if (workspace < 0 || product(workers, scratch) < 0) { return 6; }");
  line("if (workspace > 0 && a.workspace == nullptr) { return 7; }");
  line("if (scratch > 0 && a.scratch == nullptr) { return 8; }");
  for (std::size_t q = 0; q < program_.phases.size(); ++q) {
    const std::string n = std::to_string(q);
    line("const std::int64_t tasks_" + n + " = " + tasks(program_.phases[q]) + ";");
    line("if (tasks_" + n + " < 0) { return 6; }");
    open("if (a.parallel_for == nullptr) {");
    open("for (std::int64_t t = 0; t < tasks_" + n + "; ++t) {");
    line("phase_" + n + "(const_cast<struct " + k_ + "_args*>(p), t, 0);");
    close();
    --indent_;
    open("} else {");
    line("a.parallel_for(a.parallel_context, tasks_" + n + ", phase_" + n + ", const_cast<struct " +
         k_ + "_args*>(p));");
    close();
  }
  line("return 0;");
  close();
}

// ---------------------------------------------------------------- comments

std::string brief(const Term& t) {
  const std::string text = comment_text(pretty(t));
  return text.size() <= 240 ? text : text.substr(0, 237) + "...";
}

std::string below(const Term& t) { return t->binders[0] + " < " + brief(t->kids[0]); }

// x = e, with the axes of nested gens on the left and a fold only named.
std::string equation(const std::string& x, Term e) {
  std::string axes;
  for (; e->op == Op::kGen || e->op == Op::kParGen; e = e->kids[1]) {
    axes += (axes.empty() ? "" : ", ") + below(e);
  }
  const std::string left = axes.empty() ? x : x + "[" + axes + "]";
  if (e->op == Op::kFold) return left + " = last state of fold " + below(e);
  return left + " = " + brief(e);
}

void Printer::rules_comment(const std::vector<std::string>& binders) {
  std::vector<std::string> rules;
  for (const std::string& b : binders) {
    const auto it = origins_.find(b);
    if (it == origins_.end()) continue;
    for (const std::string& r : it->second) {
      if (std::find(rules.begin(), rules.end(), r) == rules.end()) rules.push_back(r);
    }
  }
  if (rules.empty()) return;
  std::string text = "rules:";
  for (const std::string& r : rules) text += " " + r;
  comment(text);
}

// The line of the loop program that a block is lowered from, and its rules.
void Printer::block_comment(const Term& t) {
  if (t->op == Op::kFold) {
    comment("fold " + below(t) + ", state " + t->binders[1] + " updated in place");
  } else if (t->op == Op::kLet || t->op == Op::kLetSlow) {
    comment("let " + equation(t->binders[0], t->kids[0]));
  } else {
    comment("for " + below(t));
  }
  rules_comment(t->binders);
}

void Printer::phase_comment(const Phase& phase, std::size_t q) {
  const bool slow = phase.source->op == Op::kLetSlow;
  std::vector<std::string> binders;
  Term t = slow ? phase.source->kids[0] : phase.source;
  std::string loops;
  for (std::size_t k = 0; k < phase.parallel.size(); ++k, t = t->kids[1]) {
    loops += (loops.empty() ? "" : ", ") + below(t);
    binders.push_back(t->binders[0]);
  }
  comment("Phase " + std::to_string(q) + ": " + (slow ? "slow memory" : "output") + "; " +
          (loops.empty() ? "one task" : "one task per " + loops));
  if (slow) {
    comment("let " + equation(phase.source->binders[0], phase.source->kids[0]));
    binders.push_back(phase.source->binders[0]);
  }
  rules_comment(binders);
}

// ---------------------------------------------------------------- phases

void Printer::statement(const CodeStatement& s) {
  if (s.source) block_comment(s.source);
  switch (s.kind) {
    case CodeStatement::Kind::kLocal:
      return line("float " + s.name + " = " + s.value + ";");
    case CodeStatement::Kind::kFlag:
      return line("bool " + s.name + " = " + s.value + ";");
    case CodeStatement::Kind::kBuffer:
      return line("float* const " + s.name + " = " + s.value + ";");
    case CodeStatement::Kind::kAssign:
      return line(s.name + " = " + s.value + ";");
    case CodeStatement::Kind::kTyped:
      return line(s.type + " " + s.name + " = " + s.value + ";");
    case CodeStatement::Kind::kCall:
      return line(s.value + ";");
    case CodeStatement::Kind::kSteps:
      open("for (" + s.value + ") {");
      break;
    case CodeStatement::Kind::kLoop:
      open("for (std::int64_t " + s.name + " = 0; " + s.name + " < " + s.value + "; ++" + s.name +
           ") {");
      break;
    case CodeStatement::Kind::kBranch:
      open("if (" + s.value + ") {");
      break;
  }
  block(s.body);
  if (!s.otherwise.empty()) {
    --indent_;
    open("} else {");
    block(s.otherwise);
  }
  close();
}

void Printer::block(const Block& b) {
  for (const CodeStatement& s : b) statement(s);
}

void Printer::phase(std::size_t q) {
  const Phase& phase = program_.phases[q];
  line();
  phase_comment(phase, q);
  open("void phase_" + std::to_string(q) +
       "(void* data, std::int64_t task, std::int64_t worker) {");
  line("const " + k_ + "_args& a = *static_cast<const " + k_ + "_args*>(data);");
  if (program_.scratch == "0") {
    line("float* const scratch = a.scratch;");
    line("static_cast<void>(scratch);");
    line("static_cast<void>(worker);");
  } else {
    line("float* const scratch = a.scratch + worker * " + k_ + "_scratch(&a);");
    line("static_cast<void>(scratch);");
  }
  line("std::int64_t rest = task;");
  for (auto b = phase.parallel.rbegin(); b != phase.parallel.rend(); ++b) {
    line("const std::int64_t " + b->name + " = rest % " + b->extent + ";");
    line("rest = rest / " + b->extent + ";");
  }
  line("static_cast<void>(rest);");
  block(phase.body);
  close();
}

std::string Printer::run() {
  frame_head();
  line("namespace {");
  line();
  helpers();
  if (rows_ != nullptr) instructions();
  for (std::size_t q = 0; q < program_.phases.size(); ++q) phase(q);
  line();
  line("}");
  line();
  line("extern \"C\" {");
  line();
  check();
  size_function("workspace", program_.workspace,
                "Words (float) of slow memory that args.workspace must hold; -1: none can.");
  size_function("scratch", program_.scratch,
                "Words (float) per worker that args.scratch must hold; -1: none can.");
  run_function();
  line();
  line("}");
  return std::move(out_);
}

using Census = std::map<std::pair<std::string, Op>, std::size_t>;

void count_binders(const Term& t, Census* census) {
  for (const std::string& b : t->binders) ++(*census)[{b, t->op}];
  for (const Term& k : t->kids) count_binders(k, census);
}

std::string shape_text(const Array& a) {
  std::string out = a.name + "[";
  for (std::size_t k = 0; k < a.shape.size(); ++k) {
    out += (k == 0 ? "" : ", ") + comment_text(pretty(a.shape[k]));
  }
  return out + "]";
}

}  // namespace

Origins binder_origins(const Derivation& d) {
  Origins out;
  Census before;
  if (!d.terms.empty()) count_binders(d.terms[0], &before);
  for (std::size_t k = 0; k < d.steps.size() && k + 1 < d.terms.size(); ++k) {
    Census after;
    count_binders(d.terms[k + 1], &after);
    for (const auto& [key, n] : after) {
      const auto it = before.find(key);
      if (it != before.end() && it->second >= n) continue;
      std::vector<std::string>& rules = out[key.first];
      if (std::find(rules.begin(), rules.end(), d.steps[k].rule) == rules.end()) {
        rules.push_back(d.steps[k].rule);
      }
    }
    before = std::move(after);
  }
  return out;
}

std::string symbol_prefix(const Spec& spec, const std::string& schedule_name) {
  return "minimoa_" + spec.name + "_" + schedule_name;
}

std::string comment_text(const std::string& text) {
  static constexpr std::string_view kRefused = "\\\"'#?";
  std::string out;
  for (const char c : text) {
    const bool plain = c > ' ' && c < 127 && kRefused.find(c) == std::string_view::npos;
    if (plain) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::vector<std::string> contract_lines(const Spec& spec) {
  std::vector<std::string> out;
  out.push_back("Contract. size is sizeof of the struct; every dimension is 1 .. 2^24.");
  for (const Term& r : spec.requires_) out.push_back("Required: " + brief(r) + ".");
  std::string in;
  for (const Array& a : spec.inputs) {
    in += (in.empty() ? "" : ", ") + shape_text(a);
    if (a.lo && a.hi)
      in += " with values in " + brief(*a.lo) + " .. " + brief(*a.hi) + " (not checked)";
  }
  out.push_back("Reads " + in + ".");
  out.push_back("Writes every element of " + shape_text(spec.output) + " exactly once.");
  out.push_back("Element (p0, p1, ..) of X is X[p0 * X_s[0] + p1 * X_s[1] + ..]; strides count");
  out.push_back("elements, 0 .. 2^36; a stride of 0 repeats an input along that axis.");
  out.push_back("Alignment: that of the element type; nothing more is needed.");
  out.push_back("Aliasing: output elements must be distinct and disjoint from inputs, workspace");
  out.push_back("and scratch; inputs may overlap each other.");
  out.push_back("Memory: workspace holds as many floats as the function _workspace says, scratch");
  out.push_back("workers times what _scratch says; both may be null where that is 0.");
  out.push_back("Tasks: parallel_for(parallel_context, n, task, data) must call");
  out.push_back(
      "task(data, t, w) once for each 0 .. n - 1, with 0 .. workers - 1 for w, never two");
  out.push_back(
      "at a time with one w, and return after the last. Null: the caller runs all tasks.");
  out.push_back(
      "Empty rows: a row without any admitted element gets the value that the spec says.");
  out.push_back("Status: 0 done; 1 no arguments or wrong size; 2 dimension out of range;");
  out.push_back("3 a requirement does not hold; 4 stride out of range; 5 an array is null;");
  out.push_back("6 a size exceeds 2^40; 7 workspace is null; 8 scratch is null.");
  return out;
}

std::string print_portable(const Spec& spec, const std::string& schedule_name,
                           const Program& program, const Origins& origins,
                           const InstructionTable* rows) {
  return Printer(spec, schedule_name, program, origins, rows).run();
}

}  // namespace minimoa
