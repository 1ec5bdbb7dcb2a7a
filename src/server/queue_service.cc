// SPDX-License-Identifier: Apache-2.0
#include "server/queue_service.h"

#include <utility>

#include "engine/facts.h"
#include "journal/file/file_log.h"
#include "journal/memory/memory_log.h"

namespace forebay::server {
namespace {

Result<std::unique_ptr<journal::Log>> open_log(const Config& config,
                                               const ServiceEnvironment& environment) {
  if (config.memory) {
    return journal::make_memory_log(environment.executor, &engine::holds_content);
  }
  journal::FileLogOptions options;
  options.directory = journal_directory(config);
  options.segment_bytes = uint64_t{config.segment_mb} << 20;
  options.cache_bytes = uint64_t{config.cache_mb} << 20;
  options.delayed_sync = config.sync_interval_ms > 0;
  return journal::open_file_log(options, environment.files, environment.worker,
                                environment.background, environment.random);
}

shard::ShardOptions shard_options(const Config& config) {
  shard::ShardOptions options;
  options.engine.cooldowns = config.cooldowns;
  if (config.sync_interval_ms > 0) options.sync_interval_ms = config.sync_interval_ms;
  return options;
}

}  // namespace

Result<std::unique_ptr<QueueService>> QueueService::open(const Config& config,
                                                         const ServiceEnvironment& environment) {
  TRY_ASSIGN(auto log, open_log(config, environment));
  TRY_ASSIGN(auto shard,
             shard::Shard::open(shard_options(config),
                                {*log, environment.executor, environment.readers, environment.clock,
                                 environment.random, environment.fail}));
  return std::make_unique<QueueService>(config, environment, std::move(log), std::move(shard));
}

QueueService::QueueService(const Config& config, const ServiceEnvironment& environment,
                           std::unique_ptr<journal::Log> log, std::unique_ptr<shard::Shard> shard)
    : log_(std::move(log)),
      shard_(std::move(shard)),
      router_(*shard_, environment.executor),
      api_(config, router_, environment.random, environment.clock) {}

}  // namespace forebay::server
