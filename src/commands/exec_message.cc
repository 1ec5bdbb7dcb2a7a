// SPDX-License-Identifier: Apache-2.0
#include "commands/exec_message.h"

#include <set>
#include <string_view>

#include <fmt/format.h>
#include <forebay/sqs/queue_manager.h>

#include "base/base64.h"

namespace forebay::commands {
namespace {

class Variables {
 public:
  void add(std::string_view name, std::string_view value) {
    const bool fits = value.size() <= kVariableBytesMax && value.find('\0') == value.npos;
    if (fits && names_.insert(std::string(name)).second) {
      list_.push_back(fmt::format("FOREBAY_{}={}", name, value));
    }
  }
  void add_if_set(std::string_view name, const std::optional<std::string>& value) {
    if (value) add(name, *value);
  }
  std::vector<std::string> take() { return std::move(list_); }

 private:
  std::set<std::string, std::less<>> names_;
  std::vector<std::string> list_;
};

std::string variable_name(std::string_view attribute) {
  std::string name = "ATTRIBUTE_";
  for (const char c : attribute) {
    const bool small = c >= 'a' && c <= 'z';
    const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += small ? static_cast<char>(c - 'a' + 'A') : (kept ? c : '_');
  }
  return name;
}

}  // namespace

std::vector<std::string> exec_variables(const sqs::Message& message, const std::string& queue_url) {
  const sqs::MessageSystemAttributes& known = message.attributes;
  Variables variables;
  variables.add("QUEUE_URL", queue_url);
  variables.add("QUEUE_NAME", sqs::queue_name_of(queue_url));
  variables.add("MESSAGE_ID", message.message_id.view());
  variables.add("RECEIVE_COUNT", std::to_string(known.approximate_receive_count.value_or(1)));
  if (known.sent_timestamp) {
    variables.add("SENT_TIMESTAMP",
                  std::to_string(known.sent_timestamp->time_since_epoch().count()));
  }
  variables.add_if_set("MESSAGE_GROUP_ID", known.message_group_id);
  variables.add_if_set("MESSAGE_DEDUPLICATION_ID", known.message_deduplication_id);
  variables.add_if_set("SEQUENCE_NUMBER", known.sequence_number);
  variables.add_if_set("TRACE_HEADER", known.aws_trace_header);
  for (const auto& [name, value] : message.message_attributes) {
    const bool binary = value.binary_value.has_value();
    variables.add(variable_name(name),
                  binary ? base64_encode(*value.binary_value) : std::string(value.value()));
  }
  return variables.take();
}

sqs::Outcome exec_outcome(const ExecResult& result,
                          std::optional<std::chrono::seconds> retry_after) {
  if (result.end == ExecResult::End::kStopped) return sqs::Retry{.after = std::chrono::seconds(0)};
  const bool said = result.end == ExecResult::End::kItself && result.how.signal == 0;
  if (said && result.how.code == 0) return sqs::Ack{};
  if (said && result.how.code == kExecDead) {
    return sqs::Dead{fmt::format("the command ended with {}", exec_end_text(result))};
  }
  return sqs::Retry{.after = retry_after};
}

std::string exec_end_text(const ExecResult& result) {
  if (result.end == ExecResult::End::kNotStarted) return result.error;
  const std::string how = result.how.signal != 0 ? fmt::format("signal {}", result.how.signal)
                                                 : fmt::format("exit code {}", result.how.code);
  if (result.end == ExecResult::End::kTimedOut) return how + " after its time was over";
  return result.end == ExecResult::End::kStopped ? how + " when it was stopped" : how;
}

}  // namespace forebay::commands
