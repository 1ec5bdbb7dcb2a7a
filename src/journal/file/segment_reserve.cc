// SPDX-License-Identifier: Apache-2.0
#include "journal/file/segment_reserve.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "journal/file/segment.h"

namespace forebay::journal {

SegmentReserve::SegmentReserve(JournalStorage storage) : storage_(std::move(storage)) {}

SegmentReserve::~SegmentReserve() {
  for (const Prepared& file : files_) file->stop();
}

void SegmentReserve::adopt(const std::vector<uint64_t>& numbers) {
  if (std::exchange(adopted_, true)) return;
  for (const uint64_t number : numbers) {
    last_number_ = std::max(last_number_, number);
    Prepared file = make(number);
    const Result<void> adopted = file->adopt();
    if (adopted.ok()) {
      files_.push_back(std::move(file));
      continue;
    }
    const Result<void> removed = storage_.files.remove(file->path());
    log_warn("a file kept for a segment to come is of no use",
             {{"reason", adopted.error().message},
              {"removed", removed.ok() ? "yes" : removed.error().message}});
  }
}

void SegmentReserve::want(size_t count, bool retry) {
  wanted_ = count;
  if (retry) blocked_ = false;
  make_missing();
  if (ready_count() >= wanted_) refusal_.reset();
}

/// All at once; but one by one while the disk is known to be full.
void SegmentReserve::make_missing() {
  while (!blocked_ && files_.size() < wanted_ && (!refusal_ || files_.size() == ready_count())) {
    files_.push_back(make(++last_number_));
    files_.back()->allocate();
  }
}

SegmentReserve::Prepared SegmentReserve::make(uint64_t number) {
  return std::make_shared<SegmentPreparation>(
      storage_, storage_.directory + "/" + reserve_name(number),
      [this](SegmentPreparation& file) { on_changed(file); });
}

void SegmentReserve::on_changed(SegmentPreparation& file) {
  if (!file.failure().ok()) {
    std::erase_if(files_, [&](const Prepared& kept) { return kept.get() == &file; });
    return note_failure(file);
  }
  last_warning_.clear();
  make_missing();
  if (ready_count() >= wanted_) refusal_.reset();
}

void SegmentReserve::note_failure(const SegmentPreparation& file) {
  blocked_ = true;
  const Error& error = file.failure().error();
  if (error.code == ErrorCode::kStorageFull) {
    const size_t missing = wanted_ - std::min(wanted_, ready_count());
    refusal_ = {file.free_bytes(), missing * storage_.segment_bytes};
    return;
  }
  if (error.message == last_warning_) return;
  last_warning_ = error.message;
  log_warn("cannot prepare the next journal segment ahead of its use", {{"reason", error.message}});
}

void SegmentReserve::give_back() {
  std::vector<std::string> paths;
  while (files_.size() > wanted_ + 1 && files_.back()->ready() && files_.back()->idle()) {
    files_.back()->stop();
    paths.push_back(files_.back()->path());
    files_.pop_back();
  }
  if (!paths.empty()) remove_later(std::move(paths));
}

void SegmentReserve::remove_later(std::vector<std::string> paths) {
  storage_.background.submit(
      [&files = storage_.files, paths = std::move(paths), lock = storage_.lock]() mutable {
        for (const std::string& path : paths) {
          if (const auto removed = files.remove(path); !removed.ok()) {
            log_warn("cannot remove a file that was kept for a journal segment",
                     {{"reason", removed.error().message}});
          }
        }
        lock.reset();
      },
      [] {});
}

SegmentReserve::Prepared SegmentReserve::take() {
  return files_.empty() ? nullptr : take_at(files_.begin());
}

SegmentReserve::Prepared SegmentReserve::take_idle() {
  const auto found = std::ranges::find_if(
      files_, [](const Prepared& file) { return file->ready() && file->idle(); });
  return found == files_.end() ? nullptr : take_at(found);
}

SegmentReserve::Prepared SegmentReserve::take_at(std::deque<Prepared>::iterator at) {
  if (!refusal_) blocked_ = false;  // what failed, if it was not for space, may go well next time
  Prepared file = std::move(*at);
  files_.erase(at);
  file->stop();
  return file;
}

void SegmentReserve::fill_next_to(uint64_t bytes) {
  if (!files_.empty()) files_.front()->fill_to(bytes);
}

size_t SegmentReserve::ready_count() const {
  return static_cast<size_t>(
      std::ranges::count_if(files_, [](const Prepared& file) { return file->ready(); }));
}

}  // namespace forebay::journal
