// SPDX-License-Identifier: Apache-2.0
#include "load/queue_admin.h"

#include <poll.h>

#include <cerrno>
#include <optional>

#include <fmt/format.h>

#include "load/replies.h"

namespace forebay::load {
namespace {

constexpr int kAnswerMsMax = 30'000;

Error failed(std::string text) {
  return Error{ErrorCode::kServiceUnavailable, std::move(text)};
}

Result<void> wait_readable(const Connection& connection) {
  pollfd waited{.fd = connection.fd(), .events = POLLIN, .revents = 0};
  const int ready = ::poll(&waited, 1, kAnswerMsMax);
  if (ready == 0) return failed("no answer for 30 seconds");
  return {};  // an interruption only means to look again
}

}  // namespace

QueueAdmin::QueueAdmin(const SocketAddress& address, const RequestForm& form,
                       const env::Clock& clock)
    : address_(address), requests_(form, clock) {}

Result<std::string> QueueAdmin::create(std::string_view name, bool fifo) {
  const std::string_view attributes = fifo ? R"(,"Attributes":{"FifoQueue":"true"})" : "";
  TRY_ASSIGN(const std::string body,
             call("CreateQueue", fmt::format(R"({{"QueueName":"{}"{}}})", name, attributes)));
  size_t at = 0;
  const auto url = string_member(body, "QueueUrl", &at);
  if (!url) {
    return failed(
        fmt::format("CreateQueue was answered without a QueueUrl: {}. Does this server "
                    "speak SQS's AWS JSON protocol?",
                    body.substr(0, 200)));
  }
  return std::string(*url);
}

Result<void> QueueAdmin::remove(std::string_view queue_url) {
  TRY(call("DeleteQueue", fmt::format(R"({{"QueueUrl":"{}"}})", queue_url)));
  return {};
}

Result<std::string> QueueAdmin::call(std::string_view action, std::string_view json) {
  const auto asked = ask(action, json);
  if (!asked.ok()) {
    connection_.close();
    return failed(fmt::format("{}: {}", action, asked.error().message));
  }
  const Response& response = asked.value();
  if (response.status == 200) return std::string(response.body);
  std::string own_code;
  const ServiceError error = service_error(response, own_code);
  return failed(fmt::format("{} was refused: {}: {}", action, error.code, error.message));
}

Result<Response> QueueAdmin::ask(std::string_view action, std::string_view json) {
  // A connection that the server has closed meanwhile looks open until it is used.
  if (connection_.is_open()) connection_.notice_close();
  if (!connection_.is_open()) {
    TRY_ASSIGN(connection_, Connection::open(address_));
  }
  requests_.call(action, json, connection_.request());
  // The connection never blocks; a request of a few hundred bytes is written at once.
  while (true) {
    TRY_ASSIGN(const std::optional<Response> response, connection_.advance());
    if (response) return *response;
    TRY(wait_readable(connection_));
  }
}

}  // namespace forebay::load
