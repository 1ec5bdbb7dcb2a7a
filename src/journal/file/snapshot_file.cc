// SPDX-License-Identifier: Apache-2.0
#include "journal/file/snapshot_file.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/crc32c.h"

namespace forebay::journal {
namespace {

constexpr std::string_view kSnapshotSuffix = ".snapshot";
constexpr size_t kNumberDigits = 20;
constexpr uint32_t kChunkMagic = 0x68436246;   // "FbCh"
constexpr uint32_t kFooterMagic = 0x45536246;  // "FbSE"
/// As in segments: magic, version and checksum keep their places in every version.
constexpr size_t kHeaderCrcAt = 12;
/// In chunk headers and footers the checksum stands behind the magic and covers what follows it.
constexpr size_t kFrameCrcCovers = 8;

/// How much is read at once; room for a largest chunk and its header.
constexpr uint64_t kReadAheadBytes = 8u << 20;
static_assert(kReadAheadBytes >= kChunkHeaderBytes + kSnapshotChunkBytesMax);

Error damaged(std::string text) {
  return {ErrorCode::kStorageDamaged, std::move(text)};
}

Error damaged_snapshot(const std::string& path, uint64_t offset, std::string_view what) {
  return damaged(fmt::format("snapshot file {}, byte {}: {}", path, offset, what));
}

uint32_t header_crc(std::string_view page) {
  constexpr char kZeros[sizeof(uint32_t)] = {};
  uint32_t crc = crc32c(page.substr(0, kHeaderCrcAt));
  crc = crc32c({kZeros, sizeof kZeros}, crc);
  return crc32c(page.substr(kHeaderCrcAt + sizeof(uint32_t)), crc);
}

/// Number, index and length of a chunk, as they stand in its header.
std::string chunk_fields(uint64_t number, uint32_t index, std::string_view chunk) {
  std::string fields;
  ByteWriter out(fields);
  out.fixed<uint64_t>(number);
  out.fixed<uint32_t>(index);
  out.fixed<uint32_t>(static_cast<uint32_t>(chunk.size()));
  return fields;
}

/// Reads part of a file front to back, much at a time.
class ForwardReader {
 public:
  ForwardReader(const env::File& file, uint64_t from, uint64_t end)
      : file_(file), offset_(from), end_(end), buffer_(kReadAheadBytes, '\0') {}

  /// Of the next byte that take() returns.
  uint64_t offset() const { return offset_; }
  uint64_t left() const { return end_ - offset_; }

  /// The next `bytes`, which must be left; valid until the next call.
  Result<std::string_view> take(uint64_t bytes) {
    CHECK(bytes <= left() && bytes <= buffer_.size());
    if (filled_ - used_ < bytes) TRY(fill());
    const std::string_view taken = std::string_view(buffer_).substr(used_, bytes);
    used_ += bytes;
    offset_ += bytes;
    return taken;
  }

 private:
  Result<void> fill() {
    const uint64_t rest = filled_ - used_;
    std::memmove(buffer_.data(), buffer_.data() + used_, rest);
    const uint64_t more = std::min(buffer_.size() - rest, left() - rest);
    used_ = 0;
    filled_ = rest + more;
    return file_.read(offset_ + rest, std::span<char>(buffer_).subspan(rest, more));
  }

