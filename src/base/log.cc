// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace forebay {
namespace {

LogFormat g_format = LogFormat::kText;

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = spdlog::stderr_logger_mt("forebay");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    return made;
  }();
  return *instance;
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

std::string render(std::string_view sentence, std::initializer_list<LogField> fields) {
  std::string out;
  if (g_format == LogFormat::kJson) {
    append_json_string(out, sentence);
    for (const LogField& field : fields) {
      out.push_back(',');
      append_json_string(out, field.name);
      out.push_back(':');
      append_json_string(out, field.value);
    }
    return out;
  }
  out = sentence;
  for (const LogField& field : fields) {
    out += ' ';
    out += field.name;
    out += '=';
    if (field.value.find_first_of(" \"\n") != std::string::npos || field.value.empty()) {
      append_json_string(out, field.value);
    } else {
      out += field.value;
    }
  }
  return out;
}

void write(spdlog::level::level_enum level, std::string_view sentence,
           std::initializer_list<LogField> fields) {
  spdlog::logger& to = logger();
  if (to.should_log(level)) to.log(level, render(sentence, fields));
}

}  // namespace

void configure_log(LogFormat format, LogLevel level) {
  constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info,
                                                   spdlog::level::warn, spdlog::level::err,
                                                   spdlog::level::off};
  g_format = format;
  logger().set_level(kLevels[static_cast<int>(level)]);
  if (format == LogFormat::kJson) {
    logger().set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%v})",
                         spdlog::pattern_time_type::utc);
  }
}

void log_debug(std::string_view sentence, std::initializer_list<LogField> fields) {
  write(spdlog::level::debug, sentence, fields);
}
void log_info(std::string_view sentence, std::initializer_list<LogField> fields) {
  write(spdlog::level::info, sentence, fields);
}
void log_warn(std::string_view sentence, std::initializer_list<LogField> fields) {
  write(spdlog::level::warn, sentence, fields);
}
void log_error(std::string_view sentence, std::initializer_list<LogField> fields) {
  write(spdlog::level::err, sentence, fields);
}

}  // namespace forebay
