// SPDX-License-Identifier: Apache-2.0
#include "server/serve.h"

#include <cstdio>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/facts.h"
#include "env/clock.h"
#include "env/executor.h"
#include "env/file_system.h"
#include "http/server.h"
#include "journal/file/file_log.h"
#include "journal/memory/memory_log.h"
#include "server/api_handler.h"
#include "server/emulated_disk.h"
#include "server/predefined_queues.h"
#include "server/shutdown_signal.h"
#include "shard/local_router.h"
#include "shard/shard.h"

namespace forebay::server {
namespace {

/// How long requests in flight may take to finish after a signal.
constexpr int64_t kDrainMs = 10'000;
/// Reads of messages that only the disk has, at a time.
constexpr int kReaderThreads = 4;

Result<std::unique_ptr<journal::Log>> open_log(const Config& config, env::FileSystem& files,
                                               env::Worker& worker, env::Worker& background,
                                               env::Executor& executor) {
  if (config.memory) return journal::make_memory_log(executor, &engine::holds_content);
  journal::FileLogOptions options;
  options.directory = config.data_directory + "/journal";
  options.segment_bytes = uint64_t{config.segment_mb} << 20;
  options.cache_bytes = uint64_t{config.cache_mb} << 20;
  options.delayed_sync = config.sync_interval_ms > 0;
  return journal::open_file_log(options, files, worker, background);
}

shard::ShardOptions shard_options(const Config& config) {
  shard::ShardOptions options;
  options.engine.cooldowns = config.cooldowns;
  if (config.sync_interval_ms > 0) options.sync_interval_ms = config.sync_interval_ms;
  return options;
}

/// The address as a client writes it.
std::string base_url(const Config& config, uint16_t port) {
  if (!config.public_url.empty()) return config.public_url;
  const bool is_ipv6 = config.listen_address.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("http://[{}]:{}", config.listen_address, port)
                 : fmt::format("http://{}:{}", config.listen_address, port);
}

std::string durability_promise(const Config& config) {
  if (config.memory) return "NOTHING SURVIVES when this process ends";
  if (config.sync_interval_ms == 0) return "every answer is on disk before it is sent";
  return fmt::format("a power failure may take back the last {} ms", config.sync_interval_ms);
}

void print_welcome(const Config& config, uint16_t port) {
  const std::string url = base_url(config, port);
  const std::string data =
      config.memory ? "none"
                    : std::filesystem::absolute(config.data_directory).lexically_normal().string();
  const std::string storage = fmt::format("  data        {}\n  durability  {}: {}\n", data,
                                          durability_name(config), durability_promise(config));
  fmt::print(
      "forebay {} listening on {}\n{}"
      "\nTry it (Python, pip install boto3):\n"
      "  import boto3\n"
      "  sqs = boto3.client(\"sqs\", endpoint_url=\"{}\", region_name=\"{}\", "
      "aws_access_key_id=\"any\", "
      "aws_secret_access_key=\"any\")\n"
      "  sqs.send_message(QueueUrl=sqs.create_queue(QueueName=\"hello\")[\"QueueUrl\"], "
      "MessageBody=\"hello\")\n\n",
      FOREBAY_VERSION, url, storage, url, config.region);
  std::fflush(stdout);
}

/// Everything a running server consists of, in order of dependence.
class Server {
 public:
  explicit Server(const Config& config) : config_(config), disk_(config) {}

  Result<void> open() {
    http::HttpLimits limits;
    limits.connections_max = config_.connections_max;
    TRY_ASSIGN(http_, listen_http(config_.listen_address, config_.port, config_.threads, limits));
    worker_ = env::make_thread_worker(http_->executor(0), "journal");
    background_ = env::make_thread_worker(http_->executor(0), "background");
    TRY_ASSIGN(log_, open_log(config_, disk_.files(), *worker_, *background_, http_->executor(0)));
    readers_ = env::make_thread_worker(http_->executor(0), "reader", kReaderThreads);
    TRY_ASSIGN(shard_, shard::Shard::open(shard_options(config_),
                                          {*log_, http_->executor(0), *readers_,
                                           env::system_clock(), env::system_random(),
                                           [](const std::string& reason) { fatal(reason); }}));
    router_ = std::make_unique<shard::LocalRouter>(*shard_, http_->executor(0));
    api_ =
        std::make_unique<ApiHandler>(config_, *router_, env::system_random(), env::system_clock());
    log_info("journal recovered", {{"facts", std::to_string(shard_->recovered_fact_count())},
                                   {"durability", durability_name(config_)}});
    return {};
  }

  /// Returns when everything was answered and is durable, or with what kept the server from
  /// starting.
  Result<void> run(ShutdownSignal& signal) {
    for (uint32_t i = 0; i < config_.threads; ++i) {
      env::Executor& executor = http_->executor(i);
      executor.post([&executor] { shard::LocalRouter::bind_thread(executor); });
    }
    http_->executor(0).post([this] { start(); });
    signal.on_signal([this](const char* name) {
      log_info("stopping", {{"signal", name}});
      stop();
    });
    http_->run(*api_,
               [this](std::function<void()> finished) { shard_->close(std::move(finished)); });
    return std::move(outcome_);
  }

 private:
  void start() {
    make_predefined_queues(config_, *router_, [this](Result<void> made) {
      if (made.ok()) return print_welcome(config_, http_->port());
      outcome_ = std::move(made);
      stop();
    });
  }

  void stop() {
    http_->executor(0).post([this] {
      shard_->release_polls();
      http_->stop(kDrainMs);
    });
  }

  const Config& config_;
  const EmulatedDisk disk_;
  std::unique_ptr<http::HttpServer> http_;
  std::unique_ptr<env::Worker> worker_;
  std::unique_ptr<env::Worker> background_;
  std::unique_ptr<env::Worker> readers_;
  std::unique_ptr<journal::Log> log_;
  std::unique_ptr<shard::Shard> shard_;
  std::unique_ptr<shard::LocalRouter> router_;
  std::unique_ptr<ApiHandler> api_;
  Result<void> outcome_;
};

}  // namespace

Result<void> serve(const Config& config) {
  configure_log(config.log_format, config.log_level);
  ShutdownSignal signal;  // before any thread is made
  Server server(config);
  TRY(server.open());
  TRY(server.run(signal));
  log_info("stopped; everything is durable");
  return {};
}

}  // namespace forebay::server
