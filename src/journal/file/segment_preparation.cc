// SPDX-License-Identifier: Apache-2.0
#include "journal/file/segment_preparation.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "journal/file/segment.h"

namespace forebay::journal {

SegmentPreparation::SegmentPreparation(env::FileSystem& files, env::Worker& worker,
                                       std::string path, uint64_t file_bytes)
    : files_(files), worker_(worker), path_(std::move(path)), file_bytes_(file_bytes) {}

void SegmentPreparation::fill_to(uint64_t bytes) {
  wanted_bytes_ = std::max(wanted_bytes_, std::min(bytes, file_bytes_));
  submit_slice();
}

void SegmentPreparation::submit_slice() {
  if (slice_in_flight_ || stopped_ || failed_ || submitted_bytes_ >= wanted_bytes_) return;
  const uint64_t slice =
      std::min(std::clamp(wanted_bytes_ - submitted_bytes_, kSliceBytes, 4 * kSliceBytes),
               file_bytes_ - submitted_bytes_);
  slice_in_flight_ = true;
  submitted_bytes_ += slice;
  const auto self = shared_from_this();
  worker_.submit(
      [self, slice] {
        if (auto written = self->write_slice(slice); !written.ok()) {
          log_warn("cannot prepare the next journal segment ahead of its use",
                   {{"reason", written.error().message}});
          self->failed_ = true;
          self->file_.reset();
        }
      },
      [self] {
        self->slice_in_flight_ = false;
        self->submit_slice();
      });
}

Result<void> SegmentPreparation::write_slice(uint64_t bytes) {
  static const std::string zeros(kSliceBytes, '\0');
  if (file_ == nullptr) {
    TRY_ASSIGN(file_, allocate_file(files_, path_, file_bytes_));
  }
  const uint64_t end = filled_bytes_ + bytes;
  while (filled_bytes_ < end) {
    const uint64_t part = std::min<uint64_t>(zeros.size(), end - filled_bytes_);
    TRY(file_->write(filled_bytes_, std::string_view(zeros).substr(0, part)));
    filled_bytes_ += part;
  }
  return file_->sync();
}

std::unique_ptr<env::File> SegmentPreparation::take() {
  CHECK(stopped_);
  return std::move(file_);
}

}  // namespace forebay::journal
