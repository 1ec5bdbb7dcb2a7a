// SPDX-License-Identifier: Apache-2.0
#include "dead_letter_manager/s3_calls.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "client/errors.h"
#include "client/retry_policy.h"

namespace forebay::sqs::detail {
namespace {

constexpr size_t kQuotedBytesMax = 200;  // of an answer that is no S3 error

Error cancelled() {
  return {.kind = ErrorKind::kCancelled, .message = "The archive was asked to stop."};
}

/// The text of the first element of this name; empty without one.
std::string_view element_text(std::string_view xml, std::string_view name) {
  const std::string open = fmt::format("<{}>", name);
  const size_t begin = xml.find(open);
  if (begin == xml.npos) return {};
  xml.remove_prefix(begin + open.size());
  return xml.substr(0, xml.find("</"));
}

ErrorKind s3_kind(std::string_view code, int http_status) {
  if (http_status >= 300 && http_status < 400) return ErrorKind::kConfiguration;
  if (code == "AuthorizationHeaderMalformed") return ErrorKind::kConfiguration;
  if (code == "EntityTooLarge") return ErrorKind::kTooLarge;
  if (http_status == 503 && code != "ServiceUnavailable") return ErrorKind::kThrottled;
  if (http_status == 409 && code == "OperationAborted") return ErrorKind::kServerFault;
  return kind_of(code, "", http_status);
}

}  // namespace

std::string percent_encoded(std::string_view text, bool is_path) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '_' || c == '.' || c == '~' || (is_path && c == '/');
    if (plain) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Error s3_error(int http_status, std::string_view body, std::string_view request_id) {
  const std::string_view code = element_text(body, "Code");
  Error error{.kind = s3_kind(code, http_status),
              .code = std::string(code),
              .message = std::string(element_text(body, "Message")),
              .http_status = http_status,
              .request_id = std::string(request_id)};
  error.retryable = is_retryable(error.kind);
  if (const std::string_view region = element_text(body, "Region"); !region.empty()) {
    error.message += fmt::format(" The bucket is in the region {}.", region);
  }
  if (error.message.empty()) {
    error.message = fmt::format("S3 answered {}{}{}", http_status, body.empty() ? "" : ": ",
                                body.substr(0, kQuotedBytesMax));
  }
  return error;
}

/// What waits in one run(). Shared with what still knows its calls: a stop, the credentials.
struct S3Calls::Group {
  std::vector<std::unique_ptr<Call>> calls;

  std::mutex mu;
  std::condition_variable all_done;
  size_t waiting = 0;                                       // guarded by mu
  std::vector<std::optional<Result<std::string>>> answers;  // guarded by mu
};

/// One request until it is answered.
class S3Calls::Call final : public HttpExchange {
 public:
  Call(S3Calls& the_owner, const std::shared_ptr<Group>& the_group, size_t the_index)
      : owner(the_owner), group(the_group), index(the_index) {}
  virtual ~Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  void ended() override { owner.ended(*this); }

