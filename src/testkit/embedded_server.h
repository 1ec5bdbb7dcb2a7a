// SPDX-License-Identifier: Apache-2.0
// What stands behind testing::Server: the product's HTTP front end, API, shard and journal on one
// thread, put together on virtual time.
//
// A life is what lies between two starts: journal, shard and API (server::QueueService). The front
// end, the clock and the gate before the API outlive it.
// Thread: any, except inside on_thread(); what concerns a life happens on the io thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>

#include <forebay/testing/server.h>

#include "base/result.h"
#include "env/unsynced_file_system.h"
#include "http/server.h"
#include "server/config.h"
#include "server/queue_service.h"
#include "testkit/activity.h"
#include "testkit/fault_gate.h"
#include "testkit/seeded_random.h"
#include "testkit/task_worker.h"
#include "testkit/virtual_clock.h"
#include "testkit/virtual_executor.h"

namespace forebay::testkit {

class EmbeddedServer {
 public:
  /// Answers requests when it returns.
  /// Errors: kInvalidConfiguration, kStorageDamaged, kStorageFailure, kStorageFull.
  static Result<std::unique_ptr<EmbeddedServer>> start(const testing::ServerOptions& options);
  ~EmbeddedServer();
  EmbeddedServer(const EmbeddedServer&) = delete;
  EmbeddedServer& operator=(const EmbeddedServer&) = delete;

  uint16_t port() const { return http_->port(); }
  const server::Config& config() const { return config_; }
  const env::Clock& clock() const { return clocks_->time; }
  Activity& activity() { return activity_; }
  /// With everything that came before a client was told something.
  Figures figures();

  /// Runs `call` on the io thread and waits for it. What a client was told before, `call` sees.
  void on_thread(const std::function<void()>& call);

  void advance(int64_t ms);
  void inject(testing::Fault fault, int count, std::string action);
  void clear_faults();
  testing::MessageCount message_count(std::string_view queue);
  /// Errors: as start().
  Result<void> restart(testing::Restart how);
  /// Errors: as start().
  Result<void> reset();

 private:
  struct Clocks {
    explicit Clocks(WallMs start) : time(start) {}
    VirtualClock time;
    NetworkClock network{time};
  };

  /// What is there before the io thread.
  struct Foundation {
    testing::ServerOptions options;
    server::Config config;
    std::unique_ptr<Clocks> clocks;
    std::unique_ptr<http::HttpServer> http;
  };

  explicit EmbeddedServer(Foundation foundation);

  Result<void> begin_life();
  Result<void> make_queues();
  void close_life();
  void end_life();
  Result<void> wipe_journal();
  void note_parked();

  // Constant.
  const testing::ServerOptions options_;
  const server::Config config_;

  const std::unique_ptr<Clocks> clocks_;
  const std::unique_ptr<http::HttpServer> http_;
  Activity activity_;

  // The io thread's.
  SeededRandom random_;
  VirtualExecutor executor_;
  TaskWorker worker_{executor_};
  FaultGate gate_;
  uint64_t power_failures_ = 0;
  std::unique_ptr<env::UnsyncedFileSystem> files_;  // with a directory; until the power fails
  std::unique_ptr<server::QueueService> service_;   // null between two lives

  std::thread thread_;  // runs http_; last: it uses all the rest
};

}  // namespace forebay::testkit
