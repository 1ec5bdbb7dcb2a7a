// SPDX-License-Identifier: Apache-2.0
#include "commands/command_line.h"

#include <gtest/gtest.h>

namespace forebay::commands {
namespace {

using Words = std::vector<std::string>;

constexpr OptionSpec kGlobal[] = {{.name = "json"}, {.name = "quiet", .letter = 'q'}};
constexpr OptionSpec kSend[] = {
    {.name = "file", .letter = 'f', .value = "FILE"},
    {.name = "group", .letter = 'g', .value = "ID"},
    {.name = "delay", .value = "SECONDS", .most = 900},
    {.name = "attribute", .letter = 'a', .value = "NAME=VALUE", .repeats = true}};
constexpr OptionSpec kCreate[] = {
    {.name = "preset", .value = "NAME", .choices = "standard fifo batch"}};
constexpr OptionSpec kList[] = {{.name = "counts", .letter = 'c'}};
constexpr CommandSpec kCommands[] = {
    {.path = "queue create", .options = kCreate, .arguments_least = 1, .arguments_most = 1},
    {.path = "queue list", .options = kList, .arguments_most = 1},
    {.path = "queue show", .arguments = "QUEUE", .arguments_least = 1, .arguments_most = 1},
    {.path = "send", .options = kSend, .arguments_least = 1, .arguments_most = kManyArguments}};
constexpr CommandTable kTable = {.commands = kCommands, .global_options = kGlobal};

CommandLine parse(const Words& words) {
  auto line = CommandLine::parse(words, kTable);
  EXPECT_TRUE(line.ok()) << (line.ok() ? "" : line.error().message);
  return *std::move(line);
}

std::string refusal(const Words& words) {
  const auto line = CommandLine::parse(words, kTable);
  EXPECT_FALSE(line.ok());
  if (line.ok()) return "";
  EXPECT_EQ(line.error().kind, sqs::ErrorKind::kConfiguration);
  return line.error().message;
}

TEST(CommandLine, TakesCommandOptionsAndArgumentsInAnyOrder) {
  const CommandLine line =
      parse({"send", "--group=a=b", "orders", "-a", "x=1", "--attribute", "y=2", "--json", "body"});
  EXPECT_EQ(line.spec()->path, "send");
  EXPECT_EQ(line.arguments(), (Words{"orders", "body"}));
  EXPECT_EQ(line.text("group"), "a=b");
  EXPECT_EQ(line.all("attribute"), (Words{"x=1", "y=2"}));
  EXPECT_TRUE(line.has("json"));
  EXPECT_FALSE(line.has("quiet"));
  EXPECT_EQ(line.text("file"), std::nullopt);
}

TEST(CommandLine, ACommandMayHaveTwoWords) {
  const CommandLine line = parse({"queue", "list", "or", "-c"});
  EXPECT_EQ(line.spec()->path, "queue list");
  EXPECT_EQ(line.arguments(), Words{"or"});
}

TEST(CommandLine, TwoHyphensEndTheOptionsAndOneIsAnArgument) {
  EXPECT_EQ(parse({"send", "q", "--", "--json", "-x"}).arguments(), (Words{"q", "--json", "-x"}));
  EXPECT_EQ(parse({"send", "q", "-"}).arguments(), (Words{"q", "-"}));
  EXPECT_EQ(parse({"send", "q", "-5"}).arguments(), (Words{"q", "-5"}));
}

TEST(CommandLine, NumbersHaveRanges) {
  EXPECT_EQ(parse({"send", "q", "--delay", "0"}).seconds("delay"), std::chrono::seconds(0));
  EXPECT_EQ(parse({"send", "q", "--delay", "900"}).number("delay"), 900);
  for (const char* text : {"901", "-1", "1s", "", "1.5", "99999999999999999999"}) {
    EXPECT_NE(refusal({"send", "q", "--delay", text}).find("from 0 to 900"), std::string::npos)
        << text;
  }
}

TEST(CommandLine, SaysWhatIsWrongAndWhereHelpIs) {
  EXPECT_EQ(refusal({"send", "q", "--groupp", "x"}),
            "Unknown option '--groupp'; did you mean '--group'? See 'forebay send --help'.");
  EXPECT_EQ(refusal({"queue", "crate", "q"}),
            "There is no command 'queue crate'; did you mean 'queue create'? See 'forebay queue "
            "--help'.");
  EXPECT_EQ(refusal({"queue"}), "'queue' needs a command behind it. See 'forebay queue --help'.");
  EXPECT_EQ(refusal({"queue", "show"}),
            "Arguments are missing: forebay queue show QUEUE. See 'forebay queue show --help'.");
  EXPECT_EQ(refusal({"queue", "show", "a", "b"}),
            "Unexpected argument 'b'. See 'forebay queue show --help'.");
  EXPECT_EQ(refusal({"send", "q", "--file"}),
            "--file needs a value: FILE. See 'forebay send --help'.");
  EXPECT_EQ(refusal({"send", "q", "--json=yes"}),
            "--json takes no value. See 'forebay send --help'.");
  EXPECT_EQ(refusal({"send", "q", "--group", "a", "-g", "b"}),
            "--group is given twice. See 'forebay send --help'.");
  EXPECT_NE(refusal({"queue", "create", "q", "--preset", "fast"}).find("must be one of: standard"),
            std::string::npos);
}

TEST(CommandLine, HelpNeedsNoArguments) {
  EXPECT_TRUE(parse({"send", "--help"}).help());
  EXPECT_TRUE(parse({"queue", "create", "-h"}).help());
  const CommandLine group = parse({"queue", "--help"});
  EXPECT_TRUE(group.help());
  EXPECT_EQ(group.spec(), nullptr);
  EXPECT_EQ(group.group(), "queue");
}

TEST(CommandTable, FindsCommandsAndGroups) {
  EXPECT_EQ(kTable.find("queue show"), &kCommands[2]);
  EXPECT_EQ(kTable.find("queue"), nullptr);
  EXPECT_TRUE(kTable.is_group("queue"));
  for (const char* word : {"", "que", "send", "queue show"}) EXPECT_FALSE(kTable.is_group(word));
}

}  // namespace
}  // namespace forebay::commands
