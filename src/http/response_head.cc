// SPDX-License-Identifier: Apache-2.0
#include "http/response_head.h"

#include <array>
#include <ctime>
#include <iterator>

#include <fmt/format.h>

namespace forebay::http {
namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Unknown";
  }
}

}  // namespace

void HttpResponseHead::refresh_date(WallMs now) {
  const int64_t second = now.value / 1000;
  if (second == date_second_) return;
  date_second_ = second;
  static constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                            "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = second;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  date_line_ = fmt::format("Date: {}, {:02} {} {} {:02}:{:02}:{:02} GMT\r\n",
                           kDays[static_cast<size_t>(utc.tm_wday)], utc.tm_mday,
                           kMonths[static_cast<size_t>(utc.tm_mon)], utc.tm_year + 1900,
                           utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string_view HttpResponseHead::format(const HttpResponse& response, ConnectionHeader connection,
                                          WallMs now) {
  refresh_date(now);
  text_.clear();
  auto out = std::back_inserter(text_);
  if (response.status == 200) {
    text_ += "HTTP/1.1 200 OK\r\n";
  } else {
    fmt::format_to(out, "HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  }
  text_ += date_line_;
  auto field = [this](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    text_.append(name).append(value).append("\r\n");
  };
  field("Content-Type: ", response.content_type);
  if (status_has_body(response.status)) {
    field("Content-Length: ", fmt::format_int(response.body.size()).c_str());
  }
  field("x-amzn-RequestId: ", response.request_id);
  field("x-amzn-query-error: ", response.query_error);
  if (connection == ConnectionHeader::kClose) text_ += "Connection: close\r\n";
  if (connection == ConnectionHeader::kKeepAlive) text_ += "Connection: keep-alive\r\n";
  text_ += "\r\n";
  return text_;
}

}  // namespace forebay::http
