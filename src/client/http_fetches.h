// SPDX-License-Identifier: Apache-2.0
// Single HTTP requests for those who need few: a request, and a function that gets the response.
//
//   fetches.start({.method = "GET", .url = url, .timeout_ms = 1000}, [](const HttpResponse& r)
//   {...});
//
// Thread: the I/O thread; the destructor also after that has ended.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "client/http_transport.h"

namespace forebay::sqs {

class HttpFetches {
 public:
  using Done = std::function<void(const HttpResponse&)>;

  /// Borrows: `transport`.
  explicit HttpFetches(HttpTransport& transport);
  /// Cancels what is under way; its functions are not called.
  ~HttpFetches();
  HttpFetches(const HttpFetches&) = delete;
  HttpFetches& operator=(const HttpFetches&) = delete;

  /// `done` is called once, never inside this. Without a response, or with a 5xx, the request is
  /// made again at once until `attempts` (1 or more) are used up.
  void start(HttpRequest request, int attempts, Done done);

 private:
  class Fetch;

  HttpTransport& transport_;
  std::vector<std::unique_ptr<Fetch>> fetches_;
};

}  // namespace forebay::sqs