  S3Calls& owner;
  const std::weak_ptr<Group> group;
  const size_t index;
  S3Request what;
  int attempts = 0;
  bool is_done = false;
  bool credentials_asked = false;  // they were waited for since the last attempt
  bool credentials_renewed = false;
  env::Executor::TimerId timer = 0;
};

S3Calls::S3Calls(S3Parts parts)
    : io_(std::move(parts.io)),
      clock_(parts.clock),
      random_(parts.random),
      place_(std::move(parts.place)),
      retry_(parts.retry),
      attempts_max_(parts.attempts_max),
      timeout_(parts.timeout) {
  if (parts.credentials != nullptr) {
    credentials_ = std::make_unique<CredentialsCache>(std::move(parts.credentials), clock_,
                                                      std::move(parts.region), "s3");
  }
}

S3Calls::~S3Calls() {
  io_->finish();
  credentials_.reset();  // before the transport it cancels its requests at
}

std::vector<Result<std::string>> S3Calls::run(std::vector<S3Request> requests,
                                              const std::stop_token& stop) {
  const auto group = std::make_shared<Group>();
  group->waiting = requests.size();
  group->answers.resize(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    group->calls.push_back(std::make_unique<Call>(*this, group, i));
    group->calls.back()->what = std::move(requests[i]);
  }
  io_->post([this, group] { begin(group); });
  {
    const std::stop_callback stopped(
        stop, [this, &group] { io_->post([this, group] { this->stop(*group); }); });
    std::unique_lock lock(group->mu);
    group->all_done.wait(lock, [&] { return group->waiting == 0; });
  }
  const std::scoped_lock lock(group->mu);
  std::vector<Result<std::string>> answers;
  for (std::optional<Result<std::string>>& answer : group->answers) {
    answers.push_back(*std::move(answer));
  }
  return answers;
}

void S3Calls::begin(const std::shared_ptr<Group>& group) {
  for (const auto& call : group->calls) {
    if (!call->is_done) attempt(*call);
  }
}

void S3Calls::attempt(Call& call) {
  auth::Signer* signer = nullptr;
  if (credentials_ != nullptr) {
    signer = credentials_->signer();
    if (signer == nullptr && call.credentials_asked) {
      return finish(call, Error{.kind = ErrorKind::kAuth,
                                .message = "The credentials have already expired."});
    }
    if (signer == nullptr) return wait_for_credentials(call);
  }
  call.credentials_asked = false;
  ++call.attempts;
  HttpRequest& request = call.request;
  request.method = call.what.method;
  request.url = place_.url + place_.path + percent_encoded(call.what.key, true);
  if (!call.what.query.empty()) request.url += "?" + call.what.query;
  request.body = call.what.body;
  request.timeout_ms = timeout_.count();
  sign(call, signer);
  io_->start(call);
}

void S3Calls::wait_for_credentials(Call& call) {
  call.credentials_asked = true;
  credentials_->wait([this, &call, group = call.group.lock()](const Result<void>& result) {
    if (group == nullptr || call.is_done) return;
    if (!result.ok()) return finish(call, result.error());
    attempt(call);
  });
}

void S3Calls::sign(Call& call, auth::Signer* signer) {
  HeaderLines& headers = call.request.headers;
  headers.clear();
  if (!call.what.body.empty()) headers.add("Content-Type", "application/json");
  headers.add("User-Agent", "forebay-cpp");
  // Without a value: not to be sent, though libcurl would.
  headers.add("Accept", "");
  headers.add("Expect", "");
  if (signer == nullptr) return;
  const std::string date = auth::amz_date(clock_.wall());
  const std::string digest = auth::sha256_hex(call.what.body);
  const std::string& token = signer->credentials().session_token;
  std::vector<auth::SignedHeader> signed_headers = {
      {"host", place_.host}, {"x-amz-content-sha256", digest}, {"x-amz-date", date}};
  if (!token.empty()) signed_headers.push_back({"x-amz-security-token", token});
  // S3 takes the path as it is sent.
  const std::string path = place_.path + percent_encoded(call.what.key, true);
  headers.add("X-Amz-Content-Sha256", digest);
  headers.add("X-Amz-Date", date);
  if (!token.empty()) headers.add("X-Amz-Security-Token", token);
  headers.begin("Authorization");
  signer->append_authorization({.method = call.what.method,
                                .path = path,
                                .headers = signed_headers,
                                .body = call.what.body,
                                .query = call.what.query,
                                .payload_hash = digest},
                               date, headers.text());
}

void S3Calls::ended(Call& call) {
  if (call.response.end == HttpEnd::kResponse && call.response.status == 200) {
    return finish(call, std::move(call.response.body));
  }
  Error error = error_of(call);
  const bool last = call.attempts >= attempts_max_;
  if (credentials_ != nullptr && is_expired_token(error) && !call.credentials_renewed && !last) {
    call.credentials_renewed = true;
    credentials_->discard();
    return attempt(call);
  }
  if (last || !error.retryable) return finish(call, std::move(error));
  call.timer = io_->after(backoff_ms(retry_, error.kind, call.attempts, random_), [this, &call] {
    call.timer = 0;
    attempt(call);
  });
}

Error S3Calls::error_of(const Call& call) const {
  const HttpResponse& response = call.response;
  switch (response.end) {
    case HttpEnd::kResponse:
      return s3_error(response.status, response.body,
                      response.header("x-amz-request-id").value_or(""));
    case HttpEnd::kTimeout:
      return {.kind = ErrorKind::kTimeout,
              .message = fmt::format("{}: no answer within {} ms.", place_.url, timeout_.count()),
              .retryable = true};
    case HttpEnd::kNoConnection:
    case HttpEnd::kBroken:
      return {.kind = ErrorKind::kNetwork,
              .message = fmt::format("{}: {}", place_.url, response.failure),
              .retryable = true};
    case HttpEnd::kTlsRefused:
      return {.kind = ErrorKind::kNetwork,
              .message = fmt::format("{} is not trusted: {}", place_.url, response.failure)};
    case HttpEnd::kTooLarge:
      return {.kind = ErrorKind::kServerFault, .message = "The answer is too large."};
  }
}

void S3Calls::stop(Group& group) {
  for (const auto& call : group.calls) {
    if (call->is_done) continue;
    io_->abandon(*call);
    io_->cancel(std::exchange(call->timer, 0));
    finish(*call, cancelled());
  }
}

void S3Calls::finish(Call& call, Result<std::string> answer) {
  call.is_done = true;
  const std::shared_ptr<Group> group = call.group.lock();
  const std::scoped_lock lock(group->mu);
  group->answers[call.index] = std::move(answer);
  if (--group->waiting == 0) group->all_done.notify_one();
}

}  // namespace forebay::sqs::detail
