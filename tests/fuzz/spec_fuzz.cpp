// Fuzzes the prover's reader of .moa files: lexer, parser, elaboration and the layout of `fmt`.
// Failure is a value there, so no exception may escape. What `fmt` writes must be read again.
#include "spec/lang/elaborate.h"
#include "spec/lang/format.h"
#include "spec/lang/parser.h"
#include "tests/fuzz/harness.h"

FUZZ_READER(spec, 8192) {
  minimoa::SourceMap map;
  const auto spec = minimoa::read_spec(bytes, "fuzz.moa", &map);
  MUST(spec.ok() || !spec.errors().empty());
  if (!spec.ok()) minimoa::render(spec.errors(), minimoa::Format::kText, bytes);
  const auto ast = minimoa::parse_spec(bytes, "fuzz.moa");
  if (!ast.ok()) return;
  const std::string plain = minimoa::format(ast.value(), false);
  const auto again = minimoa::parse_spec(plain, "again.moa");
  MUST(again.ok());
  MUST(minimoa::format(again.value(), false) == plain);
  MUST(minimoa::parse_spec(minimoa::format(ast.value(), true), "unicode.moa").ok());
}
