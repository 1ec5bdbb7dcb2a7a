// SPDX-License-Identifier: Apache-2.0
// Structured log lines for operators: a sentence and named fields, as text or as JSON.
//
//   log_info("queue created", {{"queue", name}, {"type", "fifo"}});
//
// One line per call, to standard error. Nothing is logged per request.
// Thread: any.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace forebay {

enum class LogFormat : uint8_t { kText, kJson };
enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError, kOff };

/// A named value of a log line.
struct LogField {
  std::string_view name;
  std::string value;
};

/// Call once, before other threads start. The default is text at kInfo.
void configure_log(LogFormat format, LogLevel level);

void log_debug(std::string_view sentence, std::initializer_list<LogField> fields = {});
void log_info(std::string_view sentence, std::initializer_list<LogField> fields = {});
void log_warn(std::string_view sentence, std::initializer_list<LogField> fields = {});
void log_error(std::string_view sentence, std::initializer_list<LogField> fields = {});

}  // namespace forebay
