// SPDX-License-Identifier: Apache-2.0
// One snapshot on disk: a header page, numbered chunks, a footer. Its bytes, and reading it whole.
//
// A snapshot gets its final name only when it is whole and synced, so a `.snapshot` file that does
// not read well is damage, never the trace of a crash. The footer comes last and says how long the
// file is; it is read first. `docs/journal-format.md`, "Snapshots", has the grammar.
// Thread: any; plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_codec.h"
#include "base/ids.h"
#include "base/result.h"
#include "env/file_system.h"
#include "journal/snapshots.h"

namespace forebay::journal {

inline constexpr std::string_view kSnapshotMagic = "FbSnap\r\n";
inline constexpr uint32_t kSnapshotVersion = 1;
inline constexpr uint64_t kSnapshotHeaderBytes = 4096;
inline constexpr uint64_t kChunkHeaderBytes = 24;
inline constexpr uint64_t kSnapshotFooterBytes = 48;

struct SnapshotHeader {
  /// A newer one than kSnapshotVersion is not damage: then nothing else here is known.
  uint32_t format_version = kSnapshotVersion;
  uint64_t number = 0;  // 1 is the first
  LogPosition from;     // the state is that of this position
  Bytes16 log_id{};     // of the journal's segments
};

struct ChunkHeader {
  uint32_t length = 0;  // of the bytes behind it
  uint32_t crc = 0;     // of them, the snapshot's number, the index and the length
};

struct SnapshotFooter {
  uint64_t chunk_count = 0;
  uint64_t file_bytes = 0;  // of the whole file
  LogPosition through;      // the log must reach it for the snapshot to count
};

/// "00000000000000000001.snapshot": byte order is number order.
std::string snapshot_name(uint64_t number);
/// Nothing if `name` is not exactly what snapshot_name() makes.
std::optional<uint64_t> parse_snapshot_name(std::string_view name);

/// kSnapshotHeaderBytes bytes.
std::string encode_snapshot_header(const SnapshotHeader& header);
/// Errors: kStorageDamaged: too short, not a snapshot, a wrong checksum, impossible values.
Result<SnapshotHeader> decode_snapshot_header(std::string_view bytes);

/// The kChunkHeaderBytes that stand before `chunk`, which is number `index` (from 0) of snapshot
/// `number`.
std::string encode_chunk_header(uint64_t number, uint32_t index, std::string_view chunk);
/// Errors: kStorageDamaged: not the header of this chunk, or an impossible length. The checksum is
/// still to be compared with chunk_crc().
Result<ChunkHeader> decode_chunk_header(std::string_view bytes, uint64_t number, uint32_t index);
uint32_t chunk_crc(uint64_t number, uint32_t index, std::string_view chunk);

/// kSnapshotFooterBytes bytes.
std::string encode_snapshot_footer(uint64_t number, const SnapshotFooter& footer);
/// Errors: kStorageDamaged.
Result<SnapshotFooter> decode_snapshot_footer(std::string_view bytes, uint64_t number);

/// The error for a snapshot of a newer version.
Error newer_snapshot(const std::string& path, uint32_t version);

/// Reads the header of the file at `path`, which should be snapshot `number`; it may be of a newer
/// version.
/// Errors: kStorageDamaged (names file and offset), kStorageFailure.
Result<SnapshotHeader> read_snapshot_header(env::FileSystem& files, const std::string& path,
                                            uint64_t number);

/// What an intact snapshot says of itself.
struct SnapshotEnds {
  SnapshotHeader header;
  SnapshotFooter footer;
};

/// What a file must be to count.
struct SnapshotName {
  std::string path;
  uint64_t number = 0;
  Bytes16 log_id{};
};

/// Reads and checks a whole snapshot; shows each chunk to `visit` once it is checked. Checks header
/// and footer before the first one.
/// Errors: kStorageDamaged (names file and offset; also for a newer version), kStorageFailure, or
/// what `visit` returned.
/// Cost: holds 8 MiB.
Result<SnapshotEnds> read_snapshot(env::FileSystem& files, const SnapshotName& name,
                                   const Snapshots::Visit& visit);

}  // namespace forebay::journal
