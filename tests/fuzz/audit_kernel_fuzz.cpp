// Fuzzes the reading of kernels: header, body, tokens, comparison with a lowering.
// A body that is accepted must be the lowering but for white space and comments.
#include "tests/fuzz/audit_harness.h"

namespace {
const std::string& lowered() {
  static const std::string text = [] {
    const audit::Spec spec = audit::read_spec(audit_fuzz::kSpec);
    const audit::Term term =
        audit::read_term("(for (i N) (put (vec i) (mem V (vec i))))", {}, spec);
    return audit::lower(term, spec, "fuzz").text;
  }();
  return text;
}
// Without comments and blanks: what is left of two texts with equal tokens is equal.
std::string bare(const std::string& body) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); ++at) {
    if (body.compare(at, 2, "//") == 0) at = std::min(body.find('\n', at), body.size());
    if (at < body.size() && std::string(" \t\n").find(body[at]) == std::string::npos)
      out += body[at];
  }
  return out;
}
}  // namespace

FUZZ_READER(audit_kernel, 8192) {
  audit_fuzz::attempt([&] {
    // "@" stands for the whole lowering, so that a small input reaches its end.
    std::string file = bytes;
    if (const std::size_t at = file.find('@'); at != std::string::npos)
      file.replace(at, 1, lowered());
    const auto [header, body] = audit::split_kernel(file);
    audit_fuzz::attempt([&, head = header] { audit::check_header(head, std::string(64, '0')); });
    const auto tokens = audit::tokenise(body, 1);
    MUST(!tokens.empty() && tokens.back().text == "end of file");
    audit::compare_tokens(tokens, audit::tokenise(lowered(), 1));
    MUST(bare(body) == bare(lowered()));
  });
}
