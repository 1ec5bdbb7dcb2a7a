# SPDX-License-Identifier: Apache-2.0
forebay_module(http
  SOURCES asio_executor.cc http_chunked_body.cc http_connection.cc http_listener.cc http_parser.cc
    http_response_head.cc http_server.cc http_thread.cc
  DEPENDS env base
  LIBRARIES fmt::fmt
  PRIVATE_LIBRARIES Boost::headers Threads::Threads)
forebay_test(http_tests
  SOURCES asio_executor_test.cc http_chunked_body_test.cc http_parser_test.cc
    http_response_head_test.cc http_server_test.cc http_timeout_test.cc
  DEPENDS http)
forebay_fuzz(http_request_fuzz SOURCES http_request_fuzz.cc DEPENDS http)
