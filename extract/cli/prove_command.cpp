// minimoa prove: finds the derivation and every witness for one spec and one
// schedule, says what it found with its costs and the lower bounds, and writes
// the certificate if asked.
#include <iostream>
#include <memory>

#include "extract/cli/theorem_table.h"
#include "extract/write.h"

namespace minimoa::cli {
namespace {

struct ProveOptions {
  std::string output;
  TableOptions table;
};

void prove(Session* session, const ProveOptions& options) {
  const auto made = make(session, options.table.spec, options.table.schedule);
  if (!made) return;
  print_table(session, *made, options.table);
  if (options.output.empty() || session->code == kUsage) return;
  const auto written = write_file(options.output, made->bundle.certificate_text);
  if (!written.ok()) return report(session, written.errors());
  if (session->format != "json") std::cout << "wrote " << options.output << "\n";
}

}  // namespace

void add_prove(CLI::App* app, Session* session) {
  auto options = std::make_shared<ProveOptions>();
  CLI::App* command = app->add_subcommand(
      "prove",
      "Prove a kernel variant: exit code 0 all witnesses found, 1 refuted, 3 holes are left");
  command->add_option("SPEC", options->table.spec, "Spec file (.moa)")->required();
  command
      ->add_option("--schedule", options->table.schedule,
                   "Schedule file, or a name in extract/schedules")
      ->required();
  command->add_option("-o,--output", options->output, "Write the certificate here");
  command->add_option("--machine", options->table.machine,
                      "Fast memories to fit: a name in spec/machines, or a file; with --at also "
                      "says what tiles of minimoa search make of this order");
  command
      ->add_option("--at", options->table.points,
                   "Sizes NAME=NUMBER,..: dimensions, or n m d dk dv h b for rows, keys, elements, "
                   "heads and batch, S (or words) for words of fast memory, p for processors, "
                   "bytes eq ek ev eo ep for bounds in bytes; repeatable")
      ->take_all()
      ->allow_extra_args(false);
  command->callback([session, options] { prove(session, *options); });
}

}  // namespace minimoa::cli
