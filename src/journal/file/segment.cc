// SPDX-License-Identifier: Apache-2.0
#include "journal/file/segment.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/crc32c.h"

namespace forebay::journal {
namespace {

constexpr std::string_view kSegmentSuffix = ".segment";
constexpr size_t kNumberDigits = 20;
/// Magic, version and checksum keep their places in every version, so that any version can name any
/// other.
constexpr size_t kCrcAt = 12;

Error damaged(std::string text) {
  return {ErrorCode::kStorageDamaged, std::move(text)};
}

std::optional<uint64_t> parse_numbered(std::string_view name, std::string_view suffix) {
  if (name.size() != kNumberDigits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  uint64_t number = 0;
  const char* end = name.data() + kNumberDigits;
  const auto [stopped, code] = std::from_chars(name.data(), end, number);
  if (code != std::errc() || stopped != end) return std::nullopt;
  return number;
}

/// Of the whole header page, its own four bytes taken as zero.
uint32_t header_crc(std::string_view page) {
  constexpr char kZeros[sizeof(uint32_t)] = {};
  uint32_t crc = crc32c(page.substr(0, kCrcAt));
  crc = crc32c({kZeros, sizeof kZeros}, crc);
  return crc32c(page.substr(kCrcAt + sizeof(uint32_t)), crc);
}

}  // namespace

std::string encode_segment_header(const SegmentHeader& header) {
  std::string page;
  page += kSegmentMagic;
  ByteWriter out(page);
  out.fixed<uint32_t>(header.format_version);
  out.fixed<uint32_t>(0);  // the checksum, below
  out.fixed<uint64_t>(header.number);
  out.fixed<uint64_t>(header.first_position.value);
  out.fixed<uint64_t>(header.segment_bytes);
  out.fixed<uint64_t>(header.epoch.value);
  out.bytes16(header.log_id);
  page.resize(kSegmentHeaderBytes, '\0');  // the rest is reserved
  const uint32_t crc = header_crc(page);
  std::memcpy(page.data() + kCrcAt, &crc, sizeof crc);
  return page;
}

Result<SegmentHeader> decode_segment_header(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes) return damaged("the segment header is cut short");
  const std::string_view page = bytes.substr(0, kSegmentHeaderBytes);
  if (!page.starts_with(kSegmentMagic)) return damaged("this is not a journal segment");
  ByteReader in(page.substr(kSegmentMagic.size()));
  SegmentHeader header;
  header.format_version = in.fixed<uint32_t>();
  if (in.fixed<uint32_t>() != header_crc(page)) {
    return damaged("the segment header's checksum does not match");
  }
  if (header.format_version > kFormatVersion) {
    return damaged(
        fmt::format("it has format version {}, this program knows versions up to {}; "
                    "run the newer program that wrote it",
                    header.format_version, kFormatVersion));
  }
  header.number = in.fixed<uint64_t>();
  header.first_position = LogPosition(in.fixed<uint64_t>());
  header.segment_bytes = in.fixed<uint64_t>();
  header.epoch = Epoch(in.fixed<uint64_t>());
  header.log_id = in.bytes16();
  if (header.format_version == 0 || header.number == 0 ||
      header.segment_bytes <= kSegmentHeaderBytes) {
    return damaged("the segment header's values are impossible");
  }
  return header;
}

uint32_t newer_segment_version(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes || !bytes.starts_with(kSegmentMagic)) return 0;
  const std::string_view page = bytes.substr(0, kSegmentHeaderBytes);
  ByteReader in(page.substr(kSegmentMagic.size()));
  const auto version = in.fixed<uint32_t>();
  const bool intact = in.fixed<uint32_t>() == header_crc(page);
  return intact && version > kFormatVersion ? version : 0;
}

std::string segment_name(uint64_t number) {
  return fmt::format("{:020}{}", number, kSegmentSuffix);
}

std::optional<uint64_t> parse_segment_name(std::string_view name) {
  return parse_numbered(name, kSegmentSuffix);
}

std::string reserve_name(uint64_t number) {
  return fmt::format("{:020}{}", number, kReserveSuffix);
}

std::optional<uint64_t> parse_reserve_name(std::string_view name) {
  return parse_numbered(name, kReserveSuffix);
}

Segment::Segment(SegmentHeader header, std::string path, std::shared_ptr<env::File> file)
    : header_(header), path_(std::move(path)), file_(std::move(file)) {
  CHECK(header_.segment_bytes > kSegmentHeaderBytes && file_ != nullptr);
}

uint64_t Segment::offset_of(LogPosition at) const {
  CHECK(at >= header_.first_position);
  return kSegmentHeaderBytes + (at - header_.first_position);
}

bool Segment::has_room(LogPosition at, uint64_t bytes) const {
  const uint64_t used = offset_of(at) - kSegmentHeaderBytes;
  return used <= room() && bytes <= room() - used;
}

Result<std::unique_ptr<env::File>> allocate_file(env::FileSystem& files, const std::string& path,
                                                 uint64_t bytes) {
  TRY_ASSIGN(const bool leftover, files.exists(path));
  if (leftover) TRY(files.remove(path));
  TRY_ASSIGN(auto file, files.open(path, env::OpenMode::kCreate));
  TRY(file->allocate(bytes));
  return file;
}

Result<std::shared_ptr<Segment>> create_segment(env::FileSystem& files, NewSegment made) {
  const std::string path = made.directory + "/" + segment_name(made.header.number);
  std::string unfinished = made.prepared_path;
  std::shared_ptr<env::File> file = std::move(made.prepared);
  if (file == nullptr) {
    unfinished = path + std::string(kUnfinishedSuffix);
    TRY_ASSIGN(file, allocate_file(files, unfinished, made.header.segment_bytes));
  }
  TRY(file->write(0, encode_segment_header(made.header)));
  TRY(file->sync());
  TRY(files.rename(unfinished, path));
  TRY(files.sync_directory(made.directory));
  return std::make_shared<Segment>(made.header, path, std::move(file));
}

Result<std::shared_ptr<Segment>> open_segment(env::FileSystem& files, const std::string& directory,
                                              uint64_t number, env::OpenMode mode) {
  const std::string path = directory + "/" + segment_name(number);
  TRY_ASSIGN(auto file, files.open(path, mode));
  TRY_ASSIGN(const uint64_t bytes, file->size());
  std::string page(std::min(bytes, kSegmentHeaderBytes), '\0');
  TRY(file->read(0, page));
  const auto header = decode_segment_header(page);
  if (newer_segment_version(page) != 0) {
    return damaged(fmt::format("journal file {}: {}", path, header.error().message));
  }
  if (!header.ok()) return damaged_at(path, 0, header.error().message);
  if (header->number != number) {
    return damaged_at(path, 0, fmt::format("its header says it is segment {}", header->number));
  }
  if (bytes < header->segment_bytes) {
    return damaged_at(
        path, bytes,
        fmt::format("it ends here, but its header says it has {} bytes", header->segment_bytes));
  }
  return std::make_shared<Segment>(*header, path, std::move(file));
}

Error damaged_at(const std::string& path, uint64_t offset, std::string_view what) {
  return {ErrorCode::kStorageDamaged,
          fmt::format("journal file {}, byte {}: {}. Nothing was changed. Restore the journal from "
                      "a backup (forebay journal restore), or see what can be saved without one "
                      "(forebay journal repair, which changes nothing unless told --yes)",
                      path, offset, what)};
}

}  // namespace forebay::journal
