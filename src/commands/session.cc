// SPDX-License-Identifier: Apache-2.0
#include "commands/session.h"

#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"
#include "client/profile_file.h"
#include "client/settings.h"
#include "env/file_system.h"
#include "env/line_input.h"
#include "server/nearest_name.h"

namespace forebay::commands {
namespace {

/// How often the wait for an answer looks whether the user wants to end.
constexpr int kAnswerWaitMs = 200;
constexpr std::string_view kLocalEndpoint = "http://127.0.0.1:9324";
/// With any of these a command is meant for a place that the user has configured.
constexpr const char* kPlaceVariables[] = {"AWS_REGION",           "AWS_DEFAULT_REGION",
                                           "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL",
                                           "AWS_PROFILE",          "AWS_CONFIG_FILE"};
constexpr const char* kCredentialsVariables[] = {
    "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_PROFILE"};

template <size_t Count>
bool any_set(const sqs::Surroundings& surroundings, const char* const (&names)[Count]) {
  for (const char* name : names) {
    if (surroundings.variable(name)) return true;
  }
  return false;
}

bool is_this_machine(std::string_view host) {
  return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
}

/// Servers on this machine take any key, so nobody has to invent one for them, and no metadata
/// service is asked. Signed all the same: the signature carries the region.
bool any_key_will_do(const sqs::ClientOptions& options, const sqs::Settings& settings,
                     const sqs::Surroundings& surroundings) {
  return options.profile.empty() && is_this_machine(settings.endpoint.host) &&
         !any_set(surroundings, kCredentialsVariables) &&
         !sqs::find_key(settings.profile, "aws_access_key_id") &&
         !sqs::find_key(settings.profile, "web_identity_token_file");
}

}  // namespace

int exit_code_of(sqs::ErrorKind kind) {
  using enum sqs::ErrorKind;
  switch (kind) {
    case kConfiguration:
      return kExitUsage;
    case kQueueNotFound:
    case kNotFound:
      return kExitNotFound;
    case kAuth:
      return kExitDenied;
    case kNetwork:
    case kTimeout:
      return kExitNoAnswer;
    case kConflict:
      return kExitConflict;
    case kCancelled:
      return kExitInterrupted;
    case kThrottled:
    case kOverLimit:
    case kReceiptHandle:
    case kInvalidRequest:
    case kTooLarge:
    case kServerFault:
    case kChecksumMismatch:
      return kExitFailed;
  }
}

sqs::Result<sqs::Client> open_client(const CommandLine& line) {
  const sqs::Surroundings surroundings{sqs::system_environment(), env::posix_file_system()};
  sqs::ClientOptions options{.region = line.text("region").value_or(""),
                             .endpoint_url = line.text("endpoint-url").value_or(""),
                             .profile = line.text("profile").value_or("")};
  options.user_agent = "forebay-cli";
  const bool nowhere = options.region.empty() && options.endpoint_url.empty() &&
                       options.profile.empty() && !any_set(surroundings, kPlaceVariables);
  sqs::Result<sqs::Settings> settings = sqs::resolve_settings(options, surroundings);
  if (!settings.ok() && nowhere) {
    options.endpoint_url = kLocalEndpoint;
    settings = sqs::resolve_settings(options, surroundings);
  }
  if (!settings.ok()) return settings.error();
  if (any_key_will_do(options, *settings, surroundings)) {
    options.credentials = sqs::Credentials{.access_key_id = "forebay", .secret_access_key = "any"};
  }
  return sqs::Client::create(std::move(options));
}

sqs::Result<Session> Session::open(const CommandLine& line, StopTokens stops) {
  Session session(line, std::move(stops));
  if (!line.spec()->is_local) {
    TRY_ASSIGN(session.client_, open_client(line));
  }
  return session;
}

sqs::Client& Session::client() {
  CHECK(client_.has_value());
  return *client_;
}

bool Session::pause(std::chrono::milliseconds time) const {
  std::mutex mu;
  std::condition_variable_any never;
  std::unique_lock lock(mu);
  never.wait_for(lock, stop(), time, [] { return false; });
  return !stopped();
}

sqs::Error Session::no_queue(const std::string& name) {
  std::string text = fmt::format("There is no queue '{}' at {} ({}).", name,
                                 client().endpoint_url(), client().region());
  std::vector<std::string> names;
  // A hint only, so a failure says nothing.
  sqs::ListQueuesRequest request{.queue_name_prefix = name.substr(0, 1)};
  if (const auto page = client().list_queues(request, call()); page.ok()) {
    for (const std::string& url : page->queue_urls) names.push_back(sqs::queue_name_of(url));
  }
  if (const std::string near = server::nearest_name(name, names); !near.empty()) {
    text += fmt::format(" Did you mean '{}'?", near);
  } else {
    text += " 'forebay queue list' shows what there is.";
  }
  return {.kind = sqs::ErrorKind::kQueueNotFound, .message = std::move(text)};
}

sqs::Result<std::string> Session::queue_url(const std::string& queue) {
  if (queue.find("://") != queue.npos) return queue;
  sqs::GetQueueUrlRequest request{.queue_name = sqs::queue_name_of(queue)};
  if (queue.starts_with("arn:")) {
    const std::string before = queue.substr(0, queue.rfind(':'));
    request.queue_owner_aws_account_id = sqs::queue_name_of(before);
  }
  sqs::Result<sqs::QueueUrlReply> reply = client().get_queue_url(request, call());
  if (reply.ok()) return std::move(reply->queue_url);
  if (reply.error().kind == sqs::ErrorKind::kQueueNotFound) return no_queue(request.queue_name);
  return reply.error();
}

sqs::Result<std::string> Session::queue_arn(const std::string& queue) {
  if (queue.starts_with("arn:")) return queue;
  TRY_ASSIGN(const std::string url, queue_url(queue));
  TRY_ASSIGN(const sqs::GetQueueAttributesReply reply, attributes(url));
  return reply.status.queue_arn.value_or("");
}

sqs::Result<sqs::GetQueueAttributesReply> Session::attributes(const std::string& queue_url) {
  return client().get_queue_attributes({.queue_url = queue_url}, call());
}

sqs::Result<void> Session::print(std::string_view text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written) return {};
  return sqs::Error{.kind = sqs::ErrorKind::kServerFault,
                    .message = "Standard output cannot be written."};
}

