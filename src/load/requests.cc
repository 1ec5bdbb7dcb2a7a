// SPDX-License-Identifier: Apache-2.0
#include "load/requests.h"

#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"

namespace forebay::load {
namespace {

constexpr std::string_view kContentType = "application/x-amz-json-1.0";
constexpr std::string_view kTargetPrefix = "AmazonSQS.";

}  // namespace

Requests::Requests(const RequestForm& form, const env::Clock& clock)
    : form_(form),
      clock_(clock),
      head_(fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\nX-Amz-Target: {}",
                        form.path, form.host_header, kContentType, kTargetPrefix)),
      message_body_(form.body_bytes, 'x') {
  if (form.credentials) signer_.emplace(*form.credentials, form.region, "sqs");
}

void Requests::send(uint32_t queue, uint64_t first, uint32_t count, std::string& out) {
  CHECK(count >= 1 && count <= kBatchMax);
  begin(queue);
  if (count == 1) {
    json_ += ',';
    add_message(first);
    json_ += '}';
    return finish("SendMessage", out);
  }
  json_ += R"(,"Entries":[)";
  for (uint32_t i = 0; i < count; ++i) {
    fmt::format_to(std::back_inserter(json_), R"({}{{"Id":"{}",)", i == 0 ? "" : ",", i);
    add_message(first + i);
    json_ += '}';
  }
  json_ += "]}";
  finish("SendMessageBatch", out);
}

void Requests::receive(uint32_t queue, uint32_t count, std::string& out) {
  begin(queue);
  fmt::format_to(std::back_inserter(json_), R"(,"MaxNumberOfMessages":{})", count);
  if (form_.wait_s > 0) {
    fmt::format_to(std::back_inserter(json_), R"(,"WaitTimeSeconds":{})", form_.wait_s);
  }
  json_ += '}';
  finish("ReceiveMessage", out);
}

void Requests::delete_messages(uint32_t queue, std::span<const std::string> handles,
                               std::string& out) {
  CHECK(!handles.empty() && handles.size() <= kBatchMax);
  begin(queue);
  if (handles.size() == 1) {
    fmt::format_to(std::back_inserter(json_), R"(,"ReceiptHandle":"{}"}})", handles[0]);
    return finish("DeleteMessage", out);
  }
  json_ += R"(,"Entries":[)";
  for (size_t i = 0; i < handles.size(); ++i) {
    fmt::format_to(std::back_inserter(json_), R"({}{{"Id":"{}","ReceiptHandle":"{}"}})",
                   i == 0 ? "" : ",", i, handles[i]);
  }
  json_ += "]}";
  finish("DeleteMessageBatch", out);
}

void Requests::call(std::string_view action, std::string_view json, std::string& out) {
  json_.assign(json);
  finish(action, out);
}

void Requests::begin(uint32_t queue) {
  json_.clear();
  json_.append(R"({"QueueUrl":")").append(form_.queue_urls.at(queue)).append("\"");
}

void Requests::add_message(uint64_t number) {
  json_.append(R"("MessageBody":")").append(message_body_).append("\"");
  if (form_.groups == 0) return;
  fmt::format_to(std::back_inserter(json_),
                 R"(,"MessageGroupId":"g{}","MessageDeduplicationId":"{}-{}")",
                 number % form_.groups, form_.run, number);
}

void Requests::finish(std::string_view action, std::string& out) {
  out.append(head_).append(action).append("\r\n");
  if (signer_) {
    add_signature(action, out);
  } else {
    out.append(form_.unsigned_header);
  }
  fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n\r\n", json_.size());
  out += json_;
}

void Requests::add_signature(std::string_view action, std::string& out) {
  const WallMs now = clock_.wall();
  if (now.value / 1000 != date_s_) {
    date_s_ = now.value / 1000;
    date_ = auth::amz_date(now);
  }
  const std::string target = std::string(kTargetPrefix).append(action);
  const std::string& token = signer_->credentials().session_token;
  std::vector<auth::SignedHeader> headers = {
      {"content-type", kContentType}, {"host", form_.host_header}, {"x-amz-date", date_}};
  if (!token.empty()) headers.push_back({"x-amz-security-token", token});
  headers.push_back({"x-amz-target", target});
  const std::string authorization = signer_->authorization(
      {.method = "POST", .path = form_.path, .headers = headers, .body = json_}, date_);
  out.append("X-Amz-Date: ").append(date_).append("\r\n");
  if (!token.empty()) out.append("X-Amz-Security-Token: ").append(token).append("\r\n");
  out.append("Authorization: ").append(authorization).append("\r\n");
}

}  // namespace forebay::load
