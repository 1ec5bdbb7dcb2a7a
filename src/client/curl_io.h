// SPDX-License-Identifier: Apache-2.0
// `Io` on libcurl: one thread, one multi handle, kept-alive connections of HTTP/1.1.
//
// libcurl is driven by its sockets (epoll), not by curl_multi_perform: a wake-up then costs what is
// ready, and a thousand parked long polls cost nothing.
// Thread: start, abandon, after, cancel: the I/O thread; the rest any.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "client/http_transport.h"
#include "env/clock.h"

namespace forebay::sqs {

struct CurlOptions {
  std::chrono::milliseconds connect_timeout{3'000};
  std::string ca_file = {};           // PEM; empty: the system's authorities
  size_t idle_connections_max = 512;  // kept for later
};

/// Starts the thread.
std::unique_ptr<Io> make_curl_io(const CurlOptions& options, const env::Clock& clock);

}  // namespace forebay::sqs
