// SPDX-License-Identifier: Apache-2.0
// Everything an operator can set. Flags, environment variables (FOREBAY_<NAME>) and the TOML file
// use the same names; a flag beats the environment, the environment beats the file. Thread:
// immutable after load.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"

namespace forebay::server {

/// A `[[queue]]` entry: a queue that exists after every start.
struct PredefinedQueue {
  std::string name;
  std::string region = {};                                      // empty: the configured one
  std::string account = {};                                     // empty: the configured one
  std::vector<std::pair<std::string, std::string>> attributes;  // as for CreateQueue
  std::string dead_letter_queue;  // name of another one, of the same region and account; or empty
  int32_t max_receive_count = 0;  // with dead_letter_queue; default 3
  std::map<std::string, std::string> tags;
};

/// What kill -9 does to the data of a server that is being tested (server/emulated_disk.h).
struct EmulatedPowerLoss {
  bool lying = false;
  uint64_t seed = 0;
};

struct Config {
  std::string listen_address = "127.0.0.1";
  uint16_t port = 9324;
  std::string data_directory = "./forebay-data";
  bool memory = false;            // keep nothing
  uint32_t sync_interval_ms = 0;  // 0: every answer is synced before it is sent
  std::string region = "us-east-1";
  std::string account = "000000000000";
  std::string public_url = {};  // base of returned QueueUrls; empty: from each request's Host
  bool allow_anonymous = false;
  bool attribute_aliases = false;
  bool cooldowns = true;  // AWS's 60-second rules after PurgeQueue and DeleteQueue
  uint32_t threads = 1;
  uint32_t connections_max = 16'000;
  uint32_t segment_mb = 64;
  uint32_t cache_mb = 32;  // of recent messages
  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;
  std::vector<PredefinedQueue> queues = {};
  /// `[[access_key]]` entries: whose account a request with this access key id acts in.
  std::map<std::string, std::string, std::less<>> access_keys = {};
  std::optional<EmulatedPowerLoss> emulated_power_loss = {};
  uint64_t emulated_disk_bytes = 0;  // 0: the real disk's
  std::string bench_path = {};       // answers with a fixed reply (bench/ceilings.py); empty: none
};

/// The durability level as an operator writes it: "sync", "interval=<ms>" or "memory".
inline std::string durability_name(const Config& config) {
  if (config.memory) return "memory";
  if (config.sync_interval_ms == 0) return "sync";
  return "interval=" + std::to_string(config.sync_interval_ms);
}

/// What the command line asks for.
struct CommandLine {
  enum class Kind : uint8_t { kServe, kExit };
  Kind kind = Kind::kExit;
  int exit_code = 0;   // for kExit: text was already printed (help, version, usage error)
  Config config = {};  // for kServe
};

/// Reads `forebay [serve] <flags>`, the environment and the file named by --config.
/// Errors: kInvalidConfiguration: names the flag, variable or file and line, and what is allowed.
Result<CommandLine> parse_command_line(int argc, const char* const* argv);

}  // namespace forebay::server
