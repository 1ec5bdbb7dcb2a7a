// SPDX-License-Identifier: Apache-2.0
#include "cli/journal_help.h"

#include "base/check.h"

namespace forebay::cli {
namespace {

constexpr std::string_view kOverview =
    R"(Looks after the data on disk: the journal, which is everything that a server keeps.

Usage:
  forebay journal verify  <data directory>             is every byte of it intact?
  forebay journal dump    <data directory>             what has happened, one fact a line
  forebay journal backup  <data directory> <target>    a copy, also while the server runs
  forebay journal restore <backup> <data directory>    a data directory made of a backup
  forebay journal repair  <data directory> [--yes]     drops what is damaged; shows it first

'forebay journal <command> --help' tells more about each.

A data directory is what the server was given as --data; its journal/ may be named as well.
verify, dump and backup only read and work beside a running server. repair and restore need
the directory for themselves.

Long work shows how far it is, on standard error: a bar on a terminal, else a line every few
seconds, nothing with --quiet.
)";

constexpr std::string_view kVerify =
    R"(Usage:
  forebay journal verify <data directory> [--queues] [--quiet]

Reads every byte that counts and checks every checksum, of batches and of snapshots. Then
rebuilds the state as a start of the server would and checks that the content of each message
can be read. Changes nothing, takes no lock. Beside a running server, the batch that is just
being written is no damage.

Options:
  --queues      also how many messages each queue holds
  -q, --quiet   no progress

Ends with 0: intact; 1: damaged, each damage was printed with its file, its offset and what it
affects; 2: wrong use, or not a journal.
)";

constexpr std::string_view kDump =
    R"(Usage:
  forebay journal dump <data directory> [options]

Prints the facts of the journal in their order, one a line: position, moment, what happened.
Queues have their names; ids of queues that nothing names any more are printed as queue#7.
Where the journal is damaged, a line says so and the next intact batch goes on.

Options:
  --from POSITION   begin with the first fact at or behind this position
  --to POSITION     end before this position
  --json            an object a line, with all fields
  --bodies          whole message bodies (else the first 60 bytes)
  -q, --quiet       no progress

Ends with 0; 1 when some of it was damaged; 2: wrong use, or not a journal.
)";

constexpr std::string_view kBackup =
    R"(Usage:
  forebay journal backup <data directory> <target> [--quiet]

Makes <target>, which must not exist, with a copy of the journal as it is at one moment during
the backup: whatever was acknowledged before it began is in it. Works while the server runs
and does not stop it. Files that never change again are linked when <target> is in the same
file system, and take no space; for a copy that survives the disk, name a place on another
one. <target> appears under its name only when it is complete.

Options:
  -q, --quiet   no progress

Ends with 0; 1 when it failed, and <target> then does not exist; 2: wrong use.
)";

constexpr std::string_view kRestore =
    R"(Usage:
  forebay journal restore <backup> <data directory> [--quiet]

Makes a data directory of a backup: copies it, checks every checksum on the way, and syncs.
<data directory> must not exist, or be empty. The backup stays as it is. Start a server with
--data <data directory> afterwards; it has the state of the moment of the backup. Messages
that were in flight then become visible when their visibility timeout ends; what was deleted
since comes back.

Options:
  -q, --quiet   no progress

Ends with 0; 1 when it failed or the backup is damaged; 2: wrong use.
)";

constexpr std::string_view kRepair =
    R"(Usage:
  forebay journal repair <data directory>          show what would be dropped; change nothing
  forebay journal repair <data directory> --yes    drop it

For a journal that the server refuses to start with. Without --yes it prints each stretch that
cannot be read, and which messages of which queues are lost with it. With --yes it drops
exactly that, keeps a copy of the dropped bytes beside the journal (repair-*.saved), deletes
the messages whose contents are lost, and prints them. What is intact is not touched.

What stood in a dropped stretch has not happened: a message sent there is gone, one that was
deleted there comes back. Take a copy of the data directory first, and prefer a backup that is
recent enough.

Options:
  --yes         do it
  -q, --quiet   no progress

Ends with 0: nothing to repair, or repaired; 1 when it failed; 2: wrong use; 3 without --yes
when there is something to repair.
)";

}  // namespace

std::string_view journal_help(std::optional<JournalVerb> verb) {
  if (!verb) return kOverview;
  switch (*verb) {
    case JournalVerb::kVerify:
      return kVerify;
    case JournalVerb::kDump:
      return kDump;
    case JournalVerb::kBackup:
      return kBackup;
    case JournalVerb::kRestore:
      return kRestore;
    case JournalVerb::kRepair:
      return kRepair;
  }
  CHECK(false);
  return {};
}

}  // namespace forebay::cli
