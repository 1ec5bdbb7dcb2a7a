// SPDX-License-Identifier: Apache-2.0
// Credentials that a program prints: a profile's credential_process.
//
//   {"Version": 1, "AccessKeyId": ..., "SecretAccessKey": ..., "SessionToken": ..., "Expiration":
//   ...}
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"
#include "client/credentials_fetcher.h"
#include "env/child_processes.h"
#include "protocol/json_document.h"

namespace forebay::sqs {
namespace {

constexpr std::chrono::seconds kTimeout{60};
constexpr size_t kOutputBytesMax = 64u << 10;
constexpr size_t kQuotedBytesMax = 200;  // of what it says of its failure

/// A run of the program, waited for.
class ProgramRun {
 public:
  /// Nothing when it has not ended in time.
  forebay::Result<std::optional<env::ChildExit>> run(const std::string& line) {
    env::ChildOptions options{.arguments = {"/bin/sh", "-c", line},
                              .output_goes = env::ChildOutput::kToUs};
    options.output = [this](env::ChildId, env::ChildStream stream, std::string_view text) {
      const std::lock_guard lock(mu_);
      std::string& kept = stream == env::ChildStream::kOutput ? output_ : errors_;
      kept += text.substr(0, kOutputBytesMax - kept.size());
    };
    options.ended = [this](env::ChildId, env::ChildExit how) {
      const std::lock_guard lock(mu_);
      exit_ = how;
      ended_.notify_all();
    };
    env::ChildProcesses children;  // kills it when it is late
    TRY(children.start(options));
    std::unique_lock lock(mu_);
    ended_.wait_for(lock, kTimeout, [this] { return exit_.has_value(); });
    return exit_;
  }
  // Afterwards.
  const std::string& output() const { return output_; }
  const std::string& errors() const { return errors_; }

 private:
  std::mutex mu_;
  std::condition_variable ended_;
  std::string output_;  // guarded by mu_, as are the next two
  std::string errors_;
  std::optional<env::ChildExit> exit_;
};

bool is_version_1(std::string_view json) {
  const auto members = protocol::json_members(json);
  const protocol::JsonMember* version =
      members ? protocol::find_member(*members, "Version") : nullptr;
  return version != nullptr && version->value == "1";
}

/// What was printed, or in words why it is of no use.
std::variant<Credentials, std::string> credentials_of(const std::string& line) {
  ProgramRun program;
  const auto how = program.run(line);
  if (!how.ok()) return how.error().message;
  if (!how->has_value()) return fmt::format("it takes longer than {} s", kTimeout.count());
  const env::ChildExit& end = **how;
  if (end.known && (end.signal != 0 || end.code != 0)) {
    const std::string said = program.errors().substr(0, kQuotedBytesMax);
    return fmt::format("it ended with {} {}{}{}", end.signal != 0 ? "signal" : "exit code",
                       end.signal != 0 ? end.signal : end.code, said.empty() ? "" : ": ", said);
  }
  const auto found = read_credentials_json(program.output(), "SessionToken");
  if (!found || !is_version_1(program.output())) {
    return "it does not print credentials in JSON, Version 1";
  }
  return *found;
}

class ProcessCredentials final : public CredentialsFetcher {
 public:
  ProcessCredentials(std::string profile, std::string line, Io& io)
      : profile_(std::move(profile)),
        line_(std::move(line)),
        worker_(env::make_thread_worker(io, "forebay-creds")) {}

  void fetch(Done done) override {
    const auto found = std::make_shared<std::variant<Credentials, std::string>>();
    worker_->submit([this, found] { *found = credentials_of(line_); },
                    [this, found, done = std::move(done)] { done(outcome(*found)); });
  }

 private:
  CredentialsOutcome outcome(const std::variant<Credentials, std::string>& found) const {
    if (const auto* credentials = std::get_if<Credentials>(&found)) return *credentials;
    return Error{.kind = ErrorKind::kAuth,
                 .message = fmt::format("Profile \"{}\": credential_process: {}.", profile_,
                                        std::get<std::string>(found))};
  }

  const std::string profile_;
  const std::string line_;
  const std::unique_ptr<env::Worker> worker_;
};

}  // namespace

std::unique_ptr<CredentialsFetcher> make_process_credentials(std::string profile, std::string line,
                                                             Io& io) {
  return std::make_unique<ProcessCredentials>(std::move(profile), std::move(line), io);
}

}  // namespace forebay::sqs
