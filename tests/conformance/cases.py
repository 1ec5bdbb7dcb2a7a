# SPDX-License-Identifier: Apache-2.0
"""The cases of the contract's section 6, and how a test names its case.

Tests mark themselves with @case("Q7"). `TITLES` is also what tools/conformance_report.py prints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, FrozenSet, Tuple

if TYPE_CHECKING:
    import pytest

# id, P when the case must pass in both wire protocols, title.
_TABLE = """
T1    JSON send: status, content type, request id
T2    JSON action without output: empty body
T3    JSON posted to a queue path
T4    the host of a QueueUrl is ignored
T5  P a bare queue name in place of the QueueUrl
T6  P empty receive: no Messages
T7    JSON: error of an unknown queue
T8    Query: error of an unknown queue, with its own text
T9    an odd QueueUrl is an unknown queue
T10   Query without Action: 404
T11   the same when JSON is accepted
T12   unknown action on a queue path
T13   CreateQueue on a queue path is refused
T14   ListQueues on a queue path is refused
T15   GetQueueUrl on a queue path
T16   GetQueueUrl of another queue on a queue path
T17   the QueueUrl parameter beats the path
T18   Query send without a body
T19   Query GetQueueAttributes of a FIFO queue
T20   Query GetQueueAttributes of an unknown name
T21   Query DeleteQueue by GET
T22   Query message attributes, there and back
T23   Query message attributes, plural spelling
T24   Query errors: shape of the XML
T25   Query answered in JSON when that is accepted
T26   Query error in JSON when that is accepted
T27 P CR and LF in a body survive
T28   quotes and entities in a JSON body survive
T29   an unencoded form body is taken literally
T30   SDK exception: code, shape name, class
Q1  P create a queue: URL and ARN
Q2    create again without attributes
Q3    create again with the same attributes
Q4    explicit defaults are no difference
Q5  P create again with another value
Q6    the same for a FIFO attribute
Q7    creation compares with current values only
Q8    the original value does not count
Q9    messages do not hinder a second creation
Q10   60 seconds between deletion and creation
Q11   a name with a slash
Q12   a .fifo name needs FifoQueue
Q13   FifoQueue needs a .fifo name
Q14   FifoQueue false on a standard queue
Q15   ContentBasedDeduplication on a standard queue
Q16   DeduplicationScope on a standard queue
Q17   FifoThroughputLimit on a standard queue
Q18   booleans in any letter case
Q19   all attributes of a new standard queue
Q20   all attributes of a new FIFO queue
Q21   no attribute names, no Attributes
Q22   one attribute by name
Q23 P an unknown attribute name
Q24   attributes set at different times
Q25   setting FifoQueue on a standard queue
Q26   setting FifoQueue on a FIFO queue
Q27   ContentBasedDeduplication can be changed
Q28   Policy: set, read, removed
Q29   removing a RedrivePolicy that is not there
Q30   removing a RedrivePolicy
Q31   a KMS key turns managed encryption off
Q32   removing the key does not turn it on again
Q33   both kinds of encryption are refused
Q34   a prefix without match
Q35   pages of a list
Q36   regions are separate
Q37   URL of an unknown queue
Q38   VisibilityTimeout out of range
Q39   MessageRetentionPeriod out of range
Q40   an attribute that SQS does not have
Q41   FifoThroughputLimit needs its scope
G1  P tags at creation
G2    untagging; no tags, no Tags
G3    tag keys are case sensitive
G4    untagging an unknown key
G5    tagging again replaces
G6    tags of an unknown queue
G7    the policy that AddPermission writes
G8    a single account is a plain string
G9    removing the last permission removes the Policy
G10   a label that is taken
G11   a second label is a second statement
G12   removing an unknown label
G13   more than seven actions
S1    digest and id of a plain message
S2  P an empty body
S3    a body of exactly one mebibyte
S4  P one byte more
S5    a queue's own MaximumMessageSize
S6    attributes count in the size
S7    the trace header does not
S8    illegal characters in a body
S9    U+FFFD is legal
S10 P an empty StringValue
S11   an illegal character in a StringValue
S12   letters beyond ASCII in an attribute name
S13   illegal attribute names
S14   an unknown DataType
S15   digest of a number
S16   the label of a type is in the digest
S17 P digest and value of a binary attribute
S18   digest of a string
S19   the trace header has its own digest
S20   the trace header as an HTTP header
S21   a group id on a standard queue
S22   an empty group id
S23   a group id too long or with a blank
S24   deduplication ids: empty, too long, with a blank
S25   FIFO send without a deduplication id
S26   FIFO send without a group id
S27   FIFO send with a delay
S28   FIFO send with a delay of 0 keeps the queue's
S29   DelaySeconds out of range
S30   a delayed message arrives in time
S31   queues do not mix
B1    a batch that succeeds has no Failed
B2    an empty batch
B3  P more than ten entries
B4  P malformed entry ids
B5    repeated entry ids
B6  P a batch beyond one mebibyte
B7    an entry too large fails alone, in its own words
B8    an exactly full entry
B9    an entry with an illegal character
B10   FIFO: an entry without a group id
B11   FIFO: an entry without a deduplication id
B12   batch deletion with an unknown handle
B13   an empty batch deletion
B14   ten sent, ten received
B15   the Message of a failed entry is never null
R1  P MaxNumberOfMessages out of range
R2  P WaitTimeSeconds out of range
R3    a long poll does not wait to be full
R4    the queue's wait applies
R5    a send wakes a long poll
R6    empty receives, with and without a wait
R7    nothing asked for, no attributes
R8    all system attributes
R9    a system attribute the message lacks
R10   the newer name of the list
R11   both lists together
R12   unknown system attribute names
R13   all message attributes, three spellings
R14   message attributes by prefix
R15   the digest covers what is returned
R16   only unknown message attribute names
R17   illegal message attribute names
R18   timestamps in milliseconds
R19   what a second receive changes
R20   receiving with a visibility timeout of 0
V1    a message comes back after its timeout
V2    a receive chooses its own timeout
V3    a timeout of 0 releases at once
V4    a timeout is extended
V5    standard: change after expiry
V6    standard: an expired message precedes younger ones
V7    a change holds for one receive
V8    change by a made-up handle
V9  P change of a deleted message
V10 P delete by a made-up handle
V11   delete twice
V12   standard: delete after expiry
V13 P FIFO: delete after expiry
V14   FIFO: delete after an extension
V15   an unknown queue is reported before the handle
V16   standard: an old handle releases the message
V17   twelve hours in all
V18   retention ends while in flight
V19   counts of visible and in-flight messages
F1    one answer filled group by group
F2    a group in flight is locked
F3    expired groups queue up again
F4    a served group goes to the tail
F5    released before those in flight
F6    expired before those in flight
F7    the first in flight blocks all
F8    the second in flight frees the first
F9    the third in flight frees two
F10   all deleted: the rest follows at once
F11   one of two deleted: still locked
F12   an emptied group works again
F13   a group comes back in order
F14   locked messages count as visible
F15   a duplicate is accepted and dropped
F16   also after the first was deleted
F17   queue scope spans groups
F18   group scope with group throughput
F19   group scope with queue throughput
F20   group scope by content
F21   the window ends after five minutes
F22   widening the scope later has no effect
F23   narrowing the scope later has no effect
F24   a purge forgets deduplication ids
F25   sequence numbers grow
F26   all system attributes of a FIFO message
F27   the deduplication id made from content
F28   the queue's delay
F29   retention on a FIFO queue
D1    the receive beyond the count moves the message
D2    what a dead letter keeps and gains
D3    FIFO to FIFO; the group goes on
D4    maxReceiveCount is returned as given
D5    incomplete or wrong redrive policies
D6    a target that is no ARN
D7    the sources of a dead-letter queue
D8    a redrive policy that is no JSON
D9    a target that does not exist
M1    a move task with a destination
M2    a move task back to the source
M3    two sources, each gets its own
M4    a source that is no dead-letter queue
M5    an unknown destination
M6    one task per source at a time
M7    cancelling by a made-up handle
M8    cancelling with an unknown source
M9    cancelling an unknown task
M10   a task while it runs
M11   a cancelled task
M12   the destination is deleted meanwhile
M13   what a task handle is made of
P1    purging empties the queue
P2    messages in flight are purged
P3    delayed messages are purged
P4  P one purge a minute
P5    a purge forgets deduplication by content
"""


def _rows() -> Dict[str, Tuple[bool, str]]:
    rows = [re.match(r"(\w+) +(P )? *(\S.*)", line) for line in _TABLE.strip().splitlines()]
    return {row[1]: (bool(row[2]), row[3]) for row in rows if row is not None}


TITLES: Dict[str, str] = {case_id: title for case_id, (_, title) in _rows().items()}
CASES: FrozenSet[str] = frozenset(TITLES)
BOTH_PROTOCOLS: FrozenSet[str] = frozenset(
    case_id for case_id, (both, _) in _rows().items() if both
)


@dataclass(frozen=True)
class Elsewhere:
    """Why no SDK checks a case, and the GoogleTest test that does: its file and its name."""

    reason: str
    file: str
    test: str


_FAKE_CLOCK = "lasts a minute or more; checked on a fake clock"
COVERED_ELSEWHERE: Dict[str, Elsewhere] = {
    "F21": Elsewhere(
        _FAKE_CLOCK,
        "src/engine/fifo_queue_test.cc",
        "FifoQueue.TheWindowIsFiveMinutesFromTheFirstSend",
    ),
    "F29": Elsewhere(
        _FAKE_CLOCK, "src/engine/retention_test.cc", "Retention.AFifoMessageGoesAndFreesItsGroup"
    ),
    "V18": Elsewhere(
        _FAKE_CLOCK,
        "src/engine/retention_test.cc",
        "Retention.EndsWhileInFlightAndTheHandleStillDeletes",
    ),
}


def case(case_id: str) -> "pytest.MarkDecorator":
    """Marks a test as (a part of) the contract case `case_id`, e.g. @case("Q7")."""
    import pytest  # here, so that programs without pytest can read the tables

    assert case_id in CASES, f"{case_id} is not a case of the contract"
    return pytest.mark.case(case_id)


def sort_key(case_id: str) -> int:
    """The place of a case in the contract."""
    return list(TITLES).index(case_id)
