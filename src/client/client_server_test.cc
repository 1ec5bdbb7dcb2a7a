// SPDX-License-Identifier: Apache-2.0
// The client against a real server: every action through every face, and what only a real peer
// shows: long polls, restarts, many calls at a time.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <forebay/sqs/client.h>
#include <gtest/gtest.h>

#include "client/testing/server_process.h"
#include "env/testing/temporary_directory.h"

namespace forebay::sqs {
namespace {

using std::chrono::seconds;

/// The simplest coroutine there is: runs at once, and tells when it has ended.
struct Started {
  struct promise_type {
    Started get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

/// Waits for a value that another thread gives.
template <class Value>
class Later {
 public:
  void set(Value value) {
    const std::scoped_lock lock(mu_);
    value_.emplace(std::move(value));
    set_.notify_all();
  }
  Value get() {
    std::unique_lock lock(mu_);
    set_.wait(lock, [this] { return value_.has_value(); });
    return *std::move(value_);
  }

 private:
  std::mutex mu_;
  std::condition_variable set_;
  std::optional<Value> value_;
};

template <class Request>
Started await_call(Client& client, const Request& request,
                   Later<Result<typename Request::Reply>>& later) {
  later.set(co_await client.async(request));
}

enum class Face : uint8_t { kWaiting, kCallingBack, kAwaiting };

/// One call through one of the faces.
template <class Request>
Result<typename Request::Reply> call(Client& client, Face face, const Request& request) {
  using Reply = Result<typename Request::Reply>;
  if (face == Face::kWaiting) return client.call(request);
  const auto later = std::make_shared<Later<Reply>>();
  if (face == Face::kCallingBack) {
    client.call(request, [later](Reply reply) { later->set(std::move(reply)); });
  } else {
    await_call(client, request, *later);
  }
  return later->get();
}

Client make_client(const std::string& endpoint, ClientOptions options = {}) {
  options.endpoint_url = endpoint;
  if (options.region.empty()) options.region = "us-east-1";
  options.credentials = Credentials{.access_key_id = "id", .secret_access_key = "secret"};
  Result<Client> client = Client::create(std::move(options));
  EXPECT_TRUE(client.ok());
  return *std::move(client);
}

std::string make_queue(Client& client, const std::string& name, QueueAttributes attributes = {}) {
  const auto made = client.create_queue({.queue_name = name, .attributes = std::move(attributes)});
  EXPECT_TRUE(made.ok()) << made.error();
  return made->queue_url;
}

/// The value of a call that must succeed.
template <class Reply>
Reply value(Result<Reply> result) {
  EXPECT_TRUE(result.ok()) << result.error();
  return *std::move(result);
}

// One server for the tests that do not stop it.
class ClientServerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<testing::ServerProcess>(); }
  static void TearDownTestSuite() { server_.reset(); }

