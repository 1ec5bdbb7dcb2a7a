// SPDX-License-Identifier: Apache-2.0
// The credentials that are in use, as a signer: fetched when first needed, again before they
// expire, once for everybody who waits.
//
// Five minutes before they expire new ones are fetched in the background while the old ones sign;
// from one minute before on, calls wait for the new ones. When a background fetch fails, the old
// ones go on and the next is tried half a minute later.
// Thread: the I/O thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <forebay/sqs/credentials.h>

#include "auth/sigv4.h"
#include "client/credentials_fetcher.h"
#include "env/clock.h"

namespace forebay::sqs {

class CredentialsCache {
 public:
  using Waiter = std::function<void(const Result<void>&)>;

  /// Borrows: `clock`. `service` is what signatures name: "sqs".
  CredentialsCache(std::unique_ptr<CredentialsFetcher> fetcher, const env::Clock& clock,
                   std::string region, std::string service);

  /// What signs now, or null: then wait(). Valid until the next call of this class.
  auth::Signer* signer();

  /// Calls `waiter` once, when there is a signer or why there is none; perhaps inside this.
  void wait(Waiter waiter);

  /// A server does not accept what is in use any more: the next signer() is a new one.
  void discard();

 private:
  bool is_good_for(int64_t ms) const;
  void fetch();
  void fetched(CredentialsOutcome outcome);

  const std::unique_ptr<CredentialsFetcher> fetcher_;
  const env::Clock& clock_;
  const std::string region_;
  const std::string service_;
  std::optional<Timestamp> expiration_;
  std::optional<auth::Signer> signer_;
  bool fetching_ = false;
  WallMs not_before_{0};  // no background fetch until then
  std::vector<Waiter> waiters_;
};

}  // namespace forebay::sqs
