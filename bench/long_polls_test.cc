// SPDX-License-Identifier: Apache-2.0
#include "long_polls.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "load/testing/fake_server.h"

namespace forebay::bench {
namespace {

using load::testing::FakeServer;
using load::testing::http_answer;

const std::string kEmpty = http_answer(200, "{}");
const std::string kMessage = http_answer(200, R"({"Messages":[{"ReceiptHandle":"h"}]})");

bool asks_for(std::string_view request, std::string_view action) {
  return request.find("AmazonSQS." + std::string(action)) != std::string_view::npos;
}

load::RequestForm form_for(const FakeServer& server) {
  load::RequestForm form;
  form.host_header = server.endpoint().authority();
  form.queue_urls = {"q"};
  form.wait_s = kPollWaitS;
  return form;
}

std::string wake_up_failure(const std::string& answer_to_polls) {
  FakeServer server([&](std::string_view request) {
    return asks_for(request, "ReceiveMessage") ? answer_to_polls : kEmpty;
  });
  const load::SocketAddress address = server.address();
  const load::RequestForm form = form_for(server);
  WakeUpRun run(address, form, env::system_fine_clock());
  const Result<WakeUps> found = run.run(3, 10);
  return found.ok() ? "" : found.error().message;
}

std::string park_failure(const std::string& answer) {
  FakeServer server([&](std::string_view) { return answer; });
  const load::SocketAddress address = server.address();
  const load::RequestForm form = form_for(server);
  ParkedRun run(address, form, env::system_fine_clock());
  const Result<void> parked = run.park(5);
  return parked.ok() ? "" : parked.error().message;
}

TEST(WakeUpRun, AMessageThatNobodySentIsNoWakeUp) {
  EXPECT_EQ(wake_up_failure(kMessage), "a message was received that was not sent");
}

TEST(WakeUpRun, ARefusalIsNoWakeUp) {
  EXPECT_EQ(wake_up_failure(http_answer(403, R"({"__type":"a#AccessDenied","message":"No."})")),
            "AccessDenied: No.");
}

TEST(ParkedRun, PollsThatDoNotWaitAreNotParked) {
  EXPECT_EQ(park_failure(kEmpty), "a poll did not wait");
  EXPECT_EQ(park_failure(kMessage), "a poll did not wait");
  EXPECT_EQ(park_failure(""), "the server closed the connection");
}

}  // namespace
}  // namespace forebay::bench