  Client client_ = make_client(server_->endpoint());
  static std::unique_ptr<testing::ServerProcess> server_;
};
std::unique_ptr<testing::ServerProcess> ClientServerTest::server_;

class EveryFace : public ClientServerTest, public ::testing::WithParamInterface<Face> {
 protected:
  template <class Request>
  typename Request::Reply ask(const Request& request) {
    return value(call(client_, GetParam(), request));
  }
  std::string name(const std::string& what) const {
    return what + std::to_string(static_cast<int>(GetParam()));
  }
};
INSTANTIATE_TEST_SUITE_P(Faces, EveryFace,
                         ::testing::Values(Face::kWaiting, Face::kCallingBack, Face::kAwaiting));

TEST_P(EveryFace, QueuesAndTheirAttributes) {
  const std::string url = ask(CreateQueueRequest{.queue_name = name("q"),
                                                 .attributes = {.delay_seconds = seconds(1),
                                                                .visibility_timeout = seconds(5)},
                                                 .tags = {{"team", "a b"}}})
                              .queue_url;
  EXPECT_EQ(ask(GetQueueUrlRequest{.queue_name = name("q")}).queue_url, url);
  ask(SetQueueAttributesRequest{.queue_url = url, .attributes = {.delay_seconds = seconds(0)}});
  const auto got = ask(GetQueueAttributesRequest{.queue_url = url});
  EXPECT_EQ(got.attributes.delay_seconds, seconds(0));
  EXPECT_EQ(got.attributes.visibility_timeout, seconds(5));
  EXPECT_EQ(got.attributes.maximum_message_size_bytes, 1 << 20);
  EXPECT_EQ(got.attributes.sqs_managed_sse_enabled, true);
  EXPECT_FALSE(got.attributes.fifo_queue.has_value());
  EXPECT_TRUE(got.status.queue_arn->ends_with(":" + name("q"))) << *got.status.queue_arn;
  EXPECT_EQ(got.status.approximate_number_of_messages, 0);
  EXPECT_TRUE(got.status.created_timestamp.has_value());
  EXPECT_TRUE(got.attributes.others.empty()) << got.attributes.others.begin()->first;
  ask(TagQueueRequest{.queue_url = url, .tags = {{"cost", "1=2 + a:b"}}});
  ask(UntagQueueRequest{.queue_url = url, .tag_keys = {"team"}});
  EXPECT_EQ(ask(ListQueueTagsRequest{.queue_url = url}).tags, (Tags{{"cost", "1=2 + a:b"}}));
  ask(AddPermissionRequest{.queue_url = url,
                           .label = "l",
                           .aws_account_ids = {"123456789012"},
                           .actions = {"SendMessage"}});
  EXPECT_TRUE(ask(GetQueueAttributesRequest{.queue_url = url}).attributes.policy.has_value());
  ask(RemovePermissionRequest{.queue_url = url, .label = "l"});
  const auto listed = ask(ListQueuesRequest{.queue_name_prefix = name("q")});
  EXPECT_EQ(listed.queue_urls, std::vector<std::string>{url});
  ask(PurgeQueueRequest{.queue_url = url});
  ask(DeleteQueueRequest{.queue_url = url});
}

TEST_P(EveryFace, MessagesOneByOne) {
  const std::string url = make_queue(client_, name("single"));
  const auto sent = ask(SendMessageRequest{
      .queue_url = url,
      .message_body = "grüße \"\\\n\t\xf0\x9f\x98\x80",
      .message_attributes = {{"bytes", MessageAttributeValue::binary(std::string("\0\xff\n", 3))},
                             {"größe", MessageAttributeValue::number(-3)},
                             {"text", MessageAttributeValue::string("a \"b\"")}},
      .message_system_attributes = {
          {"AWSTraceHeader", MessageAttributeValue::string("Root=1-2")}}});
  EXPECT_EQ(sent.message_id.size(), 36u);
  EXPECT_FALSE(sent.md5_of_message_attributes.empty());
  EXPECT_FALSE(sent.md5_of_message_system_attributes.empty());
  const auto received = ask(ReceiveMessageRequest{.queue_url = url,
                                                  .message_system_attribute_names = {"All"},
                                                  .message_attribute_names = {"All"}});
  ASSERT_EQ(received.messages.size(), 1u);
  const Message& message = received.messages[0];
  EXPECT_EQ(message.message_id, sent.message_id);
  EXPECT_EQ(message.body, "grüße \"\\\n\t\xf0\x9f\x98\x80");
  EXPECT_EQ(message.message_attributes.at("bytes").binary_value, std::string("\0\xff\n", 3));
  EXPECT_EQ(message.message_attributes.at("größe"), MessageAttributeValue::number(-3));
  EXPECT_EQ(message.attributes.approximate_receive_count, 1);
  EXPECT_EQ(message.attributes.aws_trace_header, "Root=1-2");
  EXPECT_TRUE(message.attributes.sent_timestamp.has_value());
  ask(ChangeMessageVisibilityRequest{.queue_url = url,
                                     .receipt_handle = message.receipt_handle,
                                     .visibility_timeout = seconds(0)});
  const auto again = ask(ReceiveMessageRequest{.queue_url = url, .wait_time_seconds = seconds(5)});
  ASSERT_EQ(again.messages.size(), 1u);
  EXPECT_TRUE(again.messages[0].message_attributes.empty());
  ask(DeleteMessageRequest{.queue_url = url, .receipt_handle = again.messages[0].receipt_handle});
  EXPECT_TRUE(ask(ReceiveMessageRequest{.queue_url = url}).messages.empty());
}

TEST_P(EveryFace, MessagesInBatches) {
  const std::string url = make_queue(client_, name("batch"));
  SendMessageBatchRequest batch{.queue_url = url};
  for (int i = 0; i < 9; ++i) {
    batch.entries.push_back(
        {.id = "e" + std::to_string(i), .message_body = std::string(90'000, 'x')});
  }
  batch.entries.push_back({.id = "late", .message_body = "x", .delay_seconds = seconds(9'999)});
  const auto sent = ask(batch);
  EXPECT_EQ(sent.successful.size(), 9u);
  ASSERT_EQ(sent.failed.size(), 1u);
  EXPECT_EQ(sent.failed[0].id, "late");
  EXPECT_TRUE(sent.failed[0].sender_fault);
  const auto received = ask(ReceiveMessageRequest{.queue_url = url, .max_number_of_messages = 10});
  ASSERT_EQ(received.messages.size(), 9u);
  ChangeMessageVisibilityBatchRequest change{.queue_url = url};
  DeleteMessageBatchRequest remove{.queue_url = url};
  for (size_t i = 0; i < received.messages.size(); ++i) {
    const std::string id = "m" + std::to_string(i);
    change.entries.push_back({id, received.messages[i].receipt_handle, seconds(60)});
    remove.entries.push_back({id, received.messages[i].receipt_handle});
  }
  remove.entries.push_back({"bad", "no handle"});
  EXPECT_EQ(ask(change).successful.size(), 9u);
  const auto removed = ask(remove);
  EXPECT_EQ(removed.successful.size(), 9u);
  ASSERT_EQ(removed.failed.size(), 1u);
  EXPECT_EQ(removed.failed[0].code, "ReceiptHandleIsInvalid");
}

TEST_P(EveryFace, DeadLettersAndMoveTasks) {
  const std::string dead = make_queue(client_, name("dead"));
  const std::string arn =
      *ask(GetQueueAttributesRequest{.queue_url = dead, .attribute_names = {"QueueArn"}})
           .status.queue_arn;
  const RedrivePolicy policy{.dead_letter_target_arn = arn, .max_receive_count = 3};
  const std::string url = make_queue(client_, name("live"), {.redrive_policy = policy});
  EXPECT_EQ(ask(GetQueueAttributesRequest{.queue_url = url}).attributes.redrive_policy, policy);
  EXPECT_EQ(ask(ListDeadLetterSourceQueuesRequest{.queue_url = dead}).queue_urls,
            std::vector<std::string>{url});
  ask(SendMessageRequest{.queue_url = dead, .message_body = "a"});
  ask(SendMessageRequest{.queue_url = dead, .message_body = "b"});
  const std::string target = *ask(GetQueueAttributesRequest{.queue_url = url}).status.queue_arn;
  const auto task = ask(StartMessageMoveTaskRequest{
      .source_arn = arn, .destination_arn = target, .max_number_of_messages_per_second = 1});
  const auto listed = ask(ListMessageMoveTasksRequest{.source_arn = arn});
  ASSERT_EQ(listed.results.size(), 1u);
  EXPECT_EQ(listed.results[0].source_arn, arn);
  EXPECT_EQ(listed.results[0].status, MessageMoveTaskStatus::kRunning);
  EXPECT_EQ(listed.results[0].max_number_of_messages_per_second, 1);
  EXPECT_GT(listed.results[0].started_timestamp, Timestamp());
  EXPECT_LE(ask(CancelMessageMoveTaskRequest{.task_handle = task.task_handle})
                .approximate_number_of_messages_moved,
            2);
}

TEST_P(EveryFace, RefusalsComeSorted) {
  const auto kind = [&](const auto& request) {
    const auto result = call(client_, GetParam(), request);
    EXPECT_FALSE(result.ok());
    EXPECT_FALSE(result.error().retryable);
    return result.error().kind;
  };
  const std::string url = make_queue(client_, name("refuse"));
  EXPECT_EQ(kind(GetQueueUrlRequest{.queue_name = "nowhere"}), ErrorKind::kQueueNotFound);
  EXPECT_EQ(kind(ReceiveMessageRequest{.queue_url = url, .max_number_of_messages = 11}),
            ErrorKind::kInvalidRequest);
  EXPECT_EQ(kind(DeleteMessageRequest{.queue_url = url, .receipt_handle = "x"}),
            ErrorKind::kReceiptHandle);
  EXPECT_EQ(kind(CreateQueueRequest{.queue_name = name("refuse"),
                                    .attributes = {.delay_seconds = seconds(7)}}),
            ErrorKind::kConflict);
  EXPECT_EQ(kind(SendMessageRequest{.queue_url = url,
                                    .message_body = std::string(kMessageBytesMax + 1, 'x')}),
            ErrorKind::kTooLarge);
  EXPECT_EQ(
      kind(ListMessageMoveTasksRequest{.source_arn = "arn:aws:sqs:us-east-1:000000000000:no"}),
      ErrorKind::kNotFound);
}

TEST_F(ClientServerTest, AnErrorCarriesWhatTheServerSaid) {
  const auto result = client_.get_queue_url({.queue_name = "nowhere"});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, "AWS.SimpleQueueService.NonExistentQueue");
  EXPECT_EQ(result.error().message, "The specified queue does not exist.");
  EXPECT_EQ(result.error().http_status, 400);
  EXPECT_EQ(result.error().request_id.size(), 36u);
}

TEST_F(ClientServerTest, FifoQueuesNumberTheirMessages) {
  const std::string url = make_queue(client_, "numbers.fifo",
                                     {.fifo_queue = true, .content_based_deduplication = true});
  const auto first =
      client_.send_message({.queue_url = url, .message_body = "a", .message_group_id = "g"});
  const auto second =
      client_.send_message({.queue_url = url, .message_body = "b", .message_group_id = "g"});
  EXPECT_LT(std::string_view(value(first).sequence_number),
            std::string_view(value(second).sequence_number));
  const auto got =
      value(client_.receive_message({.queue_url = url, .message_system_attribute_names = {"All"}}));
  ASSERT_EQ(got.messages.size(), 1u);
  EXPECT_EQ(got.messages[0].attributes.message_group_id, "g");
  EXPECT_EQ(got.messages[0].attributes.sequence_number,
            std::string(std::string_view(first->sequence_number)));
}

TEST_F(ClientServerTest, PagesAreFollowedByTheirToken) {
  for (int i = 0; i < 5; ++i) make_queue(client_, "page" + std::to_string(i));
  std::set<std::string> seen;
  ListQueuesRequest request{.queue_name_prefix = "page", .max_results = 2};
  do {
    const auto page = value(client_.list_queues(request));
    seen.insert(page.queue_urls.begin(), page.queue_urls.end());
    request.next_token = page.next_token;
  } while (request.next_token);
  EXPECT_EQ(seen.size(), 5u);
}

TEST_F(ClientServerTest, AParkedLongPollIsCancelled) {
  const std::string url = make_queue(client_, "parked");
  std::stop_source stop;
  Later<Result<ReceiveMessageReply>> later;
  client_.call(ReceiveMessageRequest{.queue_url = url, .wait_time_seconds = seconds(20)},
               {.stop = stop.get_token()},
               [&](Result<ReceiveMessageReply> reply) { later.set(std::move(reply)); });
  // The poll is on its way, or parked already: two round trips later.
  value(client_.receive_message({.queue_url = url}));
  value(client_.receive_message({.queue_url = url}));
  stop.request_stop();
  const auto result = later.get();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kCancelled);
}

TEST_F(ClientServerTest, ALongPollOutlivesTheAttemptsTimeLimit) {
  const std::string url = make_queue(client_, "patient");
  const CallOptions tight{.attempt_timeout = std::chrono::milliseconds(500),
                          .timeout = std::chrono::milliseconds(600)};
  const auto got =
      client_.receive_message({.queue_url = url, .wait_time_seconds = seconds(1)}, tight);
  EXPECT_TRUE(got.ok()) << got.error();
  EXPECT_EQ(client_.statistics().attempts, 2u);
}

TEST_F(ClientServerTest, ConnectionsAreReused) {
  const std::string url = make_queue(client_, "reuse");
  for (int i = 0; i < 100; ++i) {
    value(client_.send_message({.queue_url = url, .message_body = "x"}));
  }
  EXPECT_EQ(client_.statistics().attempts, 101u);
  EXPECT_EQ(client_.statistics().connections_opened, 1u);
}

TEST_F(ClientServerTest, AThousandCallsAtATime) {
  constexpr int kCalls = 1'000;
  const std::string url = make_queue(client_, "thousand");
  std::atomic<int> good = 0;
  std::atomic<int> left = kCalls;
  Later<bool> all;
  for (int i = 0; i < kCalls; ++i) {
    client_.call(SendMessageRequest{.queue_url = url, .message_body = std::to_string(i)},
                 [&](const Result<SendMessageReply>& reply) {
                   if (reply.ok()) ++good;
                   if (--left == 0) all.set(true);
                 });
  }
  all.get();
  EXPECT_EQ(good, kCalls);
  EXPECT_LE(client_.statistics().connections_opened, ClientOptions().max_connections);
  EXPECT_EQ(
      value(client_.get_queue_attributes({.queue_url = url})).status.approximate_number_of_messages,
      kCalls);
}

TEST_F(ClientServerTest, ThreadsShareAClient) {
  const std::string url = make_queue(client_, "shared");
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 25; ++i) {
          if (client_.send_message({.queue_url = url, .message_body = "x"}).ok()) ++good;
        }
      });
    }
  }
  EXPECT_EQ(good, 200);
}

TEST_F(ClientServerTest, CallbacksRunWhereTheExecutorSays) {
  std::atomic<int> ran = 0;
  ClientOptions options;
  options.executor = [&](std::function<void()> task) {
    ++ran;
    std::thread(std::move(task)).detach();
  };
  Client client = make_client(server_->endpoint(), std::move(options));
  const std::string url = make_queue(client, "executor");
  Later<Result<SendMessageReply>> later;
  client.call(SendMessageRequest{.queue_url = url, .message_body = "x"}, [&](auto reply) {
    // Not the I/O thread: waiting for another call is allowed here.
    later.set(client.send_message({.queue_url = url, .message_body = "y"}));
    EXPECT_TRUE(reply.ok());
  });
  EXPECT_TRUE(later.get().ok());
  EXPECT_EQ(ran, 1);
}

TEST_F(ClientServerTest, UnsignedRequestsNameTheRegionByTheHost) {
  const std::string local = server_->endpoint();
  ClientOptions options{.region = "eu-west-1"};
  options.endpoint_url = "http://sqs.eu-west-1.localhost" + local.substr(local.rfind(':'));
  options.credentials = UnsignedRequests{};
  Result<Client> client = Client::create(std::move(options));
  ASSERT_TRUE(client.ok()) << client.error();
  const std::string url = make_queue(*client, "elsewhere");
  const auto attributes = value(client->get_queue_attributes({.queue_url = url}));
  EXPECT_EQ(attributes.status.queue_arn, "arn:aws:sqs:eu-west-1:000000000000:elsewhere");
}

TEST_F(ClientServerTest, TheIoThreadRefusesToWaitForItself) {
  Later<Result<ListQueuesRequest::Reply>> later;
  client_.call(ListQueuesRequest{}, [&](const auto&) { later.set(client_.list_queues({})); });
  const auto result = later.get();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kInvalidRequest);
}

