// SPDX-License-Identifier: Apache-2.0
#include "client/credentials_cache.h"

#include <utility>

namespace forebay::sqs {
namespace {

constexpr int64_t kRefreshAheadMs = 300'000;
constexpr int64_t kTooLateMs = 60'000;
constexpr int64_t kPauseAfterFailureMs = 30'000;

}  // namespace

CredentialsCache::CredentialsCache(std::unique_ptr<CredentialsFetcher> fetcher,
                                   const env::Clock& clock, std::string region, std::string service)
    : fetcher_(std::move(fetcher)),
      clock_(clock),
      region_(std::move(region)),
      service_(std::move(service)) {}

bool CredentialsCache::is_good_for(int64_t ms) const {
  if (!signer_) return false;
  return !expiration_ || expiration_->time_since_epoch().count() - clock_.wall().value > ms;
}

auth::Signer* CredentialsCache::signer() {
  if (!is_good_for(kTooLateMs)) return nullptr;
  if (!is_good_for(kRefreshAheadMs) && !fetching_ && clock_.wall() >= not_before_) fetch();
  return &*signer_;
}

void CredentialsCache::wait(Waiter waiter) {
  waiters_.push_back(std::move(waiter));
  if (!fetching_) fetch();
}

void CredentialsCache::discard() {
  signer_.reset();
  expiration_.reset();
}

void CredentialsCache::fetch() {
  fetching_ = true;
  fetcher_->fetch([this](CredentialsOutcome outcome) { fetched(std::move(outcome)); });
}

void CredentialsCache::fetched(CredentialsOutcome outcome) {
  fetching_ = false;
  Result<void> result;
  if (auto* credentials = std::get_if<Credentials>(&outcome)) {
    expiration_ = credentials->expiration;
    signer_.emplace(
        auth::Credentials{.access_key_id = std::move(credentials->access_key_id),
                          .secret_access_key = std::move(credentials->secret_access_key),
                          .session_token = std::move(credentials->session_token)},
        region_, service_);
  } else if (auto* error = std::get_if<Error>(&outcome)) {
    result = std::move(*error);
  } else {
    result = Error{.kind = ErrorKind::kAuth,
                   .message = "No credentials: " + std::get<NoCredentials>(outcome).why + "."};
  }
  if (!result.ok()) not_before_ = clock_.wall() + kPauseAfterFailureMs;
  // A waiter may wait again.
  for (const Waiter& waiter : std::exchange(waiters_, {})) waiter(result);
}

}  // namespace forebay::sqs