bool Session::confirm(std::string_view question) const {
  if (line_.has("yes") || ::isatty(STDIN_FILENO) != 1) return true;
  fmt::print(stderr, "{} [y/N] ", question);
  env::LineInput input = env::LineInput::standard();
  std::string answer;
  while (!stopped()) {
    const Result<env::LineInput::Next> next = input.next(answer, kAnswerWaitMs);
    if (!next.ok() || *next == env::LineInput::Next::kEnd) return false;
    if (*next == env::LineInput::Next::kLine) break;
  }
  return !stopped() && (answer == "y" || answer == "Y" || answer == "yes");
}

void Session::note(std::string_view text) const {
  if (!json() && !line_.has("quiet")) fmt::print(stderr, "forebay: {}\n", text);
}

bool is_terminal_output() {
  return ::isatty(STDOUT_FILENO) == 1;
}

bool is_terminal_error() {
  return ::isatty(STDERR_FILENO) == 1;
}

std::string shown_text(std::string_view text) {
  std::string shown;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    // The second set of controls, U+0080 to U+009F: U+009B is what ESC [ is.
    const bool second_set = byte == 0xc2 && next >= 0x80 && next < 0xa0;
    const bool first_set = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f;
    if (second_set) {
      shown += fmt::format("\\x{:02x}", next);
      ++i;
    } else if (first_set) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += text[i];
    }
  }
  return shown;
}

}  // namespace forebay::commands
