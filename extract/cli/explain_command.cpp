// minimoa explain: the row of an error code in spec/errors.table.
#include <filesystem>
#include <iostream>
#include <memory>

#include "extract/cli/cli.h"
#include "spec/lang/errors.h"

namespace minimoa::cli {
namespace {

void explain(Session* session, const std::string& code) {
  const auto root = find_root(session);
  if (!root) return;
  const std::string path = (std::filesystem::path(*root) / "spec" / "errors.table").string();
  const auto text = read_file(session, path);
  if (!text) return;
  const auto rows = load_errors(*text, path);
  if (!rows.ok()) return report(session, rows.errors(), *text);
  const ErrorRow* row = find_error(rows.value(), code);
  if (row == nullptr) {
    return fail(session, "E0913", "no error code " + code + "; spec/errors.table lists them");
  }
  std::cout << "MOA-" << row->code << ": " << row->title << "\n" << row->explanation;
  if (row->explanation.empty() || row->explanation.back() != '\n') std::cout << "\n";
}

}  // namespace

void add_explain(CLI::App* app, Session* session) {
  auto code = std::make_shared<std::string>();
  CLI::App* command = app->add_subcommand("explain", "Explain an error code");
  command->add_option("CODE", *code, "For example MOA-E0210")->required();
  command->callback([session, code] { explain(session, *code); });
}

}  // namespace minimoa::cli
