// SPDX-License-Identifier: Apache-2.0
// Looks after a dead-letter queue: events that no repetition helps and those older than a day go to
// an archive, everything else back to its queue, at most three times.
//
//   dead_letters DEAD_LETTER_QUEUE_URL ARCHIVE_DIRECTORY [ENDPOINT_URL]
#include <cstdio>

#include <forebay/sqs/dead_letter_manager.h>

namespace sqs = forebay::sqs;

int fail(const sqs::Error& error) {
  std::fprintf(stderr, "dead_letters: %s\n", sqs::to_string(error).c_str());
  return 1;
}

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: dead_letters URL DIRECTORY [ENDPOINT]\n"), 2;
  auto client = sqs::Client::create({.endpoint_url = argc > 3 ? argv[3] : ""});
  if (!client.ok()) return fail(client.error());
  auto archive = sqs::open_archive_directory(argv[2]);  // or open_s3_archive({.bucket = "letters"})
  if (!archive.ok()) return fail(archive.error());

  sqs::ProcessOptions options;
  options.rules = {
      sqs::event_type_rule({"UserDeleted", "OrderCancelled"}, sqs::ArchiveLetter{}),
      sqs::age_rule(std::chrono::hours(24), sqs::ArchiveLetter{}),
  };
  options.otherwise = sqs::RequeueLetter{.delay = std::chrono::minutes(5)};
  options.archive = archive->get();
  auto report = sqs::DeadLetterManager(*client).process(argv[1], options);
  if (!report.ok()) return fail(report.error());
  for (const sqs::DeadLetterClass& each : report->classes) {
    std::printf("%s: %s, %llu\n", each.action.c_str(), each.reason.c_str(),
                static_cast<unsigned long long>(each.messages));
  }
  for (const sqs::DeadLetterFailure& failure : report->failures) fail(failure.error);
  return report->error || report->failed > 0 ? 1 : 0;
}
