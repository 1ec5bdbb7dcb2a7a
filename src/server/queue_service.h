// SPDX-License-Identifier: Apache-2.0
// The queues with everything below them and the API on top: journal, shard, router, handler. What a
// front end needs, and nothing that listens.
//
//   TRY_ASSIGN(auto service, QueueService::open(config, environment));
//   http_server.run(service->api(), [&](auto done) { service->shard().close(std::move(done)); });
//
// Thread: the executor's; api() and router() as their headers say.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "env/clock.h"
#include "env/executor.h"
#include "env/file_system.h"
#include "journal/log.h"
#include "server/api_handler.h"
#include "server/config.h"
#include "shard/local_router.h"
#include "shard/shard.h"

namespace forebay::server {

/// Where a service that is not `config.memory` keeps its journal.
inline std::string journal_directory(const Config& config) {
  return config.data_directory + "/journal";
}

/// What a service stands on. All must outlive it, the workers also its journal's last job.
struct ServiceEnvironment {
  env::FileSystem& files;
  env::Executor& executor;
  env::Worker& worker;      // writes and syncs of the journal
  env::Worker& background;  // its snapshots and removals
  env::Worker& readers;     // reads of messages that only the disk has
  env::Clock& clock;
  env::Random& random;
  /// Durability is lost or unknown: the process must end.
  std::function<void(const std::string& reason)> fail;
};

class QueueService {
 public:
  /// Opens the log that `config` asks for and rebuilds the state. Borrows `config`.
  /// Errors: kStorageDamaged, kStorageFailure, kStorageFull, kInvalidConfiguration.
  static Result<std::unique_ptr<QueueService>> open(const Config& config,
                                                    const ServiceEnvironment& environment);
  /// Of a shard that was opened on `log`.
  QueueService(const Config& config, const ServiceEnvironment& environment,
               std::unique_ptr<journal::Log> log, std::unique_ptr<shard::Shard> shard);

  ApiHandler& api() { return api_; }
  shard::Router& router() { return router_; }
  shard::Shard& shard() { return *shard_; }

 private:
  const std::unique_ptr<journal::Log> log_;
  const std::unique_ptr<shard::Shard> shard_;
  shard::LocalRouter router_;
  ApiHandler api_;
};

}  // namespace forebay::server
