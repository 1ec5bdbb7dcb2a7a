// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <forebay/sqs/observer.h>

namespace forebay::sqs {
namespace {

struct Described {
  std::string_view name;  // behind "forebay_client_"
  std::string_view help;
};

constexpr std::array<Described, kCounters> kCounterNames{{
    {"sent_messages_total", "Messages that the server has accepted."},
    {"sent_bytes_total", "Bytes of sent messages, bodies and attributes."},
    {"send_failed_messages_total", "Messages that were given up."},
    {"send_retried_messages_total", "Messages that were sent again."},
    {"send_batches_total", "Calls of SendMessageBatch."},
    {"received_messages_total", "Messages received."},
    {"received_bytes_total", "Bytes of received bodies."},
    {"receives_total", "Calls of ReceiveMessage that were answered."},
    {"receive_failed_total", "Calls of ReceiveMessage that failed."},
    {"acked_messages_total", "Messages that were handled and deleted."},
    {"retried_messages_total", "Messages that their handler gave back."},
    {"deferred_messages_total", "Messages that their handler put off."},
    {"dead_messages_total", "Messages that were sent to the dead-letter queue."},
    {"lease_extended_messages_total", "Messages whose visibility was extended."},
    {"lease_lost_messages_total", "Messages that went back while they were being handled."},
    {"ack_failed_messages_total", "Messages whose deletion failed."},
    {"duplicate_messages_total", "Messages that an idempotency store knew already."},
}};

constexpr std::array<Described, kLevels> kLevelNames{{
    {"buffered_messages", "Messages given to a producer and not answered yet."},
    {"buffered_bytes", "Bytes of them."},
    {"batches_in_flight", "Calls of SendMessageBatch under way."},
    {"handling_messages", "Messages that handlers have in hand."},
    {"acks_buffered", "Handled messages whose deletion was not answered yet."},
}};

constexpr std::array<Described, kLatencies> kLatencyNames{{
    {"send_seconds", "From a message's acceptance to the server's answer."},
    {"receive_seconds", "ReceiveMessage calls, their wait included."},
    {"handle_seconds", "A handler, for one message."},
    {"dwell_seconds", "From a message's sending to its receive."},
}};

/// The largest value of each bucket but the last, which takes the rest.
constexpr auto kBucketsUs = std::to_array<int64_t>(
    {250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000,
     2'500'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000, 300'000'000, 3'600'000'000});

template <class Index>
constexpr size_t place(Index index) {
  return static_cast<size_t>(index);
}

class Histogram {
 public:
  void record(int64_t us) {
    us = std::max<int64_t>(us, 0);
    const auto bucket = std::ranges::lower_bound(kBucketsUs, us) - kBucketsUs.begin();
    buckets_[static_cast<size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
    sum_us_.fetch_add(static_cast<uint64_t>(us), std::memory_order_relaxed);
  }
  uint64_t count() const {
    uint64_t count = 0;
    for (const auto& bucket : buckets_) count += bucket.load(std::memory_order_relaxed);
    return count;
  }
  uint64_t bucket(size_t i) const { return buckets_[i].load(std::memory_order_relaxed); }
  double sum_s() const {
    return static_cast<double>(sum_us_.load(std::memory_order_relaxed)) / 1e6;
  }

 private:
  std::array<std::atomic<uint64_t>, kBucketsUs.size() + 1> buckets_{};
  std::atomic<uint64_t> sum_us_ = 0;
};

class QueueMetrics final : public QueueObserver {
 public:
  void add(Counter counter, uint64_t amount) noexcept override {
    counters[place(counter)].fetch_add(amount, std::memory_order_relaxed);
  }
  void change(Level level, int64_t by) noexcept override {
    levels[place(level)].fetch_add(by, std::memory_order_relaxed);
  }
  void record(Latency latency, std::chrono::microseconds took) noexcept override {
    latencies[place(latency)].record(took.count());
  }

  std::array<std::atomic<uint64_t>, kCounters> counters{};
  std::array<std::atomic<int64_t>, kLevels> levels{};
  std::array<Histogram, kLatencies> latencies{};
};

std::string_view last_part(std::string_view url) {
  return url.substr(url.rfind('/') + 1);
}

/// As a label's value is written.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace

class Metrics::Queues {
 public:
  /// Made when it is not there.
  QueueMetrics& of(std::string_view url) {
    const std::scoped_lock lock(mu_);
    const auto found = by_url_.find(url);
    if (found != by_url_.end()) return *found->second;
    return *by_url_.emplace(url, std::make_unique<QueueMetrics>()).first->second;
  }
  /// Null when it is not there.
  const QueueMetrics* find(std::string_view url) const {
    const std::scoped_lock lock(mu_);
    const auto found = by_url_.find(url);
    return found == by_url_.end() ? nullptr : found->second.get();
  }
  /// With their labels.
  std::vector<std::pair<std::string, const QueueMetrics*>> all() const {
    const std::scoped_lock lock(mu_);
    std::map<std::string_view, int> uses;
    for (const auto& [url, metrics] : by_url_) ++uses[last_part(url)];
    std::vector<std::pair<std::string, const QueueMetrics*>> out;
    for (const auto& [url, metrics] : by_url_) {
      const std::string_view name = last_part(url);
      out.emplace_back(escaped(uses[name] == 1 ? name : std::string_view(url)), metrics.get());
    }
    return out;
  }

 private:
  mutable std::mutex mu_;
  std::map<std::string, std::unique_ptr<QueueMetrics>, std::less<>> by_url_;  // guarded by mu_
};

namespace {

using Labelled = std::vector<std::pair<std::string, const QueueMetrics*>>;

void append_head(std::string& out, const Described& described, std::string_view type) {
  fmt::format_to(std::back_inserter(out),
                 "# HELP forebay_client_{} {}\n# TYPE forebay_client_{} {}\n", described.name,
                 described.help, described.name, type);
}

template <class Value>
void append_family(std::string& out, const Described& described, std::string_view type,
                   const Labelled& queues, Value value) {
  append_head(out, described, type);
  for (const auto& [label, metrics] : queues) {
    fmt::format_to(std::back_inserter(out), "forebay_client_{}{{queue=\"{}\"}} {}\n",
                   described.name, label, value(*metrics));
  }
}

void append_histogram(std::string& out, const Described& described, std::string_view label,
                      const Histogram& histogram) {
  uint64_t seen = 0;
  const auto line = [&](const std::string& limit) {
    fmt::format_to(std::back_inserter(out),
                   "forebay_client_{}_bucket{{queue=\"{}\",le=\"{}\"}} {}\n", described.name, label,
                   limit, seen);
  };
  for (size_t i = 0; i < kBucketsUs.size(); ++i) {
    seen += histogram.bucket(i);
    line(fmt::format("{}", static_cast<double>(kBucketsUs[i]) / 1e6));
  }
  seen += histogram.bucket(kBucketsUs.size());
  line("+Inf");
  fmt::format_to(std::back_inserter(out),
                 "forebay_client_{0}_sum{{queue=\"{1}\"}} {2}\n"
                 "forebay_client_{0}_count{{queue=\"{1}\"}} {3}\n",
                 described.name, label, histogram.sum_s(), seen);
}

}  // namespace

Metrics::Metrics() : queues_(std::make_unique<Queues>()) {}
Metrics::~Metrics() = default;

QueueObserver& Metrics::queue(std::string_view queue_url) {
  return queues_->of(queue_url);
}

uint64_t Metrics::count(std::string_view queue_url, Counter counter) const {
  const QueueMetrics* const metrics = queues_->find(queue_url);
  return metrics == nullptr ? 0 : metrics->counters[place(counter)].load();
}

int64_t Metrics::level(std::string_view queue_url, Level level) const {
  const QueueMetrics* const metrics = queues_->find(queue_url);
  return metrics == nullptr ? 0 : metrics->levels[place(level)].load();
}

uint64_t Metrics::latency_count(std::string_view queue_url, Latency latency) const {
  const QueueMetrics* const metrics = queues_->find(queue_url);
  return metrics == nullptr ? 0 : metrics->latencies[place(latency)].count();
}

std::string Metrics::prometheus() const {
  const Labelled queues = queues_->all();
  std::string out;
  if (queues.empty()) return out;
  for (size_t i = 0; i < kCounters; ++i) {
    append_family(out, kCounterNames[i], "counter", queues,
                  [i](const QueueMetrics& metrics) { return metrics.counters[i].load(); });
  }
  for (size_t i = 0; i < kLevels; ++i) {
    append_family(out, kLevelNames[i], "gauge", queues,
                  [i](const QueueMetrics& metrics) { return metrics.levels[i].load(); });
  }
  for (size_t i = 0; i < kLatencies; ++i) {
    append_head(out, kLatencyNames[i], "histogram");
    for (const auto& [label, metrics] : queues) {
      append_histogram(out, kLatencyNames[i], label, metrics->latencies[i]);
    }
  }
  return out;
}

}  // namespace forebay::sqs
