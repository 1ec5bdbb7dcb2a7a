// SPDX-License-Identifier: Apache-2.0
#include "load/requests.h"

#include <iterator>

#include <fmt/format.h>

#include "base/check.h"

namespace forebay::load {

Requests::Requests(const Options& options)
    : options_(options), message_body_(options.body_bytes, 'x') {
  const size_t number = options.queue_url.find("{}");
  url_before_number_ = options.queue_url.substr(0, number);
  if (number != std::string::npos) url_after_number_ = options.queue_url.substr(number + 2);
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
  fmt::format_to(std::back_inserter(json_), R"(,"MaxNumberOfMessages":{}}})", count);
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

void Requests::begin(uint32_t queue) {
  json_.clear();
  json_.append(R"({"QueueUrl":")").append(url_before_number_);
  if (options_.queues > 1) {
    fmt::format_to(std::back_inserter(json_), "{}{}", queue, url_after_number_);
  }
  json_ += '"';
}

void Requests::add_message(uint64_t number) {
  json_.append(R"("MessageBody":")").append(message_body_).append("\"");
  if (options_.groups == 0) return;
  fmt::format_to(std::back_inserter(json_),
                 R"(,"MessageGroupId":"g{}","MessageDeduplicationId":"{}-{}")",
                 number % options_.groups, options_.run, number);
}

void Requests::finish(std::string_view action, std::string& out) {
  fmt::format_to(std::back_inserter(out),
                 "POST / HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: application/x-amz-json-1.0\r\n"
                 "X-Amz-Target: AmazonSQS.{}\r\nContent-Length: {}\r\n\r\n",
                 options_.host, options_.port, action, json_.size());
  out += json_;
}

}  // namespace forebay::load