TEST_F(ClientServerTest, TheClientsEndCancelsWhatIsUnderWay) {
  const std::string url = make_queue(client_, "ending");
  std::optional<Result<ReceiveMessageReply>> polled;
  {
    Client client = make_client(server_->endpoint());
    client.call(ReceiveMessageRequest{.queue_url = url, .wait_time_seconds = seconds(20)},
                [&](Result<ReceiveMessageReply> reply) { polled = std::move(reply); });
  }
  ASSERT_TRUE(polled.has_value());
  EXPECT_EQ(polled->error().kind, ErrorKind::kCancelled);
}

TEST(ClientAndRestart, CallsGoOnAfterTheServersRestart) {
  const env::TemporaryDirectory data;
  testing::ServerProcess server(data.path());
  Client client = make_client(server.endpoint());
  const std::string url = make_queue(client, "survivor");
  value(client.send_message({.queue_url = url, .message_body = "before"}));
  server.stop();
  const auto down = client.send_message({.queue_url = url, .message_body = "lost"});
  ASSERT_FALSE(down.ok());
  EXPECT_EQ(down.error().kind, ErrorKind::kNetwork);
  EXPECT_TRUE(down.error().retryable);
  server.start();
  const auto got = client.receive_message({.queue_url = url, .wait_time_seconds = seconds(5)});
  ASSERT_EQ(value(got).messages.size(), 1u);
  EXPECT_EQ(got->messages[0].body, "before");
}

TEST(ClientAndRestart, ACallRidesOutARestart) {
  const env::TemporaryDirectory data;
  testing::ServerProcess server(data.path());
  ClientOptions options;
  options.retry = {.max_attempts = 1'000,
                   .backoff_base = std::chrono::milliseconds(20),
                   .backoff_max = std::chrono::milliseconds(20),
                   .token_bucket = 0};
  Client client = make_client(server.endpoint(), std::move(options));
  const std::string url = make_queue(client, "rider");
  server.stop(SIGKILL);
  Later<Result<SendMessageReply>> later;
  client.call(SendMessageRequest{.queue_url = url, .message_body = "x"},
              [&](Result<SendMessageReply> reply) { later.set(std::move(reply)); });
  server.start();
  EXPECT_TRUE(later.get().ok());
}

}  // namespace
}  // namespace forebay::sqs
