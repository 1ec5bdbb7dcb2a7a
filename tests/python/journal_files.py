# SPDX-License-Identifier: Apache-2.0
"""The journal's files as docs/journal-format.md describes them, read without the program under
test; and ways to damage them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List

SEGMENT_HEADER = 4096
BATCH = struct.Struct("<IIQIIQQQ")  # magic, crc, payload bytes, records, crc, epoch, position, 0
RECORD_HEADER = 8
BATCH_MAGIC = 0x62426546
MESSAGE_SENT = 8  # type bytes of facts
MESSAGE_DELETED = 11


@dataclass(frozen=True)
class Record:
    path: Path
    offset: int  # of its first byte in the file, behind length and checksum
    bytes: bytes

    @property
    def type(self) -> int:
        return self.bytes[0]


@dataclass(frozen=True)
class Batch:
    path: Path
    offset: int
    position: int
    size: int  # with its header
    records: List[Record]


def segments(journal: Path) -> List[Path]:
    return sorted(journal.glob("*.segment"))


def snapshots(journal: Path) -> List[Path]:
    return sorted(journal.glob("*.snapshot"))


def batches(segment: Path) -> List[Batch]:
    """Those from its beginning to the first thing that is none."""
    return list(_walk(segment, segment.read_bytes()))


def all_batches(journal: Path) -> List[Batch]:
    return [batch for segment in segments(journal) for batch in batches(segment)]


def _walk(path: Path, data: bytes) -> Iterator[Batch]:
    offset = SEGMENT_HEADER
    while offset + BATCH.size <= len(data):
        magic, _, payload, count, _, _, position, _ = BATCH.unpack_from(data, offset)
        if magic != BATCH_MAGIC:
            return
        records, at = [], offset + BATCH.size
        for _ in range(count):
            (length,) = struct.unpack_from("<I", data, at)
            begin = at + RECORD_HEADER
            records.append(Record(path, begin, data[begin : begin + length]))
            at = begin + length
        yield Batch(path, offset, position, BATCH.size + payload, records)
        offset += BATCH.size + payload


def find_record(journal: Path, content: bytes) -> Record:
    """The send whose message holds `content`."""
    for batch in all_batches(journal):
        for record in batch.records:
            if record.type == MESSAGE_SENT and content in record.bytes:
                return record
    raise AssertionError(f"no record holds {content!r}")


def batch_of(journal: Path, record: Record) -> Batch:
    for batch in batches(record.path):
        if batch.offset < record.offset < batch.offset + batch.size:
            return batch
    raise AssertionError("in no batch")


def flip_byte(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        (byte,) = file.read(1)
        file.seek(offset)
        file.write(bytes([byte ^ 0x40]))


def flip_in_content(journal: Path, content: bytes) -> Record:
    """Damages the body of a message, and nothing else."""
    record = find_record(journal, content)
    flip_byte(record.path, record.offset + record.bytes.index(content))
    return record


def truncate(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


def crc32c(data: bytes) -> int:
    """CRC-32C (Castagnoli), bit by bit: for a header."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def set_format_version(segment: Path, version: int) -> None:
    """Makes it a segment that a program of that version has written."""
    with segment.open("r+b") as file:
        header = bytearray(file.read(SEGMENT_HEADER))
        struct.pack_into("<II", header, 8, version, 0)
        struct.pack_into("<I", header, 12, crc32c(bytes(header)))
        file.seek(0)
        file.write(header)


def append_torn_batch(journal: Path) -> None:
    """Leaves what a process leaves that died while it wrote: half of a next batch."""
    last = segments(journal)[-1]
    found = batches(last)
    data = last.read_bytes()
    model = max(found, key=lambda batch: batch.size)
    end = found[-1].offset + found[-1].size
    with last.open("r+b") as file:
        file.seek(end)
        file.write(data[model.offset : model.offset + model.size // 2])
