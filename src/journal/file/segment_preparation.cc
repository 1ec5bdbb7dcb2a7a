// SPDX-License-Identifier: Apache-2.0
#include "journal/file/segment_preparation.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "journal/file/segment.h"

namespace forebay::journal {

SegmentPreparation::SegmentPreparation(const JournalStorage& storage, std::string path,
                                       Changed changed)
    : files_(storage.files),
      worker_(storage.worker),
      background_(storage.background),
      directory_(storage.directory),
      lock_(storage.lock),
      file_bytes_(storage.segment_bytes),
      path_(std::move(path)),
      changed_(std::move(changed)) {}

void SegmentPreparation::allocate() {
  CHECK(!job_in_flight_ && !ready_);
  submit(worker_, &SegmentPreparation::make_file, file_bytes_);
}

Result<void> SegmentPreparation::adopt() {
  TRY_ASSIGN(std::shared_ptr<env::File> file, files_.open(path_, env::OpenMode::kReadWrite));
  TRY_ASSIGN(const uint64_t bytes, file->size());
  if (bytes != file_bytes_) {
    return Error{ErrorCode::kStorageDamaged,
                 fmt::format("{} has {} bytes in place of {}", path_, bytes, file_bytes_)};
  }
  TRY(file->allocate(file_bytes_));  // of a power failure its size may be all that is left
  file_ = std::move(file);
  ready_ = true;
  return {};
}

void SegmentPreparation::fill_to(uint64_t bytes) {
  wanted_bytes_ = std::max(wanted_bytes_, std::min(bytes, file_bytes_));
  submit_slice();
}

void SegmentPreparation::submit(env::Worker& worker, Step step, uint64_t bytes) {
  job_in_flight_ = true;
  const auto self = shared_from_this();
  worker.submit(
      [self, step, bytes, lock = lock_.lock()]() mutable {
        self->run(step, bytes);
        lock.reset();
      },
      [self] { self->on_done(); });
}

void SegmentPreparation::run(Step step, uint64_t bytes) {
  const std::lock_guard held(mu_);
  if (taken_) return;
  outcome_ = (*this.*step)(bytes);
  if (!outcome_.ok()) give_up();
}

void SegmentPreparation::on_done() {
  job_in_flight_ = false;
  failure_ = outcome_;
  const bool news = !ready_ || !failure_.ok();
  ready_ = true;
  if (news && !stopped_) changed_(*this);
  submit_slice();
}

void SegmentPreparation::submit_slice() {
  if (job_in_flight_ || stopped_ || !ready() || submitted_bytes_ >= wanted_bytes_) return;
  const uint64_t behind = (wanted_bytes_ - submitted_bytes_) / kSliceBytes;
  const uint64_t slice =
      std::min(std::clamp<uint64_t>(behind, 1, 4) * kSliceBytes, file_bytes_ - submitted_bytes_);
  submitted_bytes_ += slice;
  submit(background_, &SegmentPreparation::write_slice, slice);
}

Result<void> SegmentPreparation::make_file(uint64_t bytes) {
  TRY_ASSIGN(file_, allocate_file(files_, path_, bytes));
  return {};
}

Result<void> SegmentPreparation::write_slice(uint64_t bytes) {
  TRY(file_->zero(filled_bytes_, bytes));
  filled_bytes_ += bytes;
  return filled_bytes_ == file_bytes_ ? file_->sync() : Result<void>();
}

void SegmentPreparation::give_up() {
  file_.reset();
  (void)files_.remove(path_);  // if it stays, the next owner takes or removes it
  if (outcome_.error().code != ErrorCode::kStorageFull) return;
  const auto free = files_.free_bytes(directory_);
  if (free.ok()) free_bytes_ = *free;
}

std::shared_ptr<env::File> SegmentPreparation::take() {
  CHECK(stopped_);
  const std::lock_guard held(mu_);
  taken_ = true;
  return std::move(file_);
}

}  // namespace forebay::journal
