// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <forebay/testing/server.h>

#include "base/check.h"
#include "testkit/embedded_server.h"

namespace forebay::testing {
namespace {

std::unique_ptr<testkit::EmbeddedServer> start_or_end(const ServerOptions& options) {
  auto started = testkit::EmbeddedServer::start(options);
  if (!started.ok()) fatal("the test server cannot start: " + started.error().message);
  return std::move(started).value();
}

void begin_again_or_end(const Result<void>& begun) {
  if (!begun.ok()) fatal("the test server cannot start again: " + begun.error().message);
}

}  // namespace

Server::Server(ServerOptions options) : Server(start_or_end(options)) {}

Server::Server(std::unique_ptr<testkit::EmbeddedServer> embedded)
    : embedded_(std::move(embedded)) {}

Server::~Server() = default;

std::unique_ptr<Server> Server::start(ServerOptions options, std::string* problem) {
  auto started = testkit::EmbeddedServer::start(options);
  if (started.ok()) return std::unique_ptr<Server>(new Server(std::move(started).value()));
  *problem = started.error().message;
  return nullptr;
}

std::string Server::endpoint() const {
  return fmt::format("http://{}:{}", embedded_->config().listen_address, port());
}

uint16_t Server::port() const {
  return embedded_->port();
}

const std::string& Server::region() const {
  return embedded_->config().region;
}

std::string Server::queue_url(std::string_view queue) const {
  return fmt::format("{}/{}/{}", endpoint(), embedded_->config().account, queue);
}

Time Server::now() const {
  return Time(Span(embedded_->clock().wall().value));
}

void Server::advance(Span span) {
  embedded_->advance(span.count());
}

MessageCount Server::message_count(std::string_view queue) {
  return embedded_->message_count(queue);
}

size_t Server::parked_count() const {
  return embedded_->figures().parked;
}

size_t Server::delayed_count() const {
  return embedded_->figures().delayed;
}

uint64_t Server::request_count(std::string_view action) const {
  return testkit::Figures::count_of(embedded_->figures().requests, action);
}

uint64_t Server::answer_count(std::string_view action) const {
  return testkit::Figures::count_of(embedded_->figures().answers, action);
}

bool Server::wait_until_parked(size_t count, Span patience) {
  return embedded_->activity().wait_until(
      [count](const testkit::Figures& figures) { return figures.parked >= count; }, patience);
}

bool Server::wait_until_delayed(size_t count, Span patience) {
  return embedded_->activity().wait_until(
      [count](const testkit::Figures& figures) { return figures.delayed >= count; }, patience);
}

bool Server::wait_until_answered(std::string_view action, uint64_t count, Span patience) {
  return embedded_->activity().wait_until(
      [action, count](const testkit::Figures& figures) {
        return testkit::Figures::count_of(figures.answers, action) >= count;
      },
      patience);
}

void Server::inject(Fault fault, int count, std::string action) {
  embedded_->inject(std::move(fault), count, std::move(action));
}

void Server::clear_faults() {
  embedded_->clear_faults();
}

void Server::restart(Restart how) {
  begin_again_or_end(embedded_->restart(how));
}

void Server::reset() {
  begin_again_or_end(embedded_->reset());
}

}  // namespace forebay::testing