  const env::File& file_;
  uint64_t offset_;
  const uint64_t end_;
  std::string buffer_;
  uint64_t used_ = 0;
  uint64_t filled_ = 0;
};

struct OpenSnapshot {
  std::string path;
  std::unique_ptr<env::File> file;
  SnapshotHeader header;
};

Result<OpenSnapshot> open_snapshot(env::FileSystem& files, const std::string& path,
                                   uint64_t number) {
  OpenSnapshot opened;
  opened.path = path;
  TRY_ASSIGN(opened.file, files.open(opened.path, env::OpenMode::kRead));
  TRY_ASSIGN(const uint64_t bytes, opened.file->size());
  std::string page(std::min(bytes, kSnapshotHeaderBytes), '\0');
  TRY(opened.file->read(0, page));
  const auto header = decode_snapshot_header(page);
  if (!header.ok()) return damaged_snapshot(opened.path, 0, header.error().message);
  opened.header = *header;
  if (header->format_version <= kSnapshotVersion && header->number != number) {
    return damaged_snapshot(opened.path, 0,
                            fmt::format("its header says it is snapshot {}", header->number));
  }
  return opened;
}

/// The footer, once it agrees with the file's size.
Result<SnapshotFooter> read_footer(const OpenSnapshot& snapshot) {
  TRY_ASSIGN(const uint64_t bytes, snapshot.file->size());
  if (bytes < kSnapshotHeaderBytes + kSnapshotFooterBytes) {
    return damaged_snapshot(snapshot.path, bytes, "it ends before its footer");
  }
  const uint64_t offset = bytes - kSnapshotFooterBytes;
  std::string encoded(kSnapshotFooterBytes, '\0');
  TRY(snapshot.file->read(offset, encoded));
  const auto footer = decode_snapshot_footer(encoded, snapshot.header.number);
  if (!footer.ok()) return damaged_snapshot(snapshot.path, offset, footer.error().message);
  if (footer->file_bytes != bytes || footer->through < snapshot.header.from) {
    return damaged_snapshot(snapshot.path, offset, "the footer's values are impossible");
  }
  return *footer;
}

Result<void> read_chunks(const OpenSnapshot& snapshot, const SnapshotFooter& footer,
                         const Snapshots::Visit& visit) {
  const uint64_t number = snapshot.header.number;
  ForwardReader in(*snapshot.file, kSnapshotHeaderBytes, footer.file_bytes - kSnapshotFooterBytes);
  for (uint32_t index = 0; index < footer.chunk_count; ++index) {
    const uint64_t offset = in.offset();
    if (in.left() < kChunkHeaderBytes) {
      return damaged_snapshot(snapshot.path, offset, "chunks are missing before the footer");
    }
    TRY_ASSIGN(const std::string_view front, in.take(kChunkHeaderBytes));
    const auto header = decode_chunk_header(front, number, index);
    if (!header.ok()) return damaged_snapshot(snapshot.path, offset, header.error().message);
    if (header->length > in.left()) {
      return damaged_snapshot(snapshot.path, offset, "a chunk reaches over the footer");
    }
    TRY_ASSIGN(const std::string_view chunk, in.take(header->length));
    if (chunk_crc(number, index, chunk) != header->crc) {
      return damaged_snapshot(snapshot.path, offset, "a chunk's checksum does not match");
    }
    TRY(visit(chunk));
  }
  if (in.left() != 0) {
    return damaged_snapshot(snapshot.path, in.offset(), "it holds more than its chunks");
  }
  return {};
}

}  // namespace

std::string snapshot_name(uint64_t number) {
  return fmt::format("{:020}{}", number, kSnapshotSuffix);
}

std::optional<uint64_t> parse_snapshot_name(std::string_view name) {
  if (name.size() != kNumberDigits + kSnapshotSuffix.size() || !name.ends_with(kSnapshotSuffix)) {
    return std::nullopt;
  }
  uint64_t number = 0;
  const char* end = name.data() + kNumberDigits;
  const auto [stopped, code] = std::from_chars(name.data(), end, number);
  if (code != std::errc() || stopped != end) return std::nullopt;
  return number;
}

std::string encode_snapshot_header(const SnapshotHeader& header) {
  std::string page;
  page += kSnapshotMagic;
  ByteWriter out(page);
  out.fixed<uint32_t>(header.format_version);
  out.fixed<uint32_t>(0);  // the checksum, below
  out.fixed<uint64_t>(header.number);
  out.fixed<uint64_t>(header.from.value);
  out.bytes16(header.log_id);
  page.resize(kSnapshotHeaderBytes, '\0');  // the rest is reserved
  const uint32_t crc = header_crc(page);
  std::memcpy(page.data() + kHeaderCrcAt, &crc, sizeof crc);
  return page;
}

Result<SnapshotHeader> decode_snapshot_header(std::string_view bytes) {
  if (bytes.size() < kSnapshotHeaderBytes) return damaged("the snapshot header is cut short");
  const std::string_view page = bytes.substr(0, kSnapshotHeaderBytes);
  if (!page.starts_with(kSnapshotMagic)) return damaged("this is not a snapshot");
  ByteReader in(page.substr(kSnapshotMagic.size()));
  SnapshotHeader header;
  header.format_version = in.fixed<uint32_t>();
  if (in.fixed<uint32_t>() != header_crc(page)) {
    return damaged("the snapshot header's checksum does not match");
  }
  if (header.format_version > kSnapshotVersion) {
    return SnapshotHeader{.format_version = header.format_version, .from = {}};
  }
  header.number = in.fixed<uint64_t>();
  header.from = LogPosition(in.fixed<uint64_t>());
  header.log_id = in.bytes16();
  if (header.format_version == 0 || header.number == 0) {
    return damaged("the snapshot header's values are impossible");
  }
  return header;
}

uint32_t chunk_crc(uint64_t number, uint32_t index, std::string_view chunk) {
  return crc32c(chunk, crc32c(chunk_fields(number, index, chunk)));
}

std::string encode_chunk_header(uint64_t number, uint32_t index, std::string_view chunk) {
  CHECK(!chunk.empty() && chunk.size() <= kSnapshotChunkBytesMax);
  std::string header;
  ByteWriter out(header);
  out.fixed<uint32_t>(kChunkMagic);
  out.fixed<uint32_t>(chunk_crc(number, index, chunk));
  header += chunk_fields(number, index, chunk);
  CHECK(header.size() == kChunkHeaderBytes);
  return header;
}

Result<ChunkHeader> decode_chunk_header(std::string_view bytes, uint64_t number, uint32_t index) {
  ByteReader in(bytes);
  const auto magic = in.fixed<uint32_t>();
  ChunkHeader header;
  header.crc = in.fixed<uint32_t>();
  const auto snapshot = in.fixed<uint64_t>();
  const auto position = in.fixed<uint32_t>();
  header.length = in.fixed<uint32_t>();
  if (!in.ok() || magic != kChunkMagic) return damaged("no chunk stands here");
  if (snapshot != number) return damaged("a chunk belongs to another snapshot");
  if (position != index) return damaged("a chunk stands in the place of another");
  if (header.length == 0 || header.length > kSnapshotChunkBytesMax) {
    return damaged("a chunk's length is impossible");
  }
  return header;
}

std::string encode_snapshot_footer(uint64_t number, const SnapshotFooter& footer) {
  std::string covered;
  ByteWriter out(covered);
  out.fixed<uint64_t>(number);
  out.fixed<uint64_t>(footer.chunk_count);
  out.fixed<uint64_t>(footer.file_bytes);
  out.fixed<uint64_t>(footer.through.value);
  out.fixed<uint64_t>(0);  // reserved
  std::string encoded;
  ByteWriter front(encoded);
  front.fixed<uint32_t>(kFooterMagic);
  front.fixed<uint32_t>(crc32c(covered));
  encoded += covered;
  CHECK(encoded.size() == kSnapshotFooterBytes);
  return encoded;
}

Result<SnapshotFooter> decode_snapshot_footer(std::string_view bytes, uint64_t number) {
  if (bytes.size() < kSnapshotFooterBytes) return damaged("the footer is cut short");
  ByteReader in(bytes);
  if (in.fixed<uint32_t>() != kFooterMagic) {
    return damaged("no footer stands here, the file was cut or is damaged");
  }
  const auto crc = in.fixed<uint32_t>();
  if (crc32c(bytes.substr(kFrameCrcCovers, kSnapshotFooterBytes - kFrameCrcCovers)) != crc) {
    return damaged("the footer's checksum does not match");
  }
  if (in.fixed<uint64_t>() != number) return damaged("the footer belongs to another snapshot");
  SnapshotFooter footer;
  footer.chunk_count = in.fixed<uint64_t>();
  footer.file_bytes = in.fixed<uint64_t>();
  footer.through = LogPosition(in.fixed<uint64_t>());
  return footer;
}

Error newer_snapshot(const std::string& path, uint32_t version) {
  return damaged(
      fmt::format("snapshot file {} has format version {}, this program knows versions "
                  "up to {}; run the newer program that wrote it",
                  path, version, kSnapshotVersion));
}

Result<SnapshotHeader> read_snapshot_header(env::FileSystem& files, const std::string& path,
                                            uint64_t number) {
  TRY_ASSIGN(const OpenSnapshot snapshot, open_snapshot(files, path, number));
  return snapshot.header;
}

Result<SnapshotEnds> read_snapshot(env::FileSystem& files, const SnapshotName& name,
                                   const Snapshots::Visit& visit) {
  TRY_ASSIGN(const OpenSnapshot snapshot, open_snapshot(files, name.path, name.number));
  if (snapshot.header.format_version > kSnapshotVersion) {
    return newer_snapshot(snapshot.path, snapshot.header.format_version);
  }
  if (snapshot.header.log_id != name.log_id) {
    return damaged_snapshot(snapshot.path, 0, "it belongs to another journal");
  }
  TRY_ASSIGN(const SnapshotFooter footer, read_footer(snapshot));
  TRY(read_chunks(snapshot, footer, visit));
  return SnapshotEnds{snapshot.header, footer};
}

}  // namespace forebay::journal
