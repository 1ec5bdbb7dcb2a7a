// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <forebay/sqs/observer.h>
#include <gtest/gtest.h>

namespace forebay::sqs {
namespace {

using std::chrono::microseconds;

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, CountsQueueByQueue) {
  Metrics metrics;
  QueueObserver& jobs = metrics.queue("http://h/1/jobs");
  EXPECT_EQ(&jobs, &metrics.queue("http://h/1/jobs"));
  jobs.add(Counter::kSent, 3);
  jobs.change(Level::kBufferedMessages, 5);
  jobs.change(Level::kBufferedMessages, -2);
  metrics.queue("http://h/1/others").add(Counter::kSent, 1);
  EXPECT_EQ(metrics.count("http://h/1/jobs", Counter::kSent), 3u);
  EXPECT_EQ(metrics.count("http://h/1/others", Counter::kSent), 1u);
  EXPECT_EQ(metrics.count("http://h/1/unknown", Counter::kSent), 0u);
  EXPECT_EQ(metrics.level("http://h/1/jobs", Level::kBufferedMessages), 3);
}

TEST(Metrics, PrometheusTextHasEveryFamilyAndCumulativeBuckets) {
  Metrics metrics;
  QueueObserver& jobs = metrics.queue("http://h/1/jobs");
  jobs.add(Counter::kDuplicates, 7);
  jobs.change(Level::kAcksBuffered, 2);
  for (const int us : {0, 250, 251, 4'000, 2'000'000})
    jobs.record(Latency::kSend, microseconds(us));
  jobs.record(Latency::kDwell, std::chrono::hours(2));
  const std::string text = metrics.prometheus();
  EXPECT_TRUE(has_line(text, R"(forebay_client_duplicate_messages_total{queue="jobs"} 7)")) << text;
  EXPECT_TRUE(has_line(text, R"(forebay_client_acks_buffered{queue="jobs"} 2)"));
  EXPECT_TRUE(has_line(text, "# TYPE forebay_client_send_seconds histogram"));
  EXPECT_TRUE(has_line(text, R"(forebay_client_send_seconds_bucket{queue="jobs",le="0.00025"} 2)"));
  EXPECT_TRUE(has_line(text, R"(forebay_client_send_seconds_bucket{queue="jobs",le="0.005"} 4)"));
  EXPECT_TRUE(has_line(text, R"(forebay_client_send_seconds_bucket{queue="jobs",le="+Inf"} 5)"));
  EXPECT_TRUE(has_line(text, R"(forebay_client_send_seconds_count{queue="jobs"} 5)"));
  EXPECT_TRUE(has_line(text, R"(forebay_client_send_seconds_sum{queue="jobs"} 2.004501)"));
  EXPECT_TRUE(has_line(text, R"(forebay_client_dwell_seconds_bucket{queue="jobs",le="3600"} 0)"));
  EXPECT_TRUE(has_line(text, R"(forebay_client_dwell_seconds_bucket{queue="jobs",le="+Inf"} 1)"));
}

TEST(Metrics, QueuesOfOneNameAreToldApart) {
  Metrics metrics;
  metrics.queue("http://h/1/jobs").add(Counter::kSent, 1);
  metrics.queue("http://h/2/jobs").add(Counter::kSent, 2);
  const std::string text = metrics.prometheus();
  EXPECT_TRUE(has_line(text, R"(forebay_client_sent_messages_total{queue="http://h/1/jobs"} 1)"));
  EXPECT_TRUE(has_line(text, R"(forebay_client_sent_messages_total{queue="http://h/2/jobs"} 2)"));
}

TEST(Metrics, LabelsAreEscaped) {
  Metrics metrics;
  metrics.queue("http://h/a\"b\\c").add(Counter::kSent, 1);
  EXPECT_TRUE(
      has_line(metrics.prometheus(), R"(forebay_client_sent_messages_total{queue="a\"b\\c"} 1)"));
}

TEST(Metrics, NothingIsLostBetweenThreads) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        QueueObserver& queue = metrics.queue("q");
        for (int i = 0; i < 1'000; ++i) {
          queue.add(Counter::kSent, 1);
          queue.record(Latency::kSend, microseconds(i));
        }
      });
    }
  }
  EXPECT_EQ(metrics.count("q", Counter::kSent), 8'000u);
  EXPECT_EQ(metrics.latency_count("q", Latency::kSend), 8'000u);
}

}  // namespace
}  // namespace forebay::sqs
