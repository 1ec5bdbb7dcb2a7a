// SPDX-License-Identifier: Apache-2.0
// Where archived dead letters go: a directory, a bucket of S3, or a program's own store.
//
//   auto archive = open_archive_directory("/var/lib/orders/dead-letters");
//   auto archive = open_s3_archive({.bucket = "dead-letters", .prefix = "orders/"});
//
// One JSON file for each message. Its name, "20260102T030405.678Z-<message id>.json", begins with
// the time the message was sent, so that names sort by time, and is the same whenever the same
// message is archived: doing it twice leaves one file.
// Thread: any.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/client_options.h>
#include <forebay/sqs/messages.h>

namespace forebay::sqs {

/// A message as it is archived.
struct ArchivedLetter {
  Message message = {};     // its receipt handle is not kept
  std::string queue = {};   // URL of the dead-letter queue
  std::string rule = {};    // of the decision
  std::string reason = {};  // of the decision
  Timestamp archived = {};

  std::string name() const;
};

/// One line of JSON, as docs/command-line.md describes it.
std::string to_json(const ArchivedLetter& letter);
/// Errors: kInvalidRequest: it is not what to_json() writes.
Result<ArchivedLetter> archived_letter_of_json(std::string_view json);

/// A file of an archive.
struct ArchiveFile {
  std::string name = {};  // letters, digits, '-', '_' and '.'
  std::string content = {};
};

class DeadLetterArchive {
 public:
  virtual ~DeadLetterArchive() = default;

  /// Stores each file, in place of one that has its name. One answer for each, in their order.
  /// Durable: those whose answer has no error. Must not throw.
  virtual std::vector<Result<void>> put(std::span<const ArchiveFile> files,
                                        const std::stop_token& stop) = 0;
  /// The next names behind `after` ("" at first), in byte order; none: that was all.
  virtual Result<std::vector<std::string>> list(const std::string& after,
                                                const std::stop_token& stop) = 0;
  virtual Result<std::string> get(const std::string& name, const std::stop_token& stop) = 0;
};

/// A directory, which is made when it is missing. Files appear whole or not at all: written beside,
/// synced, renamed, and the directory synced. One program at a time.
/// Errors: kConflict (another program has it), kConfiguration (it cannot be used). put() fails with
/// kServerFault when the disk is full or refuses.
Result<std::unique_ptr<DeadLetterArchive>> open_archive_directory(const std::string& path);

struct S3ArchiveOptions {
  std::string bucket = {};
  std::string prefix = {};  // before every name: "orders/"
  /// "https://s3.example.com". Default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL (neither when
  /// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true), else https://s3.<region>.amazonaws.com.
  std::string endpoint_url = {};
  /// Whether the bucket is in the path ("/bucket/name") or before the host ("bucket.host").
  /// Default: in the path where an endpoint is given, before the host at AWS, unless the bucket's
  /// name has a dot.
  std::optional<bool> path_style = {};
  std::string region = {};   // as ClientOptions::region; with an endpoint "us-east-1" at last
  std::string profile = {};  // as ClientOptions::profile
  CredentialsChoice credentials = DefaultCredentials();
  RetryOptions retry = {};
  std::chrono::milliseconds timeout{30'000};  // of one attempt
  std::string ca_file = {};                   // as ClientOptions::ca_file
};

/// A bucket, which must exist: PutObject, ListObjectsV2 and GetObject, signed, with the content's
/// SHA-256, which S3 checks. What was throttled, found no connection or ended in a 5xx is repeated.
/// Errors: kConfiguration. Later ones: kAuth, kNotFound (no such bucket), kNetwork, kTimeout,
/// kThrottled, kServerFault, kCancelled.
Result<std::unique_ptr<DeadLetterArchive>> open_s3_archive(const S3ArchiveOptions& options);

}  // namespace forebay::sqs
