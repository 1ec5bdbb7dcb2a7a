// SPDX-License-Identifier: Apache-2.0
#include "server/serve.h"

#include <cstdio>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "env/clock.h"
#include "env/executor.h"
#include "http/server.h"
#include "server/emulated_disk.h"
#include "server/predefined_queues.h"
#include "server/queue_service.h"
#include "server/shutdown_signal.h"
#include "shard/local_router.h"

namespace forebay::server {
namespace {

/// How long requests in flight may take to finish after a signal.
constexpr int64_t kDrainMs = 10'000;
/// Reads of messages that only the disk has, at a time.
constexpr int kReaderThreads = 4;

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
    readers_ = env::make_thread_worker(http_->executor(0), "reader", kReaderThreads);
    TRY_ASSIGN(service_, QueueService::open(
                             config_, {disk_.files(), http_->executor(0), *worker_, *background_,
                                       *readers_, env::system_clock(), env::system_random(),
                                       [](const std::string& reason) { fatal(reason); }}));
    shard::Shard& shard = service_->shard();
    log_info("journal recovered", {{"facts", std::to_string(shard.recovered_fact_count())},
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
    http_->run(service_->api(), [this](std::function<void()> finished) {
      service_->shard().close(std::move(finished));
    });
    return std::move(outcome_);
  }

 private:
  void start() {
    make_predefined_queues(config_, service_->router(), [this](Result<void> made) {
      if (made.ok()) return print_welcome(config_, http_->port());
      outcome_ = std::move(made);
      stop();
    });
  }

  void stop() {
    http_->executor(0).post([this] {
      service_->shard().release_polls();
      http_->stop(kDrainMs);
    });
  }

  const Config& config_;
  const EmulatedDisk disk_;
  std::unique_ptr<http::HttpServer> http_;
  std::unique_ptr<env::Worker> worker_;
  std::unique_ptr<env::Worker> background_;
  std::unique_ptr<env::Worker> readers_;
  std::unique_ptr<QueueService> service_;
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
