// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "server/config.h"
#include "server/serve.h"

int main(int argc, char** argv) {
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
