// SPDX-License-Identifier: Apache-2.0
#include "cli/damaged_facts.h"

#include <cstring>
#include <variant>

#include "journal/batch.h"

namespace forebay::cli {
namespace {

uint32_t word_at(std::string_view bytes, size_t at) {
  uint32_t word = 0;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

void count(std::string_view record, const QueueNames& names, DamagedFacts& found) {
  const Result<engine::TimedFact> timed = engine::decode_fact(record);
  if (!timed.ok()) return;
  if (const auto* sent = std::get_if<engine::MessageSent>(&timed->fact)) {
    if (names.address(sent->queue) != nullptr) ++found.sent[sent->queue];
  } else if (const auto* deleted = std::get_if<engine::MessageDeleted>(&timed->fact)) {
    if (names.address(deleted->queue) != nullptr) ++found.deleted[deleted->queue];
  }
}

}  // namespace

DamagedFacts read_damaged_facts(std::string_view stretch, const QueueNames& names) {
  DamagedFacts found;
  size_t at = journal::kBatchHeaderBytes;
  while (at + journal::kRecordHeaderBytes <= stretch.size()) {
    const uint32_t length = word_at(stretch, at);
    if (length == journal::kBatchMagic) {  // the next batch; too long for a record
      at += journal::kBatchHeaderBytes;
      continue;
    }
    const size_t begin = at + journal::kRecordHeaderBytes;
    if (length == 0 || length > stretch.size() - begin)
      break;  // harmed: nothing says where to go on
    count(stretch.substr(begin, length), names, found);
    at = begin + length;
  }
  return found;
}

}  // namespace forebay::cli
