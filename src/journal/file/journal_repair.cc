// SPDX-License-Identifier: Apache-2.0
#include "journal/file/journal_repair.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/byte_codec.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "journal/file/repair_plan.h"
#include "journal/file/segment.h"
#include "journal/file/sparse_copy.h"

namespace forebay::journal {
namespace {

constexpr std::string_view kSavedMagic = "FbSaved\n";

/// Carries out one plan.
class Work {
 public:
  Work(env::FileSystem& files, const std::string& directory, const RepairPlan& plan)
      : files_(files), directory_(directory), plan_(plan) {}

  Result<std::string> run() {
    TRY_ASSIGN(std::string saved, save_dropped());
    std::map<uint64_t, std::vector<const RepairStep*>> rebuilt;
    for (const RepairStep& step : plan_.steps) {
      if (step.kind == RepairKind::kSetAside) {
        TRY(set_aside(step.path));
      } else if (step.kind == RepairKind::kRecreateSegment) {
        TRY(recreate(step));
      } else {
        rebuilt[step.segment].push_back(&step);
      }
    }
    for (const auto& [number, steps] : rebuilt) TRY(rebuild(segment(number), steps));
    return saved;
  }

 private:
  const SegmentInspection& segment(uint64_t number) const {
    const auto& all = plan_.inspection.segments;
    const auto found = std::find_if(all.begin(), all.end(), [&](const SegmentInspection& segment) {
      return segment.number == number;
    });
    CHECK(found != all.end());
    return *found;
  }

  /// `<stem><n><suffix>` with the smallest n from 1 that no file has.
  Result<std::string> unused_path(const std::string& stem, std::string_view suffix) {
    for (int n = 1;; ++n) {
      std::string path = fmt::format("{}{}{}", stem, n, suffix);
      TRY_ASSIGN(const bool exists, files_.exists(path));
      if (!exists) return path;
    }
  }

  /// Writes what stands in the places that are about to change to a file of its own.
  Result<std::string> save_dropped() {
    std::string path;
    std::unique_ptr<env::File> saved;
    uint64_t end = 0;
    for (const RepairStep& step : plan_.steps) {
      const bool changes_bytes =
          step.kind == RepairKind::kReplaceBatches || step.kind == RepairKind::kRewriteHeader;
      if (!changes_bytes) continue;
      if (saved == nullptr) {
        TRY_ASSIGN(path, unused_path(directory_ + "/repair-", ".saved"));
        TRY_ASSIGN(saved, files_.open(path, env::OpenMode::kCreate));
        TRY(saved->write(0, kSavedMagic));
        end = kSavedMagic.size();
      }
      TRY_ASSIGN(const std::string region, saved_region(step));
      TRY(saved->write(end, region));
      end += region.size();
    }
    if (saved == nullptr) return path;
    TRY(saved->sync());
    TRY(files_.sync_directory(directory_));
    return path;
  }

  /// As far as the file has the bytes.
  Result<std::string> saved_region(const RepairStep& step) {
    TRY_ASSIGN(const auto file, files_.open(step.path, env::OpenMode::kRead));
    TRY_ASSIGN(const uint64_t size, file->size());
    std::string bytes(std::clamp(size, step.offset, step.offset + step.bytes) - step.offset, '\0');
    TRY(file->read(step.offset, bytes));
    std::string region;
    ByteWriter out(region);
    out.fixed<uint64_t>(step.segment);
    out.fixed<uint64_t>(step.offset);
    out.fixed<uint64_t>(bytes.size());
    out.fixed<uint32_t>(crc32c(bytes));
    return region + bytes;
  }

  Result<void> set_aside(const std::string& path) {
    TRY_ASSIGN(const std::string aside, unused_path(path + ".damaged-", ""));
    TRY(files_.rename(path, aside));
    return files_.sync_directory(directory_);
  }

