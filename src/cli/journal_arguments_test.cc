// SPDX-License-Identifier: Apache-2.0
#include "cli/journal_arguments.h"

#include <gtest/gtest.h>

#include "cli/journal_help.h"

namespace forebay::cli {
namespace {

JournalArguments parsed(std::vector<std::string> arguments) {
  Result<JournalArguments> result = parse_journal_arguments(std::move(arguments));
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  return result.ok() ? *std::move(result) : JournalArguments{};
}

std::string refusal(std::vector<std::string> arguments) {
  const Result<JournalArguments> result = parse_journal_arguments(std::move(arguments));
  EXPECT_FALSE(result.ok());
  if (result.ok()) return "";
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidConfiguration);
  return result.error().message;
}

TEST(JournalArguments, NameTheVerbAndItsPlaces) {
  const JournalArguments verify = parsed({"verify", "--queues", "data"});
  EXPECT_EQ(verify.verb, JournalVerb::kVerify);
  EXPECT_EQ(verify.source, "data");
  EXPECT_TRUE(verify.queues);
  EXPECT_FALSE(verify.quiet);

  const JournalArguments backup = parsed({"backup", "data", "copy", "-q"});
  EXPECT_EQ(backup.verb, JournalVerb::kBackup);
  EXPECT_EQ(backup.source, "data");
  EXPECT_EQ(backup.target, "copy");
  EXPECT_TRUE(backup.quiet);

  EXPECT_EQ(parsed({"restore", "copy", "data"}).verb, JournalVerb::kRestore);
  EXPECT_FALSE(parsed({"repair", "data"}).yes);
  EXPECT_TRUE(parsed({"repair", "--yes", "data"}).yes);
}

TEST(JournalArguments, DumpTakesARangeOfPositions) {
  const JournalArguments dump =
      parsed({"dump", "data", "--from", "48", "--to=1000", "--json", "--bodies"});
  EXPECT_EQ(dump.from, LogPosition(48));
  EXPECT_EQ(dump.to, LogPosition(1000));
  EXPECT_TRUE(dump.json);
  EXPECT_TRUE(dump.bodies);
  EXPECT_FALSE(parsed({"dump", "data"}).from);
  for (const char* text : {"-1", "0x10", "1e3", "99999999999999999999"}) {
    EXPECT_NE(refusal({"dump", "data", std::string("--from=") + text})
                  .find("--from must be a position, a whole number"),
              std::string::npos)
        << text;
  }
}

TEST(JournalArguments, WrongUseNamesWhatIsWrongAndWhereHelpIs) {
  EXPECT_EQ(refusal({}), "Which command? See 'forebay journal --help'.");
  EXPECT_EQ(refusal({"verfy", "data"}),
            "Unknown command 'journal verfy'. See 'forebay journal --help'.");
  EXPECT_EQ(refusal({"verify"}),
            "verify needs a data directory. See 'forebay journal verify --help'.");
  EXPECT_EQ(refusal({"backup", "data"}),
            "backup needs a data directory and a directory to make. See 'forebay journal backup "
            "--help'.");
  EXPECT_EQ(refusal({"verify", "a", "b"}),
            "Unexpected argument 'b'. See 'forebay journal verify --help'.");
  EXPECT_EQ(refusal({"verify", "a", "--yes"}),
            "Unknown option '--yes'. See 'forebay journal verify --help'.");
  EXPECT_EQ(refusal({"dump", "a", "--to"}),
            "--to needs a value. See 'forebay journal dump --help'.");
  EXPECT_EQ(refusal({"verify", ""}),
            "A directory's name must not be empty. See 'forebay journal verify --help'.");
}

TEST(JournalArguments, HelpNeedsNothingElse) {
  EXPECT_TRUE(parsed({"--help"}).help);
  EXPECT_FALSE(parsed({"help"}).verb);
  EXPECT_EQ(parsed({"repair", "-h"}).verb, JournalVerb::kRepair);
  EXPECT_TRUE(parsed({"repair", "-h"}).help);
  EXPECT_EQ(parsed({"help", "dump"}).verb, JournalVerb::kDump);
}

TEST(JournalHelp, EveryCommandHasItsPageAndItsLineInTheOverview) {
  const std::string_view overview = journal_help(std::nullopt);
  for (const char* name : {"verify", "dump", "backup", "restore", "repair"}) {
    const std::string usage = std::string("forebay journal ") + name;
    EXPECT_NE(overview.find(usage), std::string_view::npos) << name;
    EXPECT_NE(journal_help(parsed({"help", name}).verb).find(usage), std::string_view::npos);
  }
}

}  // namespace
}  // namespace forebay::cli
