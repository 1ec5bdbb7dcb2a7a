// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <forebay/sqs/dead_letter_archive.h>

#include "base/result.h"
#include "client/curl_io.h"
#include "client/environment.h"
#include "client/settings.h"
#include "dead_letter_manager/s3_calls.h"
#include "dead_letter_manager/s3_listing.h"
#include "env/file_system.h"

namespace forebay::sqs {
namespace {

using detail::S3Calls;
using detail::S3Place;

constexpr std::string_view kFileSuffix = ".json";

Error configuration_error(std::string text) {
  return {.kind = ErrorKind::kConfiguration, .message = std::move(text)};
}

class S3Archive final : public DeadLetterArchive {
 public:
  S3Archive(detail::S3Parts parts, std::string prefix)
      : calls_(std::move(parts)), prefix_(std::move(prefix)) {}

  std::vector<Result<void>> put(std::span<const ArchiveFile> files,
                                const std::stop_token& stop) override {
    std::vector<detail::S3Request> requests;
    for (const ArchiveFile& file : files) {
      requests.push_back({.method = "PUT", .key = prefix_ + file.name, .body = file.content});
    }
    std::vector<Result<void>> answers;
    for (const Result<std::string>& answer : calls_.run(std::move(requests), stop)) {
      answers.push_back(answer.ok() ? Result<void>() : Result<void>(answer.error()));
    }
    return answers;
  }

  Result<std::vector<std::string>> list(const std::string& after,
                                        const std::stop_token& stop) override {
    std::string last = prefix_ + after;
    while (true) {
      std::string query = "list-type=2";
      if (!prefix_.empty()) query += "&prefix=" + detail::percent_encoded(prefix_, false);
      query += "&start-after=" + detail::percent_encoded(last, false);
      TRY_ASSIGN(const std::string xml, one({.query = std::move(query)}, stop));
      const std::vector<std::string> keys = detail::keys_of_listing(xml);
      if (keys.empty() || keys.back() <= last) return std::vector<std::string>();
      std::vector<std::string> names = names_of(keys);
      if (!names.empty()) return names;
      last = keys.back();  // a page of what is not ours
    }
  }

  Result<std::string> get(const std::string& name, const std::stop_token& stop) override {
    return one({.key = prefix_ + name}, stop);
  }

 private:
  Result<std::string> one(detail::S3Request request, const std::stop_token& stop) {
    std::vector<detail::S3Request> requests;
    requests.push_back(std::move(request));
    return std::move(calls_.run(std::move(requests), stop).front());
  }

  std::vector<std::string> names_of(const std::vector<std::string>& keys) const {
    std::vector<std::string> names;
    for (const std::string& key : keys) {
      if (!key.starts_with(prefix_) || !key.ends_with(kFileSuffix)) continue;
      std::string name = key.substr(prefix_.size());
      if (name.find('/') == name.npos) names.push_back(std::move(name));
    }
    return names;
  }

  S3Calls calls_;
  const std::string prefix_;
};

Result<void> check(const S3ArchiveOptions& options) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '.' || c == '_';
  };
  if (options.bucket.empty() || !std::ranges::all_of(options.bucket, plain)) {
    return configuration_error(fmt::format("\"{}\" cannot be a bucket's name.", options.bucket));
  }
  if (options.timeout.count() <= 0) return configuration_error("Time limits must be more than 0.");
  // URLs are normalised on their way, and their signatures would not fit any more.
  const std::string path = "/" + options.prefix;
  if (path.find("/./") != path.npos || path.find("/../") != path.npos) {
    return configuration_error("A prefix cannot have parts called \".\" or \"..\".");
  }
  return {};
}

std::string endpoint_of(const S3ArchiveOptions& options, const Surroundings& surroundings) {
  if (!options.endpoint_url.empty()) return options.endpoint_url;
  if (says_true(surroundings.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"))) return "";
  if (const auto url = surroundings.variable("AWS_ENDPOINT_URL_S3")) return *url;
  return surroundings.variable("AWS_ENDPOINT_URL").value_or("");
}

S3Place place_of(const S3ArchiveOptions& options, const EndpointUrl& endpoint, bool is_aws) {
  const bool dotted = options.bucket.find('.') != options.bucket.npos;
  const std::string before = endpoint.path == "/" ? "" : endpoint.path;
  const std::string root = endpoint.url.substr(0, endpoint.url.size() - before.size());
  if (options.path_style.value_or(!is_aws || dotted)) {
    return {
        .url = root, .host = endpoint.host, .path = fmt::format("{}/{}/", before, options.bucket)};
  }
  const size_t host = root.find("//") + 2;
  return {.url = fmt::format("{}{}.{}", root.substr(0, host), options.bucket, root.substr(host)),
          .host = fmt::format("{}.{}", options.bucket, endpoint.host),
          .path = before + "/"};
}

}  // namespace

Result<std::unique_ptr<DeadLetterArchive>> open_s3_archive(const S3ArchiveOptions& options) {
  TRY(check(options));
  const Surroundings surroundings{.environment = system_environment(),
                                  .files = env::posix_file_system()};
  const std::string configured = endpoint_of(options, surroundings);
  TRY_ASSIGN(Settings settings, resolve_settings({.region = options.region,
                                                  .endpoint_url = configured,
                                                  .profile = options.profile,
                                                  .retry = options.retry,
                                                  .ca_file = options.ca_file},
                                                 surroundings));
  const bool is_aws = configured.empty();
  if (is_aws) {
    TRY_ASSIGN(settings.endpoint, parse_endpoint(fmt::format("https://s3.{}.{}", settings.region,
                                                             dns_suffix(settings.region))));
  }
  const env::Clock& clock = env::system_clock();
  std::unique_ptr<Io> io = make_curl_io({.ca_file = settings.ca_file}, clock);
  std::unique_ptr<CredentialsFetcher> credentials =
      make_chosen_credentials({.surroundings = surroundings,
                               .settings = settings,
                               .profile_chosen_in_program = !options.profile.empty(),
                               .io = *io,
                               .clock = clock},
                              options.credentials);
  return std::unique_ptr<DeadLetterArchive>(std::make_unique<S3Archive>(
      detail::S3Parts{.io = std::move(io),
                      .clock = clock,
                      .random = env::system_random(),
                      .place = place_of(options, settings.endpoint, is_aws),
                      .region = settings.region,
                      .credentials = std::move(credentials),
                      .retry = options.retry,
                      .attempts_max = settings.max_attempts,
                      .timeout = options.timeout},
      options.prefix));
}

}  // namespace forebay::sqs