  SegmentHeader header_of(const SegmentInspection& segment) const {
    return {.number = segment.number,
            .first_position = segment.first,
            .segment_bytes = std::max(segment.segment_bytes,
                                      kSegmentHeaderBytes + (segment.end - segment.first)),
            .epoch = segment.epoch,
            .log_id = plan_.inspection.log_id};
  }

  /// A copy of the segment, with `steps` applied to it, takes its place.
  Result<void> rebuild(const SegmentInspection& segment,
                       const std::vector<const RepairStep*>& steps) {
    const SegmentHeader header = header_of(segment);
    const std::string unfinished = segment.path + std::string(kUnfinishedSuffix);
    TRY_ASSIGN(const auto old, files_.open(segment.path, env::OpenMode::kRead));
    TRY_ASSIGN(const auto file, allocate_file(files_, unfinished, header.segment_bytes));
    ProgressMeter unwatched(nullptr, segment.file_bytes);
    TRY(copy_bytes(*old, *file, 0, std::min(segment.file_bytes, header.segment_bytes), unwatched));
    for (const RepairStep* step : steps) {
      if (step->kind == RepairKind::kRewriteHeader) {
        TRY(file->write(0, encode_segment_header(header)));
      } else if (step->kind == RepairKind::kReplaceBatches) {
        TRY(fill(*file, step->offset, *step));
      }
    }
    TRY(file->sync());
    TRY(files_.rename(unfinished, segment.path));
    return files_.sync_directory(directory_);
  }

  Result<void> recreate(const RepairStep& step) {
    const SegmentHeader header{.number = step.segment,
                               .first_position = step.from,
                               .segment_bytes = step.bytes,
                               .epoch = step.epoch,
                               .log_id = plan_.inspection.log_id};
    const std::string unfinished = step.path + std::string(kUnfinishedSuffix);
    TRY_ASSIGN(const auto file, allocate_file(files_, unfinished, step.bytes));
    TRY(file->write(0, encode_segment_header(header)));
    TRY(fill(*file, kSegmentHeaderBytes, step));
    TRY(file->sync());
    TRY(files_.rename(unfinished, step.path));
    return files_.sync_directory(directory_);
  }

  Result<void> fill(env::File& file, uint64_t offset, const RepairStep& step) {
    const auto borders = batch_borders(plan_.inspection, step.from, step.to);
    for (size_t i = 1; i < borders.size(); ++i) {
      TRY(write_void_batches(file, offset + (borders[i - 1] - step.from), borders[i - 1],
                             borders[i], step.epoch));
    }
    return {};
  }

  env::FileSystem& files_;
  const std::string& directory_;
  const RepairPlan& plan_;
};

}  // namespace

JournalRepair::JournalRepair(env::FileSystem& files, std::string directory,
                             std::unique_ptr<env::DirectoryLock> lock, RepairPlan plan)
    : files_(files),
      directory_(std::move(directory)),
      lock_(std::move(lock)),
      plan_(std::move(plan)) {}

JournalRepair::~JournalRepair() = default;

Result<std::unique_ptr<JournalRepair>> JournalRepair::open(env::FileSystem& files,
                                                           const std::string& directory,
                                                           const Progress& progress) {
  TRY(refuse_without_journal(files, directory));  // a lock is a file
  TRY_ASSIGN(auto lock, files.lock(directory));
  TRY_ASSIGN(Inspection found,
             inspect_journal(files, {.directory = directory, .progress = progress}));
  return std::unique_ptr<JournalRepair>(new JournalRepair(
      files, directory, std::move(lock), plan_repair(directory, std::move(found))));
}

Result<std::string> JournalRepair::carry_out() {
  if (!plan_.beyond_repair.empty()) {
    return Error{ErrorCode::kStorageDamaged,
                 fmt::format("{}: this is beyond repair. Nothing was changed",
                             describe(plan_.beyond_repair.front()))};
  }
  return Work(files_, directory_, plan_).run();
}

}  // namespace forebay::journal
