// SPDX-License-Identifier: Apache-2.0
#include "testkit/embedded_server.h"

#include <optional>
#include <semaphore>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "server/predefined_queues.h"
#include "server/request_scope.h"
#include "shard/local_router.h"

namespace forebay::testkit {
namespace {

/// Ten years: a test may stand in a debugger as long as it likes.
constexpr int64_t kNoTimeoutMs = 10LL * 365 * 86'400'000;
/// So few that the process's limit of open files, 1,024 as a rule, need not be raised.
constexpr uint32_t kConnectionsMax = 500;
/// The smallest there are: made and filled in no time.
constexpr uint32_t kSegmentMb = 8;

Result<server::Config> config_of(const testing::ServerOptions& options) {
  if (!server::is_account_id(options.account)) {
    return Error{ErrorCode::kInvalidConfiguration,
                 fmt::format("account \"{}\" does not have 12 digits", options.account)};
  }
  CHECK(options.sync_interval.count() >= 0);
  server::Config config;
  config.port = options.port;
  config.memory = options.directory.empty();
  config.data_directory = options.directory;
  config.sync_interval_ms = static_cast<uint32_t>(options.sync_interval.count());
  config.region = options.region;
  config.account = options.account;
  config.cooldowns = options.cooldowns;
  config.segment_mb = kSegmentMb;
  for (const testing::QueueOptions& each : options.queues) {
    server::PredefinedQueue queue;
    queue.name = each.name;
    queue.attributes = each.attributes;
    queue.dead_letter_queue = each.dead_letter_queue;
    queue.max_receive_count = each.max_receive_count;
    config.queues.push_back(std::move(queue));
  }
  return config;
}

http::HttpLimits patient_limits() {
  http::HttpLimits limits;
  limits.connections_max = kConnectionsMax;
  limits.request_timeout_ms = kNoTimeoutMs;
  limits.idle_timeout_ms = kNoTimeoutMs;
  return limits;
}

/// Tests want to read about what goes wrong, not about starts and the crashes they ordered. Once
/// for the process.
void quieten_log() {
  static const bool quiet = [] {
    configure_log(LogFormat::kText, LogLevel::kError);
    return true;
  }();
  CHECK(quiet);
}

}  // namespace

Result<std::unique_ptr<EmbeddedServer>> EmbeddedServer::start(
    const testing::ServerOptions& options) {
  quieten_log();
  TRY_ASSIGN(server::Config config, config_of(options));
  auto clocks = std::make_unique<Clocks>(WallMs(options.start_time.time_since_epoch().count()));
  TRY_ASSIGN(auto http, http::listen_http(config.listen_address, config.port, config.threads,
                                          patient_limits(), clocks->network));
  Foundation foundation{options, std::move(config), std::move(clocks), std::move(http)};
  std::unique_ptr<EmbeddedServer> server(new EmbeddedServer(std::move(foundation)));
  Result<void> begun;
  server->on_thread([&] { begun = server->begin_life(); });
  TRY(std::move(begun));
  return server;
}

EmbeddedServer::EmbeddedServer(Foundation foundation)
    : options_(std::move(foundation.options)),
      config_(std::move(foundation.config)),
      clocks_(std::move(foundation.clocks)),
      http_(std::move(foundation.http)),
      random_(options_.seed),
      executor_(http_->executor(0), clocks_->time, [this] { note_parked(); }),
      gate_(executor_, random_, activity_, [this] { note_parked(); }),
      thread_([this] {
        shard::LocalRouter::bind_thread(executor_);
        http_->run(gate_);
      }) {}

EmbeddedServer::~EmbeddedServer() {
  on_thread([this] { close_life(); });
  http_->stop(0);  // whoever was to be answered has been
  thread_.join();
}

void EmbeddedServer::on_thread(const std::function<void()>& call) {
  // Shared: the io thread may still be inside release() when this returns.
  const auto done = std::make_shared<std::binary_semaphore>(0);
  http_->executor(0).post([&call, done] {
    call();
    done->release();
  });
  done->acquire();
}

Result<void> EmbeddedServer::begin_life() {
  if (!config_.memory && files_ == nullptr) {
    files_ = std::make_unique<env::UnsyncedFileSystem>(
        env::posix_file_system(),
        env::UnsyncedFileSystem::Options{.seed = options_.seed + power_failures_});
  }
  env::FileSystem& files = files_ != nullptr ? *files_ : env::posix_file_system();
  TRY_ASSIGN(service_, server::QueueService::open(
                           config_, {files, executor_, worker_, worker_, worker_, clocks_->time,
                                     random_, [](const std::string& reason) { fatal(reason); }}));
  clocks_->time.catch_up(service_->shard().moment());
  executor_.settle();
  if (Result<void> made = make_queues(); !made.ok()) {
    close_life();
    return made;
  }
  gate_.open(service_->api());
  return {};
}

Result<void> EmbeddedServer::make_queues() {
  std::optional<Result<void>> made;
  server::make_predefined_queues(config_, service_->router(),
                                 [&made](Result<void> outcome) { made = std::move(outcome); });
  executor_.settle();
  CHECK(made.has_value());
  return *std::move(made);
}

/// Answers what can be answered now and makes everything durable; delayed answers are lost.
void EmbeddedServer::close_life() {
  if (service_ == nullptr) return;
  service_->shard().release_polls();
  executor_.settle();
  gate_.shut();
  bool closed = false;
  service_->shard().close([&closed] { closed = true; });
  executor_.settle();
  CHECK(closed);
  end_life();
}

void EmbeddedServer::end_life() {
  gate_.shut();
  service_.reset();
  executor_.forget();
  note_parked();
}

void EmbeddedServer::note_parked() {
  const size_t parked = service_ != nullptr ? service_->shard().parked_poll_count() : 0;
  activity_.change([parked](Figures& figures) { figures.parked = parked; });
}

Figures EmbeddedServer::figures() {
  on_thread([] {});
  return activity_.figures();
}

void EmbeddedServer::advance(int64_t ms) {
  on_thread([this, ms] { executor_.advance(ms); });
}

void EmbeddedServer::inject(testing::Fault fault, int count, std::string action) {
  on_thread([&] { gate_.inject(std::move(fault), count, std::move(action)); });
}

void EmbeddedServer::clear_faults() {
  on_thread([this] { gate_.clear_faults(); });
}

testing::MessageCount EmbeddedServer::message_count(std::string_view queue) {
  using Described = Result<engine::DescribeQueue::Reply>;
  std::optional<Described> described;
  on_thread([&] {
    shard::ask(service_->router(),
               engine::DescribeQueue{{config_.region, config_.account, std::string(queue)}},
               [&described](Described reply) { described = std::move(reply); });
    executor_.settle();
  });
  CHECK(described.has_value());
  if (!described->ok()) return {};
  const engine::DescribeQueue::Reply& found = described->value();
  return {found.visible_count, found.not_visible_count, found.delayed_count};
}

Result<void> EmbeddedServer::restart(testing::Restart how) {
  Result<void> begun;
  on_thread([&] {
    how == testing::Restart::kClean ? close_life() : end_life();
    if (how == testing::Restart::kPowerFailure) {
      files_.reset();
      ++power_failures_;
    }
    http_->close_connections();
    begun = begin_life();
  });
  on_thread([] {});  // the connections are closed
  return begun;
}

Result<void> EmbeddedServer::reset() {
  Result<void> begun;
  on_thread([&] {
    end_life();
    gate_.clear_faults();
    clocks_->time.rewind();
    random_.restart(options_.seed);
    begun = wipe_journal();
    if (begun.ok()) begun = begin_life();
    activity_.change([](Figures& figures) { figures = {}; });
  });
  return begun;
}

Result<void> EmbeddedServer::wipe_journal() {
  if (config_.memory) return {};
  files_.reset();
  power_failures_ = 0;
  env::FileSystem& files = env::posix_file_system();
  const std::string directory = server::journal_directory(config_);
  TRY_ASSIGN(const auto names, files.list(directory));
  for (const std::string& name : names) TRY(files.remove(directory + "/" + name));
  return files.sync_directory(directory);
}

}  // namespace forebay::testkit
