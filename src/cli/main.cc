// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "cli/bench_command.h"
#include "cli/journal_command.h"
#include "cli/sqs_command.h"
#include "server/config.h"
#include "server/serve.h"

namespace {

int run_server(int argc, char** argv) {
  namespace server = forebay::server;
  const auto command = server::parse_command_line(argc, argv);
  if (!command.ok()) {
    std::fprintf(stderr, "forebay: %s\n", command.error().message.c_str());
    return 2;
  }
  if (command->kind == server::CommandLine::Kind::kExit) return command->exit_code;
  if (const auto served = server::serve(command->config); !served.ok()) {
    std::fprintf(stderr, "forebay: %s\n", served.error().message.c_str());
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  const std::string_view second = argc > 2 ? argv[2] : "";
  if (first == "journal") return forebay::cli::run_journal_command({argv + 2, argv + argc});
  if (first == "bench") return forebay::cli::run_bench_command({argv + 2, argv + argc});
  if (first == "help" && second == "journal") return forebay::cli::run_journal_command({"--help"});
  if (first == "help" && second == "bench") return forebay::cli::run_bench_command({"--help"});
  if (forebay::cli::is_sqs_command(first)) {
    return forebay::cli::run_sqs_command({argv + 1, argv + argc});
  }
  if (first == "help" && forebay::cli::is_sqs_command(second)) {
    std::vector<std::string> words(argv + 2, argv + argc);
    words.emplace_back("--help");
    return forebay::cli::run_sqs_command(words);
  }
  return run_server(argc, argv);
}
