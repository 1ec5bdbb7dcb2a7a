// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <set>

#include <gtest/gtest.h>

#include "cli/command_help.h"
#include "cli/completions.h"
#include "cli/man_page.h"

namespace forebay::cli {
namespace {

using Words = std::vector<std::string>;

CommandLine parse(const Words& words) {
  auto line = CommandLine::parse(words);
  EXPECT_TRUE(line.ok()) << (line.ok() ? "" : line.error().message);
  return *std::move(line);
}

std::string refusal(const Words& words) {
  const auto line = CommandLine::parse(words);
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

TEST(CommandTable, NamesAndLettersAreUniqueWithinACommand) {
  for (const CommandSpec* spec : command_specs()) {
    std::set<std::string_view> names = {"help"};
    std::set<char> letters = {'h'};
    const auto check = [&](const OptionSpec& option) {
      EXPECT_TRUE(names.insert(option.name).second) << spec->path << " --" << option.name;
      if (option.letter != 0) {
        EXPECT_TRUE(letters.insert(option.letter).second) << spec->path << " -" << option.letter;
      }
      EXPECT_FALSE(option.text.empty());
      EXPECT_TRUE(option.most == 0 || !option.value.empty());
    };
    for (const OptionSpec& option : spec->options) check(option);
    for (const OptionSpec& option : global_options()) check(option);
    EXPECT_NE(spec->run, nullptr);
    EXPECT_FALSE(spec->summary.empty());
    EXPECT_LE(spec->arguments_least, spec->arguments_most);
  }
}

TEST(CommandTable, AnOptionThatTakesANumberSaysItsLimit) {
  for (const CommandSpec* spec : command_specs()) {
    for (const OptionSpec& option : spec->options) {
      if (option.most == 0 || option.most > 50'000) continue;
      const bool told =
          option.text.find(std::to_string(option.most)) != option.text.npos || option.most == 1000;
      EXPECT_TRUE(told) << spec->path << " --" << option.name;
    }
  }
}

/// Help, completions and the manual come from one table: what is in it is in all of them.
TEST(CommandTable, EverythingIsInHelpManualAndCompletions) {
  const std::string manual = man_page();
  for (const CommandSpec* spec : command_specs()) {
    const std::string help = command_help(*spec);
    EXPECT_NE(help.find("forebay " + std::string(spec->path)), std::string::npos);
    for (const OptionSpec& option : spec->options) {
      const std::string name = "--" + std::string(option.name);
      EXPECT_NE(help.find(name), std::string::npos) << spec->path << name;
      for (const char* shell : {"bash", "zsh"}) {
        EXPECT_NE(completions(shell).find(name), std::string::npos) << shell << name;
      }
      EXPECT_NE(completions("fish").find(" -l " + std::string(option.name)), std::string::npos);
      std::string roff = "\\-\\-";
      for (const char c : option.name) roff += c == '-' ? std::string("\\-") : std::string(1, c);
      EXPECT_NE(manual.find(roff), std::string::npos) << name;
    }
  }
  for (const char* word : {"--durability", "verify", "--raw-target"}) {
    EXPECT_NE(completions("bash").find(word), std::string::npos) << word;
  }
  EXPECT_EQ(completions("tcsh"), "");
}

TEST(CommandTable, NoLineOfTheHelpIsTooLong) {
  Words texts = {group_help("queue"), group_help("dlq"), group_help("move-task")};
  for (const CommandSpec* spec : command_specs()) texts.push_back(command_help(*spec));
  for (const std::string& text : texts) {
    size_t begin = 0;
    for (size_t end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
      EXPECT_LE(end - begin, 96u) << text.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

TEST(OptionsInHelp, AreThoseAtTheStartOfALine) {
  EXPECT_EQ(options_in_help("Usage: x --not\n  -q, --quiet   no line\n  --rate N  see --other\n"
                            "  --memory=on  y\n  -- z\n"),
            (Words{"--quiet", "--rate", "--memory"}));
}

}  // namespace
}  // namespace forebay::cli
