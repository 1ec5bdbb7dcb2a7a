// SPDX-License-Identifier: Apache-2.0
#include "micro/requests.h"

#include <vector>

#include <fmt/format.h>

#include "protocol/escape.h"

namespace forebay::bench {
namespace {

using protocol::Wire;

constexpr std::string_view kJsonType = "application/x-amz-json-1.0";
constexpr std::string_view kFormType = "application/x-www-form-urlencoded; charset=utf-8";

/// Parameters by their Query names, and JSON around them: what differs between the wires.
class BodyWriter {
 public:
  BodyWriter(Wire wire, std::string_view action) : sample_{std::string(action), "", wire, ""} {
    if (json()) {
      sample_.amz_target = "AmazonSQS." + sample_.action;
    } else {
      add("Action", action);
      add("Version", "2012-11-05");
    }
    add("QueueUrl", kQueueUrl);
  }

  bool json() const { return sample_.wire == Wire::kJson; }

  void add(std::string_view name, std::string_view value) {
    std::string& body = sample_.body;
    if (!json()) {
      if (!body.empty()) body += '&';
      body.append(name).append("=");
      append_form_text(body, value);
      return;
    }
    separate();
    fmt::format_to(std::back_inserter(body), "\"{}\":", name);
    protocol::append_json_string(body, value);
  }
  /// JSON only: `text` as it is.
  void add_raw(std::string_view name, std::string_view text) {
    separate();
    fmt::format_to(std::back_inserter(sample_.body), "\"{}\":{}", name, text);
  }

  Sample finish() {
    if (json()) sample_.body = "{" + sample_.body + "}";
    return std::move(sample_);
  }

 private:
  void separate() {
    if (!sample_.body.empty()) sample_.body += ',';
  }

  static void append_form_text(std::string& out, std::string_view text) {
    for (const char c : text) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
      if (plain) {
        out.push_back(c);
      } else {
        fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
      }
    }
  }

  Sample sample_;
};

struct Attribute {
  std::string_view name;
  std::string_view data_type;
  std::string_view value;
};
constexpr Attribute kAttributes[] = {
    {"tenant", "String", "customer-00000000-0000-4000-8000-000000000042"},
    {"attempt", "Number", "3"},
    {"trace", "String", "Root=1-67891233-abcdef012345678912345678"}};

std::string json_string(std::string_view text) {
  std::string out;
  protocol::append_json_string(out, text);
  return out;
}

}  // namespace

protocol::HttpParts Sample::parts() const {
  return {"POST", "/", wire == Wire::kJson ? kJsonType : kFormType, amz_target, {}, body};
}

http::HttpRequest Sample::http() const {
  http::HttpRequest request;
  request.method = "POST";
  request.target = "/";
  request.body = body;
  request.host = "localhost:9324";
  request.content_type = wire == Wire::kJson ? kJsonType : kFormType;
  request.authorization =
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20250101/us-east-1/sqs/aws4_request, "
      "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
      "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  request.amz_target = amz_target;
  return request;
}

std::string message_body(size_t body_bytes) {
  std::string text = R"({"order":4711,"text":")";
  while (text.size() + 2 < body_bytes) text += "The quick brown fox jumps over the lazy dog. ";
  text.resize(body_bytes - 2);
  return text + "\"}";
}

Sample send_message(Wire wire) {
  BodyWriter writer(wire, "SendMessage");
  writer.add("MessageBody", message_body(kBodyBytes));
  return writer.finish();
}

Sample send_message_with_attributes(Wire wire) {
  BodyWriter writer(wire, "SendMessage");
  writer.add("MessageBody", message_body(kBodyBytes));
  std::string json;
  for (int i = 1; const Attribute& attribute : kAttributes) {
    if (writer.json()) {
      json += fmt::format(R"({}"{}":{{"DataType":"{}","StringValue":"{}"}})", i == 1 ? "" : ",",
                          attribute.name, attribute.data_type, attribute.value);
    } else {
      const std::string prefix = fmt::format("MessageAttribute.{}.", i);
      writer.add(prefix + "Name", attribute.name);
      writer.add(prefix + "Value.DataType", attribute.data_type);
      writer.add(prefix + "Value.StringValue", attribute.value);
    }
    ++i;
  }
  if (writer.json()) writer.add_raw("MessageAttributes", "{" + json + "}");
  return writer.finish();
}

Sample send_message_batch(Wire wire) {
  BodyWriter writer(wire, "SendMessageBatch");
  const std::string body = message_body(kBodyBytes);
  std::string json;
  for (int i = 1; i <= kBatchEntries; ++i) {
    const std::string id = fmt::format("entry-{}", i);
    if (writer.json()) {
      json += fmt::format(R"({}{{"Id":"{}","MessageBody":{}}})", i == 1 ? "" : ",", id,
                          json_string(body));
    } else {
      const std::string prefix = fmt::format("SendMessageBatchRequestEntry.{}.", i);
      writer.add(prefix + "Id", id);
      writer.add(prefix + "MessageBody", body);
    }
  }
  if (writer.json()) writer.add_raw("Entries", "[" + json + "]");
  return writer.finish();
}

Sample receive_message(Wire wire) {
  BodyWriter writer(wire, "ReceiveMessage");
  if (writer.json()) {
    writer.add_raw("MaxNumberOfMessages", "10");
  } else {
    writer.add("MaxNumberOfMessages", "10");
  }
  return writer.finish();
}

Sample delete_message(Wire wire, std::string_view receipt_handle) {
  BodyWriter writer(wire, "DeleteMessage");
  writer.add("ReceiptHandle", receipt_handle);
  return writer.finish();
}

Sample create_queue() {
  BodyWriter writer(Wire::kJson, "CreateQueue");
  writer.add("QueueName", kQueueName);
  return writer.finish();
}

std::string http_bytes(const Sample& sample) {
  const http::HttpRequest request = sample.http();
  const std::string target =
      sample.amz_target.empty() ? "" : "X-Amz-Target: " + sample.amz_target + "\r\n";
  return fmt::format(
      "POST / HTTP/1.1\r\n"
      "Host: {}\r\n"
      "Accept-Encoding: identity\r\n"
      "{}"
      "Content-Type: {}\r\n"
      "User-Agent: Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux lang/python#3.11.2\r\n"
      "X-Amz-Date: 20250101T000000Z\r\n"
      "Authorization: {}\r\n"
      "amz-sdk-invocation-id: 01234567-89ab-cdef-0123-456789abcdef\r\n"
      "amz-sdk-request: attempt=1\r\n"
      "Content-Length: {}\r\n\r\n{}",
      request.host, target, request.content_type, request.authorization, sample.body.size(),
      sample.body);
}

}  // namespace forebay::bench
